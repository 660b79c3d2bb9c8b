"""What the outbox asks of a neighbour, and what it offers to the house. Ports belong to the caller; nobody inherits.

`Destination` is asked of adapters; `Queue` is what the dispatcher works from; `Desk` is what people work with. A store
offers both, and `tests/contract` proves each store by one suite.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from outbox.message import Settlement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from outbox.desk import Attempt, Backlog, Filter, Group, Lag, Pause, Record
    from outbox.gate import Gate
    from outbox.message import ClaimedMessage, Envelope, Receipt


class Destination(Protocol):
    """A neighbour that takes messages."""

    @property
    def name(self) -> str:
        """The word used in routing, logs, metrics and the console: `sinus`, `sivic`, `lrm`, `portal`."""

    async def deliver(self, claimed: ClaimedMessage) -> Receipt:
        """Take one message, or raise a `DeliveryError`.

        Idempotent: the envelope's id goes on the wire as the idempotency key, so that a second delivery of the same
        message changes nothing at the neighbour. Refuses (permanently) an envelope whose mode is not its own.
        Any exception that is not a `DeliveryError` is taken as permanent.
        """


@runtime_checkable
class Repeater(Protocol):
    """A destination that can also send again the very bytes it sent."""

    async def resend(self, claimed: ClaimedMessage) -> Receipt:
        """Send `claimed.exact` to where the message goes today, with the same idempotency key; as `deliver` otherwise."""


class Transaction(Protocol):
    """The transaction that settles a message, open for what must follow it durably."""

    @property
    def connection(self) -> Connection:
        """The SQL connection of the transaction; a store without SQL raises `LookupError`."""

    def enqueue(self, envelopes: Sequence[Envelope]) -> None:
        """Accept messages together with the settlement, or not at all."""


Aftermath = Callable[[Transaction, Settlement], None]
"""Called inside the settling transaction, for every settlement that took effect, whatever its status; a state that failed
for now is told as pending, also where a newer one that waits then supersedes it. What it enqueues is accepted at the end.

It may run again for the same settlement (a dead-lock on PostgreSQL, another aftermath of the group that failed), always
after its own earlier effects were rolled back. When it raises, the message is parked with the cause
`outbox.aftermath_failed` instead: a replay delivers the same id again and calls it again.
"""


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """What is asked of `Queue.claim`."""

    destination: str
    limit: int
    oldest: int = 0
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class TurnResult:
    """What became of a turn."""

    refused: list[Settlement]
    """Those whose lease was lost."""
    claimed: Mapping[str, list[ClaimedMessage]]
    """By destination; one that is absent wants a `claim` of its own."""


class Queue(Protocol):
    """Durable messages on their way, as a dispatcher sees them."""

    @property
    def lease_seconds(self) -> float:
        """How long a claim is ours without being renewed."""

    async def enqueue(self, envelopes: Sequence[Envelope]) -> None:
        """Accept messages, durably when it returns; an id that is already known is ignored."""

    async def claim(
        self, destination: str, limit: int, *, oldest: int = 0, rate: float | None = None
    ) -> list[ClaimedMessage]:
        """Lease at most `limit` due messages, each the head of its lane, urgent ones first.

        `oldest` of them go to those that have waited longest whatever their priority, so that nothing starves.
        A paused destination gives none; one whose breaker is open gives one probe when it is time; `rate` is the most
        messages a second, over all nodes.
        """

    async def settle(self, settlements: Sequence[Settlement]) -> list[Settlement]:
        """Apply what became of claimed messages, in one transaction; return those refused because their lease was lost."""

    async def settle_and_claim(self, settlements: Sequence[Settlement], wanted: Sequence[ClaimRequest]) -> TurnResult:
        """Settle, then claim what is wanted, in one transaction: one wait for the disk instead of two.

        A destination whose gate limits something, or that has a rate, is left to `claim`, so that nobody waits for a gate
        while he holds lanes.
        """

    async def renew(self, claims: Sequence[ClaimedMessage]) -> None:
        """Prolong the leases that are still ours."""

    async def release_expired(self) -> int:
        """Return messages whose lease ran out to pending; say how many."""

    async def expire(self) -> int:
        """Settle waiting messages that are past their `expires_at`; say how many."""

    async def recover(self) -> int:
        """Return at once what a dead process of this store was sending, where that can be known; say how many."""

    async def due(self, destinations: Sequence[str]) -> Mapping[str, datetime]:
        """When the next head of each destination may leave; a destination with nothing to claim, or paused, is absent."""

    async def changed(self, timeout: float) -> bool:  # noqa: ASYNC109 - a wait that ends is what this verb is
        """Wait until something was enqueued, replayed or resumed, or `timeout` seconds; say whether it was."""


class Desk(Protocol):
    """The outbox as a person sees and decides it."""

    async def find(self, wanted: Filter, *, before: int | None = None, limit: int = 50) -> list[Record]:
        """The newest messages first, below the cursor `before` (`Record.seq`)."""

    async def message(self, message_id: str) -> Record | None:
        """One message."""

    async def attempts(self, message_id: str) -> list[Attempt]:
        """Every try at one message, the oldest first."""

    async def backlog(self) -> list[Backlog]:
        """How many messages are pending, sending, parked or uncertain, per destination."""

    async def lags(self) -> list[Lag]:
        """How late each destination is, per priority; one with nothing due is absent."""

    async def replay(self, ids: Sequence[str], *, by: str, exactly: bool = False) -> int:
        """Send messages again, in the original order of their lanes; say how many went back to pending.

        Those that are parked or uncertain, and those that are pending: now, with all their tries. What is being sent is left alone.
        A state that a newer one has made needless becomes superseded instead. They are mapped as today, or, `exactly`,
        the bytes of the last attempt are sent again (see `Repeater`); one that never sent any is mapped as today.
        """

    async def discard(self, ids: Sequence[str], *, by: str, reason: str) -> int:
        """Give up messages that are pending, parked or uncertain, which frees their lanes; say how many."""

    async def groups(self, wanted: Filter) -> list[Group]:
        """Parked and uncertain messages by the fingerprint of their cause, the largest group first."""

    async def parked(self, wanted: Filter) -> list[list[str]]:
        """Every parked or uncertain message that is wanted, in portions to hand to `replay` or `discard` one after the other.

        A lane is never cut: within it the order is kept whatever happens between two portions.
        """

    async def pause(self, destination: str, *, by: str, reason: str) -> None:
        """Stop claiming for a destination, durably, on every node."""

    async def resume(self, destination: str, *, rate: float | None = None) -> None:
        """Let a paused destination go on; what has gathered leaves at most `rate` a second until nothing due is left."""

    async def paused(self) -> Mapping[str, Pause]:
        """Which destinations are stopped, since when and by whom."""

    async def gates(self) -> Mapping[str, Gate]:
        """The state of the way to each destination; one that never had trouble is absent."""
