"""One click at each door of intervention requests: until the durable answer, until the CRRA's software has it, and how many a second.

Each door has a house of its own (gateway, simulated CRRA, empty database: three processes), so that none pays for the requests of another. The
baseline is a bare Starlette route on the same server that stores one row as durably. Idle: one click every 20 ms. Under load: fifty clicks a
second whether or not the earlier ones were answered, each timed from the moment it was due. The rate is of sixteen clients without a pause, the link paused.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import orjson
from clicks import BARE, CONTRACT, DOORS, ROUTE, ClickDoor
from fhir.resources.R4B.bundle import Bundle
from house import RunningHouse, read_url, running, stopping
from load import Wire, hammer
from lxml import etree
from report import Figure, percentile, tell

from adapters.wire.fhir.reading.request import read_request
from adapters.wire.soap.contract import Contract
from adapters.wire.soap.server import open_envelope
from gateway.clock import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WARM, IDLE, PAUSE = 30, 200, 0.02
RATE, SECONDS = 50, 8
CLIENTS, EACH = 16, 60
WIRES = 32
PATIENCE = 60
REFERENCE = re.compile(rb"[0-9A-Z]{4}-[0-9A-Z]{4}")
SHARES = ((0.5, "p50"), (0.99, "p99"))


@dataclass(slots=True)
class Clicks:
    """What was clicked in one phase."""

    answered: list[float] = field(default_factory=list)
    """Milliseconds until the answer."""
    at: list[tuple[float, bytes]] = field(default_factory=list)
    """When, and the answer that holds the reference."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one door gave."""

    idle: Clicks
    busy: Clicks
    rate: float


def _now() -> str:
    return now().isoformat(timespec="milliseconds")


async def _click(wire: Wire, door: ClickDoor, name: str, clicks: Clicks, due: float | None = None) -> None:
    body = door.body(name, _now())
    started = due or time.time()
    status, answer = await wire.ask("POST", door.path, body)
    if status >= 300:
        raise RuntimeError(f"{door.name} -> {status} {answer[:300]!r}")
    clicks.answered.append((time.time() - started) * 1000)
    clicks.at.append((started, answer))


async def one_by_one(door: ClickDoor, port: int, headers: dict[str, str], number: int, name: str) -> Clicks:
    """Click, wait for the answer, wait a little."""
    clicks = Clicks()
    wire = await Wire.open("127.0.0.1", port, headers)
    for turn in range(number):
        await _click(wire, door, f"{name}{turn}", clicks)
        await asyncio.sleep(PAUSE)
    wire.close()
    return clicks


async def at_a_pace(door: ClickDoor, port: int, headers: dict[str, str]) -> Clicks:
    """Click fifty times a second; a late answer does not hold back the next click."""
    clicks = Clicks()
    free: asyncio.Queue[Wire] = asyncio.Queue()
    for _ in range(WIRES):
        free.put_nowait(await Wire.open("127.0.0.1", port, headers))

    async def one(turn: int, due: float) -> None:
        await asyncio.sleep(max(0.0, due - time.time()))
        wire = await free.get()
        await _click(wire, door, f"p{turn}", clicks, due)
        free.put_nowait(wire)

    start = time.time() + 0.1
    async with asyncio.TaskGroup() as tasks:
        for turn in range(RATE * SECONDS):
            tasks.create_task(one(turn, start + turn / RATE))
    while not free.empty():
        free.get_nowait().close()
    return clicks


async def rate_of(door: ClickDoor, port: int, headers: dict[str, str]) -> float:
    """Requests a second of sixteen clients that do not wait between two."""
    at = _now()
    bodies = [[door.body(f"r{client}.{turn}", at) for turn in range(EACH)] for client in range(CLIENTS)]
    wires = [await Wire.open("127.0.0.1", port, headers) for _ in range(CLIENTS)]
    started = time.perf_counter()
    done = await hammer(wires, EACH, lambda client, turn: ("POST", door.path, bodies[client][turn]))
    rate = len(done) / (time.perf_counter() - started)
    for wire in wires:
        wire.close()
    return rate


def measured(
    door: ClickDoor, port: int, headers: dict[str, str], between: Callable[[Clicks, Clicks], None]
) -> Measured:
    """Warm, idle, under load, `between`, and flat out."""
    asyncio.run(one_by_one(door, port, headers, WARM, "w"))
    idle = asyncio.run(one_by_one(door, port, headers, IDLE, "i"))
    busy = asyncio.run(at_a_pace(door, port, headers))
    between(idle, busy)
    return Measured(idle, busy, asyncio.run(rate_of(door, port, headers)))


def bare() -> Measured:
    """The yardstick."""
    with _bare_route() as port:
        return measured(BARE, port, {"Content-Type": BARE.media_type}, lambda _idle, _busy: None)


@contextmanager
def _bare_route() -> Iterator[int]:
    with tempfile.TemporaryDirectory(prefix="passerelle-bench-") as folder:
        command = [sys.executable, str(Path(__file__).with_name("bare_route.py")), folder]
        with stopping(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) as process:
            yield int(read_url(process).rsplit(":", 1)[1])


def through(door: ClickDoor, yardstick: Measured) -> Iterator[Figure]:
    """One door, in a house of its own."""
    arrivals: list[list[float]] = []
    with running(("lrm",), scopes=("platform", "operator")) as house:
        house.ask("PUT", "/v1/routes/seine-et-marne", ROUTE, "operator")
        headers = {"Authorization": f"Bearer {house.keys['platform']}", "Content-Type": door.media_type}

        def between(idle: Clicks, busy: Clicks) -> None:
            arrivals.extend(_arrivals(house, phase) for phase in (idle, busy))
            house.ask("POST", "/v1/outbox/destinations/lrm/pause", {"reason": "mesure"}, "operator")

        found = measured(door, house.port, headers, between)
    phases = (("idle", found.idle, yardstick.idle), (f"{RATE}/s", found.busy, yardstick.busy))
    for (phase, clicks, theirs), arrived in zip(phases, arrivals, strict=True):
        for share, name in SHARES:
            base = percentile(theirs.answered, share)
            label = f"bare route, {phase}, {name}"
            yield Figure(f"{door.name}, {phase}, answer {name}", percentile(clicks.answered, share), "ms", base, label)
            yield Figure(f"{door.name}, {phase}, at the CRRA {name}", percentile(arrived, share), "ms", base, label)
    yield Figure(f"{door.name}, {CLIENTS} clients", found.rate, "/s", yardstick.rate, f"bare route, {CLIENTS} clients")


def _arrivals(house: RunningHouse, clicks: Clicks) -> list[float]:
    """Milliseconds from each click to the simulator's own word that it came; the machine has one clock."""
    until = time.monotonic() + PATIENCE
    while True:
        with urlopen(f"{house.simulators['lrm']}/_sandbox/state") as answer:
            held: dict[str, Any] = orjson.loads(answer.read())["requests"]
        names = [
            next((one.decode() for one in REFERENCE.findall(said) if one.decode() in held), None)
            for _, said in clicks.at
        ]
        if None not in names:
            break
        if time.monotonic() > until:
            raise RuntimeError(f"{names.count(None)} demandes ne sont pas arrivées au SAMU simulé")
        time.sleep(0.05)
    return [
        (datetime.fromisoformat(held[str(name)]["recu_le"]).timestamp() - at) * 1000
        for name, (at, _) in zip(names, clicks.at, strict=True)
    ]


def in_memory() -> Iterator[Figure]:
    """What reading costs alone, on one core: the SOAP door's parsing with its hardening and its XSD; ours of FHIR beside fhir.resources."""
    soap = next(door for door in DOORS if door.name == "SOAP 1.1").body("X", _now())
    contract = Contract(CONTRACT)
    read_soap = _rate(lambda: contract.check(open_envelope(soap)[1]))
    yield Figure("SOAP parse + XSD", read_soap, "/s", _rate(lambda: etree.fromstring(soap)), "lxml parse alone")
    fhir = next(door for door in DOORS if door.name == "FHIR message").body("X", _now())
    moment = now() + timedelta(seconds=1)
    others = _rate(lambda: Bundle.model_validate_json(fhir))
    name = "fhir.resources R4B, parse alone"
    yield Figure("FHIR read by our table", _rate(lambda: read_request(fhir, moment)), "/s", others, name)
    both = _rate(lambda: Bundle.model_validate_json(fhir).model_dump_json())
    yield Figure("fhir.resources R4B, parse + write", both, "/s", others, name)


def _rate(work: Callable[[], Any], seconds: float = 1.5) -> float:
    work()
    done, started = 0, time.process_time()
    while time.process_time() - started < seconds:
        work()
        done += 1
    return done / (time.process_time() - started)


def main() -> None:
    """The yardstick first, then each door, then what reading costs."""
    chosen = sys.argv[1:]
    yardstick = bare()
    figures: list[Figure] = []
    for door in DOORS:
        if not chosen or door.name in chosen:
            figures += through(door, yardstick)
    tell([*figures, *in_memory()])


if __name__ == "__main__":
    main()
