"""What one destination was sent of a scope, lane by lane: what moves, what stands, what was taken. Columns only, no body is opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, func, select

from outbox.message import MessageStatus
from outbox.sql.rows import instant
from outbox.sql.tables import outbox_message as message

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

ENDED = (MessageStatus.DELIVERED, MessageStatus.SUPERSEDED, MessageStatus.EXPIRED, MessageStatus.DISCARDED)
WAITING = (MessageStatus.PENDING, MessageStatus.SENDING)


def _number(condition: Any) -> Any:  # noqa: ANN401 - SQL expressions
    return func.sum(case((condition, 1), else_=0))


LANES = (
    select(
        message.c.lane,
        _number(message.c.status.in_(WAITING)).label("waiting"),
        _number(message.c.status == MessageStatus.PARKED).label("parked"),
        _number(message.c.status.not_in((*ENDED, *WAITING, MessageStatus.PARKED))).label("uncertain"),
        _number(message.c.topic == bindparam("topic")).label("queued"),
        _number((message.c.topic == bindparam("topic")) & (message.c.status == MessageStatus.DELIVERED)).label(
            "delivered"
        ),
        func.max(message.c.settled_at).label("settled_at"),
        func.min(case((message.c.status.in_(WAITING), message.c.created_at))).label("oldest"),
    )
    .where(message.c.scope == bindparam("scope"), message.c.destination == bindparam("destination"))
    .group_by(message.c.lane)
)


@dataclass(frozen=True, slots=True)
class LaneState:
    """The messages of one lane, counted."""

    lane: str
    waiting: int
    parked: int
    uncertain: int
    """Neither waiting, nor ended, nor parked: nobody knows whether it arrived."""
    queued: int
    """Of the topic that was asked for, ever."""
    delivered: int
    """Of that topic."""
    settled_at: datetime | None
    oldest: datetime | None
    """When the oldest message that waits was made."""


def lanes_of(connection: Connection, scope: str, destination: str, topic: str) -> list[LaneState]:
    """Every lane of the scope at the destination; `topic` is what `queued` and `delivered` count."""
    rows = connection.execute(LANES, {"scope": scope, "destination": destination, "topic": topic})
    return [
        LaneState(
            lane=row.lane,
            waiting=row.waiting,
            parked=row.parked,
            uncertain=row.uncertain,
            queued=row.queued,
            delivered=row.delivered,
            settled_at=None if row.settled_at is None else instant(row.settled_at),
            oldest=None if row.oldest is None else instant(row.oldest),
        )
        for row in rows
    ]
