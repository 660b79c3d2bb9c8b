"""What a person is shown of the outbox: plain values, read from any store.

They carry bodies and evidence because a person with the right to see them asked for one message; whoever prints,
logs or exports them decides what may leave. Nothing here changes a message: the verbs are in `ports.Desk`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from outbox.message import Cause, Envelope, MessageStatus, Outcome, Priority


@dataclass(frozen=True, slots=True)
class Record:
    """One message as the store knows it."""

    seq: int
    """Grows with each enqueue; the cursor of `Desk.find`."""
    envelope: Envelope
    status: MessageStatus
    attempts: int
    next_at: datetime
    enqueued_at: datetime
    settled_at: datetime | None = None
    superseded_by: str | None = None
    """The id of the newer state that made this one needless."""
    uncertain_since: datetime | None = None
    """When it first left without a readable answer; the neighbour may hold it."""
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
    readable: bool = True
    """False where the bytes are kept and cannot be read; they are empty here."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which messages a person asks for; every field that is given must match."""

    status: MessageStatus | None = None
    destination: str | None = None
    lane: str | None = None
    topic: str | None = None
    scope: str | None = None
    cause: str | None = None
    """A `Cause.code`."""
    fingerprint: str | None = None
    """Of the cause, for messages that wait for a decision: a `Group`."""
    superseded_by: str | None = None
    """The id of the newer state that made it needless."""


@dataclass(frozen=True, slots=True)
class Group:
    """Parked or uncertain messages that one decision is likely to free."""

    fingerprint: str
    destination: str
    topic: str
    cause: Cause
    """Of one of them; the others differ in numbers and names only."""
    messages: int
    oldest: datetime
    """When the first of them was parked."""
    newest: datetime
    example: str
    """The id of the first of them."""
    uncertain: int = 0
    """How many of them left without a readable answer: the neighbour may hold these."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is not finished at one destination, for one status."""

    destination: str
    status: MessageStatus
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
class Node:
    """A process that works on this database."""

    name: str
    """Host, process and a chance part: never the same twice."""
    role: str
    """`serve` or `work`."""
    started_at: datetime
    seen_at: datetime
    facts: dict[str, Any]
    """What it says of itself, as JSON-safe values."""

    @property
    def host(self) -> str:
        """Where it runs."""
        return self.name.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Pause:
    """A destination that a person has stopped; its messages wait, and still expire."""

    destination: str
    by: str
    reason: str
    at: datetime


PORTION: Final = 200
"""How many parked messages are decided in one transaction, lanes being whole."""


def portions(parked: Iterable[tuple[str, tuple[str, str]]]) -> list[list[str]]:
    """Cut (id, lane) pairs, sorted by lane, into portions that hold whole lanes."""
    cut: list[list[str]] = []
    for _, lane in groupby(parked, key=lambda pair: pair[1]):
        ids = [key for key, _ in lane]
        if cut and len(cut[-1]) + len(ids) <= PORTION:
            cut[-1] += ids
        else:
            cut.append(ids)
    return cut
