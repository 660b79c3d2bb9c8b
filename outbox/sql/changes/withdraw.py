"""Taking messages back in the caller's transaction, so that something else can be done instead, and never both.

The aftermath is not called: the caller decides what follows, together with the withdrawal or not at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, or_, select, update

from outbox.database.sealing import seal_of
from outbox.message import MessageStatus
from outbox.sql.changes.settle import end_chosen
from outbox.sql.rows import micros
from outbox.sql.selection import Choice
from outbox.sql.tables import UNDECIDED, outbox_lane, outbox_message
from outbox.verdict import discarded

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from outbox.database.sealing import Seal
    from outbox.sql.rows import Named

_M: Final = outbox_message.c
_NEVER_LEFT: Final = Choice("status = 'pending' AND attempts = 0 AND uncertain_at IS NULL", "seq")
_UNDECIDED: Final = Choice(UNDECIDED, "seq")
_OPEN: Final = Choice("status IN ('pending', 'parked', 'uncertain')", "seq")
_OF_SCOPE: Final = select(_M.id, _M.lane, _M.status).where(
    _M.destination == bindparam("destination"),
    _M.scope == bindparam("scope"),
    _M.status.in_(("pending", "parked", "uncertain")),
)
_UNFINISHED: Final = select(_M.id).where(
    _M.destination == bindparam("destination"),
    _M.lane == bindparam("lane"),
    _M.status.in_(("pending", "sending", "parked", "uncertain")),
)
_BEHIND: Final = (
    select(_M.id)
    .where(
        _M.destination == bindparam("destination"),
        _M.lane == bindparam("lane"),
        _M.status == MessageStatus.PENDING.value,
    )
    .limit(1)
)
_TOUCHED: Final = (
    select(_M.id)
    .where(
        _M.scope == bindparam("scope"),
        _M.destination == bindparam("destination"),
        _M.lane == bindparam("lane"),
        or_(_M.attempts > 0, _M.uncertain_at.is_not(None)),  # A replay counts its tries anew.
    )
    .limit(1)
)
_DECIDE: Final = (
    update(outbox_message)
    .where(_M.seq == bindparam("number"))
    .values(decided_by=bindparam("by"), decided_at=bindparam("at"), decision=bindparam("what"))
)

_FORGET_LANE: Final = delete(outbox_lane).where(
    outbox_lane.c.destination == bindparam("destination"), outbox_lane.c.lane == bindparam("lane")
)


def forget_lane(connection: Connection, destination: str, lane: str) -> None:
    """Drop the reference that the recipient gave to this lane: the next message opens the case anew."""
    connection.execute(_FORGET_LANE, {"destination": destination, "lane": lane})


def withdraw_lane(  # noqa: PLR0913 - which lane, by whom, why, when
    connection: Connection,
    destination: str,
    lane: str,
    scope: str,
    *,
    by: str,
    reason: str,
    now: datetime,
    seal: Seal | None = None,
) -> bool:
    """Whether nothing of this lane ever left; then what waits in it is discarded, else nothing changes.

    Never left: no attempt was spent on any message of it, because nobody was there or nothing was tried. What was sent and not
    answered for may have arrived.
    """
    chosen = _NEVER_LEFT.locked(connection, _unfinished(connection, destination, lane))
    # Asked under the lock: a dispatcher that has just taken one has counted its attempt.
    facts = {"scope": scope, "destination": destination, "lane": lane}
    if connection.execute(_TOUCHED, facts).first() is not None:
        return False
    _end(connection, chosen, by, reason, now, seal or seal_of(connection))
    return True


def free_lane(  # noqa: PLR0913 - which lane, by whom, why, when
    connection: Connection,
    destination: str,
    lane: str,
    *,
    by: str,
    reason: str,
    now: datetime,
    seal: Seal | None = None,
    if_followed: bool = False,
) -> int:
    """Discard what waits for a decision in a lane, so that what comes behind it can leave; say how many there were.

    `if_followed`: only where something does come behind it.
    """
    lane_of = {"destination": destination, "lane": lane}
    if if_followed and connection.execute(_BEHIND, lane_of).first() is None:
        return 0
    chosen = _UNDECIDED.locked(connection, _unfinished(connection, destination, lane))
    _end(connection, chosen, by, reason, now, seal or seal_of(connection))
    return len(chosen)


def free_scope(  # noqa: PLR0913 - which messages, by whom, why, when
    connection: Connection,
    destination: str,
    scope: str,
    *,
    lanes: Collection[str],
    by: str,
    reason: str,
    now: datetime,
    seal: Seal | None = None,
) -> int:
    """Discard what waits for a decision in a scope, and in these lanes also what only waits; say how many there were."""
    rows = connection.execute(_OF_SCOPE, {"destination": destination, "scope": scope}).all()
    ids = [row.id for row in rows if row.status != MessageStatus.PENDING.value or row.lane in lanes]
    chosen = _OPEN.locked(connection, ids)
    _end(connection, chosen, by, reason, now, seal or seal_of(connection))
    return len(chosen)


def _unfinished(connection: Connection, destination: str, lane: str) -> list[str]:
    return [row.id for row in connection.execute(_UNFINISHED, {"destination": destination, "lane": lane})]


def _end(  # noqa: PLR0913 - what, by whom, why, when
    connection: Connection, chosen: Sequence[Named], by: str, reason: str, now: datetime, seal: Seal
) -> None:
    end_chosen(connection, chosen, lambda claimed: discarded(claimed, now, reason), None, seal)
    for row in chosen:
        connection.execute(_DECIDE, {"number": row.seq, "by": by, "at": micros(now), "what": reason})
