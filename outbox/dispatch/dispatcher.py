"""Claim, deliver, settle: what moves messages, one per process, over any `Queue` and any `Destination`.

It works in turns: what has ended is settled and what is due is claimed in one transaction. A slot of a destination is taken
by a claim and free again only when its settlement is durable, so a crash can repeat at most `concurrency` deliveries, and a
slow delivery holds its own slot and no other. Two turns may be under way at once, each with a part of the slots: while the
database works for one, messages of the other are on the wire. Deliveries that end within a few milliseconds of each other
are settled together.

It wakes when something is enqueued, when a delivery ends, when the next message is due, and now and then in case nobody
said. It refuses to know SQL, HTTP, or what a message says; no message is lost by stopping it, only delivered again.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from outbox.dispatch.delivery import Way, lease, tell
from outbox.dispatch.slots import TURNS, Slots
from outbox.dispatch.steadily import POLL, steadily
from outbox.retry import Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from outbox.message import ClaimedMessage, Settlement
    from outbox.ports import ClaimRequest, Destination, Queue

log: Final = logging.getLogger(__name__)

GATHER: Final = 0.005
"""Seconds that a finished delivery waits for others to be settled with it; not where enough have gathered."""

ENOUGH: Final = 4
"""One in so many of a destination's slots."""

AGAIN: Final = POLL / 20
"""Seconds until what was due and yet not given, because another node was taking it, is asked for again."""

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
        known = {name: (policies or {}).get(name, Policy()) for name in destinations}
        self._ways = {name: Way(destination, known[name], clock, chance) for name, destination in destinations.items()}
        self._slots = Slots(known)
        self._enough = max(1, sum(policy.concurrency for policy in known.values()) // ENOUGH)
        self._clock = clock
        self._held: dict[tuple[str, int], ClaimedMessage] = {}
        self._flying: set[asyncio.Task[None]] = set()
        self._aloft = 0
        self._finished: list[Settlement] = []
        self._promised: set[str] = set()
        """Where something is due, as the queue said."""
        self._denied: dict[str, float] = {}
        """Where it was not given all the same, and when."""
        self._gathering = asyncio.Lock()
        self._called = asyncio.Event()
        self._gathered = asyncio.Event()
        self._nudge = asyncio.Event()
        self._outcomes: dict[str, Counter[str]] = {name: Counter() for name in destinations}
        self._stopping = self._landed = False

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

    async def _fill(self) -> int:
        """Claim for every destination."""
        return sum([await self._claim(self._slots.wish(name)) for name in self._ways])

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then let what is under way end."""
        await steadily("recover", self._queue.recover)
        turns = [asyncio.create_task(self._turning()) for _ in range(TURNS)]
        chores = [asyncio.create_task(work) for work in (self._beat(), self._listen(), self._until(stop))]
        try:
            while not self._stopping:
                self._nudge.clear()
                wait = await self._look()
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._nudge.wait()
        finally:
            await self._land(turns)
            for chore in (*chores, *turns):
                chore.cancel()
            await asyncio.gather(*chores, *turns, return_exceptions=True)

    async def _until(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._stopping = True
        self._nudge.set()

    async def _look(self) -> float:
        """Say where something is due; return how long nothing more will be."""
        try:
            due = await self._queue.due([name for name in self._ways if self._slots.room(name) > 0])
        except Exception:
            log.exception("outbox.look_failed")
            return POLL
        now, here = self._clock(), asyncio.get_running_loop().time()
        waits = [POLL]
        for name, at in due.items():
            if at > now:
                waits.append((at - now).total_seconds())
            elif here - self._denied.get(name, -POLL) < AGAIN:
                waits.append(AGAIN)
            else:
                self._promised.add(name)
                self._slots.hungry.add(name)
                self._called.set()
        return max(min(waits), 0.0)

    async def _turning(self) -> None:
        """One turn after the other; while one gathers, the other waits for it to go."""
        while not self._landed:
            async with self._gathering:
                await self._called.wait()
                if not self._landed:
                    self._called.clear()
                await self._gather()
                ended, self._finished = self._finished, []
                wanted = [] if self._stopping else self._slots.wishes(ended)
                self._slots.ask(wanted)
                if self._slots.waiting and not self._stopping:
                    self._called.set()
            await self._turn(ended, wanted)

    async def _gather(self) -> None:
        """Wait for what ends just after, where nobody waits for a free slot."""
        if not self._finished or not self._aloft or len(self._finished) >= self._enough or self._slots.waiting:
            return
        self._gathered.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(GATHER):
                await self._gathered.wait()

    async def _turn(self, ended: Sequence[Settlement], wanted: Sequence[ClaimRequest]) -> None:
        """Settle and claim; when that fails, settle, however often the store fails first."""
        asked = self._clock()
        given: Mapping[str, list[ClaimedMessage]] = {}
        if ended:
            try:
                turned = await self._queue.settle_and_claim(ended, wanted)
            except Exception:
                log.exception("outbox.turn_failed")
                await steadily("settle", partial(self._settle, ended))
            else:
                self._settled(ended, turned.refused)
                given = turned.claimed
        for want in wanted:
            if want.destination in given:
                self._begin(want, given[want.destination], asked)
            else:
                await self._claim_or_tell(want)

    async def _claim_or_tell(self, asked: ClaimRequest) -> None:
        try:
            await self._claim_asked(asked)
        except Exception:
            log.exception("outbox.claim_failed")
            self._denied[asked.destination] = asyncio.get_running_loop().time() + POLL - AGAIN

    async def _claim(self, wanted: ClaimRequest) -> int:
        """Claim by itself."""
        self._slots.ask([wanted])
        return await self._claim_asked(wanted)

    async def _claim_asked(self, want: ClaimRequest) -> int:
        """Claim what slots are kept for, and start delivering."""
        asked = self._clock()
        claims: list[ClaimedMessage] = []
        try:
            claims = await self._queue.claim(want.destination, want.limit, oldest=want.oldest, rate=want.rate)
        finally:
            self._begin(want, claims, asked)
        return len(claims)

    def _begin(self, wanted: ClaimRequest, claims: Sequence[ClaimedMessage], asked: datetime) -> None:
        """Start delivering; look when more will be due, or take it at once where all that was wanted was given."""
        name, create = wanted.destination, asyncio.get_running_loop().create_task
        until = asked + timedelta(seconds=self._queue.lease_seconds)
        self._slots.answer(wanted, len(claims))
        self._aloft += len(claims)
        for claimed in claims:
            self._held[lease(claimed)] = claimed
            task = create(self._deliver(claimed, until))
            self._flying.add(task)
            task.add_done_callback(self._flying.discard)
        if name in self._promised and not claims:
            self._denied[name] = asyncio.get_running_loop().time()
        self._promised.discard(name)
        if len(claims) < wanted.limit:
            self._nudge.set()
        elif self._slots.waiting:
            self._called.set()

    async def _deliver(self, claimed: ClaimedMessage, until: datetime) -> None:
        try:
            settlement = await self._ways[claimed.envelope.destination].deliver(claimed, until)
        finally:
            self._aloft -= 1
        self._finished.append(settlement)
        self._called.set()
        if not self._aloft or len(self._finished) >= self._enough:
            self._gathered.set()

    async def _settle(self, ended: Sequence[Settlement] | None = None) -> int:
        """Settle by itself what has ended."""
        if ended is None:
            ended, self._finished = self._finished, []
        if ended:
            self._settled(ended, await self._queue.settle(ended))
        return len(ended)

    def _settled(self, ended: Sequence[Settlement], refused: Iterable[Settlement]) -> None:
        """That is durable: the slots are free."""
        late = {lease(late_settlement.claimed) for late_settlement in refused}
        for settlement in ended:
            name, key = settlement.claimed.envelope.destination, lease(settlement.claimed)
            del self._held[key]
            self._slots.free(name)
            self._outcomes[name][settlement.outcome.value] += 1
            tell(settlement, refused=key in late)

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
                    self._denied.clear()
                    self._nudge.set()
            except Exception:
                log.exception("outbox.listen_failed")
                await asyncio.sleep(POLL)

    async def _land(self, turns: Sequence[asyncio.Task[None]]) -> None:
        """Let what is under way end and be settled; what takes too long is abandoned to its lease."""
        if self._flying:
            await asyncio.wait(self._flying, timeout=GRACE)
        late = [task for task in self._flying if task.cancel()]
        await asyncio.gather(*late, return_exceptions=True)
        self._landed = True
        self._called.set()
        await asyncio.wait(turns, timeout=GRACE)
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await steadily("settle", partial(self._settle, self._finished))
