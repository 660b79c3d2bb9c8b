"""The works that wait for a thread that writes: the most urgent first, none for ever, and none that nobody waits for any more."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from outbox.database.urgency import Urgency

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from sqlalchemy import Connection

STARVED: Final = 1.0
"""Seconds of waiting after which a work goes before more urgent ones: nothing waits for ever behind a full queue."""


@dataclass(slots=True, eq=False)
class Work:
    """What one caller asked, and what became of it."""

    run: Callable[[Connection], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    urgency: Urgency = Urgency.SETTLEMENT
    result: Any = None
    error: BaseException | None = None
    since: float = field(default_factory=time.monotonic)


class WaitingWorks:
    """Works by urgency, taken in groups; safe between threads."""

    def __init__(self) -> None:
        self._queues: dict[Urgency, deque[Work]] = {urgency: deque() for urgency in Urgency}
        self._some = threading.Condition()
        self._closed = False

    def put(self, work: Work) -> None:
        """One more."""
        with self._some:
            self._queues[work.urgency].append(work)
            self._some.notify()

    def withdraw(self, work: Work) -> bool:
        """Take back a work that has not begun; False when a thread has it already."""
        with self._some:
            try:
                self._queues[work.urgency].remove(work)
            except ValueError:
                return False
            return True

    def close(self) -> None:
        """What waits is still taken; then `take` answers None."""
        with self._some:
            self._closed = True
            self._some.notify_all()

    def take(self, most: int) -> list[Work] | None:
        """Up to `most` works that may be committed together, as soon as there is one; None when closed and empty."""
        with self._some:
            while not any(self._queues.values()):
                if self._closed:
                    return None
                self._some.wait()
            return self._group(most)

    def _group(self, most: int) -> list[Work]:
        starved = self._starved()
        if starved is not None and starved.urgency is Urgency.BULK:
            return [self._queues[Urgency.BULK].popleft()]
        works = [self._queues[starved.urgency].popleft()] if starved is not None else []
        for urgency in (Urgency.INTERVENTION, Urgency.SETTLEMENT, Urgency.STATE):
            queue = self._queues[urgency]
            while queue and len(works) < most:
                works.append(queue.popleft())
        # A slice of a batch takes long: in a group of others it would hold their commit up.
        return works or [self._queues[Urgency.BULK].popleft()]

    def _starved(self) -> Work | None:
        """The oldest of the less urgent, once it has waited too long."""
        heads = [queue[0] for urgency, queue in self._queues.items() if queue and urgency is not Urgency.INTERVENTION]
        oldest = min(heads, key=lambda work: work.since, default=None)
        return oldest if oldest is not None and time.monotonic() - oldest.since > STARVED else None
