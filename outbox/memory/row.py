"""One message in memory, and the pure questions asked of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NoReturn

from outbox.desk import Attempt, Record
from outbox.message import UNDECIDED, Kind, MessageStatus, Outcome
from outbox.verdict import AFTERMATH_FAILED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from outbox.message import Envelope, Settlement
    from outbox.ports import Aftermath

Lane = tuple[str, str]

LIVE = (MessageStatus.PENDING, MessageStatus.SENDING)


@dataclass(slots=True)
class Row:
    """A message and what its claims left on it."""

    record: Record
    fence: int = 0
    unreachable: int = 0
    lease_until: datetime | None = None
    exact: bool = False
    attempts: dict[int, Attempt] = field(default_factory=dict)

    @property
    def envelope(self) -> Envelope:
        """What it carries."""
        return self.record.envelope

    @property
    def status(self) -> MessageStatus:
        """Where it is."""
        return self.record.status

    @property
    def lane(self) -> Lane:
        """Its (destination, lane)."""
        return self.envelope.destination, self.envelope.lane

    @property
    def live(self) -> bool:
        """Whether it stands in its lane: an undecided command does, an undecided state does not."""
        return self.status in LIVE or (self.status in UNDECIDED and self.envelope.kind is Kind.COMMAND)

    @property
    def last_sent(self) -> bytes:
        """The bytes of the last attempt that sent any, where they are to be sent again."""
        tries = [self.attempts[fence].sent for fence in sorted(self.attempts)] if self.exact else []
        return next((sent for sent in reversed(tries) if sent), b"")

    @property
    def subject(self) -> tuple[str, str, str]:
        """What a state is the whole of: (destination, lane, topic)."""
        return (*self.lane, self.envelope.topic)


@dataclass(frozen=True, slots=True)
class Transaction:
    """Keeps what an aftermath enqueues until it has ended well."""

    accepted: list[Envelope] = field(default_factory=list)

    @property
    def connection(self) -> NoReturn:
        """There is none."""
        raise LookupError("the memory store has no SQL connection")

    def enqueue(self, envelopes: Sequence[Envelope]) -> None:
        """Accept messages together with the settlement."""
        self.accepted.extend(envelopes)


def sendable(row: Row, now: datetime) -> bool:
    """Whether it is due, and not past its time."""
    return row.record.next_at <= now and in_time(row, now)


def in_time(row: Row, now: datetime) -> bool:
    """Whether it may still be sent."""
    return row.envelope.expires_at is None or row.envelope.expires_at > now


def ticks(instant: datetime) -> int:
    """Microseconds, as the other stores order by."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def same_state(older: Row, newer: Row) -> bool:
    """Whether both say the whole of the same thing."""
    return older.envelope.kind is Kind.STATE is newer.envelope.kind and older.subject == newer.subject


def supersede(older: Row, newer: Row, now: datetime) -> None:
    """Retire it, with the trace of what took its place."""
    older.record = replace(
        older.record, status=MessageStatus.SUPERSEDED, superseded_by=newer.envelope.id, settled_at=now
    )


def followed(aftermath: Aftermath | None, end: Settlement) -> tuple[Settlement, list[Envelope]]:
    """Call what must follow; when it fails, a person decides and nothing of it is kept."""
    if aftermath is None:
        return end, []
    transaction = Transaction()
    try:
        aftermath(transaction, end)
    except Exception:  # noqa: BLE001 - whatever it was, the message is parked with that cause
        return replace(end, status=MessageStatus.PARKED, cause=AFTERMATH_FAILED, next_at=None), []
    return end, transaction.accepted


def log(row: Row, end: Settlement) -> None:
    """Keep an attempt; only one whose lease was lost is ever replaced."""
    known = row.attempts.get(end.claimed.fence)
    if known is None or known.outcome is Outcome.LEASE_LOST:
        row.attempts[end.claimed.fence] = Attempt(
            end.claimed.attempt,
            end.claimed.fence,
            end.outcome,
            end.started_at,
            end.at,
            end.cause,
            end.receipt.reference if end.receipt else None,
            end.sent,
            end.answered,
        )
