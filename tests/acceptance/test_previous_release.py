"""The release before this one on the tables of this one: its own code, taken from history, at work while nodes are replaced."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, text

from gateway import clock, migrations
from outbox.database.database import open_database
from outbox.errors import PermanentDeliveryError
from outbox.message import Kind, MessageStatus, Outcome
from outbox.retry import Policy
from outbox.sql import SqlStore
from outbox.verdict import failed
from tests.outbox.bench import message, state
from tests.servers.postgres import Postgres, postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["postgres"]

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(120)]

PREVIOUS = "fee9bc0"
"""The first that was landed whole. At a release, the one before it is named here."""
ROOT = Path(__file__).resolve().parents[2]

OLD_NODE = """
import asyncio, json, sys
from outbox.database import open_database
from outbox.desk import Filter
from outbox.message import Envelope, Kind, Receipt, Status
from outbox.dispatcher import Dispatcher
from outbox.sql import SqlStore
from gateway import clock

class Sivic:
    name = "sivic"
    async def deliver(self, claimed):
        told.append([claimed.envelope.id, claimed.envelope.body, claimed.exact.decode()])
        return Receipt(reference="F-OLD", sent=b"<vieux/>", answered=b"<pris/>")
    resend = deliver

told = []

async def main():
    url, does, keys = sys.argv[1], sys.argv[2], sys.argv[3:]
    database = open_database(url)
    store = SqlStore(database, clock=clock.now)
    if does == "enqueue":
        made = [Envelope(key, "sivic", "lane", "victim", Kind.STATE, "Exercise", {"de": key}, clock.now(), "evt") for key in keys]
        for one in made:
            await store.enqueue([one])
    if does == "work":
        await Dispatcher(store, {"sivic": Sivic()}, clock=clock.now).step()
    if does == "replay":
        await store.replay(keys, by="ESSAI", exactly=True)
    if does == "discard":
        await store.discard(keys, by="ESSAI", reason="essai")
    found = await store.find(Filter(), limit=100)
    print(json.dumps({"told": told, "status": {one.envelope.id: one.status.value for one in found}}))
    await database.close()

asyncio.run(main())
"""


@pytest.fixture(scope="session")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its code, as it was."""
    asked = subprocess.run(["git", "archive", PREVIOUS], cwd=ROOT, capture_output=True, check=False)
    if asked.returncode:
        pytest.skip(f"the history of this copy does not go back to {PREVIOUS}")
    folder = tmp_path_factory.mktemp("previous")
    with tarfile.open(fileobj=io.BytesIO(asked.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


class Old:
    """A node of the release before, one command at a time."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._url = url

    async def __call__(self, does: str, *keys: str) -> dict[str, Any]:
        """What it did, and how it sees every message."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", OLD_NODE, self._url, does, *keys,
            cwd=self._folder, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, _ = await process.communicate()
        assert process.returncode == 0
        answer: dict[str, Any] = json.loads(said)
        return answer


@pytest.fixture
async def url(postgres: Postgres, previous: Path) -> str:
    """A database that the release before made and filled, and this one brought forward."""
    made = postgres.create_database()
    code = "import sys; from gateway import migrations; migrations.upgrade(sys.argv[1])"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, made, cwd=previous)
    assert await process.wait() == 0
    assert await asyncio.to_thread(migrations.revision, made) != migrations.head()
    old = Old(previous, made)
    await old("enqueue", "ancien-livre")
    await old("work")
    await old("enqueue", "ancien-attend")
    await asyncio.to_thread(migrations.upgrade, made)
    return made


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStore]:
    """This release's, beside it."""
    database = open_database(url)
    yield SqlStore(database, clock=clock.now)
    await database.close()


async def body(store: SqlStore, message_id: str) -> dict[str, Any]:
    """What a message says, as this release sees it."""
    record = await store.message(message_id)
    assert record is not None
    return record.envelope.body


async def test_what_it_left_goes_on(store: SqlStore) -> None:
    """What it delivered is shown whole with its evidence, and what it accepted is claimed."""
    (attempt,) = await store.attempts("ancien-livre")
    assert (attempt.outcome, attempt.sent, attempt.reference) == (Outcome.DELIVERED, b"<vieux/>", "F-OLD")
    assert await body(store, "ancien-livre") == {"de": "ancien-livre"}
    (claimed,) = await store.claim("sivic", 5)
    assert (claimed.envelope.body, claimed.reference) == ({"de": "ancien-attend"}, "F-OLD")


async def test_it_sends_what_this_one_accepted(store: SqlStore, url: str, previous: Path) -> None:
    """Whole, once, in order; and this release shows what it did."""
    old, sent = Old(previous, url), [message(lane="v"), state(lane="w"), message(lane="v")]
    await store.enqueue(sent)
    answer = await old("work")
    assert [[key, said] for key, said, _ in answer["told"] if key != "ancien-attend"] == [
        [one.id, one.body] for one in sent
    ]
    for one in sent:
        record, (attempt,) = await store.message(one.id), await store.attempts(one.id)
        assert record is not None
        assert (record.status, record.envelope.body) == (MessageStatus.DELIVERED, one.body)
        assert (attempt.sent, attempt.answered) == (b"<vieux/>", b"<pris/>")
    assert (await old("work"))["told"] == []


async def test_both_decide_on_one_another_s_messages(store: SqlStore, url: str, previous: Path) -> None:
    """It supersedes, replays as it was and discards what this release left waiting or parked."""
    old = Old(previous, url)
    again, given_up, waits = message(), message(), state(lane="lane")
    await store.enqueue([again, given_up])
    for claimed in await store.claim("sivic", 9):
        error = PermanentDeliveryError("sivic.refus", "Refusé", sent=b"<dit/>")
        await store.settle([failed(claimed, error, clock.now(), clock.now(), policy=Policy(), jitter=0)])
    await store.enqueue([waits])
    await old("enqueue", "plus-neuf")
    await old("discard", given_up.id)
    await old("replay", again.id)
    answer = await old("work")
    assert [again.id, again.body, "<dit/>"] in answer["told"]
    assert answer["status"][waits.id] == "superseded"
    assert answer["status"][given_up.id] == "discarded"
    assert answer["status"]["plus-neuf"] == "delivered"
    assert await body(store, waits.id) == waits.body
    assert await body(store, "plus-neuf") == {"de": "plus-neuf"}


async def test_it_starts_again_beside_a_newer_one(store: SqlStore, url: str) -> None:
    """A node that is started again while nodes are replaced finds a shape that it does not know, leaves it alone, and works."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'plus-tard'"))
    engine.dispose()
    await asyncio.to_thread(migrations.upgrade, url)
    assert await asyncio.to_thread(migrations.revision, url) == "plus-tard"
    assert await store.claim("sivic", 5)


async def test_it_sees_what_this_one_ended(store: SqlStore, url: str, previous: Path) -> None:
    """States and outcomes; a body that has gone to the archive is to it like one that retention emptied, and nothing is sent again."""
    await store.enqueue([sent := message(kind=Kind.STATE)])
    claims = await store.claim("sivic", 5)
    error = PermanentDeliveryError("sivic.refus", "Refusé")
    await store.settle([failed(one, error, clock.now(), clock.now(), policy=Policy(), jitter=0) for one in claims])
    await store.discard([one.envelope.id for one in claims], by="ESSAI", reason="essai")
    answer = await Old(previous, url)("work")
    assert answer["told"] == []
    assert answer["status"][sent.id] == "discarded"
