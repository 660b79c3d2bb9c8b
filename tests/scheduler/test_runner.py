"""Jobs run on time, fail alone, and end before what they use is closed."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from gateway import clock
from scheduler.jobs import Job
from scheduler.runner import running
from scheduler.timetable import Timetable

if TYPE_CHECKING:
    import pytest

SOON = 0.02


async def test_a_job_runs_again_and_again() -> None:
    """A job comes back at its period."""
    runs = 0
    enough = asyncio.Event()

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs == 3:
            enough.set()

    async with running([Job("essai", SOON, work)], Timetable(clock.now)), asyncio.timeout(5):
        await enough.wait()


async def test_a_job_that_fails_runs_again_and_tells_only_its_kind(caplog: pytest.LogCaptureFixture) -> None:
    """The log names the job and the type of the error; its words could hold a person's data."""
    runs = 0
    again = asyncio.Event()

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs > 1:
            again.set()
        raise ValueError("ESSAI-UN")

    with caplog.at_level(logging.DEBUG):
        async with running([Job("essai", SOON, work)], Timetable(clock.now)), asyncio.timeout(5):
            await again.wait()
    assert "job.failed name=essai error=ValueError" in caplog.text
    assert "ESSAI-UN" not in caplog.text


async def test_a_job_never_runs_beside_itself() -> None:
    """A run that lasts longer than its period is waited for."""
    together = most = 0
    ran = asyncio.Event()

    async def work() -> None:
        nonlocal together, most
        together += 1
        most = max(most, together)
        await asyncio.wait([asyncio.ensure_future(ran.wait())], timeout=SOON * 5)
        together -= 1
        ran.set()

    async with running([Job("essai", SOON, work)], Timetable(clock.now)), asyncio.timeout(5):
        await ran.wait()
    assert most == 1


async def test_a_run_under_way_is_ended_at_the_close() -> None:
    """Nothing is left running once the context is closed."""
    started, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with running([Job("essai", SOON, work)], Timetable(clock.now)), asyncio.timeout(5):
        await started.wait()
    assert ended.is_set()


async def test_a_job_asked_for_now_runs_before_its_time_and_says_how_it_went() -> None:
    """What became of it stands in the timetable: its runs, its failures, the type of its error, when it runs next."""
    ran = asyncio.Event()

    async def work() -> None:
        ran.set()
        raise ValueError("ESSAI-UN")

    timetable = Timetable(clock.now)
    async with running([Job("essai", 3600.0, work)], timetable), asyncio.timeout(20):
        assert timetable.states["essai"].started_at is None
        assert not timetable.hasten("inconnu")
        assert timetable.hasten("essai")
        await ran.wait()
        while timetable.states["essai"].running:  # noqa: ASYNC110 - the state is what is waited for
            await asyncio.sleep(SOON)
        facts = timetable.facts()["essai"]
    assert (facts["runs"], facts["failures"], facts["error"]) == (1, 1, "ValueError")
    assert facts["started_at"] is not None
    assert facts["next_at"] is not None
    assert "ESSAI-UN" not in str(facts)
