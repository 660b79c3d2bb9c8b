"""Durable change → on the wire, idle; and the drain of 2 000 changed victims to neighbours that answer in 20 ms.

The baseline of the drain is a bare httpx loop that sends the very same documents to the same simulator, as many at a time.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from typing import TYPE_CHECKING, Any

import httpx
import orjson
from house import RunningHouse, post, running
from load import Wire, hammer
from report import Figure, percentile, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

IDLE = 200
PAUSE = 0.03  # seconds between two idle changes
VICTIMS = 2000
AT_ONCE = 50
NEIGHBOUR = 0.020  # seconds a simulator takes to answer
PATIENCE = 300
EVENT = {"name": "Mesure", "type": "ACEL", "mode": "Exercise", "localisations": [{"name": "PMA"}]}


def rows(house: RunningHouse, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """From the gateway's own database, read beside it."""
    connection = sqlite3.connect(f"file:{house.folder}/store.sqlite3?mode=ro", uri=True)
    try:
        return connection.execute(statement, values).fetchall()
    finally:
        connection.close()


def quiet(house: RunningHouse) -> None:
    """Wait until nothing is on its way."""
    until = time.monotonic() + PATIENCE
    while rows(house, "SELECT 1 FROM outbox_message WHERE status IN ('pending', 'sending') LIMIT 1"):
        if time.monotonic() > until:
            raise RuntimeError("la file ne se vide pas")
        time.sleep(0.05)


def linked_event(house: RunningHouse) -> str:
    """An event that both neighbours know."""
    event_id = house.ask("POST", "/v1/events", EVENT)["id"]
    quiet(house)
    return str(event_id)


async def changes(house: RunningHouse, path: str, patients: list[str], pause: float) -> None:
    """One change each, one after another."""
    wire = await Wire.open("127.0.0.1", house.port, _headers(house))
    for number, patient in enumerate(patients):
        status, answer = await wire.ask("PATCH", f"{path}/{patient}", orjson.dumps({"weight_kg": 40.0 + number % 60}))
        if status != 200:
            raise RuntimeError(f"{status} {answer!r}")
        await asyncio.sleep(pause)
    wire.close()


async def create(house: RunningHouse, path: str, number: int) -> list[str]:
    """So many patients, by eight clients."""
    made: list[str] = []
    wires = [await Wire.open("127.0.0.1", house.port, _headers(house)) for _ in range(8)]

    def one(client: int, turn: int) -> tuple[str, str, bytes]:
        patient = f"essai-{client}-{turn}"
        made.append(patient)
        return "POST", path, orjson.dumps({"id": patient, "severity_entry": "UR", "used_name": f"ESSAI-{turn}"})

    await hammer(wires, number // len(wires), one)
    for wire in wires:
        wire.close()
    return made


def _headers(house: RunningHouse) -> dict[str, str]:
    return {"Authorization": f"Bearer {house.keys['portal']}", "Content-Type": "application/json"}


def idle(house: RunningHouse) -> Iterator[Figure]:
    """From the commit to the first byte of the delivery, and to the neighbour's receipt, with nothing else to do."""
    event_id = linked_event(house)
    path = f"/v1/events/{event_id}/patients"
    patients = asyncio.run(create(house, path, 8))
    quiet(house)
    mark = rows(house, "SELECT max(seq) FROM outbox_message")[0][0]
    asyncio.run(changes(house, path, [patients[turn % len(patients)] for turn in range(IDLE)], PAUSE))
    quiet(house)
    found = rows(
        house,
        "SELECT m.destination, a.started_at - m.created_at, m.settled_at - m.created_at, a.finished_at - a.started_at"
        " FROM outbox_message m JOIN outbox_attempt a ON a.message = m.seq WHERE m.seq > ? AND m.topic = 'victim'",
        mark,
    )
    for destination in ("sinus", "sivic"):
        mine = [row for row in found if row[0] == destination]
        neighbour = percentile([row[3] for row in mine], 0.5) / 1000
        for share, name in ((0.5, "p50"), (0.99, "p99")):
            starts = percentile([row[1] for row in mine], share) / 1000
            yield Figure(
                f"commit to wire, {destination}, {name}", starts, "ms", neighbour, "the neighbour's own p50 answer"
            )
            settled = percentile([row[2] for row in mine], share) / 1000
            yield Figure(
                f"commit to receipt, {destination}, {name}", settled, "ms", neighbour, "the neighbour's own p50 answer"
            )


def drain(house: RunningHouse) -> Iterator[Figure]:
    """2 000 changes wait, the neighbour answers in 20 ms, the link is resumed; then the same documents by a bare loop."""
    event_id = linked_event(house)
    path = f"/v1/events/{event_id}/patients"
    patients = asyncio.run(create(house, path, VICTIMS))
    quiet(house)
    for name in ("sinus", "sivic"):
        house.ask("POST", f"/v1/outbox/destinations/{name}/pause", {"reason": "mesure"}, "operator")
    asyncio.run(changes(house, path, patients, 0))
    for url in house.simulators.values():
        post(f"{url}/_sandbox/faults", [{"fault": "latency", "times": None, "seconds": NEIGHBOUR}])
    for name in ("sinus", "sivic"):
        mark = rows(house, "SELECT max(settled_at) FROM outbox_message")[0][0] or 0
        started = time.perf_counter()
        house.ask("POST", f"/v1/outbox/destinations/{name}/resume", None, "operator")
        quiet_at(house, name)
        ours = VICTIMS / (time.perf_counter() - started)
        theirs = asyncio.run(bare(house, name, mark))
        yield Figure(
            f"drain of {VICTIMS} to {name}, {NEIGHBOUR * 1000:.0f} ms",
            ours,
            "/s",
            theirs,
            f"bare httpx loop, {AT_ONCE} at a time",
        )


def quiet_at(house: RunningHouse, destination: str) -> None:
    """Wait until one destination has nothing left."""
    until = time.monotonic() + PATIENCE
    statement = "SELECT 1 FROM outbox_message WHERE destination = ? AND status IN ('pending', 'sending') LIMIT 1"
    while rows(house, statement, destination):
        if time.monotonic() > until:
            raise RuntimeError("la file ne se vide pas")
        time.sleep(0.02)


async def bare(house: RunningHouse, destination: str, mark: int) -> float:
    """The documents that were sent, sent again by a loop that does nothing else; documents a second."""
    sent = rows(
        house,
        "SELECT a.sent, m.lane, m.body FROM outbox_attempt a JOIN outbox_message m ON m.seq = a.message"
        " WHERE m.destination = ? AND m.topic = 'victim' AND a.finished_at > ? AND a.sent IS NOT NULL",
        destination,
        mark,
    )
    gate = asyncio.Semaphore(AT_ONCE)
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    async with httpx.AsyncClient(base_url=house.simulators[destination], limits=limits, trust_env=False) as client:

        async def one(number: int, document: bytes, lane: str, body: bytes) -> None:
            async with gate:
                if destination == "sinus":
                    external = orjson.loads(body)["event"]["link"]["external_id"]
                    url, method = f"/v1/evenements/{external}/victimes/{lane.removeprefix('victim:')}", "PUT"
                else:
                    url, method = "/sivic/v1", "POST"
                kind = "application/xml" if destination == "sinus" else "text/xml; charset=utf-8"
                await client.request(
                    method, url, content=document, headers={"Content-Type": kind, "Idempotency-Key": f"nu-{number}"}
                )

        started = time.perf_counter()
        await asyncio.gather(*(one(number, *row) for number, row in enumerate(sent)))
        return len(sent) / (time.perf_counter() - started)


def main() -> None:
    """Idle first, then full."""
    with running(concurrency=AT_ONCE) as house:
        figures = list(idle(house))
    with running(concurrency=AT_ONCE) as house:
        figures += list(drain(house))
    tell(figures)


if __name__ == "__main__":
    main()
