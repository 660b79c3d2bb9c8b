"""The queue in memory: each verb looks through plain lists."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from outbox.desk import Record
from outbox.dispatch.shares import share
from outbox.gate import Breaker, Gate, admit, learn, news, spend
from outbox.memory.row import LIVE, Row, followed, in_time, log, same_state, sendable, supersede, ticks
from outbox.message import UNDECIDED, ClaimedMessage, Kind, MessageStatus, Outcome
from outbox.ports import TurnResult
from outbox.verdict import expired, late, lease_lost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from outbox.desk import Pause
    from outbox.memory.row import Lane
    from outbox.message import Envelope, Settlement
    from outbox.ports import Aftermath, ClaimRequest


EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


class MemoryQueue:
    """`Queue` without a database."""

    def __init__(
        self, *, clock: Callable[[], datetime], lease_seconds: float = 5.0, aftermath: Aftermath | None = None
    ) -> None:
        self._clock = clock
        self._lease = lease_seconds
        self._aftermath = aftermath
        self._rows: dict[str, Row] = {}
        self._lanes: dict[Lane, list[Row]] = {}
        self._references: dict[Lane, str] = {}
        self._pauses: dict[str, Pause] = {}
        self._gates: dict[str, Gate] = {}
        self._word = asyncio.Event()

    @property
    def lease_seconds(self) -> float:
        """How long a claim is ours without being renewed."""
        return self._lease

    async def enqueue(self, envelopes: Sequence[Envelope]) -> None:
        """Accept messages."""
        self._accept(envelopes)

    def _accept(self, envelopes: Iterable[Envelope]) -> None:
        now = self._clock()
        rows = []
        for envelope in envelopes:
            if envelope.id in self._rows:
                continue
            sooner = self._sooner(envelope)
            due = max(now, sooner.due_at or now)
            row = Row(Record(len(self._rows) + 1, sooner, MessageStatus.PENDING, 0, due, now))
            self._rows[envelope.id] = row
            self._lanes.setdefault(row.lane, []).append(row)
            self._word.set()
            rows.append(row)
        for newest in {row.subject: row for row in rows if row.envelope.kind is Kind.STATE}.values():
            for older in self._lanes[newest.lane]:
                if older is not newest and older.status is MessageStatus.PENDING and same_state(older, newest):
                    supersede(older, newest, now)

    def _sooner(self, envelope: Envelope) -> Envelope:
        """Due when the first of the states that it makes needless, and that were never tried, would have left."""
        if envelope.kind is not Kind.STATE or envelope.due_at is None:
            return envelope
        waited = [
            older.envelope.due_at
            for older in self._lanes.get((envelope.destination, envelope.lane), [])
            if older.status is MessageStatus.PENDING
            and older.record.attempts == 0
            and older.envelope.kind is Kind.STATE
            if older.envelope.topic == envelope.topic and older.envelope.due_at is not None
        ]
        return replace(envelope, due_at=min([envelope.due_at, *waited]))

    def _head(self, lane: Lane) -> Row | None:
        live = [row for row in self._lanes.get(lane, []) if row.live]
        return next((row for row in live if row.status is MessageStatus.SENDING), live[0] if live else None)

    def _heads(self, destination: str) -> list[Row]:
        heads = (self._head(lane) for lane in self._lanes if lane[0] == destination)
        return [row for row in heads if row is not None and row.status is MessageStatus.PENDING]

    async def claim(
        self, destination: str, limit: int, *, oldest: int = 0, rate: float | None = None
    ) -> list[ClaimedMessage]:
        """Lease at most `limit` due heads of lanes, as many as the destination's gate lets through."""
        now = self._clock()
        gate = self._gates.get(destination, Gate(destination))
        sending = sum(row.status is MessageStatus.SENDING for row in self._rows.values() if row.lane[0] == destination)
        admitted, passed = admit(gate, limit, sending, rate, now)
        if admitted <= 0 or destination in self._pauses:
            return []
        due = {row.record.seq: row for row in self._heads(destination) if sendable(row, now)}
        order = [(int(row.envelope.priority), ticks(row.record.next_at), seq) for seq, row in due.items()]
        if passed.breaker is not Breaker.CLOSED:
            oldest = admitted
        taken = [self._take(due[seq], now) for _, _, seq in share(order, admitted, oldest)]
        self._gates[destination] = spend(passed, len(taken), rate, now) if taken else self._drained(gate, now)
        return taken

    def _drained(self, gate: Gate, now: datetime) -> Gate:
        rows = (row for row in self._rows.values() if row.lane[0] == gate.destination and row.status in LIVE)
        left = any(row.record.next_at <= now for row in rows)
        return gate if left else replace(gate, drain_rate=None, free_at=None)

    def _learn(self, ends: Iterable[Settlement]) -> None:
        for name, item in news(ends).items():
            self._gates[name] = learn(self._gates.get(name, Gate(name)), item, self._clock())
            self._word.set()

    def _take(self, row: Row, now: datetime) -> ClaimedMessage:
        row.record = replace(row.record, status=MessageStatus.SENDING, attempts=row.record.attempts + 1)
        row.fence += 1
        row.lease_until = now + timedelta(seconds=self._lease)
        return self._claimed(row)

    def _claimed(self, row: Row) -> ClaimedMessage:
        known = self._references.get(row.lane)
        return ClaimedMessage(
            row.envelope,
            row.record.attempts,
            row.fence,
            known,
            row.unreachable,
            row.last_sent,
            row.record.uncertain_since,
        )

    def _held(self, claimed: ClaimedMessage) -> Row | None:
        row = self._rows.get(claimed.envelope.id)
        return row if row and row.status is MessageStatus.SENDING and row.fence == claimed.fence else None

    async def settle(self, settlements: Sequence[Settlement]) -> list[Settlement]:
        """Apply what became of claimed messages; return those refused."""
        refused, ends = [], []
        for settlement in settlements:
            row = self._held(settlement.claimed)
            if row is not None:
                self._conclude(row, settlement)
                ends.append(settlement)
                continue
            refused.append(settlement)
            known = self._rows.get(settlement.claimed.envelope.id)
            if known is not None:
                log(known, late(settlement))
        self._learn(ends)
        return refused

    async def settle_and_claim(self, settlements: Sequence[Settlement], wanted: Sequence[ClaimRequest]) -> TurnResult:
        """The one, then the other."""
        refused = await self.settle(settlements)
        plain = [want for want in wanted if want.rate is None and self._gates.get(want.destination, Gate("")).plain]
        return TurnResult(
            refused,
            {want.destination: await self.claim(want.destination, want.limit, oldest=want.oldest) for want in plain},
        )

    def _conclude(self, row: Row, end: Settlement) -> None:
        end, accepted = followed(self._aftermath, end)
        newer = self._newer_waiting(row) if end.status is MessageStatus.PENDING else None
        if newer is not None:
            end = replace(end, status=MessageStatus.SUPERSEDED)
        unreachable = end.outcome is Outcome.UNREACHABLE
        row.unreachable = row.unreachable + 1 if unreachable else 0
        row.lease_until = None
        row.exact = row.exact and end.status is MessageStatus.PENDING
        row.record = replace(
            row.record,
            status=end.status,
            attempts=end.claimed.attempt - unreachable,
            next_at=end.next_at or end.at,
            settled_at=None if end.status is MessageStatus.PENDING else end.at,
            superseded_by=newer.envelope.id if newer and end.status is MessageStatus.SUPERSEDED else None,
            uncertain_since=end.uncertain_since,
            cause=end.cause,
        )
        if end.outcome not in {Outcome.EXPIRED, Outcome.DISCARDED}:
            log(row, end)
        if end.status is MessageStatus.DELIVERED:
            self._heal(row, end)
        self._lanes[row.lane] = [other for other in self._lanes[row.lane] if other.live or other.status in UNDECIDED]
        self._accept(accepted)
        self._word.set()

    def _heal(self, row: Row, end: Settlement) -> None:
        """Keep the reference, and retire the undecided states that this one made needless."""
        if end.receipt is not None and end.receipt.reference is not None:
            self._references[row.lane] = end.receipt.reference
        for older in self._lanes[row.lane]:
            if older.status in UNDECIDED and older.record.seq < row.record.seq and same_state(older, row):
                supersede(older, row, self._clock())

    def _newer_waiting(self, row: Row) -> Row | None:
        waiting = [
            other for other in self._lanes[row.lane] if other.status in LIVE and other.record.seq > row.record.seq
        ]
        return next((other for other in reversed(waiting) if same_state(row, other)), None)

    async def renew(self, claims: Sequence[ClaimedMessage]) -> None:
        """Prolong the leases that are still ours."""
        for claimed in claims:
            row = self._held(claimed)
            if row is not None:
                row.lease_until = self._clock() + timedelta(seconds=self._lease)

    async def release_expired(self) -> int:
        """Return messages whose lease ran out to pending."""
        now = self._clock()
        return self._end((row for row in self._rows.values() if row.lease_until and row.lease_until <= now), lease_lost)

    async def expire(self) -> int:
        """Settle waiting messages that are past their `expires_at`."""
        now = self._clock()
        over = (row for row in self._rows.values() if row.status is MessageStatus.PENDING and not in_time(row, now))
        return self._end(over, expired)

    async def recover(self) -> int:
        """Nothing outlives the process, so only leases can have ended."""
        return await self.release_expired()

    def _end(self, rows: Iterable[Row], end: Callable[[ClaimedMessage, datetime], Settlement]) -> int:
        chosen = [(row, end(self._claimed(row), self._clock())) for row in rows]
        for row, settlement in chosen:
            self._conclude(row, settlement)
        self._learn(concluded for _, concluded in chosen if concluded.outcome is Outcome.LEASE_LOST)
        return len(chosen)

    async def due(self, destinations: Sequence[str]) -> Mapping[str, datetime]:
        """When the next head of each destination is due."""
        heads = {name: self._heads(name) for name in destinations if name not in self._pauses}
        return {
            name: max(min(row.record.next_at for row in rows), *self._opening(name))
            for name, rows in heads.items()
            if rows
        }

    def _opening(self, destination: str) -> list[datetime]:
        gate = self._gates.get(destination, Gate(destination))
        step = gate.step_at if gate.breaker is not Breaker.CLOSED else None
        return [EARLIEST, *(at for at in (step, gate.free_at) if at is not None)]

    async def changed(self, timeout: float) -> bool:  # noqa: ASYNC109 - a wait that ends is what this verb is
        """Wait until something may be claimable."""
        try:
            async with asyncio.timeout(timeout):
                await self._word.wait()
        except TimeoutError:
            return False
        self._word.clear()
        return True
