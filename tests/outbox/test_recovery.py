"""A process is killed while it sends: what it held comes back, and the tables keep their promises."""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, text

from outbox.message import MessageStatus, Outcome, Settlement
from outbox.sql import SqlStore, enqueue
from outbox.verdict import DEATHS
from tests.outbox.bench import START, SetClock, bench, message, sql_database, state

if TYPE_CHECKING:
    from outbox.message import Envelope

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.crash
async def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    """After kill -9 the next process on a SQLite file returns at once what the dead one was sending."""
    url = f"sqlite:///{tmp_path / 'essai.sqlite3'}"
    sent = [message(created_at=datetime(2026, 3, 1, tzinfo=UTC)) for _ in range(3)]
    async with sql_database(url) as database:
        await database.write(lambda connection: enqueue(connection, sent, START))
    program = (sys.executable, "-m", "tests.outbox.sending_process", url)
    process = await asyncio.create_subprocess_exec(*program, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(60):
        started = {(await process.stdout.readline()).decode().strip() for _ in sent}
        async with sql_database(url) as beside:
            assert await SqlStore(beside, clock=SetClock()).recover() == 0, "it lives, and its leases are long"
        process.send_signal(signal.SIGKILL)
        await process.wait()
    assert started == {one.id for one in sent}
    async with sql_database(url) as database:
        store = SqlStore(database, clock=SetClock(datetime(2036, 1, 1, tzinfo=UTC) - timedelta(days=3650)))
        assert await store.recover() == 3
        assert {record.status for record in [await store.message(one.id) for one in sent] if record} == {
            MessageStatus.PENDING
        }
        assert {one.outcome for one in await store.attempts(sent[0].id)} == {Outcome.LEASE_LOST}


async def test_a_node_that_starts_leaves_the_living_alone(tmp_path: Path) -> None:
    """Recovery on start does not take what this very process is sending."""
    async with bench("sqlite", tmp_path, str) as kit:
        store = kit.store()
        await store.enqueue([message()])
        (claimed,) = await store.claim("sivic", 1)
        assert await store.recover() == 0
        assert await store.settle([kit.done(claimed)]) == []


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_a_message_that_kills_is_left_to_a_person(kind: str, tmp_path: Path) -> None:
    """One that was being sent at each of many deaths is shown to a person instead of being tried for ever."""
    told: list[Settlement] = []
    async with bench(kind, tmp_path, str) as kit:
        store = kit.store(aftermath=lambda _, settlement: told.append(settlement))
        await store.enqueue([sent := message()])
        for _ in range(DEATHS):
            assert len(await store.claim("sivic", 1)) == 1
            kit.clock.pass_(5)
            assert await store.release_expired() == 1
        record = await store.message(sent.id)
    assert record is not None
    assert record.status is told[-1].status is MessageStatus.UNCERTAIN


class Mirror:
    """A seal that a reader of the file cannot mistake for clear text."""

    def seal(self, clear: bytes) -> bytes:
        """Turned round."""
        return clear[::-1]

    def open(self, sealed: bytes) -> bytes:
        """Turned back."""
        return sealed[::-1]


def _contents(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_bodies_and_evidence_are_sealed(tmp_path: Path) -> None:
    """With a seal, neither the body nor what was sent and answered is in the file in clear, and both come back."""
    async with bench("sqlite", tmp_path, str) as kit:
        assert kit.database is not None
        store = SqlStore(kit.database, clock=kit.clock, seal=Mirror())
        await store.enqueue([sent := message(body={"nom": "SECRETESSAI"})])
        (claimed,) = await store.claim("sivic", 1)
        assert claimed.envelope == sent
        await store.settle([kit.done(claimed, sent=b"SECRETESSAI", answered=b"SECRETESSAI")])
        (attempt,) = await store.attempts(sent.id)
        assert (attempt.sent, attempt.answered) == (b"SECRETESSAI", b"SECRETESSAI")
        files = await asyncio.to_thread(_contents, tmp_path)
    assert b"SECRETESSAI" not in files
    assert b"IASSETERCES" in files


HEADS = text(
    "SELECT destination, lane, sum(place = 1), sum(status = 'sending' AND place <> 1) FROM outbox_message"
    " WHERE place IS NOT NULL GROUP BY destination, lane HAVING sum(place = 1) <> 1 OR sum(status = 'sending' AND place <> 1)"
)


async def test_every_lane_has_one_head(tmp_path: Path) -> None:
    """Through parking, replay, discarding, expiry and superseding, each live lane has exactly one head in the table."""
    async with bench("sqlite", tmp_path, str) as kit:
        store = kit.store()
        assert kit.database is not None
        sent: list[Envelope] = []
        for turn in range(12):
            soon = kit.clock.now + timedelta(seconds=7)
            make = state if turn % 2 else message
            sent += [make(lane=f"v{lane}", expires_at=soon if turn % 5 == 3 else None) for lane in range(3)]
            await store.enqueue(sent[-3:])
            claims = await store.claim("sivic", 3)
            await store.settle([kit.done(one) for one in claims[: turn % 3]])
            await store.settle(
                [replace(kit.done(one), status=MessageStatus.PARKED, receipt=None) for one in claims[2:]]
            )
            kit.clock.pass_(3)
            await store.expire()
            await store.release_expired()
            await store.replay([one.id for one in sent[:: 1 + turn % 2]], by="ESSAI")
            assert await kit.database.read(lambda connection: connection.execute(HEADS).all()) == []


async def test_a_claim_reads_the_index_of_due_heads(tmp_path: Path) -> None:
    """The plans of the hot questions use the partial indexes, so settled rows cost them nothing."""
    from outbox.sql.dialects import sqlite  # noqa: PLC0415 - the statements themselves are what is asked about

    def plan(connection: Connection, statement: str, arguments: tuple[object, ...]) -> str:
        raw = connection.connection.driver_connection
        assert raw is not None
        return " ".join(row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", arguments))

    questions: dict[str, tuple[str, tuple[object, ...]]] = {
        "ix_outbox_due": (sqlite.CANDIDATES, ("sivic", 1, 10)),
        "ix_outbox_lane": (sqlite.ADVANCE, ("sivic", "v")),
        "ix_outbox_parked": (sqlite.HEAL, ("sivic", "v", "t", 1, "x", 1)),
    }
    async with bench("sqlite", tmp_path, str) as kit:
        assert kit.database is not None
        for index, (statement, arguments) in questions.items():
            text_ = await kit.database.read(lambda c, s=statement, a=arguments: plan(c, s, a))  # type: ignore[misc]
            assert index in text_
            assert "SCAN outbox_message" not in text_
