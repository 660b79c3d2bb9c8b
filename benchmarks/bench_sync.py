"""Reconciliation by person: 50 000 persons at SINUS and at SI-VIC, over real sockets, beside a bare SQL full outer join of the same rows.

The neighbours are simulators in a process of their own, filled through their rules; the register and the outbox are filled as deliveries
leave them. `--persons N` for another size. Memory is what the gateway's process grew by, at its highest.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import resource
import socket
import sqlite3
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from report import Figure, tell
from sqlalchemy import insert

from adapters.sinus.simulator import create_simulator as create_sinus
from adapters.sivic.simulator import create_simulator as create_sivic
from domain.agreement import Verdict
from domain.event import Link, open_event
from gateway.agreement.standing import look_at
from gateway.bootstrap import build
from gateway.register.tables import victim
from gateway.settings.settings import Settings
from outbox.sql.tables import outbox_message

if TYPE_CHECKING:
    from multiprocessing.connection import Connection as Pipe

    from gateway.register import Register

AT = datetime(2026, 1, 1, tzinfo=UTC)
INSTANT = int(AT.timestamp() * 1_000_000)
SEVERITIES = ("UA", "UR", "IMP", "DCD")
EVENTS = {"sinus": "SINUS-2026-00001", "sivic": "EVT-000001"}
PORTION = 5000


def person(number: int) -> dict[str, Any]:
    """One made-up person as every side has it."""
    return {
        "id": f"v{number:06d}",
        "severity": SEVERITIES[number % 4],
        "localisation_id": f"lieu{number % 9}",
        "destination_finess": None if number % 3 else "310783048",
        "sinus_number": f"FR825NOVI0000TR{number:06d}",
    }


def neighbours(name: str, persons: int, pipe: Pipe) -> None:
    """One simulator with everybody in it, until it is ended; tells its port."""
    app = create_sinus("Exercise", lambda: AT) if name == "sinus" else create_sivic("Exercise", lambda: AT)
    if name == "sinus":
        base = app.state.sinus.base
        base.tell_event("evt", {"version": 1, "action": "creer", "nom": "Mesure"})
        for number in range(persons):
            said = person(number)
            place = {"lieu": {"@id": said["localisation_id"], "nom": "Lieu"}, "numero": said["sinus_number"]}
            there = {"destination": {"@finess": said["destination_finess"]}} if said["destination_finess"] else {}
            record = {"version": 1, "retiree": "false", "categorie": said["severity"], **place, **there}
            base.tell_victim(EVENTS[name], said["id"], record)
    else:
        held = app.state.held
        event = {"idPortail": "evt", "version": "1", "statut": "OUVERT"}
        held.open_or_link({"action": "CREER", "evenement": event})
        for number in range(persons):
            said = person(number)
            who = {"idPersonne": said["id"], "version": "1", "categorie": said["severity"]}
            there = {"destination": {"finess": said["destination_finess"]}} if said["destination_finess"] else {}
            held.announce({"evenement": "evt", "personne": {**who, "numeroSinus": said["sinus_number"], **there}})
    listener = socket.create_server(("127.0.0.1", 0))
    pipe.send(listener.getsockname()[1])
    asyncio.run(uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False)).serve(sockets=[listener]))


def fill(register: Register, persons: int) -> None:
    """The register and the outbox as they are once everything was delivered."""
    event = open_event("evt", "Mesure", "ACEL", "Exercise", AT)
    links = {name: Link("create", external_id, "linked") for name, external_id in EVENTS.items()}
    register.events.add(type(event)(**{**{f: getattr(event, f) for f in event.__slots__}, "links": links}), AT)
    common = {"event_id": "evt", "revision": 1, "deleted": False, "record": b"{}", "status": "ATTENTE_SOINS"}
    stamps = {"created_at": INSTANT, "updated_at": INSTANT}
    for first in range(0, persons, PORTION):
        people = [person(number) for number in range(first, min(first + PORTION, persons))]
        register.connection.execute(insert(victim), [{**common, **stamps, **each} for each in people])
        messages = [_delivered(name, each["id"]) for name in EVENTS for each in people]
        register.connection.execute(insert(outbox_message), messages)


def _delivered(name: str, victim_id: str) -> dict[str, Any]:
    row = {"id": f"{name}-{victim_id}", "destination": name, "lane": f"victim:{victim_id}", "topic": "victim"}
    kind = {"kind": "state", "mode": "Exercise", "scope": "evt", "priority": 2, "body": b"{}", "status": "delivered"}
    times = {"created_at": INSTANT, "enqueued_at": INSTANT, "next_at": INSTANT, "settled_at": INSTANT}
    return {**row, **kind, **times, "attempts": 1, "unreachable": 0, "fence": 1, "exact": 0}


def bare_join(persons: int) -> float:
    """Seconds of a full outer join of the same rows, alone in SQLite: what comparing costs when nobody must be asked."""
    connection = sqlite3.connect(":memory:")
    for table in ("here", "there"):
        connection.execute(
            f"CREATE TABLE {table} (id TEXT PRIMARY KEY, severity TEXT, place TEXT, hospital TEXT, number TEXT)"
        )
        connection.executemany(
            f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?)",
            (tuple(person(number).values()) for number in range(persons)),
        )
    began = time.perf_counter()
    differing = connection.execute(
        "SELECT here.id, there.id FROM here LEFT JOIN there USING (id) WHERE there.id IS NULL"
        " OR (here.severity, here.place, here.hospital, here.number) IS NOT"
        " (there.severity, there.place, there.hospital, there.number)"
        " UNION ALL SELECT NULL, there.id FROM there LEFT JOIN here USING (id) WHERE here.id IS NULL"
    ).fetchall()
    assert differing == []
    return time.perf_counter() - began


async def measured(ports: dict[str, int], persons: int, folder: Path) -> tuple[float, float]:
    """Seconds of one comparison with both neighbours, and megabytes that the process grew by."""
    links = {name: {"link": {"url": f"http://127.0.0.1:{port}", "mode": "Exercise"}} for name, port in ports.items()}
    store = {"url": f"sqlite:///{folder / 'mesure.sqlite3'}"}
    async with build(Settings.model_validate({"mode": "Exercise", "store": store, **links})) as runtime:
        await runtime.write(lambda register: fill(register, persons))
        event = await runtime.read(lambda register: register.events.find("evt"))
        assert event is not None
        before, began = _megabytes(), time.perf_counter()
        looks = await asyncio.gather(*(look_at(runtime, event, name, patience=None, anew=True) for name in EVENTS))
        seconds = time.perf_counter() - began
        assert [look.verdict for look in looks] == [Verdict.AGREED, Verdict.AGREED], [look.text for look in looks]
        assert all(len(look.here) == persons for look in looks)
        return seconds, _megabytes() - before


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=50_000)
    persons = parser.parse_args().persons
    ports, processes = {}, []
    context = multiprocessing.get_context("spawn")
    for name in EVENTS:
        mine, theirs = context.Pipe()
        process = context.Process(target=neighbours, args=(name, persons, theirs), daemon=True)
        process.start()
        processes.append(process)
        ports[name] = mine.recv()
    try:
        with tempfile.TemporaryDirectory() as folder:
            seconds, megabytes = asyncio.run(measured(ports, persons, Path(folder)))
    finally:
        for process in processes:
            process.terminate()
    bare = bare_join(persons)
    tell(
        [
            Figure(f"reconcile {persons} persons, 2 neighbours", seconds, "s", bare, "bare SQL full outer join"),
            Figure(f"memory of the comparison, {persons} persons", megabytes, "MB", 300.0, "aim"),
        ]
    )


if __name__ == "__main__":
    main()
