"""What a person is shown of the outbox: plain values, read from any store.

They carry bodies and evidence because a person with the right to see them asked for one message; whoever prints,
logs or exports them decides what may leave. Nothing here changes a message: the verbs are in `ports.Desk`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from outbox.message import Cause, Envelope, Outcome, Priority, Status


@dataclass(frozen=True, slots=True)
class Record:
    """One message as the store knows it."""

    seq: int
    """Grows with each enqueue; the cursor of `Desk.find`."""
    envelope: Envelope
    status: Status
    attempts: int
    next_at: datetime
    enqueued_at: datetime
    settled_at: datetime | None = None
    superseded_by: str | None = None
    """The id of the newer state that made this one needless."""
    cause: Cause | None = None
    decided_by: str | None = None
    """Who last replayed or discarded it."""
    decided_at: datetime | None = None
    decision: str | None = None
    """`replay`, or the reason given for discarding."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at delivering a message, with the evidence."""

    number: int
    fence: int
    outcome: Outcome
    started_at: datetime | None
    finished_at: datetime
    cause: Cause | None = None
    reference: str | None = None
    sent: bytes = b""
    answered: bytes = b""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which messages a person asks for; every field that is given must match."""

    status: Status | None = None
    destination: str | None = None
    lane: str | None = None
    topic: str | None = None
    scope: str | None = None
    cause: str | None = None
    """A `Cause.code`."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is not finished at one destination, for one status."""

    destination: str
    status: Status
    messages: int


@dataclass(frozen=True, slots=True)
class Lag:
    """How long the oldest due message of a destination and priority has waited."""

    destination: str
    priority: Priority
    oldest: datetime
    """When that message became due the first time; retries do not make it younger."""
    seconds: float
    waiting: int


@dataclass(frozen=True, slots=True)
class Pause:
    """A destination that a person has stopped; its messages wait, and still expire."""

    destination: str
    by: str
    reason: str
    at: datetime
