"""How far the messages of a scope are, per destination, and where one message is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, func, select

from outbox.message import MessageStatus
from outbox.sql.rows import instant, micros
from outbox.sql.tables import outbox_message as table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

WAITING = (MessageStatus.PENDING, MessageStatus.SENDING)


def _born_when(*statuses: MessageStatus) -> Any:  # noqa: ANN401 - a SQL expression
    return case((table.c.status.in_(statuses), table.c.created_at))


def _number(*statuses: MessageStatus) -> Any:  # noqa: ANN401 - a SQL expression
    return func.sum(case((table.c.status.in_(statuses), 1), else_=0))


OF_SCOPE = (
    select(
        table.c.destination,
        _number(*WAITING).label("waiting"),
        _number(MessageStatus.PARKED).label("parked"),
        _number(MessageStatus.DELIVERED).label("delivered"),
        func.min(_born_when(*WAITING)).label("oldest"),
        func.max(case((table.c.status == MessageStatus.DELIVERED, table.c.settled_at))).label("last_settled"),
    )
    .where(table.c.scope == bindparam("scope"))
    .group_by(table.c.destination)
)
# The lag that people read: how long the last thing delivered took, from the commit of the change to its receipt.
LAST_DELIVERED = (
    select(table.c.created_at, table.c.due_at, table.c.settled_at)
    .where(
        table.c.scope == bindparam("scope"),
        table.c.destination == bindparam("destination"),
        table.c.status == MessageStatus.DELIVERED,
        table.c.topic == "victim",
    )
    .order_by(table.c.settled_at.desc())
    .limit(1)
)
OF_LANE = (
    select(table)
    .where(table.c.scope == bindparam("scope"), table.c.lane == bindparam("lane"))
    .order_by(table.c.seq.desc())
)


STATUS = select(table.c.status).where(table.c.id == bindparam("message_id"))


@dataclass(frozen=True, slots=True)
class Progress:
    """The messages of one scope at one destination."""

    destination: str
    waiting: int
    parked: int
    delivered: int
    lag_ms: int | None
    """Of the last victim delivered: from the durable change to the neighbour's receipt."""
    oldest_waiting_ms: int | None


def progress_of(connection: Connection, scope: str, now: datetime) -> list[Progress]:
    """Every destination that something of the scope was queued for."""
    states = []
    for row in connection.execute(OF_SCOPE, {"scope": scope}).all():
        last = connection.execute(LAST_DELIVERED, {"scope": scope, "destination": row.destination}).first()
        states.append(
            Progress(
                destination=row.destination,
                waiting=row.waiting,
                parked=row.parked,
                delivered=row.delivered,
                lag_ms=(last.settled_at - last.created_at) // 1000 if last else None,
                oldest_waiting_ms=(micros(now) - row.oldest) // 1000 if row.oldest is not None else None,
            )
        )
    return states


def lane_progress(connection: Connection, scope: str, lane: str) -> list[dict[str, Any]]:
    """The newest message of one lane at each destination, as JSON-safe values."""
    newest: dict[str, dict[str, Any]] = {}
    for row in connection.execute(OF_LANE, {"scope": scope, "lane": lane}):
        if row.destination in newest:
            continue
        newest[row.destination] = {
            "destination": row.destination,
            "topic": row.topic,
            "status": row.status,
            "attempts": row.attempts,
            "created_at": instant(row.created_at).isoformat(),
            "settled_at": instant(row.settled_at).isoformat() if row.settled_at is not None else None,
            "lag_ms": (row.settled_at - row.created_at) // 1000 if row.settled_at is not None else None,
            "cause": {"code": row.cause_code, "title": row.cause_title} if row.cause_code else None,
        }
    return list(newest.values())


def status_of(connection: Connection, message_id: str) -> MessageStatus | None:
    """Where a message is; None when there is none of that id."""
    value = connection.execute(STATUS, {"message_id": message_id}).scalar()
    return None if value is None else MessageStatus(value)
