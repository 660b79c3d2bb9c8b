"""The rows of `outbox_destination`: what may leave, as every node sees it, read and written under the row's lock.

A claim that meets no trouble never comes here. Who locks a row here holds message rows only ones it will not wait for.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, or_, select, text, update

from outbox.gate import Breaker, Gate, learn
from outbox.sql.changes.enqueue import announce
from outbox.sql.rows import instant, micros
from outbox.sql.tables import outbox_destination, outbox_message

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from outbox.gate import News

log: Final = logging.getLogger(__name__)

_D: Final = outbox_destination.c
_M: Final = outbox_message.c
_ONE: Final = select(outbox_destination).where(_D.name == bindparam("key")).with_for_update()
_CHANGE: Final = update(outbox_destination).where(_D.name == bindparam("key"))
_SENDING: Final = (
    select(func.count())
    .select_from(outbox_message)
    .where(text("status = 'sending'"), _M.destination == bindparam("key"))
)
_LEFT: Final = (
    select(_M.seq)
    .where(
        _M.destination == bindparam("key"), text("place IS NOT NULL"), text("status IN ('pending', 'sending')"),
        _M.next_at <= bindparam("now"),
    )
    .limit(1)
)  # fmt: skip
_MADE: Final = text("INSERT INTO outbox_destination (name) VALUES (:key) ON CONFLICT (name) DO NOTHING")


_STOPPED: Final = select(_D.name).where(or_(_D.breaker != Breaker.CLOSED.value, _D.paused_at.is_not(None)))


def stopped(connection: Connection) -> frozenset[str]:
    """The destinations that nothing leaves for at this moment: cut off, tried again by one probe, or paused by a person."""
    return frozenset(row.name for row in connection.execute(_STOPPED))


def gate(row: Row[Any]) -> Gate:
    """A row as a gate."""
    return Gate(
        row.name,
        Breaker(row.breaker),
        row.failures,
        None if row.opened_at is None else instant(row.opened_at),
        None if row.step_at is None else instant(row.step_at),
        row.width,
        row.drain_rate,
        None if row.free_at is None else instant(row.free_at),
    )


def locked(connection: Connection, destination: str) -> tuple[Gate, bool]:
    """The gate of a destination, kept from other nodes until the transaction ends, and whether a person stopped it."""
    row = connection.execute(_ONE, {"key": destination}).first()
    if row is None:
        connection.execute(_MADE, {"key": destination})
        row = connection.execute(_ONE, {"key": destination}).one()
    return gate(row), row.paused_at is not None


def keep(connection: Connection, known: Gate, new: Gate) -> None:
    """Write what changed."""
    if new == known:
        return
    values = {
        "breaker": new.breaker.value,
        "failures": new.failures,
        "opened_at": None if new.opened_at is None else micros(new.opened_at),
        "step_at": None if new.step_at is None else micros(new.step_at),
        "width": new.width,
        "drain_rate": new.drain_rate,
        "free_at": None if new.free_at is None else micros(new.free_at),
    }
    connection.execute(_CHANGE.values(values), {"key": new.destination})
    if new.breaker is not known.breaker:
        log.warning("outbox.breaker destination=%s state=%s", new.destination, new.breaker.value)


def tell(connection: Connection, news_of: Mapping[str, News], now: datetime) -> None:
    """Let the gates learn what a group of settlements says; always in the same order, so that two nodes never cross."""
    for name in sorted(news_of):
        known, _ = locked(connection, name)
        new = learn(known, news_of[name], now)
        keep(connection, known, new)
        if new.breaker is Breaker.CLOSED and new.width != known.width:
            announce(connection)  # There is room again, on every node.


def sending(connection: Connection, destination: str) -> int:
    """How many deliveries are under way, on all nodes."""
    return int(connection.scalar(_SENDING, {"key": destination}) or 0)


def drained(connection: Connection, known: Gate, now: datetime) -> Gate:
    """Without its drain rate once nothing due is left to drain."""
    if known.drain_rate is None or connection.scalar(_LEFT, {"key": known.destination, "now": micros(now)}) is not None:
        return known
    return replace(known, drain_rate=None, free_at=None)


def mark(connection: Connection, destination: str, values: dict[str, Any]) -> None:
    """Write what a person decided."""
    connection.execute(_MADE, {"key": destination})
    connection.execute(_CHANGE.values(values), {"key": destination})
