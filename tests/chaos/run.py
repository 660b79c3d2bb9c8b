"""One run: start everything, let it rain on the traffic, heal, wait until the queue is quiet, judge, leave nothing behind."""

from __future__ import annotations

import asyncio
import json
import random
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import create_engine

from outbox.database.database import open_database
from outbox.desk import Filter
from outbox.message import Kind, MessageStatus
from outbox.sql import SqlStore
from outbox.sql.tables import metadata
from tests.chaos.faults import LEASE, Faults
from tests.chaos.nodes import Node, Receiving
from tests.chaos.oracle import Arrival, Evidence, Judgement, judge
from tests.chaos.proxy import Proxy
from tests.chaos.server import Server
from tests.chaos.traffic import DESTINATIONS, Traffic, now

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping
    from pathlib import Path

QUIET = 180.0
"""Seconds after the last fault in which everything must have come to its end: a breaker may ask for a minute, and opens slowly."""

WATCH = """
CREATE TABLE oracle_expired (id text PRIMARY KEY, at double precision NOT NULL);
CREATE FUNCTION oracle_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO oracle_expired VALUES (NEW.id, extract(epoch FROM clock_timestamp())) ON CONFLICT DO NOTHING;
  RETURN NULL; END $$;
CREATE TRIGGER oracle_expiry AFTER UPDATE ON outbox_message
  FOR EACH ROW WHEN (NEW.status = 'expired' AND OLD.status <> 'expired') EXECUTE FUNCTION oracle_note();
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much, for how long, from which seed."""

    seed: int
    faults: int
    seconds: float
    nodes: int = 3

    @property
    def longest(self) -> float:
        """Seconds after which a run is given up."""
        return 1.5 * self.seconds + QUIET + 60


@dataclass(slots=True)
class Report:
    """What a run says."""

    plan: Plan
    judgement: Judgement
    inflicted: Counter[str]
    sent: int
    arrivals: int
    enqueues_repeated: int
    quiet_after: float
    exits: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Run:
    """Everything that is started for one plan."""

    plan: Plan
    folder: Path
    server: Server
    receiver: Receiving
    wire: Proxy
    database: Proxy
    nodes: list[Node] = field(default_factory=list)

    @classmethod
    def of(cls, plan: Plan, folder: Path, binaries: Path) -> Run:
        """Nothing is started yet; the database has its data folder."""
        (data := folder / "pg").mkdir()
        server = Server(data, binaries)
        receiver = Receiving(folder / "record.jsonl", folder / "receiver.log")
        return cls(plan, folder, server, receiver, Proxy("receiver", 0), Proxy("database", 0))

    async def play(self) -> Report:
        """Do it all; whatever is raised, every process is ended."""
        async with AsyncExitStack() as ends:
            await self._set_up(ends)
            chance = random.Random(self.plan.seed)
            store = await self._store(ends)
            traffic = Traffic(store, random.Random(chance.random()))
            stop = asyncio.Event()
            flowing = asyncio.create_task(traffic.flow(stop))
            faults = Faults(chance, self.nodes, self.receiver, self.wire, self.database, self.server)
            await faults.rain(self.plan.faults, self.plan.seconds)
            stop.set()
            await flowing
            waited = await self._quiet(store)
            exits = [await node.end() for node in self.nodes]
            evidence = await asyncio.to_thread(self._evidence, traffic)
        judgement = judge(evidence)
        if set(exits) != {0}:
            judgement.violations.append(f"nodes ended with {exits}")
        counts = (len(evidence.sent), len(evidence.arrivals), traffic.refused, waited)
        return Report(self.plan, judgement, faults.inflicted, *counts, exits)

    async def _set_up(self, ends: AsyncExitStack) -> None:
        await asyncio.to_thread(self.server.create)
        await asyncio.to_thread(self.server.start)
        ends.callback(self.server.stop)
        await asyncio.to_thread(self._tables)
        await self.receiver.start()
        ends.push_async_callback(self.receiver.end)
        for proxy, port in ((self.wire, self.receiver.port), (self.database, self.server.port)):
            proxy.to = port
            await proxy.open()
            ends.push_async_callback(proxy.close)
        wish = {"receiver": f"http://127.0.0.1:{self.wire.port}", "lease": str(LEASE)}
        wish |= {"database": self._url(self.database.port), "destinations": " ".join(DESTINATIONS)}
        for number in range(self.plan.nodes):
            node = Node(f"noeud-{number}", wish, self.folder / f"node-{number}.log")
            await node.start()
            ends.push_async_callback(node.end)
            self.nodes.append(node)

    def _tables(self) -> None:
        engine = create_engine(self._url(self.server.port))
        metadata.create_all(engine)
        engine.dispose()
        with psycopg.connect(self.server.dsn, autocommit=True) as connection:
            connection.execute(WATCH)

    def _url(self, port: int) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"

    async def _store(self, ends: AsyncExitStack) -> SqlStore:
        """The producers', through the same bad line as the nodes'."""
        database = open_database(self._url(self.database.port))
        ends.push_async_callback(database.close)
        return SqlStore(database, clock=now)

    async def _quiet(self, store: SqlStore) -> float:
        """Wait until nothing is on its way; how long that took. What still waits at the end is the oracle's to name."""
        start = time.monotonic()
        while (waited := time.monotonic() - start) < QUIET:
            await self._decide(store)
            if await asyncio.to_thread(self._waiting) == 0:
                break
            await asyncio.sleep(0.1)
        return waited

    async def _decide(self, store: SqlStore) -> None:
        """What a person on duty does with what left unanswered: asked again under its key, given up once it is too late to ask."""
        for record in await store.find(Filter(status=MessageStatus.UNCERTAIN), limit=1000):
            expires_at = record.envelope.expires_at
            if expires_at is not None and expires_at <= now():
                await store.discard([record.envelope.id], by="ESSAI", reason="trop tard pour le redemander")
            else:
                await store.replay([record.envelope.id], by="ESSAI")

    def _waiting(self) -> int:
        with psycopg.connect(self.server.dsn) as connection:
            row = connection.execute("SELECT count(*) FROM outbox_message WHERE status IN ('pending', 'sending')")
            return int((row.fetchone() or (0,))[0])

    def _evidence(self, traffic: Traffic) -> Evidence:
        with psycopg.connect(self.server.dsn) as connection:
            rows = connection.execute("SELECT id, status, superseded_by FROM outbox_message").fetchall()
            expired: Mapping[str, float] = dict(connection.execute("SELECT id, at FROM oracle_expired").fetchall())
        ends = {key: MessageStatus(word) for key, word, _ in rows}
        replaced = {key: newer for key, _, newer in rows if newer is not None}
        lines = [json.loads(line) for line in self.receiver.record.read_text(encoding="utf-8").splitlines()]
        arrivals = [
            Arrival(
                one["key"],
                one["at"],
                one["node"],
                one["effect"],
                one["destination"],
                one["lane"],
                Kind(one["kind"]),
                one["number"],
            )
            for one in lines
            if "key" in one
        ]
        woken = {node.name: node.woken for node in self.nodes}
        return Evidence(traffic.sent, arrivals, ends, replaced, expired, woken)
