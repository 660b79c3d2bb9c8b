"""The database of a process: durable writes together, each failing alone."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import Connection, text

from outbox.database.database import Database, open_database
from outbox.sql import enqueue
from tests.outbox.bench import START, message, sql_database
from tests.servers.postgres import Postgres, postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

__all__ = ["postgres"]

COUNT = text("SELECT count(*) FROM outbox_message")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """One of each sort, with the tables."""
    url = f"sqlite:///{tmp_path / 'essai.sqlite3'}"
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.create_database()
    async with sql_database(url) as opened:
        yield opened


def put(connection: Connection) -> str:
    """Enqueue one message."""
    sent = message()
    enqueue(connection, [sent], START)
    return sent.id


async def count(database: Database) -> int:
    """How many messages are committed."""
    return int(await database.read(lambda connection: connection.execute(COUNT).scalar_one()))


async def test_a_write_is_seen_by_reads(database: Database) -> None:
    """What `write` returned is committed, and what the work returned is handed back."""
    written = await database.write(put)
    found = await database.read(lambda c: c.execute(text("SELECT id FROM outbox_message")).scalar_one())
    assert found == written


async def test_a_failing_work_undoes_itself_alone(database: Database) -> None:
    """Among many written together, the one that fails leaves nothing, and its caller alone hears of it."""

    def fail(connection: Connection) -> str:
        put(connection)
        raise LookupError("mine")

    works = [fail if number % 5 == 0 else put for number in range(40)]
    results = await asyncio.gather(*(database.write(work) for work in works), return_exceptions=True)
    assert [isinstance(result, LookupError) for result in results] == [work is fail for work in works]
    assert await count(database) == 32


async def test_a_savepoint_dies_with_its_transaction(database: Database) -> None:
    """A row written inside a nested transaction does not survive when the work around it fails."""

    def nested(connection: Connection) -> None:
        with connection.begin_nested():
            put(connection)
        raise LookupError("after")

    for others in ([], [put]):
        before = await count(database)
        await asyncio.gather(*(database.write(work) for work in (nested, *others)), return_exceptions=True)
        assert await count(database) == before + len(others)


async def test_sqlite_commits_waiting_works_together(tmp_path: Path) -> None:
    """Works handed over while one is being written share the next commit."""
    async with sql_database(f"sqlite:///{tmp_path / 'essai.sqlite3'}") as database:
        open_gate = threading.Event()
        first = asyncio.create_task(database.write(lambda _: open_gate.wait(10)))
        await asyncio.sleep(0)

        def number(connection: Connection) -> int:
            put(connection)
            return int(connection.execute(text("SELECT total_changes()")).scalar_one())

        rest = [asyncio.create_task(database.write(number)) for _ in range(5)]
        await asyncio.sleep(0)
        assert await count(database) == 0
        open_gate.set()
        await asyncio.gather(first, *rest)
        assert await count(database) == 5


async def test_what_was_accepted_is_finished_on_close(tmp_path: Path) -> None:
    """Closing waits for writes handed over; later ones are refused."""
    url = f"sqlite:///{tmp_path / 'essai.sqlite3'}"
    async with sql_database(url) as database:
        writes = [asyncio.create_task(database.write(put)) for _ in range(10)]
        await asyncio.sleep(0)
        await database.close()
        await asyncio.gather(*writes)
        with pytest.raises(RuntimeError, match="closed"):
            await database.write(put)
    async with sql_database(url) as again:
        assert await count(again) == 10


async def test_readers_cannot_write(tmp_path: Path) -> None:
    """On SQLite a read that tries to write is refused by the database."""
    async with sql_database(f"sqlite:///{tmp_path / 'essai.sqlite3'}") as database:
        with pytest.raises(Exception, match="readonly"):
            await database.read(put)


async def test_a_file_has_one_owner(tmp_path: Path) -> None:
    """The first to ask has the file to itself until it closes."""
    url = f"sqlite:///{tmp_path / 'essai.sqlite3'}"
    async with sql_database(url) as second:
        async with sql_database(url) as first:
            assert first.alone()
            assert first.alone()
            assert not second.alone()
        assert second.alone()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://a/b", "postgresql+asyncpg://a/b"])
def test_an_unfit_url_is_refused(url: str) -> None:
    """Only a SQLite file or PostgreSQL by psycopg is opened, and the error says so."""
    with pytest.raises(ValueError, match="base"):
        open_database(url)


@pytest.mark.postgres
async def test_a_dead_lock_is_run_again(postgres: Postgres) -> None:
    """Two works that lock the same lanes the wrong way round both end, and both are written."""
    async with sql_database(postgres.create_database()) as database:
        meet = threading.Barrier(2, timeout=10)
        runs: list[str] = []

        def crossing(first: str, second: str) -> None:
            def work(connection: Connection) -> None:
                runs.append(first)
                enqueue(connection, [message(lane=first)], START)
                if len(runs) <= 2:
                    meet.wait()
                enqueue(connection, [message(lane=second)], START)

            works.append(work)

        works: list[object] = []
        crossing("a", "b")
        crossing("b", "a")
        await asyncio.gather(*(database.write(work) for work in works))  # type: ignore[arg-type]
        assert len(runs) > 2, "PostgreSQL broke the dead-lock and one ran again"
        assert await count(database) == 4


@pytest.mark.postgres
async def test_a_cut_connection_is_replaced(postgres: Postgres) -> None:
    """After the server has dropped every connection, the next write succeeds."""
    async with sql_database(postgres.create_database()) as database:
        await asyncio.gather(*(database.write(put) for _ in range(8)))
        kill = text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await database.read(lambda connection: connection.execute(kill).all())
        await database.write(put)
        assert await count(database) == 9


@pytest.mark.postgres
async def test_a_restart_of_the_server_is_not_felt_by_reads(postgres: Postgres) -> None:
    """Each connection of the pool was cut behind its back; every read is answered all the same, driver's own ones too."""
    url = postgres.create_database()
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = %s"
    async with sql_database(url) as database:
        await asyncio.gather(*(count(database) for _ in range(8)))
        with psycopg.connect(postgres.dsn(), autocommit=True) as other:
            other.execute(kill, (url.rpartition("/")[2],))
        ask = "SELECT count(*) FROM outbox_message"
        found = await database.read(lambda c: c.connection.driver_connection.execute(ask).fetchone())  # type: ignore[union-attr]
        assert found == (0,)
        assert await asyncio.gather(*(count(database) for _ in range(8))) == [0] * 8


@pytest.mark.postgres
async def test_one_node_hears_another(postgres: Postgres) -> None:
    """A commit on one node wakes a dispatcher waiting on another."""
    url = postgres.create_database()
    async with sql_database(url) as here, sql_database(url) as there, asyncio.timeout(30):
        while await here.changed(0.3):
            pass  # The line is up, and what was said before is heard.
        waiting = asyncio.create_task(here.changed(20))
        await there.write(put)
        assert await waiting
