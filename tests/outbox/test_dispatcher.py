"""Claim, deliver, settle: over the memory store, where the queue itself is not in question."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from outbox.dispatch.dispatcher import Dispatcher
from outbox.errors import PermanentDeliveryError, TransientDeliveryError, UnreachableError
from outbox.memory import MemoryStore
from outbox.message import MessageStatus, Outcome, Receipt
from outbox.retry import Policy
from tests.outbox.bench import START, ScriptedDestination, SetClock, eventually, message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from outbox.message import ClaimedMessage


@pytest.fixture
def clock() -> SetClock:
    """Time stands still until told."""
    return SetClock()


@pytest.fixture
def store(clock: SetClock) -> MemoryStore:
    """An empty store."""
    return MemoryStore(clock=clock, lease_seconds=0.09)


def dispatcher(store: MemoryStore, clock: SetClock, *others: Gate | ScriptedDestination, **policy: float) -> Dispatcher:
    """One that draws no jitter."""
    wanted = Policy(schedule=(5, 30), concurrency=int(policy.pop("concurrency", 4)), **policy)
    destinations = {one.name: one for one in others}
    return Dispatcher(store, destinations, dict.fromkeys(destinations, wanted), clock=clock, chance=lambda: 0.0)


@dataclass(slots=True)
class Gate:
    """Takes a message only when it is opened for it."""

    name: str = "sivic"
    inside: list[str] = field(default_factory=list)
    opened: set[str] = field(default_factory=set)
    most: int = 0

    async def _open(self, message_id: str) -> bool:
        return message_id in self.opened

    async def deliver(self, claimed: ClaimedMessage) -> Receipt:
        """Wait for the gate."""
        self.inside.append(claimed.envelope.id)
        self.most = max(self.most, len(self.inside))
        await eventually(partial(self._open, claimed.envelope.id))
        self.inside.remove(claimed.envelope.id)
        return Receipt()


@asynccontextmanager
async def running(work: Dispatcher) -> AsyncIterator[asyncio.Event]:
    """The dispatcher at work, stopped at the end."""
    stop = asyncio.Event()
    task = asyncio.create_task(work.run(stop))
    try:
        yield stop
    finally:
        stop.set()
        await task


async def until(store: MemoryStore, message_id: str, status: MessageStatus) -> None:
    """Wait for a message to get there."""

    async def there() -> bool:
        record = await store.message(message_id)
        return record is not None and record.status is status

    await eventually(there)


async def renewed(store: MemoryStore, message_id: str, beyond: datetime) -> bool:
    """Whether the lease of a message lasts longer than that."""
    until = store._rows[message_id].lease_until
    return until is not None and until > beyond


async def test_a_step_moves_everything_that_is_due(store: MemoryStore, clock: SetClock) -> None:
    """A whole lane is delivered in order in one step, and what is not due stays."""
    lane = [message(lane="v") for _ in range(3)]
    later = message(due_at=START + timedelta(seconds=1))
    neighbour = ScriptedDestination()
    await store.enqueue([*lane, later])
    work = dispatcher(store, clock, neighbour)
    assert await work.step() == 3
    assert neighbour.taken == [one.id for one in lane]
    clock.pass_(1)
    assert await work.step() == 1


async def test_each_failure_has_its_consequence(store: MemoryStore, clock: SetClock) -> None:
    """Transient comes back by the schedule, permanent is parked, unknown is uncertain and keeps only its class."""
    slow, refused, strange = message(), message(), message()
    neighbour = ScriptedDestination()
    neighbour.script[slow.id] = [TransientDeliveryError("s.lent", "Lent", sent=b"q", answered=b"r")] * 3
    neighbour.script[refused.id] = [PermanentDeliveryError("s.non", "Non")]
    neighbour.script[strange.id] = [KeyError("DUPONT")]
    await store.enqueue([slow, refused, strange])
    work = dispatcher(store, clock, neighbour)
    for seconds in (0, 5, 30):
        clock.pass_(seconds)
        await work.step()
    records = [await store.message(one.id) for one in (slow, refused, strange)]
    assert [record.status for record in records if record] == [
        MessageStatus.PARKED,
        MessageStatus.PARKED,
        MessageStatus.UNCERTAIN,
    ]
    attempts = await store.attempts(slow.id)
    assert [(one.number, one.sent, one.answered) for one in attempts] == [(n, b"q", b"r") for n in (1, 2, 3)]
    cause = records[2].cause if records[2] else None
    assert cause is not None
    assert (cause.code, cause.detail) == ("outbox.unknown_error", "KeyError")


async def test_a_silent_neighbour_is_given_up_for_now(store: MemoryStore, clock: SetClock) -> None:
    """A delivery past its time-out is transient."""
    await store.enqueue([sent := message()])
    await dispatcher(store, clock, Gate(), timeout=0.01).step()
    (attempt,) = await store.attempts(sent.id)
    assert (attempt.outcome, attempt.cause and attempt.cause.code) == (Outcome.UNCERTAIN, "outbox.timeout")
    assert (record := await store.message(sent.id)) is not None
    assert record.status is MessageStatus.PENDING


async def test_an_absent_neighbour_is_not_stormed(store: MemoryStore, clock: SetClock) -> None:
    """Once it was not there, one message at a time knocks, and the way back widens step by step."""
    sent = [message() for _ in range(12)]
    neighbour = ScriptedDestination()
    for one in sent[:6]:
        neighbour.script[one.id] = [UnreachableError("s.absent", "Absent")]
    await store.enqueue(sent)
    work = dispatcher(store, clock, neighbour)
    knocks = []
    for _ in range(5):
        await work.step()
        knocks.append(len(neighbour.given))
        clock.pass_(6)
    assert knocks == [4, 5, 6, 18, 18], "four at once found nobody, then a probe each, then all the rest"
    assert len(neighbour.taken) == 12
    assert {claimed.attempt for claimed in neighbour.given} == {1}


async def test_a_slow_delivery_blocks_nobody(store: MemoryStore, clock: SetClock) -> None:
    """With one slot held, the others are filled again and again."""
    slow, quick = message(), [message() for _ in range(9)]
    gate = Gate(opened={one.id for one in quick})
    await store.enqueue([slow, *quick])
    async with running(dispatcher(store, clock, gate, concurrency=2)):
        for one in quick:
            await until(store, one.id, MessageStatus.DELIVERED)
        assert gate.inside == [slow.id]
        gate.opened.add(slow.id)
        await until(store, slow.id, MessageStatus.DELIVERED)
    assert gate.most == 2


async def test_a_slow_destination_blocks_no_other(store: MemoryStore, clock: SetClock) -> None:
    """All slots of one are held; the other goes on."""
    held = [message() for _ in range(3)]
    free = [message(destination="sinus") for _ in range(5)]
    gate = Gate()
    await store.enqueue([*held, *free])
    async with running(dispatcher(store, clock, gate, ScriptedDestination("sinus"), concurrency=2)):
        for one in free:
            await until(store, one.id, MessageStatus.DELIVERED)
        assert len(gate.inside) == 2
        gate.opened.update(one.id for one in held)


async def test_an_enqueue_wakes_it(store: MemoryStore, clock: SetClock) -> None:
    """A message enqueued while it sleeps is delivered, and a lease is renewed while a delivery lasts."""
    gate = Gate()
    async with running(dispatcher(store, clock, gate)):
        await asyncio.sleep(0)
        await store.enqueue([sent := message()])
        await until(store, sent.id, MessageStatus.SENDING)
        for _ in range(4):
            clock.pass_(0.08)
            await eventually(partial(renewed, store, sent.id, clock.now + timedelta(seconds=0.05)))
        gate.opened.add(sent.id)
        await until(store, sent.id, MessageStatus.DELIVERED)
    assert [one.outcome for one in await store.attempts(sent.id)] == [Outcome.DELIVERED]


async def test_what_becomes_too_old_on_its_way_is_given_up(store: MemoryStore, clock: SetClock) -> None:
    """A neighbour that is slow to let it in gets nothing after its expiry, however long the time-out; what it got before is uncertain, and the slot is free."""
    gate, late, next_ = Gate(), message(expires_at=START + timedelta(seconds=0.02)), message()
    await store.enqueue([late, next_])
    work = dispatcher(store, clock, gate, concurrency=1, timeout=3600)
    assert await work._fill() == 1
    await asyncio.gather(*work._flying)
    clock.pass_(0.03)
    assert await work._settle() == 1
    assert await store.expire() == 1
    record = await store.message(late.id)
    assert record is not None
    assert record.status is MessageStatus.UNCERTAIN
    gate.opened.add(next_.id)
    assert await work.step() == 1


async def test_a_message_held_twice_costs_no_slot(store: MemoryStore, clock: SetClock) -> None:
    """Its lease lost while it is slow, and claimed again by the same process: both tries are settled, and every slot is free."""
    gate, sent, later = Gate(), message(), [message() for _ in range(2)]
    work = dispatcher(store, clock, gate, concurrency=2)
    await store.enqueue([sent])
    assert await work._fill() == 1
    await eventually(partial(_inside, gate, 1))
    clock.pass_(1)
    await store.release_expired()
    assert await work._fill() == 1
    await eventually(partial(_inside, gate, 2))
    gate.opened.add(sent.id)
    await asyncio.gather(*work._flying)
    assert await work._settle() == 2
    assert [one.outcome for one in await store.attempts(sent.id)] == [Outcome.LATE, Outcome.DELIVERED]
    await store.enqueue(later)
    assert await work._fill() == 2
    gate.opened.update(one.id for one in later)
    await asyncio.gather(*work._flying)
    assert await work._settle() == 2


async def _inside(gate: Gate, many: int) -> bool:
    return len(gate.inside) == many


@dataclass(slots=True)
class Repeating(ScriptedDestination):
    """One that can send again what it sent."""

    again: list[tuple[str, bytes]] = field(default_factory=list)

    async def resend(self, claimed: ClaimedMessage) -> Receipt:
        """Take note of the bytes."""
        self.again.append((claimed.envelope.id, claimed.exact))
        return Receipt(sent=claimed.exact)


async def test_what_was_sent_is_sent_again_as_it_was(store: MemoryStore, clock: SetClock) -> None:
    """On demand the bytes of the last attempt go out again; a destination that cannot do so sends nothing, and says so."""
    able, unable = Repeating(), ScriptedDestination("sinus")
    for one in (able, unable):
        sent = message(destination=one.name)
        one.script[sent.id] = [PermanentDeliveryError("s.non", "Non", sent=b"<hier/>")]
        await store.enqueue([sent])
        work = dispatcher(store, clock, one)
        await work.step()
        assert await store.replay([sent.id], by="AGENT ESSAI", exactly=True) == 1
        await work.step()
    assert able.again == [(able.given[0].envelope.id, b"<hier/>")]
    assert len(unable.given) == 1
    record = await store.message(unable.given[0].envelope.id)
    assert record is not None
    assert record.cause is not None
    assert (record.status, record.cause.code) == (MessageStatus.PARKED, "outbox.not_repeatable")


async def test_stopping_lets_deliveries_end(store: MemoryStore, clock: SetClock) -> None:
    """What is under way is settled before it returns, and nothing more is taken."""
    sent = [message(lane="v"), message(lane="v")]
    gate = Gate()
    await store.enqueue(sent)
    async with running(dispatcher(store, clock, gate)) as stop:
        await until(store, sent[0].id, MessageStatus.SENDING)
        stop.set()
        gate.opened.update(one.id for one in sent)
    records = [await store.message(one.id) for one in sent]
    assert [record.status for record in records if record] == [MessageStatus.DELIVERED, MessageStatus.PENDING]
