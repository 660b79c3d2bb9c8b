"""What goes wrong, drawn from a seed: which fault, to whom, for how long; and a count of what truly happened."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable

    from tests.chaos.nodes import Node, Receiving
    from tests.chaos.proxy import Proxy
    from tests.chaos.server import Server

LEASE = 1.5
FREEZE = (1.2 * LEASE, 2.5 * LEASE)
SILENCE = (0.5, 4.0)
"""Around the client's read timeout, and past the lease."""
JUMPS = (-86_400.0, -3600.0, -30.0, -2.0, 2.0, 30.0, 3600.0, 86_400.0)


@dataclass(slots=True)
class Faults:
    """The hand that breaks things."""

    chance: random.Random
    nodes: list[Node]
    receiver: Receiving
    wire: Proxy
    database: Proxy
    server: Server
    done: Counter[str] = field(default_factory=Counter)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)
    _restarting: bool = False

    @property
    def inflicted(self) -> Counter[str]:
        """Every fault that met something alive."""
        proxied = {f"{proxy.name}: {kind}": n for proxy in (self.wire, self.database) for kind, n in proxy.done.items()}
        return self.done + Counter(proxied) + Counter({"receiver: refusal (503)": self.receiver.refused})

    async def rain(self, wanted: int, seconds: float) -> None:
        """Inflict at least `wanted` faults, spread over `seconds`, and stop after half as long again whatever happened."""
        start = time.monotonic()
        kinds = self._kinds()
        while (passed := time.monotonic() - start) < 1.5 * seconds:
            if dead := [node.name for node in self.nodes if node.died()]:
                raise RuntimeError(f"ended by themselves, which no fault may cause: {dead}")
            happened = self.inflicted.total()
            if happened >= wanted and passed >= seconds:
                break
            if happened < wanted * passed / seconds:
                (inflict,) = self.chance.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])
                task = asyncio.ensure_future(inflict())
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
            await asyncio.sleep(0.3 * seconds / max(wanted, 1))
        await self.heal()

    async def heal(self) -> None:
        """Let what is under way end, put every clock right, and break nothing more."""
        await asyncio.gather(*self._under_way)
        for proxy in (self.wire, self.database):
            proxy.heal()
        for node in self.nodes:
            node.set_clock(0.0)

    def _kinds(self) -> list[tuple[Callable[[], Awaitable[None]], int]]:
        return [
            (self._kill, 3),
            (self._freeze, 4),
            (self._restart, 1),
            (self._jump, 10),
            (self._refuse, 8),
            (self._reset(self.wire), 14),
            (self._lose(self.wire), 20),
            (self._delay(self.wire), 12),
            (self._swallow(self.wire), 8),
            (self._reset(self.database), 8),
            (self._lose(self.database), 6),
            (self._delay(self.database), 4),
            (self._swallow(self.database), 2),
        ]

    async def _kill(self) -> None:
        node = self.chance.choice(self.nodes)
        if node.free():
            await node.kill()
            self.done["kill -9"] += 1
            await node.start()

    async def _freeze(self) -> None:
        node = self.chance.choice(self.nodes)
        if not node.free():
            return
        node.frozen = True
        node.signal(signal.SIGSTOP)
        await asyncio.sleep(self.chance.uniform(*FREEZE))
        node.woken.append(time.time())
        node.signal(signal.SIGCONT)
        node.frozen = False
        self.done["freeze past the lease"] += 1

    async def _restart(self) -> None:
        if not self._restarting:
            self._restarting = True
            rudely = self.chance.random() < 0.5
            await self.server.restart(rudely=rudely, pause=self.chance.uniform(0, 1))
            self.done["database crash" if rudely else "database restart"] += 1
            self._restarting = False

    async def _jump(self) -> None:
        node = self.chance.choice(self.nodes)
        if node.free():
            node.set_clock(self.chance.choice(JUMPS))
            self.done["clock jump"] += 1
            await asyncio.sleep(self.chance.uniform(1, 10))
            node.set_clock(0.0)

    async def _refuse(self) -> None:
        self.receiver.refuse()

    def _reset(self, proxy: Proxy) -> Callable[[], Awaitable[None]]:
        async def inflict() -> None:
            proxy.reset(self.chance)

        return inflict

    def _lose(self, proxy: Proxy) -> Callable[[], Awaitable[None]]:
        async def inflict() -> None:
            proxy.lose_answer()

        return inflict

    def _delay(self, proxy: Proxy) -> Callable[[], Awaitable[None]]:
        async def inflict() -> None:
            proxy.delay_answer(self.chance.uniform(*SILENCE) / 2)

        return inflict

    def _swallow(self, proxy: Proxy) -> Callable[[], Awaitable[None]]:
        async def inflict() -> None:
            proxy.swallow(self.chance, self.chance.uniform(*SILENCE))

        return inflict
