"""How many requests are at work at once, by what they ask: reads and changes are turned away long before an emergency waits.

A request that finds its class full waits in line; when the line is full too, or when it has waited as long as its sender's
patience allows, it is refused by 503 with `Retry-After`, and nothing of it is begun. So a refusal comes while its sender
still listens, and what a sender has given up on is not done behind its back.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from outbox.database.urgency import OverloadedError, Urgency, urgent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping


class Load(StrEnum):
    """What a request costs, and whom it may hold up. The words are those of the metric."""

    INTERVENTION = "intervention"
    CHANGE = "change"
    READ = "read"
    BATCH = "batch"


URGENCIES: Final = {
    Load.INTERVENTION: Urgency.INTERVENTION,
    Load.CHANGE: Urgency.STATE,
    Load.READ: Urgency.STATE,
    Load.BATCH: Urgency.BULK,
}
LINE: Final = 4
"""How many wait in line for each that may be at work."""


class Admission:
    """The places of one process; on its event loop only."""

    def __init__(self, places: Mapping[Load, int], patience: float) -> None:
        """`places` may be at work at once; `patience` in seconds, shorter than that of the senders."""
        self._places = dict(places)
        self._patience = patience
        self._at_work: Counter[Load] = Counter()
        self._lines: dict[Load, deque[asyncio.Future[None]]] = {load: deque() for load in Load}
        self.refused: Counter[Load] = Counter()
        """Turned away since the start, for the metrics."""

    @asynccontextmanager
    async def enter(self, load: Load) -> AsyncIterator[None]:
        """Hold a place while the request is worked on. Raises `OverloadedError` when there is none in time."""
        loop = asyncio.get_running_loop()
        came = loop.time()
        try:
            await self._place(load)
            try:
                # A batch is waited for as long as it takes: its sender gave it to us whole.
                left = None if load is Load.BATCH else max(0.1, self._patience - (loop.time() - came))
                with urgent(URGENCIES[load], left):
                    yield
            finally:
                self._leave(load)
        except OverloadedError:
            self.refused[load] += 1
            raise

    async def _place(self, load: Load) -> None:
        if self._at_work[load] < self._places[load]:
            self._at_work[load] += 1
            return
        line = self._lines[load]
        if len(line) >= self._places[load] * LINE:
            raise OverloadedError("the line is full")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append(turn)
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except (TimeoutError, asyncio.CancelledError) as left:
            if turn.done() and not turn.cancelled():
                self._leave(load)  # The place came as the caller left.
            elif turn in line:
                line.remove(turn)
            if isinstance(left, TimeoutError):
                raise OverloadedError("no place in time") from None
            raise

    def _leave(self, load: Load) -> None:
        """Give the place to the next in line, or free it."""
        line = self._lines[load]
        while line:
            turn = line.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._at_work[load] -= 1
