"""The process is killed, many times, at any moment: what it had accepted is at every neighbour, once in effect.

A real `passerelle serve` on SQLite, real sockets. What was not answered is said again under the same Idempotency-Key.
"""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from adapters.portal.neighbour import WEBHOOK_SECRET
from domain.mode import Mode
from domain.victim.care_path import CareStatus
from gateway import migrations
from gateway.clock import now
from gateway.register import Register
from gateway.sandbox import open_sandbox
from gateway.security.keys import Scope, new_key
from outbox.database.database import open_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

KILLS = 12
WORKERS = 16  # enough that at each death some change is durable and its answer not yet given
ROOT = Path(__file__).resolve().parents[2]
EVENT = {
    "id": "evt",
    "name": "ESSAI DE COUPURE",
    "type": "ACEL",
    "mode": "Exercise",
    "localisations": [{"name": "PMA"}],
}
HEARD = "Passerelle à l’écoute, mode EXERCICE : "


@dataclass
class Patient:
    """A patient as it must be when all is over, and how many facts the portal was told are kept."""

    id: str
    name: str
    facts: int = 0
    detached: bool = False
    deleted: bool = False
    severity: str = "UR"
    cata: str | None = None


@dataclass
class Portal:
    """Says changes one after another, and again until each is answered."""

    key: str
    url: str | None = None
    up: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: bool = False
    patients: dict[str, Patient] = field(default_factory=dict)
    retries: int = 0

    async def say(
        self, client: httpx.AsyncClient, method: str, path: str, body: dict[str, Any] | None, once: str
    ) -> dict[str, Any]:
        """One change, until it is answered; anything but an acceptance is a fault of the gateway."""
        while True:
            await self.up.wait()
            headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": once}
            try:
                answer = await client.request(method, f"{self.url}{path}", json=body, headers=headers)
            except httpx.TransportError:
                self.retries += 1
                await asyncio.sleep(0.02)  # between two knocks at a dead process
                continue
            assert answer.is_success, answer.text
            return dict(answer.json())

    async def work(self, worker: int) -> None:
        """Whole stories of patients, until told to stop; a story that has begun is told to its end."""
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            serial = 0
            while not self.stopping:
                serial += 1
                await self._story(client, Patient(f"w{worker}-{serial}", f"TESTE-{worker}-{serial}"), worker, serial)

    async def _story(self, client: httpx.AsyncClient, patient: Patient, worker: int, serial: int) -> None:
        base = "/v1/events/evt/patients"
        number = f"FR825NOVI0000TR{worker:02d}{serial:04d}"
        created = {"id": patient.id, "severity_entry": "UR", "used_name": "TESTE", "sinus_number": number}
        self.patients[patient.id] = patient
        await self.say(client, "POST", base, created, f"{patient.id}:0")
        patient.facts = 1
        for rank, (method, path, body) in enumerate(_steps(patient, serial), 1):
            shown = await self.say(client, method, f"{base}/{patient.id}{path}", body, f"{patient.id}:{rank}")
            patient.facts += 1
            patient.cata = shown["cata_code"]


def _steps(patient: Patient, serial: int) -> Iterator[tuple[str, str, dict[str, Any] | None]]:
    # Method, path below the patient, body.
    yield "POST", "/triage", {"stage": "exit", "severity": "UA"}
    yield "PATCH", "", {"used_name": patient.name}
    yield "POST", "/cata-code", None
    patient.severity = ("UA", "UR", "IMP", "DCD")[serial % 4]
    if patient.severity != "UA":
        yield "POST", "/triage", {"stage": "exit", "severity": patient.severity}
    if serial % 2:
        yield "PATCH", "", {"sinus_number": None}
        patient.detached = True
        if serial % 3 == 0:
            yield "DELETE", "", None
            patient.deleted = True


@dataclass
class Gateway:
    """The process, its settings, and what it wrote on standard error in all its lives."""

    settings: Path
    log: Path
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """A new life; not yet listening."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "gateway", "serve", "--settings", str(self.settings),
                cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip

    async def listening(self) -> str:
        """Its address, once it listens."""
        assert self.process is not None
        assert self.process.stdout is not None
        said = (await self.process.stdout.readline()).decode()
        assert said.startswith(HEARD), (said, self.log.read_text()[-2000:])
        return said.removeprefix(HEARD).strip()

    async def kill(self) -> None:
        """No goodbye."""
        assert self.process is not None
        self.process.kill()
        assert await self.process.wait() == -signal.SIGKILL


def _settings(folder: Path, urls: Mapping[str, str]) -> Path:
    link = '[{name}.link]\nurl = "{url}"\nmode = "Exercise"\n'
    lines = [
        'mode = "Exercise"\n',
        "[server]\nport = 0\n",
        f'[store]\nurl = "sqlite:///{folder}/passerelle.sqlite3"\n',
        f'[portal]\nsecrets = ["{WEBHOOK_SECRET}"]\n',
        f"[trade]\nsivic_statuses = {[status.value for status in CareStatus]}\n",
        link.format(name="portal", url=urls["portal"] + "/webhook"),
        *(link.format(name=name, url=urls[name]) for name in ("sinus", "sivic")),
    ]
    path = folder / "passerelle.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


async def _keys(url: str) -> tuple[str, str]:
    keys = [new_key(f"essai-{scope}", scope, Mode.EXERCISE) for scope in (Scope.PORTAL, Scope.OPERATOR)]
    migrations.upgrade(url)
    database = open_database(url)
    for key in keys:
        await database.write(lambda connection, key=key: Register(connection).keys.add(key, now()))  # type: ignore[misc]
    await database.close()
    return keys[0].key, keys[1].key


@asynccontextmanager
async def _alive(gateway: Gateway, portal: Portal) -> AsyncIterator[str]:
    """A life of the gateway that the portal knows of, until it is killed."""
    await gateway.start()
    try:
        portal.url = await gateway.listening()
        portal.up.set()
        yield portal.url
    finally:
        portal.up.clear()
        await gateway.kill()


async def _until_quiet(client: httpx.AsyncClient) -> dict[str, Any]:
    """The columns of agreement, asked for once nothing is on its way any more and the neighbours were asked since."""
    async with asyncio.timeout(90):
        while True:
            shown = (await client.get("/v1/destinations")).json()["destinations"]
            if not any(one.get("pending", 0) + one.get("sending", 0) for one in shown):
                return dict((await client.post("/v1/events/evt/sync")).raise_for_status().json())
            await asyncio.sleep(0.1)  # between two looks


@pytest.mark.crash
@pytest.mark.timeout(300)  # thirteen starts of a real process, on whatever machine
async def test_nothing_accepted_is_lost_and_nothing_takes_effect_twice(tmp_path: Path) -> None:
    """Twelve deaths at random points: every accepted change is at SINUS and SI-VIC, the same, once, and the portal was told."""
    chance = random.Random(20200901)
    url = f"sqlite:///{tmp_path}/passerelle.sqlite3"
    portal_key, operator_key = await _keys(url)
    portal = Portal(portal_key)
    async with open_sandbox("Exercise", dict.fromkeys(("sinus", "sivic", "portal"), 0)) as sandbox:
        gateway = Gateway(_settings(tmp_path, sandbox.urls), tmp_path / "journal")
        async with _alive(gateway, portal), httpx.AsyncClient(trust_env=False) as client:
            await portal.say(client, "POST", "/v1/events", EVENT, "evt")
            workers = [asyncio.create_task(portal.work(number)) for number in range(WORKERS)]
            await asyncio.sleep(chance.uniform(0.2, 0.5))
        for death in range(1, KILLS):
            if death % 4 == 0:  # some die before they listen
                await gateway.start()
                await asyncio.sleep(chance.uniform(0.2, 1.2))
                await gateway.kill()
                continue
            async with _alive(gateway, portal):
                await asyncio.sleep(chance.uniform(0.02, 0.5))
        async with _alive(gateway, portal) as address:
            portal.stopping = True
            await asyncio.gather(*workers)
            headers = {"Authorization": f"Bearer {operator_key}"}
            async with httpx.AsyncClient(base_url=address, headers=headers, trust_env=False) as client:
                columns = await _until_quiet(client)
                parked = (await client.get("/v1/outbox/messages", params={"status": "parked"})).json()["messages"]
            kept = await _kept(address, portal)
        held = {name: await _state(sandbox.urls[name]) for name in sandbox.urls}
    assert portal.retries > 0
    assert parked == []
    _agree(columns, portal)
    _kept_once(kept, portal)
    _at_sinus(held["sinus"], portal)
    _at_sivic(held["sivic"], portal)
    _told(held["portal"], portal)
    assert "TESTE" not in gateway.log.read_text()


async def _state(url: str) -> dict[str, Any]:
    async with httpx.AsyncClient(trust_env=False) as client:
        return dict((await client.get(f"{url}/_sandbox/state")).json())


async def _kept(address: str, portal: Portal) -> dict[str, list[dict[str, Any]]]:
    """What the gateway remembers that the portal said of each patient."""
    headers = {"Authorization": f"Bearer {portal.key}"}
    kept = {}
    async with httpx.AsyncClient(base_url=address, headers=headers, trust_env=False) as client:
        for patient in portal.patients:
            lines = (await client.get(f"/v1/events/evt/patients/{patient}/history")).json()["observations"]
            kept[patient] = [line for line in lines if line["source"] == "portal"]
    return kept


def _agree(columns: dict[str, Any], portal: Portal) -> None:
    present = [patient for patient in portal.patients.values() if not patient.deleted]
    assert columns["portal"]["total"] == len(present) > KILLS
    assert [(one["name"], one["agrees"]) for one in columns["destinations"]] == [("sinus", True), ("sivic", True)]


def _kept_once(kept: dict[str, list[dict[str, Any]]], portal: Portal) -> None:
    """Each answered change is one fact: none is missing, and a repeated request made no second one."""
    assert {id_: len(lines) for id_, lines in kept.items()} == {one.id: one.facts for one in portal.patients.values()}
    codes = [patient.cata for patient in portal.patients.values()]
    assert len(set(codes)) == len(codes)


def _at_sinus(held: dict[str, Any], portal: Portal) -> None:
    (event,) = held["evenements"].values()
    fiches = {id_: one["fiche"] for id_, one in event["victimes"].items()}
    assert {
        id_: (fiche["categorie"], fiche["identite"]["nomUsuel"])
        for id_, fiche in fiches.items()
        if fiche["retiree"] == "false"
    } == {one.id: (one.severity, one.name) for one in portal.patients.values() if not one.deleted}
    detached = [one["victime"] for one in event["detachements"]]
    assert len(set(detached)) == len(detached)
    assert set(detached) <= {one.id for one in portal.patients.values() if one.detached}
    assert int(event["denombrement"]["total"]["@total"]) == event["recomptage"]["@total"]


def _at_sivic(held: dict[str, Any], portal: Portal) -> None:
    assert len(held["events"]) == 1
    assert {
        id_: (one["person"]["categorie"], one["person"]["identite"]["nomUsage"])
        for id_, one in held["persons"].items()
        if not one["withdrawn"]
    } == {one.id: (one.severity, one.name) for one in portal.patients.values() if not one.deleted}
    fiches = [one["fiche"] for one in held["persons"].values() if one["fiche"]]
    assert len(set(fiches)) == len(fiches)


def _told(held: dict[str, Any], portal: Portal) -> None:
    """The last outcome of every victim at every neighbour reached the portal, by its signed webhook."""
    last = {(one["data"]["destination"], one["data"]["lane"]): one["data"]["status"] for one in held["events"]["evt"]}
    wanted = {(name, f"victim:{id_}") for name in ("sinus", "sivic") for id_ in portal.patients}
    assert {key: last.get(key) for key in wanted} == dict.fromkeys(wanted, "delivered")
