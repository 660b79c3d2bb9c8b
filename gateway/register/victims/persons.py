"""The persons of an event as agreements compare them, and what the outbox knows of each at one neighbour: columns only, no record is opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, func, select

from domain.agreement import Movement, Person
from gateway.register.instants import from_column, to_column
from gateway.register.tables import victim
from outbox.message import Status
from outbox.sql.tables import outbox_message as message

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

LANE = "victim:"
ENDED = (Status.DELIVERED, Status.SUPERSEDED, Status.EXPIRED, Status.DISCARDED)
WAITING = (Status.PENDING, Status.SENDING)

LIVING = select(
    victim.c.id, victim.c.severity, victim.c.localisation_id, victim.c.destination_finess, victim.c.sinus_number
).where(victim.c.event_id == bindparam("event_id"), victim.c.deleted.is_(False))
TOUCHED = select(victim.c.id, victim.c.updated_at).where(
    victim.c.event_id == bindparam("event_id"), victim.c.updated_at >= bindparam("since")
)


def _number(condition: Any) -> Any:  # noqa: ANN401 - SQL expressions
    return func.sum(case((condition, 1), else_=0))


MOVEMENTS = (
    select(
        message.c.lane,
        _number(message.c.status.in_(WAITING)).label("waiting"),
        _number(message.c.status == Status.PARKED).label("parked"),
        _number(message.c.status.not_in((*ENDED, *WAITING, Status.PARKED))).label("uncertain"),
        _number(message.c.topic == "victim").label("records"),
        _number((message.c.topic == "victim") & (message.c.status == Status.DELIVERED)).label("taken"),
        func.max(message.c.settled_at).label("settled_at"),
        func.min(case((message.c.status.in_(WAITING), message.c.created_at))).label("oldest"),
    )
    .where(message.c.scope == bindparam("event_id"), message.c.destination == bindparam("destination"))
    .group_by(message.c.lane)
)


@dataclass(slots=True)
class Told:
    """What one neighbour was told of an event, as the outbox knows it."""

    waiting: int = 0
    parked: int = 0
    uncertain: int = 0
    """Neither waiting, nor ended, nor parked: nobody knows whether it arrived."""
    oldest: datetime | None = None
    """When the oldest message that waits was made."""
    movements: dict[str, Movement] = field(default_factory=dict)
    """Victim → what moves."""
    sent: set[str] = field(default_factory=set)
    """Victims whose record was made for this neighbour."""
    taken: set[str] = field(default_factory=set)
    """Victims whose record it has acknowledged at least once."""


class Persons:
    """The persons of an event, as they are compared."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def living(self, event_id: str) -> dict[str, Person]:
        """Those that are not deleted, by identifier."""
        rows = self._connection.execute(LIVING, {"event_id": event_id})
        return {row[0]: Person(*row) for row in rows}

    def touched(self, event_id: str, since: datetime) -> dict[str, datetime]:
        """Those whose record changed at that instant or later, deleted ones included."""
        rows = self._connection.execute(TOUCHED, {"event_id": event_id, "since": to_column(since)})
        return {row.id: from_column(row.updated_at) for row in rows}

    def told(self, event_id: str, destination: str) -> Told:
        """What moves, was sent and was acknowledged at one neighbour."""
        told = Told()
        oldest: int | None = None
        for row in self._connection.execute(MOVEMENTS, {"event_id": event_id, "destination": destination}):
            told.waiting += row.waiting
            told.parked += row.parked
            told.uncertain += row.uncertain
            if row.oldest is not None:
                oldest = row.oldest if oldest is None else min(oldest, row.oldest)
            if not row.lane.startswith(LANE):
                continue
            person = row.lane.removeprefix(LANE)
            settled = from_column(row.settled_at) if row.settled_at is not None else None
            told.movements[person] = Movement(row.waiting, row.parked + row.uncertain, settled)
            if row.records:
                told.sent.add(person)
            if row.taken:
                told.taken.add(person)
        told.oldest = from_column(oldest) if oldest is not None else None
        return told
