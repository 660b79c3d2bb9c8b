"""Jobs that a person asked to be run now: an order waits here until a node that may run it takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, select

from gateway.register.instants import to_column
from gateway.register.tables import job_order as table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

ALL = select(table.c.job).order_by(table.c.asked_at)
TAKE = delete(table).where(table.c.job == bindparam("of_job"))


class JobOrders:
    """The orders."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ask(self, job: str, by: str, at: datetime) -> None:
        """Ask for one run; asked twice before it is taken, it is run once."""
        self.take(job)
        self._connection.execute(insert(table), {"job": job, "asked_by": by, "asked_at": to_column(at)})

    def waiting(self) -> list[str]:
        """Names of the jobs that were asked for, the oldest order first."""
        return list(self._connection.execute(ALL).scalars())

    def take(self, job: str) -> bool:
        """Take an order; False when another node was quicker."""
        return self._connection.execute(TAKE, {"of_job": job}).rowcount > 0
