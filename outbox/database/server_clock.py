"""One clock for all nodes: PostgreSQL's, carried on between two looks by a counter that nobody can set.

Leases, due times and expiries are instants that several machines compare. A node whose own clock is wrong would take the
living for dead, send what is too old, or give up what is not; so no node asks its own clock. After a freeze or a suspended
machine the counter has gone on, and the first instant that is asked is already right.

It refuses to smooth: PostgreSQL's clock is the truth, even when it is put right itself. On SQLite there is one machine, and
its wall clock is as good.
"""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from outbox.database.database import Database

log: Final = logging.getLogger(__name__)

LOOK: Final = 30.0
"""Seconds between two looks: the counters of two machines drift apart by less than a millisecond in that time."""

QUICK: Final = 0.05
"""Seconds that an answer may take; half of it is the most by which the clock can be wrong."""

TRIES: Final = 20

_ASK: Final = select(func.clock_timestamp())


def steady() -> float:
    """Seconds that only ever grow, through suspension too where the system can tell."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class ServerTime:
    """The database's clock as a `clock` that stores and dispatchers take; before the first look, `wall`."""

    def __init__(
        self, database: Database, wall: Callable[[], datetime], *, counter: Callable[[], float] = steady
    ) -> None:
        self._database = database
        self._wall = wall
        self._counter = counter
        self._seen: tuple[float, datetime] | None = None
        self._known = asyncio.Event()

    def __call__(self) -> datetime:
        """The instant, aware."""
        if self._seen is None:
            return self._wall()
        counted, at = self._seen
        return at + timedelta(seconds=self._counter() - counted)

    async def look(self) -> None:
        """Ask the database, again where an answer was slow; raises when it cannot be reached or has no quick answer."""
        if self._database.dialect != "postgresql":
            self._known.set()
            return
        for _ in range(TRIES):
            before, at, after = await self._database.read(self._ask)
            if after - before <= QUICK:
                self._seen = ((before + after) / 2, at)
                self._known.set()
                return
        raise TimeoutError("PostgreSQL answers too slowly to read its clock")

    def _ask(self, connection: Connection) -> tuple[float, datetime, float]:
        before = self._counter()
        at: datetime = connection.execute(_ASK).scalar_one()
        return before, at, self._counter()

    async def known(self) -> None:
        """Wait for the first look of `follow`: nothing may be claimed before it."""
        await self._known.wait()

    async def follow(self) -> None:
        """Look for ever; while that fails, the counter carries the last answer on."""
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("outbox.clock_failed")
                await asyncio.sleep(1)
            else:
                await asyncio.sleep(LOOK)
