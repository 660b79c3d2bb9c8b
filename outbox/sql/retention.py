"""What is kept for how long: bodies first, then the rows with every attempt, without holding up the traffic.

On PostgreSQL the bodies go by whole days (`archive`); what did not get there is found by indexes that hold nothing else. On
SQLite, and for the rows of both, it walks in slices: ranges of numbers, read without a lock; only rows that have ended are
written, and no message on its way is among them. It refuses to touch what waits, is being sent, or waits for a person.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, func, or_, select, text, update

from outbox.message import Kind
from outbox.sql import archive
from outbox.sql.rows import micros
from outbox.sql.tables import ENDED, outbox_attempt, outbox_message

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import BindParameter, Connection, Select

    from outbox.database.database import Database

SLICE: Final = 200
"""Rows looked at in one go, and the most that one transaction removes."""

REST: Final = 4
"""A slice that removed something is followed by so many times its own length without, which are the traffic's."""

_M: Final = outbox_message.c
_ENDED: Final = text(ENDED)
_OLD: Final = or_(*((_M.kind == kind.value) & (_M.settled_at < bindparam(kind.value)) for kind in Kind))
_RANGE: Final = (_M.seq > bindparam("after"), _M.seq <= bindparam("last"))
_NEXT: Final = (
    select(_M.seq, _M.enqueued_at).where(_M.seq > bindparam("after")).order_by(_M.seq).limit(SLICE).subquery()
)
_SPAN: Final = select(func.max(_NEXT.c.seq), func.min(_NEXT.c.enqueued_at))
_WITH_BODY: Final = select(_M.seq).where(
    *_RANGE,
    _ENDED,
    func.length(_M.body) > 0,
    _OLD,
)
_LEFT: Final = (
    select(_M.seq).where(_ENDED, text("body <> ''"), _OLD).order_by(_M.settled_at).limit(SLICE),
    select(outbox_attempt.c.message)
    .distinct()
    .join(outbox_message, _M.seq == outbox_attempt.c.message)
    .where(_ENDED, text("(sent IS NOT NULL OR answered IS NOT NULL)"), _OLD)
    .limit(SLICE),
)
_OVER: Final = select(_M.seq).where(*_RANGE, _ENDED, _M.settled_at < bindparam("rows"))
_CHOSEN: Final[BindParameter[int]] = bindparam("chosen", expanding=True)
_EMPTY: Final = update(outbox_message).where(_M.seq.in_(_CHOSEN)).values(body=b"")
_STRIP: Final = update(outbox_attempt).where(outbox_attempt.c.message.in_(_CHOSEN)).values(sent=None, answered=None)
_REMOVE: Final = (
    delete(outbox_attempt).where(outbox_attempt.c.message.in_(_CHOSEN)),
    delete(outbox_message).where(_M.seq.in_(_CHOSEN)),
)


@dataclass(frozen=True, slots=True)
class Horizon:
    """Until when things are kept: what ended before these instants goes."""

    bodies: Mapping[Kind, datetime]
    """What was to be said, and the bytes that were sent and answered; attempts, causes and references stay."""
    rows: datetime
    """The messages with every attempt."""


@dataclass(frozen=True, slots=True)
class SweepCounts:
    """What one sweep removed."""

    bodies: int = 0
    messages: int = 0
    days: int = 0
    """Tables of the archive that went whole."""


async def sweep(database: Database, horizon: Horizon, now: datetime) -> SweepCounts:
    """Let go of all that is older than the horizon."""
    kept = {kind.value: micros(at) for kind, at in horizon.bodies.items()} | {"rows": micros(horizon.rows)}
    if database.dialect != "postgresql":
        return await _walk(database, kept, max(kept.values()), SweepCounts())
    days, rest = await archive.turn(database, now, horizon.bodies)
    left = [await _strip(database, chosen, kept) for chosen in _LEFT]
    return await _walk(database, kept, kept["rows"], SweepCounts(rest + sum(left), days=days))


async def _strip(database: Database, chosen: Select[tuple[int]], kept: Mapping[str, int]) -> int:
    """Empty what an index of the left-over finds, a slice at a time."""
    done = 0
    while keys := await database.read(lambda c: [row[0] for row in c.execute(chosen, kept)]):
        await database.write(lambda c, keys=keys: _remove(c, [], keys))  # type: ignore[misc]
        done += len(keys)
    return done


async def _walk(database: Database, kept: Mapping[str, int], youngest: int, done: SweepCounts) -> SweepCounts:
    """Walk the messages from the oldest to the first that is too young, a slice at a time."""
    loop = asyncio.get_running_loop()
    after = 0
    while True:
        last, oldest = await database.read(lambda c, after=after: c.execute(_SPAN, {"after": after}).one())  # type: ignore[misc]
        if last is None or oldest > youngest:
            return done
        facts = {"after": after, "last": last, **kept}
        over, bodies = await database.read(lambda c, facts=facts: _chosen(c, facts))  # type: ignore[misc]
        if over or bodies:
            began = loop.time()
            await database.write(lambda c, over=over, bodies=bodies: _remove(c, over, bodies))  # type: ignore[misc]
            await asyncio.sleep((loop.time() - began) * REST)
        done = SweepCounts(done.bodies + len(bodies), done.messages + len(over), done.days)
        after = last


def _chosen(connection: Connection, facts: Mapping[str, int]) -> tuple[list[int], list[int]]:
    over = [row[0] for row in connection.execute(_OVER, facts)]
    gone = set(over)
    return over, [row[0] for row in connection.execute(_WITH_BODY, facts) if row[0] not in gone]


def _remove(connection: Connection, over: list[int], bodies: list[int]) -> None:
    """What has ended never begins again, so what was read is still true."""
    if bodies:
        connection.execute(_EMPTY, {"chosen": bodies})
        connection.execute(_STRIP, {"chosen": bodies})
    if over:
        for statement in _REMOVE:
            connection.execute(statement, {"chosen": over})
