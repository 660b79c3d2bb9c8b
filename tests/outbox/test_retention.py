"""Retention on both databases: what goes when, and on PostgreSQL by whole days, without keeping traffic waiting."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import text

from outbox.database.database import open_database
from outbox.desk import Filter
from outbox.dispatch.dispatcher import Dispatcher
from outbox.errors import PermanentDeliveryError, TransientDeliveryError
from outbox.message import Kind, MessageStatus, Outcome
from outbox.retry import Policy
from outbox.sql import SqlStore, archive
from outbox.sql.retention import Horizon, SweepCounts, sweep
from outbox.verdict import failed
from tests.outbox.bench import START, Bench, ScriptedDestination, bench, eventually, message, state
from tests.servers.postgres import Postgres, postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sqlalchemy import Connection

    from outbox.database.database import Database
    from outbox.desk import Attempt, Record
    from outbox.message import Envelope

__all__ = ["postgres"]

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
ON_POSTGRESQL = [pytest.param("postgresql", marks=pytest.mark.postgres)]
KEPT = (
    "SELECT count(*) FROM outbox_message WHERE length(body) > 0",
    "SELECT count(*) FROM outbox_attempt WHERE sent IS NOT NULL OR answered IS NOT NULL",
)


@pytest.fixture(params=KINDS)
async def kit(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    """A bench of each kind that keeps things."""

    def url() -> str:
        server: Postgres = request.getfixturevalue("postgres")
        return server.create_database()

    async with bench(request.param, tmp_path, url) as made:
        yield made


def base(kit: Bench) -> Database:
    """Its database."""
    assert kit.database is not None
    return kit.database


async def swept(kit: Bench, *, state_days: int = 7, command_days: int = 30, rows_days: int = 365) -> SweepCounts:
    """What a sweep lets go of, now."""
    now = kit.clock.now
    bodies = {Kind.STATE: now - timedelta(days=state_days), Kind.COMMAND: now - timedelta(days=command_days)}
    return await sweep(base(kit), Horizon(bodies, now - timedelta(days=rows_days)), now)


async def delivered(kit: Bench, store: SqlStore, *envelopes: Envelope) -> None:
    """Enqueue and deliver these, with evidence."""
    await store.enqueue(envelopes)
    claims = await store.claim("sivic", len(envelopes))
    await store.settle([kit.done(one, sent=b"<dit/>", answered=b"<pris/>", reference="F1") for one in claims])


async def found(store: SqlStore, envelope: Envelope) -> tuple[Record, list[Attempt]]:
    """One message as a person sees it."""
    record = await store.message(envelope.id)
    assert record is not None
    return record, await store.attempts(envelope.id)


def sql_store(kit: Bench) -> SqlStore:
    """The store, which has a database."""
    store = kit.store()
    assert isinstance(store, SqlStore)
    return store


def dsn(kit: Bench) -> str:
    """For psycopg."""
    return str(base(kit)._reader.url.set(drivername="postgresql").render_as_string(hide_password=False))


async def days_cut(kit: Bench, kind: Kind) -> list[str]:
    """The days of the archive."""
    return [one.day.isoformat() for one in await base(kit).read(lambda c: archive.days(c, kind))]


async def test_each_kind_is_kept_for_its_own_time(kit: Bench) -> None:
    """A state loses its body and its bytes first, a command later; attempts, references and outcomes stay until rows go."""
    store = sql_store(kit)
    await swept(kit)
    said, asked = state(), message()
    await delivered(kit, store, said, asked)
    for days, kept in ((6, (True, True)), (9, (False, True)), (32, (False, False))):
        kit.clock.now = START + timedelta(days=days)
        await swept(kit)
        for envelope, full in zip((said, asked), kept, strict=True):
            record, (attempt,) = await found(store, envelope)
            assert record.envelope.body == (envelope.body if full else {})
            assert (attempt.sent, attempt.answered) == ((b"<dit/>", b"<pris/>") if full else (b"", b""))
            assert (record.status, attempt.outcome, attempt.reference) == (
                MessageStatus.DELIVERED,
                Outcome.DELIVERED,
                "F1",
            )
    kit.clock.now = START + timedelta(days=366)
    assert (await swept(kit)).messages == 2
    assert await store.message(said.id) is None


async def test_what_has_not_ended_is_never_touched(kit: Bench) -> None:
    """What waits and what is parked keep body and evidence, however old; replayed as it was, the bytes are still there."""
    store = sql_store(kit)
    waits, parked = message(), state()
    await refused(kit, store, parked)
    await store.enqueue([waits])
    kit.clock.now = START + timedelta(days=800)
    assert await swept(kit) == SweepCounts()
    assert (await found(store, waits))[0].envelope.body == waits.body
    assert (await found(store, parked))[0].envelope.body == parked.body
    assert await store.replay([parked.id], by="ESSAI", exactly=True) == 1
    (again,) = [one for one in await store.claim("sivic", 5) if one.envelope.id == parked.id]
    assert again.exact == b"<dit/>"


async def refused(kit: Bench, store: SqlStore, envelope: Envelope, *, for_good: bool = True) -> None:
    """Enqueue it, and let its first try fail with evidence."""
    await store.enqueue([envelope])
    (claimed,) = [one for one in await store.claim("sivic", 50) if one.envelope.id == envelope.id]
    error = PermanentDeliveryError if for_good else TransientDeliveryError
    cause, policy = error("sivic.refus", "Refusé", sent=b"<dit/>"), Policy(schedule=(10,))
    await store.settle([failed(claimed, cause, kit.clock.now, kit.clock.now, policy=policy, jitter=0)])


async def test_every_way_to_end_is_let_go_of(kit: Bench) -> None:
    """Superseded while waiting, at birth, after a failed try or when parked; expired; discarded: none keeps a byte for ever."""
    store = sql_store(kit)
    pairs = {lane: (state(lane=lane), state(lane=lane)) for lane in ("attend", "naissance", "essai", "parque")}
    await store.enqueue([pairs["attend"][0]])
    await store.enqueue([pairs["attend"][1]])
    await store.enqueue(pairs["naissance"])
    await refused(kit, store, pairs["essai"][0], for_good=False)
    await refused(kit, store, pairs["parque"][0])
    await store.enqueue([pairs["essai"][1], pairs["parque"][1]])
    discarded, late = message(), message(expires_at=START + timedelta(seconds=1), due_at=START)
    await refused(kit, store, discarded)
    assert await store.discard([discarded.id], by="ESSAI", reason="essai") == 1
    kit.clock.pass_(60)
    await store.enqueue([late])
    await store.expire()
    await store.release_expired()
    await store.settle([kit.done(one, sent=b"<dit/>") for one in await store.claim("sivic", 50)])
    ends = {lane: [(await found(store, one))[0].status for one in pair] for lane, pair in pairs.items()}
    assert set(map(tuple, ends.values())) == {(MessageStatus.SUPERSEDED, MessageStatus.DELIVERED)}
    assert (await found(store, late))[0].status is MessageStatus.EXPIRED
    kept = [one for one in await store.find(Filter(), limit=50) if one.envelope.body]
    assert len(kept) == 10, "until it is old, everything is still shown"
    kit.clock.pass_(40 * 86_400)
    assert (await swept(kit)).messages == 0
    for record in await store.find(Filter(), limit=50):
        assert record.envelope.body == {}, record.status
        assert all(one.sent == b"" for one in await store.attempts(record.envelope.id)), record.status
    assert await base(kit).read(lambda c: [c.scalar(text(count)) for count in KEPT]) == [0, 0]


@pytest.mark.parametrize("kit", ON_POSTGRESQL, indirect=True)
async def test_a_day_goes_whole(kit: Bench) -> None:
    """Days are cut before they begin; what ends on one goes with it, without a row of it being written."""
    store = sql_store(kit)
    assert await swept(kit) == SweepCounts()
    assert await days_cut(kit, Kind.STATE) == ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"]
    await delivered(kit, store, state(), state())
    kit.clock.pass_(86_400)
    await delivered(kit, store, state())
    kit.clock.pass_(7 * 86_400)
    assert await swept(kit) == SweepCounts(days=1)
    assert (await days_cut(kit, Kind.STATE))[0] == "2026-03-02"
    assert await base(kit).read(lambda c: c.scalar(text("SELECT count(*) FROM outbox_archive"))) == 1


@pytest.mark.parametrize("kit", ON_POSTGRESQL, indirect=True)
async def test_a_sweep_that_did_not_run_keeps_nothing_from_being_settled(kit: Bench) -> None:
    """Without a table for its day a message is settled all the same, shown whole, and let go of in its time."""
    store, envelope = sql_store(kit), state()
    await delivered(kit, store, envelope)
    assert await swept(kit) == SweepCounts()
    assert "2026-03-01" not in await days_cut(kit, Kind.STATE), "its rows are in the rest"
    assert (await found(store, envelope))[0].envelope.body == envelope.body
    kit.clock.pass_(8 * 86_400)
    assert await swept(kit) == SweepCounts(bodies=1)
    assert (await found(store, envelope))[0].envelope.body == {}


@pytest.mark.parametrize("kit", ON_POSTGRESQL, indirect=True)
async def test_what_the_release_before_left_is_let_go_of(kit: Bench) -> None:
    """Bodies and bytes in the rows of messages that have ended, as the code before the archive leaves them."""
    store, envelope = sql_store(kit), state()
    await delivered(kit, store, envelope)

    def as_before(connection: Connection) -> None:
        connection.execute(text("UPDATE outbox_message SET body = :body"), {"body": b'{"nom":1}'})
        connection.execute(text("UPDATE outbox_attempt SET sent = 'x', answered = 'y'"))
        connection.execute(text("DELETE FROM outbox_archive"))

    await base(kit).write(as_before)
    record, (attempt,) = await found(store, envelope)
    assert (record.envelope.body, attempt.sent, attempt.answered) == ({"nom": 1}, b"x", b"y")
    kit.clock.pass_(8 * 86_400)
    assert (await swept(kit)).bodies == 1
    record, (attempt,) = await found(store, envelope)
    assert (record.envelope.body, attempt.sent, attempt.answered) == ({}, b"", b"")


@pytest.mark.parametrize("kit", ON_POSTGRESQL, indirect=True)
async def test_a_sweep_gives_way_and_comes_back(kit: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a transaction is open on the archive nothing is dropped and whoever settles goes on; afterwards it is dropped."""
    monkeypatch.setattr(archive, "PAUSE", 0.001)
    store = sql_store(kit)
    await swept(kit)
    await delivered(kit, store, state())
    kit.clock.pass_(8 * 86_400)
    with psycopg.connect(dsn(kit)) as reader:
        reader.execute("SELECT * FROM outbox_archive")
        assert await swept(kit) == SweepCounts()
        await delivered(kit, store, state())
        assert await days_cut(kit, Kind.STATE) == ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"]
    assert await swept(kit) == SweepCounts(days=1)


@pytest.mark.parametrize("kit", ON_POSTGRESQL, indirect=True)
async def test_traffic_and_sweeps_run_together(kit: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """While days are dropped, days cut and left-over emptied, every message is delivered; nobody waits a second for a lock."""
    store = sql_store(kit)
    await swept(kit)
    await delivered(kit, store, *(state() for _ in range(50)))
    with psycopg.connect(dsn(kit), autocommit=True) as setting:
        # One that waits longer is ended by the server: an error of its caller, or a word in the dispatcher's log.
        setting.execute(f"ALTER DATABASE \"{setting.info.dbname}\" SET lock_timeout = '1s'")
        setting.execute(f"ALTER DATABASE \"{setting.info.dbname}\" SET deadlock_timeout = '100ms'")
    async with traffic(kit) as sent:
        for _ in range(12):
            kit.clock.pass_(2 * 86_400)
            await swept(kit)
            before = len(sent)
            await eventually(lambda least=before + 20: _more(sent, least))  # type: ignore[misc]
    assert (await days_cut(kit, Kind.STATE))[0] == "2026-03-18"
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


async def _more(sent: list[str], least: int) -> bool:
    return len(sent) >= least


@asynccontextmanager
async def traffic(kit: Bench) -> AsyncIterator[list[str]]:
    """A node at work on connections of its own, and somebody who enqueues without end; all of it is delivered at the end."""
    destination, stop = ScriptedDestination(), asyncio.Event()
    database = open_database(dsn(kit).replace("postgresql:", "postgresql+psycopg:"))
    store = SqlStore(database, clock=kit.clock)

    async def flow() -> int:
        many = 0
        while not stop.is_set():
            await store.enqueue([state(lane=f"v{many % 7}-{n}") for n in range(5)])
            many += 5
        return many

    working = asyncio.create_task(Dispatcher(store, {"sivic": destination}, clock=kit.clock).run(stop))
    flowing = asyncio.create_task(flow())
    try:
        yield destination.taken
    finally:
        stop.set()
        await asyncio.gather(flowing, working)
        kit.clock.pass_(3600)  # Whatever lost its lease when days passed at once.
        await Dispatcher(store, {"sivic": destination}, clock=kit.clock).step()
        left = await store.backlog()
        await database.close()
    assert left == []
