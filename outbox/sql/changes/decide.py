"""What a person decides about messages that wait or are undecided: send them again now, in the order of their lanes, or give them up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, literal_column, select, text, update

from outbox.message import Kind, MessageStatus
from outbox.sql import rows
from outbox.sql.changes.enqueue import announce
from outbox.sql.changes.settle import end_chosen
from outbox.sql.dialects.statements import session
from outbox.sql.selection import Choice
from outbox.sql.tables import outbox_message
from outbox.verdict import discarded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from outbox.database.sealing import Seal
    from outbox.ports import Aftermath
    from outbox.sql.rows import Named

_M: Final = outbox_message.c
_LIVE: Final = text("place IS NOT NULL")
_OPEN: Final = Choice("status IN ('pending', 'parked', 'uncertain')", "seq")
_NEWER: Final = (
    select(_M.id)
    .where(
        _M.destination == bindparam("destination"),
        _M.lane == bindparam("lane"),
        _M.topic == bindparam("topic"),
        _M.seq > bindparam("seq"),
        _M.kind == Kind.STATE.value,
        _LIVE,
    )
    .order_by(_M.seq.desc())
    .limit(1)
)
_STEP_BACK: Final = (
    update(outbox_message)
    .where(_M.destination == bindparam("d"), _M.lane == bindparam("l"), _LIVE, _M.status != MessageStatus.SENDING.value)
    .where(literal_column("place") == 1)
    .values(place=2)
)
_BUSY: Final = (
    select(_M.seq)
    .where(_M.destination == bindparam("d"), _M.lane == bindparam("l"), _LIVE, _M.status == MessageStatus.SENDING.value)
    .limit(1)
)
_DECIDE: Final = (
    update(outbox_message)
    .where(_M.seq == bindparam("number"))
    .values(decided_by=bindparam("by"), decided_at=bindparam("at"), decision=bindparam("what"))
)
_OVERTAKE: Final = (
    update(outbox_message)
    .where(_M.seq == bindparam("number"))
    .values(status=MessageStatus.SUPERSEDED.value, superseded_by=bindparam("newer"), settled_at=bindparam("at"))
)
_AGAIN: Final = (
    update(outbox_message)
    .where(_M.seq == bindparam("number"))
    .values(
        status=MessageStatus.PENDING.value,
        place=2,
        attempts=0,
        unreachable=0,
        next_at=bindparam("at"),
        settled_at=None,
        exact=bindparam("as_it_was"),
    )
)


def replay(  # noqa: PLR0913 - one decision with all that it says
    connection: Connection, ids: Sequence[str], by: str, now: datetime, seal: Seal, *, exactly: bool = False
) -> int:
    """Send messages again, in the original order of their lanes; say how many wait now."""
    chosen = _OPEN.locked(connection, ids)
    at = rows.micros(now)
    again = sum(
        _replay_one(connection, row, by, at, seal, exactly=exactly) for row in reversed(chosen)
    )  # Older states see newer ones wait.
    for lane in sorted({(row.destination, row.lane) for row in chosen}):
        _reorder(connection, lane)
    if again:
        announce(connection)
    return again


def _replay_one(  # noqa: PLR0913 - same
    connection: Connection, row: Named, by: str, at: int, seal: Seal, *, exactly: bool
) -> bool:
    envelope, seq = rows.envelope(row, seal), row.seq
    connection.execute(_DECIDE, {"number": seq, "by": by, "at": at, "what": "replay"})
    facts = {"destination": envelope.destination, "lane": envelope.lane, "topic": envelope.topic, "seq": seq}
    newer = connection.scalar(_NEWER, facts) if envelope.kind is Kind.STATE else None
    if newer is None:
        connection.execute(_AGAIN, {"number": seq, "at": at, "as_it_was": int(exactly)})
    else:
        connection.execute(_OVERTAKE, {"number": seq, "newer": newer, "at": at})
    return newer is None


def _reorder(connection: Connection, lane: rows.Lane) -> None:
    """Give a lane its oldest live message as head, unless one is being sent: that one leads until it is settled."""
    facts = {"d": lane[0], "l": lane[1]}
    if connection.scalar(_BUSY, facts) is None:
        connection.execute(_STEP_BACK, facts)
        here = session(connection)
        here.engine.advance(here.raw, [lane])


def discard(  # noqa: PLR0913 - one decision with all that follows from it
    connection: Connection,
    ids: Sequence[str],
    by: str,
    reason: str,
    now: datetime,
    aftermath: Aftermath | None,
    seal: Seal,
) -> int:
    """Give up messages, which frees their lanes; say how many."""
    chosen = _OPEN.locked(connection, ids)
    end_chosen(connection, chosen, lambda claimed: discarded(claimed, now, reason), aftermath, seal)
    for row in chosen:
        connection.execute(_DECIDE, {"number": row.seq, "by": by, "at": rows.micros(now), "what": reason})
    return len(chosen)
