"""The persons of an event as agreements compare them: columns only, no record is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from domain.agreement import Person
from gateway.register.instants import from_column, to_column
from gateway.register.tables import victim

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from domain.victim.care_path import CareStatus

LIVING = select(
    victim.c.id, victim.c.severity, victim.c.localisation_id, victim.c.destination_finess, victim.c.sinus_number
).where(victim.c.event_id == bindparam("event_id"), victim.c.deleted.is_(False))
IN_STATUSES = select(victim.c.id).where(
    victim.c.event_id == bindparam("event_id"), victim.c.status.in_(bindparam("statuses", expanding=True))
)
TOUCHED = select(victim.c.id, victim.c.updated_at).where(
    victim.c.event_id == bindparam("event_id"), victim.c.updated_at >= bindparam("since")
)


class Persons:
    """The persons of an event, as they are compared."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def living(self, event_id: str) -> dict[str, Person]:
        """Those that are not deleted, by identifier."""
        rows = self._connection.execute(LIVING, {"event_id": event_id})
        return {row[0]: Person(*row) for row in rows}

    def in_statuses(self, event_id: str, statuses: Iterable[CareStatus]) -> frozenset[str]:
        """The identifiers of those who are in one of these statuses of the care path."""
        wanted = {"event_id": event_id, "statuses": [status.value for status in statuses]}
        return frozenset(self._connection.execute(IN_STATUSES, wanted).scalars())

    def touched(self, event_id: str, since: datetime) -> dict[str, datetime]:
        """Those whose record changed at that instant or later, deleted ones included."""
        rows = self._connection.execute(TOUCHED, {"event_id": event_id, "since": to_column(since)})
        return {row.id: from_column(row.updated_at) for row in rows}
