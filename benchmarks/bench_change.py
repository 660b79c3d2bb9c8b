"""REST change → durable answer: p50, p99, and changes a second by 16 clients, beside raw sqlite3 committing the same two rows."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
import time
from pathlib import Path

from house import RunningHouse, running
from load import Wire, hammer
from report import Figure, percentile, tell

CLIENTS = 16
EACH = 150
BODY = 1500  # bytes of an outbox document
FACTS = 300  # bytes of an observation


def raw_commits() -> float:
    """Commits a second of two rows, WAL, synchronous FULL, one after another: what the disk and the driver give."""
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "raw.sqlite3", isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE observation (seq INTEGER PRIMARY KEY, victim TEXT, at INTEGER, facts BLOB)")
        connection.execute(
            "CREATE TABLE message (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, lane TEXT, status TEXT, body BLOB)"
        )
        started, number = time.perf_counter(), 0
        while time.perf_counter() - started < 2:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "INSERT INTO observation (victim, at, facts) VALUES (?, ?, ?)",
                (f"v{number % 50}", number, b"x" * FACTS),
            )
            connection.execute(
                "INSERT INTO message (id, lane, status, body) VALUES (?, ?, 'pending', ?)",
                (f"m{number}", f"v{number % 50}", b"x" * BODY),
            )
            connection.execute("COMMIT")
            number += 1
        return number / (time.perf_counter() - started)


async def changes(house: RunningHouse, clients: int, each: int) -> tuple[list[float], float]:
    """Durations in milliseconds of single-field changes, and changes a second in all."""
    event = house.ask(
        "POST", "/v1/events", {"name": "Mesure", "type": "ACEL", "mode": "Exercise", "localisations": [{"name": "PMA"}]}
    )
    path = f"/v1/events/{event['id']}/patients"
    patients = [
        house.ask("POST", path, {"severity_entry": "UR", "used_name": f"ESSAI-{n}"})["id"] for n in range(clients)
    ]
    headers = {"Authorization": f"Bearer {house.keys['portal']}", "Content-Type": "application/json"}
    wires = [await Wire.open("127.0.0.1", house.port, headers) for _ in range(clients)]

    def one(client: int, turn: int) -> tuple[str, str, bytes]:
        return (
            "PATCH",
            f"{path}/{patients[client]}",
            json.dumps({"weight_kg": 50.0 + turn % 90 + client / 100}).encode(),
        )

    await hammer(wires, 20, lambda client, turn: one(client, turn + 1000))
    started = time.perf_counter()
    durations = await hammer(wires, each, one)
    rate = len(durations) / (time.perf_counter() - started)
    for wire in wires:
        wire.close()
    return durations, rate


def main() -> None:
    """Raw commits before and after, because the machine drifts."""
    before = raw_commits()
    with running(()) as house:
        alone, _ = asyncio.run(changes(house, 1, 300))
        durations, rate = asyncio.run(changes(house, CLIENTS, EACH))
    with running() as house:
        for name in ("sinus", "sivic"):
            house.ask("POST", f"/v1/outbox/destinations/{name}/pause", {"reason": "mesure"}, "operator")
        _, queued = asyncio.run(changes(house, CLIENTS, EACH))
    with running() as house:
        _, sending = asyncio.run(changes(house, CLIENTS, EACH))
    raw = (before + raw_commits()) / 2
    one = 1000 / raw
    name = "raw sqlite3 commit of two rows"
    tell(
        [
            Figure("change, 1 client, p50", percentile(alone, 0.50), "ms", one, name),
            Figure("change, 1 client, p99", percentile(alone, 0.99), "ms", one, name),
            Figure("change, 16 clients, p50", percentile(durations, 0.50), "ms", one, name),
            Figure("change, 16 clients, p99", percentile(durations, 0.99), "ms", one, name),
            Figure("changes, 16 clients, no neighbour", rate, "/s", raw, name),
            Figure("changes, 16 clients, links requested", queued, "/s", raw, name),
            Figure("changes, 16 clients, sending to both", sending, "/s", raw, name),
        ]
    )


if __name__ == "__main__":
    main()
