"""The real house on a file of its own, with the shipped simulators in process: the dispatcher is moved by hand, time by the test.

Nothing of ours is replaced. The neighbours' wire is `adapters.wire.simulated.InProcess`, so that they can be cut, slow or gone.
"""

from __future__ import annotations

import re
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

import httpx
from pydantic import ValidationError

from adapters.portal.simulator import create_simulator as create_portal
from adapters.sinus.simulator import create_simulator as create_sinus
from adapters.sivic.simulator import create_simulator as create_sivic
from adapters.wire.simulated import InProcess
from domain.mode import Mode
from domain.victim.care_path import CareStatus
from gateway.app import create_app
from gateway.bootstrap import build
from gateway.doors.answers import ANSWERS
from gateway.doors.table import DOORS
from gateway.sandbox import declared_applications
from gateway.security.keys import Scope, new_key
from gateway.settings.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.applications import Starlette

    from gateway.runtime import Runtime

SECRET = "secret-de-l-essai-portail"
KICK_OFF = datetime(2020, 9, 1, 15, 0, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "id": "evt",
    "name": "Match d’essai",
    "type": "ACEL",
    "mode": "Exercise",
    "started_at": "2020-09-01T16:00:00+02:00",
    "localisations": [{"id": "pma", "name": "PMA"}, {"id": "stade", "name": "Stade"}],
}
# Values of invented persons: where they may not be seen, none of these may be.
NUMBER = "FR825NOVI0000TR100001"
NIR = "252037812345672"
PERSONAL = ("ESSAI-UN", "Huguette-Essai", "commentaire confié", "bilan confié", "06 99 00 00 00", NUMBER, "100001", NIR)
WHOLE: dict[str, Any] = {
    "severity_entry": "UR",
    "localisation_id": "pma",
    "sinus_number": NUMBER,
    "used_name": "ESSAI-UN",
    "given_name": "Huguette-Essai",
    "birth_date": "1952-03-14",
    "sex": "F",
    "nationality": "FRA",
    "nir": NIR,
    "contact_person": {"name": "TESTE-PROCHE", "phone": "06 99 00 00 00"},
    "comment": "commentaire confié",
}


class Clock:
    """Time as the test says it; a millisecond passes at each look, so that no two facts share an instant."""

    def __init__(self, at: datetime = KICK_OFF) -> None:
        self._at = at
        self._lock = Lock()

    def __call__(self) -> datetime:
        """The present."""
        with self._lock:
            self._at += timedelta(milliseconds=1)
            return self._at

    def forward(self, **by: float) -> None:
        """Let time pass."""
        with self._lock:
            self._at += timedelta(**by)


@cache
def door_of(method: str, path: str) -> str | None:
    """The door that an address leads to, as `METHOD /path/{name}`."""
    for door in DOORS:
        if door.method == method and re.fullmatch(
            re.sub(r"{\w+}", "[^/]+", re.escape(door.path).replace(r"\{", "{").replace(r"\}", "}")), path
        ):
            return f"{door.method} {door.path}"
    return None


def held_to_contract(response: httpx.Response) -> None:
    """What a door answers has the shape that is published of it, whoever asks."""
    door = door_of(response.request.method, response.request.url.path)
    if not response.is_success or not response.content or door not in ANSWERS:
        return
    if not response.headers.get("content-type", "").startswith("application/json"):
        return  # a board, as a file
    faults = []
    for shape in ANSWERS[door]:
        try:
            shape.model_validate_json(response.content, strict=True)
        except ValidationError as error:
            faults.append(str(error))
        else:
            return
    raise AssertionError(f"{door} answers otherwise than published: {faults}")


@dataclass(frozen=True)
class Heard:
    """One answer of our doors, and who heard it."""

    scope: Scope | None
    request: str
    status: int
    media_type: str
    text: str


@dataclass
class OpenHouse:
    """A gateway that is open, and the ways to speak to it and to look at its neighbours."""

    runtime: Runtime
    app: Starlette
    clock: Clock
    neighbours: dict[str, Starlette]
    wires: dict[str, InProcess]
    keys: dict[Scope, str]
    other_mode: dict[Scope, str]
    closing: AsyncExitStack
    heard: list[Heard] = field(default_factory=list)

    def client(self, key: str | None = None, scope: Scope | None = None, **headers: str) -> httpx.AsyncClient:
        """Somebody at our doors."""

        async def hear(response: httpx.Response) -> None:
            await response.aread()
            media = response.headers.get("content-type", "").split(";")[0]
            request = f"{response.request.method} {response.request.url}"
            if not (scope is Scope.PORTAL and self.runtime.settings.portals):  # a portal may have words of its own
                held_to_contract(response)
            self.heard.append(Heard(scope, request, response.status_code, media, response.text))

        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url="http://passerelle",
            headers=headers,
            event_hooks={"response": [hear]},
        )

    def as_(self, scope: Scope) -> httpx.AsyncClient:
        """A client with a key of that scope."""
        return self.client(self.keys[scope], scope)

    @property
    def portal(self) -> httpx.AsyncClient:
        """The portal."""
        return self.as_(Scope.PORTAL)

    @property
    def operator(self) -> httpx.AsyncClient:
        """Who watches."""
        return self.as_(Scope.OPERATOR)

    async def settle(self, **by: float) -> None:
        """Let time pass, then send all that is due, and what follows from it."""
        self.clock.forward(**(by or {"seconds": 1}))
        while await self.runtime.dispatcher.step():
            self.clock.forward(seconds=1)

    async def script(self, name: str, *faults: dict[str, Any]) -> None:
        """Trouble a neighbour."""
        await self.wires[name].control("POST", "/_sandbox/faults", list(faults))

    async def mend(self, name: str) -> None:
        """End its troubles."""
        await self.wires[name].control("DELETE", "/_sandbox/faults")
        self.wires[name].gone = False

    async def state(self, name: str) -> dict[str, Any]:
        """What a neighbour holds."""
        held: dict[str, Any] = await self.wires[name].control("GET", "/_sandbox/state")
        return held

    async def event(self, **changes: Any) -> str:
        """An event of the portal."""
        answer = await self.portal.post("/v1/events", json={**EVENT, **changes})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def patient(self, patient_id: str = "p1", event: str = "evt", **fields: Any) -> dict[str, Any]:
        """A patient of the event."""
        body = {"id": patient_id, "severity_entry": "UR", **fields}
        answer = await self.portal.post(f"/v1/events/{event}/patients", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def act(self, path: str, body: dict[str, Any] | None = None, event: str = "evt") -> dict[str, Any]:
        """A step of the portal below an event, which must be accepted."""
        answer = await self.portal.post(f"/v1/events/{event}/{path}", json=body or {})
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def messages(self, **filters: str) -> list[dict[str, Any]]:
        """The outbox as the operator sees it, the newest first."""
        answer = await self.operator.get("/v1/outbox/messages", params=filters)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["messages"])

    async def written(self) -> dict[str, int]:
        """How many rows everything that remembers has."""
        tables = ("event", "victim", "observation", "outbox_message", "feed", "reply", "cata_serial")

        def count(connection: Any) -> dict[str, int]:
            return {name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar() for name in tables}

        return await self.runtime.database.read(count)

    def sinus_victims(self) -> dict[str, dict[str, Any]]:
        """The records that SINUS holds, by our identifier."""
        events = self.neighbours["sinus"].state.sinus.snapshot()["evenements"].values()
        return {id_: victim for event in events for id_, victim in event["victimes"].items()}

    def sivic_persons(self) -> dict[str, dict[str, Any]]:
        """The persons that SI-VIC holds, by our identifier."""
        persons: dict[str, dict[str, Any]] = self.neighbours["sivic"].state.held.snapshot()["persons"]
        return persons

    def notifications(self, event: str = "evt") -> list[dict[str, Any]]:
        """What the portal was told of an event."""
        told: list[dict[str, Any]] = self.neighbours["portal"].state.held.snapshot()["events"].get(event, [])
        return told


def settings_for(folder: Path, mode: Mode = Mode.EXERCISE, **more: Any) -> Settings:
    """A house with three neighbours and impatient links."""

    def link(name: str) -> dict[str, Any]:
        return {"link": {"url": f"http://{name}", "mode": mode, "read_timeout": 1.0}, "delivery": {"schedule": [1, 2]}}

    return Settings.model_validate(
        {
            "mode": mode,
            "store": {"url": f"sqlite:///{folder / 'passerelle.sqlite3'}"},
            # Most tests are about the way of a record: SI-VIC learns of it at once. Who learns what is in test_disclosure.
            "trade": {"sivic_statuses": tuple(CareStatus)},
            "sinus": link("sinus"),
            "sivic": link("sivic"),
            "portal": {**link("portal"), "secrets": [SECRET]}
            | {"link": {**link("portal")["link"], "url": "http://portal/webhook"}},
            **more,
        }
    )


@asynccontextmanager
async def open_house(folder: Path, mode: Mode = Mode.EXERCISE, **more: Any) -> AsyncIterator[OpenHouse]:
    """The house, open in that folder."""
    clock = Clock()
    neighbours = {
        "sinus": create_sinus(mode, clock),
        "sivic": create_sivic(mode, clock),
        "portal": create_portal(mode, clock, [SECRET]),
    }
    settings = settings_for(folder, mode, **more)
    if settings.destinations:
        neighbours |= {name: make() for name, make in declared_applications(settings, clock).items()}
    wires = {name: InProcess(app) for name, app in neighbours.items()}
    other = Mode.ACTUAL if mode is Mode.EXERCISE else Mode.EXERCISE
    keys = {scope: new_key(f"essai-{scope}", scope, mode) for scope in Scope}
    others = {scope: new_key(f"autre-{scope}", scope, other) for scope in Scope}
    async with AsyncExitStack() as closing:
        runtime = await closing.enter_async_context(build(settings, clock=clock, transports=wires))

        def keep(register: Any) -> None:
            for key in (*keys.values(), *others.values()):
                register.keys.add(key, clock())

        await runtime.write(keep)
        yield OpenHouse(
            runtime,
            create_app(runtime),
            clock,
            neighbours,
            wires,
            {scope: key.key for scope, key in keys.items()},
            {scope: key.key for scope, key in others.items()},
            closing,
        )
