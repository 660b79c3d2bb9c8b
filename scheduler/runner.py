"""Runs jobs on time, in this process. The only file that knows APScheduler.

A job never runs beside itself; runs that were missed are run once, not many times; a little jitter keeps jobs of one period apart.
A job that fails is logged by the type of its error and runs again at its next time: a message could hold a patient's data.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from apscheduler.events import EVENT_JOB_EXECUTED, EVENT_JOB_SUBMITTED, JobSubmissionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Sequence

    from scheduler.jobs import Job
    from scheduler.timetable import Timetable

log = logging.getLogger("scheduler")

JITTER = 0.1  # of the period


@asynccontextmanager
async def running(jobs: Sequence[Job], timetable: Timetable) -> AsyncIterator[None]:
    """The jobs run while this is open; what becomes of them is in the timetable."""
    clockwork = AsyncIOScheduler(timezone="UTC")
    under_way: set[asyncio.Task[None]] = set()
    runs = {job.name: _guarded(job, timetable, under_way) for job in jobs}
    timetable.open(jobs, lambda name: _apart(runs[name](), under_way))
    for job in jobs:
        clockwork.add_job(
            runs[job.name], "interval", seconds=job.every, jitter=job.every * JITTER, id=job.name,
            max_instances=1, coalesce=True, misfire_grace_time=None,
        )  # fmt: skip

    def note_next(event: JobSubmissionEvent) -> None:
        planned = clockwork.get_job(event.job_id)
        timetable.states[event.job_id].next_at = planned.next_run_time if planned else None

    clockwork.add_listener(note_next, EVENT_JOB_SUBMITTED | EVENT_JOB_EXECUTED)
    clockwork.start()
    for job in jobs:
        timetable.states[job.name].next_at = clockwork.get_job(job.name).next_run_time
    try:
        yield
    finally:
        clockwork.shutdown(wait=False)
        # What the jobs use is closed after this: none may be left running.
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


def _guarded(
    job: Job, timetable: Timetable, under_way: set[asyncio.Task[None]]
) -> Callable[[], Coroutine[Any, Any, None]]:
    async def run() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.shield(_apart(_logged(job, timetable), under_way))

    return run


def _apart(work: Coroutine[Any, Any, None], under_way: set[asyncio.Task[None]]) -> asyncio.Task[None]:
    task = asyncio.create_task(work)
    under_way.add(task)
    task.add_done_callback(under_way.discard)
    return task


async def _logged(job: Job, timetable: Timetable) -> None:
    state = timetable.states[job.name]
    if state.running:  # asked for by a person while it runs, or due while it was asked for
        return
    state.begin(timetable.clock())
    try:
        await job.run()
    except Exception as error:  # noqa: BLE001 - the next run must take place whatever happened in this one
        state.finish(type(error).__name__)
        log.error("job.failed name=%s error=%s", job.name, type(error).__name__)  # noqa: TRY400 - a trace could hold data
    else:
        state.finish(None)
