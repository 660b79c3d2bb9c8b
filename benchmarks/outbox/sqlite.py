"""Our outbox on SQLite beside the bare sqlite3 driver with the same promise: WAL, `synchronous=FULL`.

`python benchmarks/outbox/sqlite.py [--rounds 3]`. The bare loop has no lanes, no evidence, no retries: it is the ceiling.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.append(str(Path(__file__).resolve().parents[1]))
sys.path.append(str(Path(__file__).resolve().parents[2]))

from contenders.ours import Destination, now
from contenders.shape import ROW, body, packed
from measures import loop, middle
from report import Figure, tell
from sqlalchemy import create_engine

from outbox.database.database import open_database
from outbox.database.engines import PRAGMAS
from outbox.dispatch.dispatcher import Dispatcher
from outbox.message import Envelope, Kind
from outbox.retry import Policy
from outbox.sql import SqlStore, enqueue
from outbox.sql.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from outbox.database.database import Database

ONE, HUNDRED, JOBS = 1000, 10_000, 10_000
CLAIM = "UPDATE job SET status = 1 WHERE id IN (SELECT id FROM job WHERE status = 0 LIMIT 50) RETURNING id"


def bare(folder: Path) -> dict[str, float]:
    """The driver alone."""
    connection = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(pragma)
    connection.execute("CREATE TABLE business (id INTEGER PRIMARY KEY, key TEXT, body TEXT)")
    connection.execute("CREATE TABLE job (id INTEGER PRIMARY KEY, key TEXT, body BLOB, status INTEGER)")
    connection.execute("CREATE INDEX waiting ON job (id) WHERE status = 0")

    def put(number: int, group: int) -> float:
        started = time.perf_counter()
        for first in range(0, number, group):
            keys = [f"{group}-{first + turn}" for turn in range(group)]
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO business (key, body) VALUES (?, ?)", [(key, ROW) for key in keys])
            connection.executemany(
                "INSERT INTO job (key, body, status) VALUES (?, ?, 0)", [(k, packed(k)) for k in keys]
            )
            connection.execute("COMMIT")
        return number / (time.perf_counter() - started)

    found = {"enqueue, 1 per transaction": put(ONE, 1), "enqueue, 100 per transaction": put(HUNDRED, 100)}
    connection.execute("DELETE FROM job")
    put(JOBS, 100)
    started = time.perf_counter()
    while taken := connection.execute(CLAIM).fetchall():
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("UPDATE job SET status = 2 WHERE id = ?", taken)
        connection.execute("COMMIT")
    found["drain, nothing to do"] = JOBS / (time.perf_counter() - started)
    connection.close()
    return found


def _work(number: int, group: int) -> Callable[[Connection], None]:
    """Business rows and messages, four to a lane."""
    at = now()
    keys = [f"{group}-{number + turn}" for turn in range(group)]
    messages = [
        Envelope(key, "sivic", f"v{(number + turn) // 4}", "victim", Kind.COMMAND, "Exercise", body(key), at, "essai")
        for turn, key in enumerate(keys)
    ]

    def work(connection: Connection) -> None:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.executemany("INSERT INTO business (key, body) VALUES (?, ?)", [(key, ROW) for key in keys])
        enqueue(connection, messages, at)

    return work


async def _put(database: Database, number: int, group: int, callers: int = 1) -> float:
    started = time.perf_counter()

    async def caller(turn: int) -> None:
        for first in range(turn * group, number, group * callers):
            await database.write(_work(first, group))

    await asyncio.gather(*(caller(turn) for turn in range(callers)))
    return number / (time.perf_counter() - started)


async def _drain(database: Database) -> float:
    finished = asyncio.Event()
    stop, given, last = asyncio.Event(), 0, 0.0

    async def deliver(_: str) -> None:
        nonlocal given
        given += 1

    store = SqlStore(database, clock=now)
    work = Dispatcher(store, {"sivic": Destination(deliver)}, {"sivic": Policy(concurrency=50)}, clock=now)
    started = time.perf_counter()
    running = asyncio.ensure_future(work.run(stop))
    while not finished.is_set():
        if given >= JOBS and not await database.read(_left):
            last = time.perf_counter()
            finished.set()
        await asyncio.sleep(0.01)
    stop.set()
    await running
    return JOBS / (last - started)


def _left(connection: Connection) -> bool:
    return bool(connection.exec_driver_sql("SELECT 1 FROM outbox_message WHERE place IS NOT NULL LIMIT 1").fetchone())


async def ours(folder: Path, *, part: str) -> float:
    """One measure on a file of its own."""
    url = f"sqlite:///{folder / 'ours.sqlite3'}"
    engine = create_engine(url)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE business (id INTEGER PRIMARY KEY, key TEXT, body TEXT)")
    engine.dispose()
    database = open_database(url)
    try:
        match part:
            case "enqueue, 1 per transaction":
                return await _put(database, ONE, 1)
            case "enqueue, 1 per transaction, 16 callers":
                return await _put(database, 4 * ONE, 1, callers=16)
            case "enqueue, 100 per transaction":
                return await _put(database, HUNDRED, 100)
        await _put(database, JOBS, 100)
        return await _drain(database)
    finally:
        await database.close()


PARTS = {
    "enqueue, 1 per transaction": "enqueue, 1 per transaction",
    "enqueue, 1 per transaction, 16 callers": "enqueue, 1 per transaction",
    "enqueue, 100 per transaction": "enqueue, 100 per transaction",
    "drain, nothing to do": "drain, nothing to do",
}
"""Each of ours, and what of the bare driver it is beside."""


def main() -> None:
    """Interleave, then tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    wish = parser.parse_args()
    base, runs, loops = defaultdict(list), defaultdict(list), []
    for _ in range(wish.rounds):
        loops.append(loop())
        with tempfile.TemporaryDirectory() as folder:
            for part, value in bare(Path(folder)).items():
                base[part].append(value)
        for part in PARTS:
            with tempfile.TemporaryDirectory() as folder:
                runs[part].append(asyncio.run(ours(Path(folder), part=part)))
    for part, beside in PARTS.items():
        print(f"{part:40} {_told(runs[part])}  bare sqlite3 {_told(base[beside])}")
    print(f"loop {min(loops):.0f}-{max(loops):.0f} ms")
    tell(
        [Figure(f"SQLite, {p}", middle(runs[p]), "1/s", middle(base[b]), "sqlite3, WAL FULL") for p, b in PARTS.items()]
    )


def _told(values: list[float]) -> str:
    return f"{middle(values):8.0f} [{min(values):.0f}-{max(values):.0f}]"


if __name__ == "__main__":
    main()
