"""PostgreSQL as a real choice: real processes on a real server, one of them killed, one of them frozen."""

from __future__ import annotations

import asyncio
import signal
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from gateway import clock, migrations
from gateway.cli.demo.commands import agrees
from gateway.mappings import training_event
from gateway.sandbox import open_sandbox
from outbox.database.database import open_database
from outbox.message import Envelope, Kind, MessageStatus, Outcome
from outbox.sql import SqlStore, nodes
from tests.acceptance.nodes import Fleet, fleet, keys
from tests.outbox.bench import eventually
from tests.servers.postgres import Postgres, postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

__all__ = ["postgres"]

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(180)]

SLOW = {"fault": "latency", "seconds": 60, "times": 1}


@pytest.fixture
def url(postgres: Postgres) -> str:
    """An empty database."""
    return postgres.create_database()


def client(address: str, key: str) -> httpx.AsyncClient:
    """Somebody at the doors of a node."""
    return httpx.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=20)


async def _unseen(_: int, __: int) -> None: ...


async def test_the_rugby_match_is_played_on_two_nodes(tmp_path: Path, url: str) -> None:
    """The portal speaks to one node, another one sends too, and every side agrees; both are seen to live."""
    portal, operator = await keys(url)
    async with (
        open_sandbox("Exercise", dict.fromkeys(("sinus", "sivic", "portal"), 0)) as sandbox,
        fleet(tmp_path, url, sandbox.urls) as made,
    ):
        serving = await made.start("serve")
        await made.start("work")
        async with client(serving.said, portal) as caller, client(serving.said, operator) as watcher:
            event = await training_event.play(caller, _unseen)

            async def agreed() -> bool:
                return agrees((await caller.get(f"/v1/events/{event}/sync")).json())

            await eventually(agreed)
            measures = (await watcher.get("/metrics")).text
        assert 'passerelle_nodes{role="serve"} 1.0' in measures
        assert 'passerelle_nodes{role="work"} 1.0' in measures
        serving.signal(signal.SIGTERM)
        assert await serving.process.wait() == 0, "it ends when told to"


async def test_two_nodes_that_start_at_once_migrate_once(tmp_path: Path, url: str) -> None:
    """On an empty database both come up, and the tables are those of one migration."""
    async with fleet(tmp_path, url, {}) as made:
        launched = [await made.launch("work") for _ in range(2)]
        await asyncio.gather(*(made.ready("work", one) for one in launched))
        database = open_database(url)
        try:
            assert len(await database.read(nodes.nodes)) == 2
        finally:
            await database.close()
    assert await asyncio.to_thread(migrations.revision, url) == await asyncio.to_thread(migrations.head)


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStore]:
    """The outbox, beside the nodes."""
    await asyncio.to_thread(migrations.upgrade, url)
    database = open_database(url)
    yield SqlStore(database, clock=clock.now)
    await database.close()


def _outcome(number: int) -> Envelope:
    """A message that the portal takes."""
    at = clock.now()
    body: dict[str, Any] = {
        "mode": "Exercise", "message_id": f"essai-{number}", "destination": "sinus", "topic": "victim", "event_id": "evt",
        "lane": f"victim:p{number}", "status": "delivered", "settled_at": at.isoformat(), "lag_ms": 1, "attempts": 1,
        "reference": None, "cause_code": None, "cause_title": None,
    }  # fmt: skip
    return Envelope(f"essai-{number}", "portal", f"sinus:p{number}", "outcome", Kind.STATE, "Exercise", body, at, "evt")


async def _silence(made: Fleet, *, times: int) -> None:
    """The portal takes a message and says nothing."""
    async with httpx.AsyncClient(trust_env=False) as wire:
        answer = await wire.post(f"{made.urls['portal']}/_sandbox/faults", json=[{**SLOW, "times": times}])
        answer.raise_for_status()


async def _mend(made: Fleet) -> None:
    async with httpx.AsyncClient(trust_env=False) as wire:
        (await wire.delete(f"{made.urls['portal']}/_sandbox/faults")).raise_for_status()


async def _all(store: SqlStore, sent: list[Envelope], status: MessageStatus) -> bool:
    records = [await store.message(one.id) for one in sent]
    return all(record is not None and record.status is status for record in records)


@pytest.mark.crash
async def test_after_a_kill_another_node_sends_within_ten_seconds(tmp_path: Path, url: str, store: SqlStore) -> None:
    """What the dead node was sending leaves again by the lease alone, with the same id; nothing is lost."""
    sent = [_outcome(number) for number in range(5)]
    async with (
        open_sandbox("Exercise", {"portal": 0}) as sandbox,
        fleet(tmp_path, url, sandbox.urls) as made,
    ):
        await _silence(made, times=len(sent))
        dying = await made.start("work")
        await store.enqueue(sent)
        await eventually(lambda: _all(store, sent, MessageStatus.SENDING))
        await made.start("work")
        await _mend(made)
        dying.signal(signal.SIGKILL)
        killed = time.monotonic()
        await eventually(lambda: _all(store, sent, MessageStatus.DELIVERED))
        assert time.monotonic() - killed < 10, "the issue's own bound"
        attempts = await store.attempts(sent[0].id)
        # On a busy machine a try may have timed out before the kill.
        assert [one.outcome for one in attempts][-2:] == [Outcome.LEASE_LOST, Outcome.DELIVERED]


@pytest.mark.crash
async def test_a_frozen_node_that_wakes_settles_nothing(tmp_path: Path, url: str, store: SqlStore) -> None:
    """Stopped past its lease, its message is sent by another; when it wakes, what it says is kept as late and changes nothing."""
    sent = [_outcome(1)]
    async with (
        open_sandbox("Exercise", {"portal": 0}) as sandbox,
        fleet(tmp_path, url, sandbox.urls) as made,
    ):
        await _silence(made, times=1)
        frozen = await made.start("work")
        await store.enqueue(sent)
        await eventually(lambda: _all(store, sent, MessageStatus.SENDING))
        await _mend(made)
        await made.start("work")
        frozen.signal(signal.SIGSTOP)
        await eventually(lambda: _all(store, sent, MessageStatus.DELIVERED))
        before = await store.message(sent[0].id)
        frozen.signal(signal.SIGCONT)

        async def late() -> bool:
            return [one.outcome for one in await store.attempts(sent[0].id)] == [Outcome.LATE, Outcome.DELIVERED]

        async with asyncio.timeout(60):
            while not await late():  # noqa: ASYNC110 - the frozen node's own time-out is what is waited for
                await asyncio.sleep(0.2)
        assert await store.message(sent[0].id) == before
        assert before is not None
        assert before.settled_at is not None
        assert before.settled_at - before.enqueued_at < timedelta(seconds=20)
