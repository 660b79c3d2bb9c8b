"""Runs jobs on time, in this process. The only file that knows APScheduler.

A job never runs beside itself; runs that were missed are run once, not many times; a little jitter keeps jobs of one period apart.
A job that fails is logged by the type of its error and runs again at its next time: a message could hold a patient's data.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from apscheduler.schedulers.asyncio import AsyncIOScheduler

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from scheduler.jobs import Job

log = logging.getLogger("scheduler")

JITTER = 0.1  # of the period


@asynccontextmanager
async def running(jobs: Sequence[Job]) -> AsyncIterator[None]:
    """The jobs run while this is open."""
    clockwork = AsyncIOScheduler(timezone="UTC")
    under_way: set[asyncio.Task[None]] = set()
    for job in jobs:
        clockwork.add_job(
            _guarded(job, under_way), "interval", seconds=job.every, jitter=job.every * JITTER, id=job.name,
            max_instances=1, coalesce=True, misfire_grace_time=None,
        )  # fmt: skip
    clockwork.start()
    try:
        yield
    finally:
        clockwork.shutdown(wait=False)
        # What the jobs use is closed after this: none may be left running.
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


def _guarded(job: Job, under_way: set[asyncio.Task[None]]) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        task = asyncio.create_task(_logged(job))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        with suppress(asyncio.CancelledError):
            await asyncio.shield(task)

    return run


async def _logged(job: Job) -> None:
    try:
        await job.run()
    except Exception as error:  # noqa: BLE001 - the next run must take place whatever happened in this one
        log.error("job.failed name=%s error=%s", job.name, type(error).__name__)  # noqa: TRY400 - a trace could hold data
