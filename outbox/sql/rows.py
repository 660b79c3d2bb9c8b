"""Rows of `outbox_message` to the words of the outbox and back; the only place that knows how an instant is stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from outbox.desk import Record
from outbox.message import Cause, Claimed, Envelope, Kind, Priority, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from outbox.database.sealing import Seal


EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

Lane = tuple[str, str]
"""(destination, lane)."""

Row = tuple[Any, ...]
"""The values of one row, or the arguments of one statement."""

Raw = Any
"""The driver's own connection, of sqlite3 or psycopg: both have `execute`."""


class Asked(NamedTuple):
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

CLAIM: Final = (*ENVELOPE, "attempts", "unreachable", "fence", "seq")
"""What a claim returns, before the lane's reference."""

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


ENDED: Final = frozenset((Status.DELIVERED, Status.SUPERSEDED, Status.EXPIRED, Status.DISCARDED))
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


def envelope(row: Sequence[Any], seal: Seal) -> Envelope:
    """The envelope in the first columns of a row."""
    (key, destination, lane, topic, kind, mode, scope, priority, body, trace, created, due, expires) = row[:13]
    return Envelope(
        key,
        destination,
        lane,
        topic,
        _KINDS[kind],
        mode,
        orjson.loads(seal.open(body)) if body else {},  # Retention empties it.
        instant(created),
        scope,
        _PRIORITIES[priority],
        _maybe(due),
        _maybe(expires),
        trace,
    )


_KINDS: Final = {kind.value: kind for kind in Kind}
_PRIORITIES: Final = {priority.value: priority for priority in Priority}


def claimed(row: Sequence[Any], reference: str | None, seal: Seal, exact: bytes | None = None) -> Claimed:
    """A row of `CLAIM` as what a dispatcher holds."""
    return Claimed(
        envelope(row, seal),
        attempt=row[13],
        fence=row[15],
        reference=reference,
        unreachable=row[14],
        exact=seal.open(exact) if exact else b"",
    )


def cause(code: str | None, title: str | None, detail: str | None) -> Cause | None:
    """The three columns of a cause."""
    return None if code is None else Cause(code, title or "", detail or "")


def record(row: Sequence[Any], seal: Seal) -> Record:
    """A row of `RECORD`."""
    seq, status, next_at, enqueued, settled, superseded, code, title, detail, by, at, decision = row[16:28]
    return Record(
        seq=seq,
        envelope=envelope(row, seal),
        status=Status(status),
        attempts=row[13],
        next_at=instant(next_at),
        enqueued_at=instant(enqueued),
        settled_at=_maybe(settled),
        superseded_by=superseded,
        cause=cause(code, title, detail),
        decided_by=by,
        decided_at=_maybe(at),
        decision=decision,
    )
