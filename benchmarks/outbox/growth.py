"""How our outbox on PostgreSQL grows: with the rows in the table (nine of ten settled), and with node processes.

`python benchmarks/outbox/growth.py [--rows 1000 100000 3000000] [--nodes 1 2 4]`. What has ended has left its body, as the house
leaves it; the archive of bodies is not filled, since nothing but a person reads it. Whatever the table holds, 25 000 messages
wait at the least, so that every drain has the same window to be measured in. It must stay flat.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))
sys.path.append(str(Path(__file__).resolve().parents[2]))

from compare import template
from contenders.ours import now, url
from environment import Postgres, libraries, postgres
from measures import Place, Worker, loop, middle
from report import Figure, percentile, tell

from outbox.database.database import open_database
from outbox.sql import SqlStore

WAITING, LANE = 25_000, 4
WINDOW = 5.0
CLAIMS = 40
SETTLED = """
INSERT INTO outbox_message (id, destination, lane, topic, kind, mode, scope, priority, body, created_at, enqueued_at, next_at,
  status, place, attempts, fence, settled_at)
SELECT 'old-' || n, 'sivic', 'old-' || n / 20, 'victim', 'command', 'Exercise', 'essai-' || n / 50000, 2,
  '', {at}, {at}, {at}, 'delivered', NULL, 1, 1, {at} + n
FROM generate_series(1, {rows}) AS n
"""
INDEXES = "SELECT 'DROP INDEX ' || indexname, indexdef FROM pg_indexes WHERE tablename = 'outbox_message' AND indexname LIKE 'ix%'"
TRIED = """
INSERT INTO outbox_attempt (message, fence, number, outcome, started_at, finished_at)
SELECT seq, 1, 1, 'delivered', settled_at, settled_at FROM outbox_message WHERE status = 'delivered'
"""
WAIT = """
INSERT INTO outbox_message (id, destination, lane, topic, kind, mode, scope, priority, body, created_at, enqueued_at, next_at,
  status, place)
SELECT '{name}-' || n, 'sivic', '{name}-' || n / {lane}, 'victim', 'command', 'Exercise', 'essai', 2,
  convert_to('{{"texte": "' || repeat('ESSAI ', 48) || '"}}', 'UTF8'), {at}, {at}, {at}, 'pending', CASE WHEN n % {lane} = 0 THEN 1 ELSE 2 END
FROM generate_series(0, {rows} - 1) AS n
"""


def fill(place: Place, rows: int, waiting: int = 0) -> float:
    """So many rows, as if they had been worked on for long; the bytes of each, with everything that hangs on it."""
    at = int(time.time() * 1e6)
    waiting = max(rows // 10, waiting or WAITING)
    indexes = place.server.ask(INDEXES, place.database)  # Made again at the end, which is twice as quick.
    settled = SETTLED.format(at=at, rows=rows * 9 // 10)
    for statement in (*(drop for drop, _ in indexes), settled, TRIED, *(make for _, make in indexes)):
        place.server.ask(statement, place.database)
    wait(place, "new", waiting)
    place.server.ask("VACUUM (ANALYZE)", place.database)
    place.server.ask("CHECKPOINT")
    tables = "pg_total_relation_size('outbox_message') + pg_total_relation_size('outbox_attempt')"
    size = place.server.ask(f"SELECT {tables}", place.database)[0][0]
    return float(size) / (rows * 9 // 10 + waiting)


def wait(place: Place, name: str, rows: int) -> None:
    """So many more messages that are due."""
    at = int(time.time() * 1e6)
    place.server.ask(WAIT.format(at=at, rows=rows, lane=LANE, name=name), place.database)


async def claims(place: Place) -> list[float]:
    """Milliseconds of each claim of fifty."""
    database = open_database(url(place.dsn))
    store = SqlStore(database, clock=now, lease_seconds=0.5)
    found = []
    for _ in range(CLAIMS):
        started = time.perf_counter()
        claimed = await store.claim("sivic", 50)
        found.append((time.perf_counter() - started) * 1000)
        if len(claimed) != 50:
            raise RuntimeError(f"{len(claimed)} claimed of 50")
    await asyncio.sleep(0.6)
    while await store.release_expired():
        pass
    await database.close()
    return found


def drain(place: Place, nodes: int) -> float:
    """Deliveries a second, of all nodes together, within a window that begins when the last of them has begun."""
    workers = [Worker.of(place) for _ in range(nodes)]
    time.sleep(WINDOW + 3)
    begun = [sorted(worker.end()["started"].values()) for worker in workers]
    first = max(one[0] for one in begun if one)
    last = min(first + WINDOW, max(one[-1] for one in begun if one))
    return sum(first <= at <= last for one in begun for at in one) / float(last - first)


def by_rows(server: Postgres, sizes: list[int], rounds: int) -> list[Figure]:
    """Claim and drain for each size of the table, all filled before the first is measured, interleaved."""
    rates: dict[int, list[float]] = {rows: [] for rows in sizes}
    waits: dict[int, list[float]] = {rows: [] for rows in sizes}
    places = {rows: Place("passerelle", server, template(server, "passerelle")) for rows in sizes}
    for rows, place in places.items():
        print(f"{rows:>9,} rows: {fill(place, rows):.0f} bytes a row with its attempt and all indexes", flush=True)
    for turn in range(rounds):
        for rows in sizes[turn % len(sizes) :] + sizes[: turn % len(sizes)]:
            if turn:
                wait(places[rows], f"again-{turn}", WAITING)
            found = asyncio.run(claims(places[rows]))
            waits[rows].append(middle(found))
            rates[rows].append(drain(places[rows], 1))
            print(
                f"{rows:>9,} rows: drain {rates[rows][-1]:6.0f}/s, claim of 50 p50 {waits[rows][-1]:.2f}"
                f" p99 {percentile(found, 0.99):.2f} ms, loop {loop():.0f} ms",
                flush=True,
            )
    for place in places.values():
        server.drop(place.database)
    base = sizes[0]
    said = [Figure(f"drain with {n} rows", middle(rates[n]), "1/s", middle(rates[base]), f"{base} rows") for n in sizes]
    return said + [
        Figure(f"claim of 50 with {n} rows", middle(waits[n]), "ms", middle(waits[base]), f"{base} rows") for n in sizes
    ]


def by_nodes(server: Postgres, numbers: list[int], rounds: int) -> list[Figure]:
    """Drain for each number of nodes, interleaved."""
    rates: dict[int, list[float]] = {number: [] for number in numbers}
    for turn in range(rounds):
        for number in numbers[turn % len(numbers) :] + numbers[: turn % len(numbers)]:
            place = Place("passerelle", server, template(server, "passerelle"))
            fill(place, 1000, 2 * WAITING)
            rates[number].append(drain(place, number))
            print(f"{number} nodes: drain {rates[number][-1]:6.0f}/s, loop {loop():.0f} ms", flush=True)
            server.drop(place.database)
    base = middle(rates[numbers[0]])
    return [Figure(f"drain with {n} nodes", middle(rates[n]), "1/s", base, f"{numbers[0]} node") for n in numbers]


def main() -> None:
    """Both, on one server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[1000, 100_000, 3_000_000])
    parser.add_argument("--nodes", type=int, nargs="*", default=[1, 2, 4])
    parser.add_argument("--rounds", type=int, default=3)
    wish = parser.parse_args()
    libraries()
    with postgres() as server:
        said = by_rows(server, wish.rows, wish.rounds) if wish.rows else []
        said += by_nodes(server, wish.nodes, wish.rounds) if wish.nodes else []
    print("\n".join(["", *table(said), ""]))
    tell(said)


def table(said: list[Figure]) -> list[str]:
    """For the document."""
    lines = ["| | median | beside |", "|---|---|---|"]
    return lines + [
        f"| {one.name} | {one.value:,.1f} {one.unit} | {one.ratio:.2f} of {one.baseline_name} |".replace(",", " ")
        for one in said
    ]


if __name__ == "__main__":
    main()
