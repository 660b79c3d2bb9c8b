"""Rows of `outbox_message` to the words of the outbox and back; the only place that knows how an instant is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from outbox.database.sealing import UnreadableError, open_json
from outbox.desk import Record
from outbox.message import Cause, ClaimedMessage, Envelope, Kind, MessageStatus, Priority

if TYPE_CHECKING:
    from outbox.database.sealing import Seal


EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

Lane = tuple[str, str]
"""(destination, lane)."""

Row = tuple[Any, ...]
"""The values of one row, or the arguments of one statement."""

Named = Any
"""A row whose columns are read by their names: a `ClaimRow`, or a row of SQLAlchemy."""

Raw = Any
"""The driver's own connection, of sqlite3 or psycopg: both have `execute`."""


class ClaimTerms(NamedTuple):
    """What is to be claimed, by whom, from when until when."""

    destination: str
    now: int
    limit: int
    oldest: int
    owner: str
    until: int


def micros(instant: datetime) -> int:
    """Microseconds since 1970 UTC, exact; a naive datetime is refused by the subtraction itself."""
    return (instant - EPOCH) // _MICROSECOND


def instant(value: int) -> datetime:
    """The datetime, aware, in UTC."""
    return EPOCH + timedelta(microseconds=value)


def _maybe(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + timedelta(microseconds=value)


ENVELOPE: Final = (
    "id",
    "destination",
    "lane",
    "topic",
    "kind",
    "mode",
    "scope",
    "priority",
    "body",
    "trace",
    "created_at",
    "due_at",
    "expires_at",
)
"""The columns of an envelope, in the order of every statement that reads or writes one."""

CLAIM: Final = (*ENVELOPE, "attempts", "unreachable", "fence", "seq", "uncertain_at")
"""What a claim returns, before the lane's reference."""


class ClaimRow(NamedTuple):
    """What both databases return of a claimed message: the columns of `CLAIM`, and what its lane and its last attempt know."""

    id: str
    destination: str
    lane: str
    topic: str
    kind: str
    mode: str
    scope: str
    priority: int
    body: bytes
    trace: str | None
    created_at: int
    due_at: int | None
    expires_at: int | None
    attempts: int
    unreachable: int
    fence: int
    seq: int
    uncertain_at: int | None
    reference: str | None
    exact: bytes | None
    """By `EXACT`."""
    next_at: int


RECORD: Final = (
    *CLAIM,
    "status",
    "next_at",
    "enqueued_at",
    "settled_at",
    "superseded_by",
    "cause_code",
    "cause_title",
    "cause_detail",
    "decided_by",
    "decided_at",
    "decision",
)


ENDED: Final = frozenset(
    (MessageStatus.DELIVERED, MessageStatus.SUPERSEDED, MessageStatus.EXPIRED, MessageStatus.DISCARDED)
)
"""What is in one of these never begins again."""

EXACT: Final = """CASE WHEN exact = 1 THEN (SELECT sent FROM outbox_attempt a
  WHERE a.message = outbox_message.seq AND a.sent IS NOT NULL ORDER BY a.fence DESC LIMIT 1) END"""
"""After the reference: the bytes of the last attempt, where they are to be sent again as they were."""

TROUBLED: Final = (
    "paused_at IS NOT NULL OR breaker <> 'closed' OR failures > 0 OR width IS NOT NULL OR drain_rate IS NOT NULL"
)
"""Of `outbox_destination`: a claim must ask the gate first."""


def envelope_row(envelope: Envelope, seal: Seal) -> tuple[Any, ...]:
    """The values of `ENVELOPE`."""
    due, expires = envelope.due_at, envelope.expires_at
    return (
        envelope.id,
        envelope.destination,
        envelope.lane,
        envelope.topic,
        envelope.kind.value,
        envelope.mode,
        envelope.scope,
        int(envelope.priority),
        seal.seal(orjson.dumps(envelope.body)),
        envelope.trace,
        micros(envelope.created_at),
        None if due is None else micros(due),
        None if expires is None else micros(expires),
    )


def envelope(row: Named, seal: Seal) -> Envelope:
    """The envelope in a row that has the columns of `ENVELOPE`; a body that cannot be read spoils no other row."""
    body, readable = _body(row.body, seal)
    return Envelope(
        row.id,
        row.destination,
        row.lane,
        row.topic,
        _KINDS[row.kind],
        row.mode,
        body,
        instant(row.created_at),
        row.scope,
        _PRIORITIES[row.priority],
        _maybe(row.due_at),
        _maybe(row.expires_at),
        row.trace,
        readable,
    )


def refilled(emptied: Envelope, body: bytes, seal: Seal) -> Envelope:
    """The envelope with its body, which was kept apart."""
    if not body:
        return emptied
    read, readable = _body(body, seal)
    return replace(emptied, body=read, readable=readable)


def evidence(kept: bytes | None, seal: Seal) -> bytes | None:
    """Bytes of an attempt; empty where there are none, None where they cannot be read."""
    if not kept:
        return b""
    try:
        return seal.open(kept)
    except UnreadableError:
        return None


def _body(kept: bytes | None, seal: Seal) -> tuple[dict[str, Any], bool]:
    """A body, and whether it could be read; retention empties it, which is no fault."""
    if not kept:
        return {}, True
    try:
        return open_json(seal, kept), True
    except UnreadableError:
        return {}, False


_KINDS: Final = {kind.value: kind for kind in Kind}
_PRIORITIES: Final = {priority.value: priority for priority in Priority}


def claimed(row: Named, seal: Seal, exact: bytes | None = None) -> ClaimedMessage:
    """A row of `CLAIM` with the lane's reference, as what a dispatcher holds; `exact` by `EXACT`, where it was asked for."""
    whole, again = envelope(row, seal), evidence(exact, seal)
    return ClaimedMessage(
        whole if again is not None else replace(whole, readable=False),
        attempt=row.attempts,
        fence=row.fence,
        reference=row.reference,
        unreachable=row.unreachable,
        exact=again or b"",
        uncertain_since=_maybe(row.uncertain_at),
    )


def cause(code: str | None, title: str | None, detail: str | None) -> Cause | None:
    """The three columns of a cause."""
    return None if code is None else Cause(code, title or "", detail or "")


def record(row: Named, seal: Seal) -> Record:
    """A row of `RECORD`."""
    return Record(
        seq=row.seq,
        envelope=envelope(row, seal),
        status=MessageStatus(row.status),
        attempts=row.attempts,
        next_at=instant(row.next_at),
        enqueued_at=instant(row.enqueued_at),
        settled_at=_maybe(row.settled_at),
        superseded_by=row.superseded_by,
        uncertain_since=_maybe(row.uncertain_at),
        cause=cause(row.cause_code, row.cause_title, row.cause_detail),
        decided_by=row.decided_by,
        decided_at=_maybe(row.decided_at),
        decision=row.decision,
    )
