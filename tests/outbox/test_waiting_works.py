"""Works wait by urgency, are given up when their caller is, and none waits for ever."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from outbox.database import waiting
from outbox.database.urgency import OverloadedError, Urgency, urgent
from outbox.database.waiting import WaitingWorks, Work
from tests.outbox.bench import sql_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sqlalchemy import Connection

    from outbox.database.database import Database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """SQLite: one thread writes, so that what waits is seen."""
    async with sql_database(f"sqlite:///{tmp_path / 'essai.sqlite3'}") as opened:
        yield opened


class Busy:
    """A work that holds the writer until it is let go."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.free = threading.Event()

    def __call__(self, _: Connection) -> None:
        """Begin, and wait."""
        self.begun.set()
        assert self.free.wait(10)


async def _held(database: Database) -> tuple[Busy, asyncio.Task[None]]:
    busy = Busy()
    task = asyncio.create_task(database.write(busy))
    await asyncio.to_thread(busy.begun.wait, 10)
    return busy, task


def _work(urgency: Urgency, loop: asyncio.AbstractEventLoop) -> Work:
    return Work(lambda _: None, loop, loop.create_future(), urgency)


async def test_the_most_urgent_goes_first() -> None:
    """An intervention, then settlements, then changes, in one group; a slice of a batch waits for all and goes alone."""
    loop, works = asyncio.get_running_loop(), WaitingWorks()
    for urgency in (Urgency.BULK, Urgency.STATE, Urgency.SETTLEMENT, Urgency.INTERVENTION):
        works.put(_work(urgency, loop))
    first, second = works.take(128), works.take(128)
    assert first is not None
    assert second is not None
    assert [work.urgency for work in first] == [Urgency.INTERVENTION, Urgency.SETTLEMENT, Urgency.STATE]
    assert [work.urgency for work in second] == [Urgency.BULK]


@pytest.mark.parametrize("late", [Urgency.STATE, Urgency.BULK])
async def test_nothing_waits_for_ever(late: Urgency) -> None:
    """What has waited for more than a second goes before newer emergencies."""
    loop, works = asyncio.get_running_loop(), WaitingWorks()
    old = _work(late, loop)
    old.since -= waiting.STARVED + 0.1
    works.put(_work(Urgency.INTERVENTION, loop))
    works.put(old)
    taken = works.take(1)
    assert taken == [old]


async def test_what_is_closed_is_worked_off_first() -> None:
    """What waits when the database closes is still taken; then there is nothing."""
    loop, works = asyncio.get_running_loop(), WaitingWorks()
    works.put(_work(Urgency.STATE, loop))
    works.close()
    assert len(works.take(8) or []) == 1
    assert works.take(8) is None


async def test_a_work_that_is_not_begun_in_time_never_runs(database: Database) -> None:
    """Its caller is told so while it still listens, and nothing of it is in the database, then or later."""
    busy, holding = await _held(database)
    with urgent(Urgency.STATE, 0.05), pytest.raises(OverloadedError):
        await database.write(lambda connection: connection.execute(text("CREATE TABLE late (n INTEGER)")))
    busy.free.set()
    await holding
    tables = await database.read(
        lambda connection: connection.execute(text("SELECT count(*) FROM sqlite_master WHERE name = 'late'")).scalar()
    )
    assert tables == 0


async def test_a_work_that_has_begun_is_finished_and_answered(database: Database) -> None:
    """Patience is for waiting: what is under way when it ends is durable, and its caller hears so."""
    busy = Busy()
    with urgent(Urgency.INTERVENTION, 0.05):
        asked = asyncio.create_task(database.write(busy))
    await asyncio.to_thread(busy.begun.wait, 10)
    await asyncio.sleep(0.1)
    busy.free.set()
    assert await asked is None


async def test_a_work_whose_caller_has_left_never_runs(database: Database) -> None:
    """A cancelled caller takes its work along."""
    busy, holding = await _held(database)
    ran = threading.Event()
    asked = asyncio.create_task(database.write(lambda _: ran.set()))
    await asyncio.sleep(0)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    busy.free.set()
    await holding
    await database.write(lambda _: None)
    assert not ran.is_set()
