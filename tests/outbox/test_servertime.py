"""All nodes live in PostgreSQL's time, whatever their own clocks say; and a node that stops in a transaction stops nobody."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from outbox.database import engines
from outbox.database.database import open_database
from outbox.database.server_clock import ServerTime
from tests.outbox.bench import START, SetClock, sql_database
from tests.servers.postgres import Postgres, postgres

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["postgres"]

CLOSE = timedelta(milliseconds=500)


def real() -> datetime:
    """The machine's clock, which PostgreSQL shares here."""
    return datetime.now(UTC)  # noqa: TID251 - what is compared with


@pytest.mark.postgres
async def test_a_wrong_clock_is_not_asked(postgres: Postgres) -> None:
    """After one look a wall clock that is ten years off, and then jumps, changes nothing."""
    wall = SetClock(START.replace(year=2036))
    async with sql_database(postgres.create_database()) as database:
        clock = ServerTime(database, wall)
        assert clock() == wall.now
        following = asyncio.create_task(clock.follow())
        await clock.known()
        wall.pass_(-86_400)
        assert abs(clock() - real()) < CLOSE
        following.cancel()


@pytest.mark.postgres
async def test_it_goes_on_with_the_counter(postgres: Postgres) -> None:
    """Between two looks the counter carries it, through a freeze of any length."""
    counted = [0.0]
    async with sql_database(postgres.create_database()) as database:
        clock = ServerTime(database, SetClock(), counter=lambda: counted[0])
        await clock.look()
        before = clock()
        counted[0] = 3600.0
        assert clock() - before == timedelta(hours=1)


@pytest.mark.postgres
async def test_a_slow_answer_is_not_believed(postgres: Postgres) -> None:
    """An answer that took long says little about now: it is asked for again, then refused."""
    slow = iter(range(1_000_000))
    async with sql_database(postgres.create_database()) as database:
        clock = ServerTime(database, wall := SetClock(), counter=lambda: float(next(slow)))
        with pytest.raises(TimeoutError):
            await clock.look()
        assert clock() == wall.now


async def test_sqlite_keeps_the_wall_clock(tmp_path: Path) -> None:
    """One machine, one clock."""
    async with sql_database(f"sqlite:///{tmp_path / 'essai.sqlite3'}") as database:
        clock = ServerTime(database, wall := SetClock())
        await clock.look()
        await clock.known()
        assert clock() == wall.now


@pytest.mark.postgres
async def test_a_frozen_transaction_frees_its_lanes(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a node holds that stops between two statements is free again by itself, and its own transaction never happened."""
    monkeypatch.setattr(engines, "IDLE", "-c idle_in_transaction_session_timeout=50ms")
    url = postgres.create_database()
    dsn = url.replace("+psycopg", "")
    database = open_database(url)
    try:
        with psycopg.connect(dsn, autocommit=True) as beside:
            beside.execute("CREATE TABLE essai (n int)")

            def stop_midway(connection: object) -> None:
                raw = connection.connection.driver_connection  # type: ignore[attr-defined]
                raw.execute("SELECT pg_advisory_xact_lock(7361, 1)")
                raw.execute("INSERT INTO essai VALUES (1)")
                with psycopg.connect(dsn) as other:  # Granted when the server has ended the one above.
                    other.execute("SELECT pg_advisory_xact_lock(7361, 1)")
                raw.execute("INSERT INTO essai VALUES (2)")

            started = time.monotonic()
            with pytest.raises(Exception, match=r"idle-in-transaction|connection is lost"):
                await database.write(stop_midway)
            assert time.monotonic() - started < 30
            assert beside.execute("SELECT count(*) FROM essai").fetchone() == (0,)
        assert await database.write(lambda _: "goes on") == "goes on"
    finally:
        await database.close()
