"""A house moves from SQLite to PostgreSQL while stopped, and goes on where it was."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import MetaData, create_engine, func, select, text

from gateway import migrations
from gateway.cli import main
from gateway.operations.move_store import MovingError, move
from outbox.database import engines
from outbox.database.database import open_database
from outbox.desk import Filter
from outbox.message import MessageStatus, Receipt
from outbox.sql import SqlStore
from outbox.verdict import delivered
from tests.gateway.house import open_house
from tests.outbox.bench import START, SetClock, message
from tests.servers.postgres import Postgres, postgres

if TYPE_CHECKING:
    from pathlib import Path

    from outbox.database.database import Database

__all__ = ["postgres"]

pytestmark = pytest.mark.postgres


def counts(url: str) -> dict[str, int]:
    """Rows of every table."""
    engine = create_engine(url)
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        found = {
            name: connection.scalar(select(func.count()).select_from(table)) or 0
            for name, table in tables.tables.items()
            if not name.startswith("sqlite_")
        }
    engine.dispose()
    return found


async def lived(folder: Path) -> str:
    """A house that has played a patient, with messages in every state, and is stopped."""
    async with open_house(folder) as house:
        await house.event()
        await house.patient("p1")
        await house.settle()
        await house.patient("p2")
        url = house.runtime.settings.store.url
    database = open_database(url)
    store = SqlStore(database, clock=SetClock())
    await store.enqueue([message(lane="a"), message(lane="a"), last := message(lane="b")])
    (claimed, _) = await store.claim("sivic", 2)
    await store.settle([delivered(claimed, Receipt(reference="F-1", sent=b"<a/>"), START, START)])
    await database.write(lambda c: c.execute(text("DELETE FROM outbox_message WHERE id = :id"), {"id": last.id}))
    await database.close()
    return url


async def everything(database: Database) -> list[Any]:
    """Every message with its attempts."""
    store = SqlStore(database, clock=SetClock())
    found = await store.find(Filter(), limit=1000)
    return [(record, await store.attempts(record.envelope.id)) for record in found]


async def test_everything_arrives_and_goes_on(
    tmp_path: Path, postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows, bodies, attempts, references and counters are the same; the next message has the next number, never one twice."""
    source, target = await lived(tmp_path), postgres.create_database()
    before = await asyncio.to_thread(counts, source)
    assert await asyncio.to_thread(main, ["store", "move", "--from", source, "--to", target]) == 0
    after = await asyncio.to_thread(counts, target)
    assert {name: rows for name, rows in after.items() if rows} == {
        name: rows for name, rows in before.items() if rows and name != "outbox_node"
    }
    assert before["outbox_message"] > 5
    assert f"{sum(before.values()) - before['outbox_node'] - 1} lignes portées" in capsys.readouterr().out
    old, new = open_database(source), open_database(target)
    try:
        assert await everything(new) == await everything(old)
        highest = await old.read(
            lambda c: c.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = 'outbox_message'"))
        )
        store = SqlStore(new, clock=SetClock())
        assert await store.release_expired() >= 0
        await store.enqueue([added := message(lane="a")])
        record = await store.message(added.id)
        assert record is not None
        assert (record.seq, record.status) == (highest + 1, MessageStatus.PENDING)
    finally:
        await old.close()
        await new.close()


async def test_what_is_not_empty_is_not_moved_into(tmp_path: Path, postgres: Postgres) -> None:
    """A second move refuses, names the table, and changes nothing."""
    source, target = await lived(tmp_path), postgres.create_database()
    await asyncio.to_thread(move, source, target, progress=lambda _: None)
    before = await asyncio.to_thread(counts, target)
    with pytest.raises(MovingError, match="pas vide"):
        await asyncio.to_thread(move, source, target, progress=lambda _: None)
    assert await asyncio.to_thread(counts, target) == before


async def test_a_base_in_use_is_not_moved(tmp_path: Path, postgres: Postgres) -> None:
    """While a process holds the file, nothing is read from it."""
    source, target = await lived(tmp_path), postgres.create_database()
    lock = engines.lock_file(create_engine(source))
    assert lock is not None
    with pytest.raises(MovingError, match="arrêter"):
        await asyncio.to_thread(move, source, target, progress=lambda _: None)
    assert await asyncio.to_thread(migrations.revision, target) in {None, await asyncio.to_thread(migrations.head)}


@pytest.mark.parametrize(
    ("source", "target"),
    [("postgresql+psycopg://a/b", "postgresql+psycopg://a/c"), ("sqlite:///a", "sqlite:///b")],
)
def test_only_sqlite_to_postgresql(source: str, target: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Any other direction is refused by name."""
    assert main(["store", "move", "--from", source, "--to", target]) == 1
    assert "--from attend" in capsys.readouterr().err
