"""Claim, deliver, settle: what moves messages, one per process, over any `Queue` and any `Destination`.

A slot of a destination is taken by a claim and free again only when its settlement is durable, so a crash can repeat at
most `concurrency` deliveries, and a slow delivery holds its own slot and no other. Deliveries that end within a few
milliseconds of each other are settled in one transaction.

It wakes when something is enqueued, when a slot falls free, when the next message is due, and now and then in case nobody
said. It refuses to know SQL, HTTP, or what a message says; no message is lost by stopping it, only delivered again.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from outbox import shares, verdict
from outbox.message import Status
from outbox.ports import Repeater
from outbox.retry import Policy

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from outbox.message import Claimed, Receipt, Settlement
    from outbox.ports import Destination, Queue

log: Final = logging.getLogger(__name__)

POLL: Final = 1.0
"""Seconds after which it looks although nobody called."""

GATHER: Final = 0.005
"""Seconds that a finished delivery waits for others to be settled with it."""

LISTEN: Final = 60.0
"""Seconds of one wait for the word; it is then waited for again."""

GRACE: Final = 10.0
"""Seconds that deliveries under way are given to end when it is stopped."""


class Dispatcher:
    """Moves the messages of one queue to its destinations."""

    def __init__(
        self,
        queue: Queue,
        destinations: Mapping[str, Destination],
        policies: Mapping[str, Policy] | None = None,
        *,
        clock: Callable[[], datetime],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._queue = queue
        self._destinations = destinations
        self._policies = {name: (policies or {}).get(name, Policy()) for name in destinations}
        self._clock = clock
        self._chance = chance
        self._held: dict[tuple[str, int], Claimed] = {}
        self._busy: Counter[str] = Counter()
        self._taken: Counter[str] = Counter()
        self._flying: set[asyncio.Task[None]] = set()
        self._finished: list[Settlement] = []
        self._ended = asyncio.Event()
        self._quiet = asyncio.Event()
        self._nudge = asyncio.Event()
        self._hungry: set[str] = set()
        self._outcomes: dict[str, Counter[str]] = {name: Counter() for name in destinations}
        self._landing = False

    def tally(self) -> Mapping[str, Mapping[str, int]]:
        """Destination → outcome → attempts of this process so far."""
        return self._outcomes

    async def step(self) -> int:
        """Claim, deliver and settle everything that is due now; return how many messages were settled."""
        settled = await self._queue.release_expired() + await self._queue.expire()
        while await self._fill():
            await asyncio.gather(*self._flying)
            settled += await self._settle()
        return settled

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then let what is under way end."""
        await self._steadily("recover", self._queue.recover)
        settling = asyncio.create_task(self._settling())
        chores = [asyncio.create_task(work) for work in (self._beat(), self._listen(), self._stopping(stop))]
        try:
            while not stop.is_set():
                self._nudge.clear()
                wait = await self._look()
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._nudge.wait()
        finally:
            await self._land(settling)
            for chore in (*chores, settling):
                chore.cancel()
            await asyncio.gather(*chores, settling, return_exceptions=True)

    async def _stopping(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._nudge.set()

    async def _look(self) -> float:
        """Take what is due where there is room; return how long nothing more can be."""
        try:
            hungry, self._hungry = self._hungry, set()
            for name in hungry:  # A lane has moved on: claiming at once is cheaper than asking first.
                await self._take(name)
            due = await self._queue.due([name for name in self._destinations if self._room(name) > 0])
            now = self._clock()
            waits = [(at - now).total_seconds() for at in due.values() if at > now]
            for name, at in due.items():
                if at <= now and not await self._take(name):
                    waits.append(POLL / 20)  # Due, yet not given: another node is taking it.
        except Exception:
            log.exception("outbox.claim_failed")
            return POLL
        return max(min([POLL, *waits]), 0.0)

    async def _fill(self) -> int:
        """Take from every destination."""
        return sum([await self._take(name) for name in self._destinations])

    def _room(self, name: str) -> int:
        return self._policies[name].concurrency - self._busy[name]

    async def _take(self, name: str) -> int:
        """Claim as many as there are free slots, and start delivering them."""
        room = self._room(name)
        if room <= 0:
            return 0
        asked = self._clock()
        oldest = shares.turns(self._taken[name], room)
        claims = await self._queue.claim(name, room, oldest=oldest, rate=self._policies[name].rate)
        until = asked + timedelta(seconds=self._queue.lease_seconds)
        self._taken[name] += len(claims)
        self._busy[name] += len(claims)
        for claimed in claims:
            self._held[_key(claimed)] = claimed
            task = asyncio.create_task(self._deliver(claimed, until))
            self._flying.add(task)
            task.add_done_callback(self._landed)
        return len(claims)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        if not self._flying:
            self._quiet.set()

    async def _deliver(self, claimed: Claimed, until: datetime) -> None:
        """Deliver one message; whatever happens becomes a settlement.

        The last look before the wire: a node that was frozen since its claim, or between two instructions, may wake up when
        others have long sent newer messages of the lane, or when this one is too old.
        """
        started = self._clock()
        expires = claimed.envelope.expires_at
        if started >= until:
            settlement = verdict.lease_lost(claimed, started)
        elif expires is not None and started >= expires:
            settlement = verdict.expired(claimed, started)
        else:
            settlement = await self._send(claimed, started)
        self._finished.append(settlement)
        self._ended.set()

    async def _send(self, claimed: Claimed, started: datetime) -> Settlement:
        """Give it to its destination, and say what became of it."""
        name = claimed.envelope.destination
        policy, expires = self._policies[name], claimed.envelope.expires_at
        # A connection that is slow to come must not carry it when it is too old.
        left = policy.timeout if expires is None else (expires - started).total_seconds()
        try:
            limit = asyncio.timeout(min(policy.timeout, left))
            async with limit:
                receipt = await _give(self._destinations[name], claimed)
        except Exception as error:  # noqa: BLE001 - unknown means permanent, parked, seen by a human
            known = verdict.timed_out(policy.timeout) if isinstance(error, TimeoutError) and limit.expired() else error
            return verdict.failed(claimed, known, started, self._clock(), policy=policy, jitter=self._chance())
        return verdict.delivered(claimed, receipt, started, self._clock())

    async def _settling(self) -> None:
        """Settle what ends, together with what ends just after."""
        while not self._landing:
            await self._ended.wait()
            self._ended.clear()
            if self._flying:
                self._quiet.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(GATHER):
                        await self._quiet.wait()
            await self._steadily("settle", self._settle)

    async def _settle(self) -> int:
        """Settle what has ended; its slots are free when that is durable."""
        ended = self._finished[:]
        if not ended:
            return 0
        refused = {_key(one.claimed) for one in await self._queue.settle(ended)}
        del self._finished[: len(ended)]
        for settlement in ended:
            envelope = settlement.claimed.envelope
            del self._held[_key(settlement.claimed)]
            self._busy[envelope.destination] -= 1
            self._hungry.add(envelope.destination)
            self._outcomes[envelope.destination][settlement.outcome.value] += 1
            _tell(settlement, refused=_key(settlement.claimed) in refused)
        self._nudge.set()
        return len(ended)

    async def _beat(self) -> None:
        """Keep our leases, and end the waits that are over: leases of the dead, messages past their time."""
        while True:
            await asyncio.sleep(self._queue.lease_seconds / 3)
            try:
                await self._queue.renew(list(self._held.values()))
                if await self._queue.release_expired() + await self._queue.expire():
                    self._nudge.set()
            except Exception:
                log.exception("outbox.beat_failed")

    async def _listen(self) -> None:
        """Pass the word that something was enqueued."""
        while True:
            try:
                if await self._queue.changed(LISTEN):
                    self._nudge.set()
            except Exception:
                log.exception("outbox.listen_failed")
                await asyncio.sleep(POLL)

    async def _land(self, settling: asyncio.Task[None]) -> None:
        """Let what is under way end and be settled; what takes too long is abandoned to its lease."""
        if self._flying:
            await asyncio.wait(self._flying, timeout=GRACE)
        late = [task for task in self._flying if task.cancel()]
        await asyncio.gather(*late, return_exceptions=True)
        self._landing = True
        self._ended.set()
        await asyncio.wait([settling], timeout=GRACE)

    async def _steadily(self, verb: str, work: Callable[[], Awaitable[int]]) -> None:
        """Do what must be done, however often the store fails first."""
        while True:
            try:
                await work()
            except Exception:
                log.exception("outbox.%s_failed", verb)
                await asyncio.sleep(POLL)
            else:
                return


def _key(claimed: Claimed) -> tuple[str, int]:
    """Of one lease: whoever lost it may hold the same message again while the first try is still under way."""
    return claimed.envelope.id, claimed.fence


async def _give(destination: Destination, claimed: Claimed) -> Receipt:
    """The message as today's mapping says it, or the bytes of its last attempt where a person asked for these."""
    if not claimed.exact:
        return await destination.deliver(claimed)
    if not isinstance(destination, Repeater):
        raise verdict.not_repeatable()
    return await destination.resend(claimed)


def _tell(settlement: Settlement, *, refused: bool) -> None:
    """Log what a person may look for; nothing of the body."""
    envelope, cause = settlement.claimed.envelope, settlement.cause
    word = "refused_late" if refused else settlement.status.value
    level = logging.DEBUG if settlement.status is Status.DELIVERED and not refused else logging.WARNING
    log.log(
        level,
        "outbox.%s destination=%s id=%s topic=%s attempts=%d cause=%s",
        word,
        envelope.destination,
        envelope.id,
        envelope.topic,
        settlement.claimed.attempt,
        cause.code if cause else "-",
    )
