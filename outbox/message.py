"""The words of the outbox, used as they are in the columns, the logs, the metrics, the console and the docs.

```
            enqueue               claim                      receipt
   (none) ─────────▶ pending ───────────────▶ sending ─────────────────────▶ delivered
                      ▲ ▲ │ │                    │
                      │ │ │ │   transient, or    │
                      │ └─┼─┼── lease lost ──────┤
                      │   │ │                    │ permanent, or tries exhausted
        replay (human)│   │ │                    ├────────────▶ parked ─────┐ nothing left, or it was refused
                      │   │ │                    └────────────▶ uncertain ──┤ it left, and no readable answer came
                      │   │ └──▶ expired                                    │
                      │   │      past expires_at; uncertain if it had left  │
                      │   └────▶ superseded, by a newer state               │
                      └─────────────────────────────────────────────────────┤
                          pending, parked and uncertain ──────────▶ discarded (human, with a reason)
```

`uncertain` says what `parked` must not: the neighbour may hold the message. Each try carries the same key, so that a neighbour
that has it answers so; while tries are left, the message is pending and `uncertain_since` says when it first left unanswered.
A parked or uncertain command holds its lane, so that commands take effect in their order whatever a person replays; whoever
knows that what follows must not wait, as a cancellation, gives it up (`outbox.sql.free_lane`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from datetime import datetime


class MessageStatus(StrEnum):
    """Where a message is; the only words for it anywhere in the product."""

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    PARKED = "parked"
    """It did not leave, or was refused: a person decides."""
    UNCERTAIN = "uncertain"
    """It left, and no answer could be read; its tries are over: a person asks the neighbour, and decides."""
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    DISCARDED = "discarded"


UNDECIDED: Final = (MessageStatus.PARKED, MessageStatus.UNCERTAIN)
"""Its tries are over, and a person decides."""


class Kind(StrEnum):
    """How a message behaves towards older ones of its lane."""

    STATE = "state"
    """The whole of something now: a newer one supersedes an older one of the same topic that still waits."""
    COMMAND = "command"
    """Something to be done: every one is sent, in order; a parked command holds its lane."""


class Priority(IntEnum):
    """Who goes first; lower leaves sooner."""

    INTERVENTION = 0
    URGENT = 1
    NORMAL = 2
    BULK = 3


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message for one destination. The id is stable over retries and crashes and is the idempotency key on the wire.

    `body` is canon (our own model as JSON-safe values), never wire bytes, so that a parked message can be replayed after
    a mapping was mended.
    """

    id: str
    destination: str
    lane: str
    """Order is kept per (destination, lane): a victim, an event, a request."""
    topic: str
    """What it says: `victim`, `event`, `counts`, `identifier.detached`, `intervention.request`, `outcome`…"""
    kind: Kind
    mode: str
    """`Actual` or `Exercise`; the wire refuses a mismatch with its destination's own mode."""
    body: dict[str, Any]
    created_at: datetime
    scope: str = ""
    """What a person groups by: the id of the event, or of the platform."""
    priority: Priority = Priority.NORMAL
    due_at: datetime | None = None
    """Not before this instant; absent means at once."""
    expires_at: datetime | None = None
    """Never sent after this instant."""
    trace: str | None = None
    """W3C traceparent of the change that caused it."""
    readable: bool = True
    """Whether its body could be read where it was kept; False: the body is empty here, and stays what it is in the store."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a message is not delivered, in words a person can read and a code to group by. Never holds a patient's data."""

    code: str
    title: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a destination says when it took a message."""

    reference: str | None = None
    """The neighbour's own identifier for the thing (a SI-VIC fiche, a dossier): kept per lane, given back at the next delivery."""
    duplicate: bool = False
    """The neighbour had already taken this very message: our earlier attempt did land."""
    sent: bytes = b""
    answered: bytes = b""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the caller may learn from the answer, as JSON-safe values (`external_id`, `etat`…)."""


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """An envelope under lease, with what its lane already knows."""

    envelope: Envelope
    attempt: int
    """1 for the first."""
    fence: int
    """Grows at each claim; a settlement with an older fence is refused."""
    reference: str | None = None
    """`Receipt.reference` of the last delivery in this (destination, lane)."""
    unreachable: int = 0
    """How many times in a row the neighbour was not there; those attempts are not counted in `attempt`."""
    exact: bytes = b""
    """What the last attempt sent, when a person asked that it be sent again as it was; empty: map the body as today."""
    uncertain_since: datetime | None = None
    """When it first left without a readable answer; the neighbour may hold it."""


class Outcome(StrEnum):
    """How an attempt, or a wait, came to its end."""

    DELIVERED = "delivered"
    TRANSIENT = "transient"
    UNREACHABLE = "unreachable"
    UNCERTAIN = "uncertain"
    """Its bytes may have left, and no answer could be read."""
    PERMANENT = "permanent"
    LEASE_LOST = "lease_lost"
    """Its process died or froze; nobody knows whether the neighbour took it."""
    LATE = "late"
    """Settled after its lease was lost: kept as evidence, without effect."""
    EXPIRED = "expired"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a message, applied in one transaction with its attempt, its lane and its aftermath."""

    claimed: ClaimedMessage
    status: MessageStatus
    """Where it goes: delivered, pending (again at `next_at`), parked, uncertain, expired; superseded and discarded come from the store."""
    outcome: Outcome
    at: datetime
    started_at: datetime | None = None
    """When the delivery began; absent when nothing was attempted."""
    next_at: datetime | None = None
    receipt: Receipt | None = None
    cause: Cause | None = None
    sent: bytes = b""
    answered: bytes = b""
    uncertain: bool = False
    """Whether the neighbour may hold it by this attempt; see `uncertain_since` for all of them."""

    @property
    def uncertain_since(self) -> datetime | None:
        """When the message first left without a readable answer; None once one came, or while none was needed."""
        if self.outcome is Outcome.DELIVERED:
            return None
        return self.claimed.uncertain_since or (self.at if self.uncertain else None)
