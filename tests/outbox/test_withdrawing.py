"""Taking messages back: only what certainly never left, in the caller's transaction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gateway import migrations
from outbox.database.database import open_database
from outbox.message import Envelope, Kind, MessageStatus, Outcome, Settlement
from outbox.sql import SqlStore, enqueue, free_lane, withdraw_lane

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from outbox.database.database import Database

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def message(name: str) -> Envelope:
    """One of the lane."""
    return Envelope(name, "lrm", "lane", "intervention.request", Kind.COMMAND, "Actual", {}, NOW, scope="scope")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A file of its own, at the present shape."""
    url = f"sqlite:///{tmp_path / 'essai.sqlite3'}"
    migrations.upgrade(url)
    opened = open_database(url)
    yield opened
    await opened.close()


def taken_back(database: Database) -> Any:
    """Try to take the lane back."""
    return database.write(lambda c: withdraw_lane(c, "lrm", "lane", "scope", by="essai", reason="autre voie", now=NOW))


async def test_what_waits_untouched_is_taken_back_with_its_reason(database: Database) -> None:
    """All of the lane, at once; a lane without anything has nothing that left either."""
    store = SqlStore(database, clock=lambda: NOW)
    assert await taken_back(database) is True
    await store.enqueue([message("a"), message("b")])
    assert await taken_back(database) is True
    for name in ("a", "b"):
        record = await store.message(name)
        assert record is not None
        assert (record.status, record.decision, record.decided_by) == (MessageStatus.DISCARDED, "autre voie", "essai")
    assert await store.claim("lrm", 10) == []


async def test_what_is_being_sent_or_was_tried_stays(database: Database) -> None:
    """Under lease, then waiting again after a try whose end nobody knows: refused both times, and nothing changed."""
    store = SqlStore(database, clock=lambda: NOW)
    await store.enqueue([message("a"), message("b")])
    claimed = (await store.claim("lrm", 1))[0]
    assert await taken_back(database) is False
    later = NOW + timedelta(seconds=1)
    await store.settle([Settlement(claimed, MessageStatus.PENDING, Outcome.TRANSIENT, NOW, NOW, next_at=later)])
    assert await taken_back(database) is False
    assert {one.status for one in [await store.message("a"), await store.message("b")] if one} == {
        MessageStatus.PENDING
    }


async def test_what_met_nobody_is_untouched(database: Database) -> None:
    """A connection that was never made sent nothing."""
    store = SqlStore(database, clock=lambda: NOW)
    await store.enqueue([message("a")])
    claimed = (await store.claim("lrm", 1))[0]
    later = NOW + timedelta(seconds=1)
    await store.settle([Settlement(claimed, MessageStatus.PENDING, Outcome.UNREACHABLE, NOW, NOW, next_at=later)])
    assert await taken_back(database) is True


async def test_a_transaction_that_fails_takes_nothing_back(database: Database) -> None:
    """Withdrawn and replaced together, or not at all."""
    store = SqlStore(database, clock=lambda: NOW)
    await store.enqueue([message("a")])

    def fails(connection: Any) -> None:
        assert withdraw_lane(connection, "lrm", "lane", "scope", by="essai", reason="autre voie", now=NOW)
        enqueue(connection, [message("b")], NOW)
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(fails)
    record = await store.message("a")
    assert record is not None
    assert record.status is MessageStatus.PENDING
    assert await store.message("b") is None


async def test_what_is_parked_makes_way(database: Database) -> None:
    """The message behind it leaves."""
    store = SqlStore(database, clock=lambda: NOW)
    await store.enqueue([message("a"), message("b")])
    claimed = (await store.claim("lrm", 1))[0]
    await store.settle([Settlement(claimed, MessageStatus.PARKED, Outcome.PERMANENT, NOW, NOW)])
    assert await store.claim("lrm", 10) == []
    freed = await database.write(lambda c: free_lane(c, "lrm", "lane", by="essai", reason="version 2", now=NOW))
    assert freed == 1
    assert [one.envelope.id for one in await store.claim("lrm", 10)] == ["b"]
