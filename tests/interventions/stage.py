"""A house with a CRRA, a second one, a platform with a webhook, and the people who use them. Time is moved by the test."""

from __future__ import annotations

import copy
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from adapters.lrm.soap.simulator import create_simulator as create_lrm
from adapters.portal.simulator import create_simulator as create_portal
from adapters.wire.simulated import InProcess
from domain.mode import Mode
from gateway.app import create_app
from gateway.bootstrap import build
from gateway.doors.interventions.table import CLICK
from gateway.interventions.watch import Watch
from gateway.security.keys import Scope, new_key
from gateway.settings.settings import Settings
from tests.gateway.house import Clock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.applications import Starlette

    from gateway.runtime import Runtime

PLATFORM, OTHER, OPERATOR = "essai-plateforme", "autre-plateforme", "essai-exploitant"
SECRET = "secret-de-l-essai-rappel"
PASSWORD = "mot-de-passe-de-l-essai"
CALL = "appelez le 15"
ROUTE: dict[str, Any] = {
    "kind": "department",
    "key": "77",
    "destination": "lrm",
    "label": "SAMU 77",
    "crra": "fr.health.samu077",
}


def click(**changes: Any) -> dict[str, Any]:
    """One click; a change of `patient__phone` reaches inside."""
    document: dict[str, Any] = copy.deepcopy({**CLICK, "clicked_at": "2020-09-01T17:00:00+02:00"})
    for path, value in changes.items():
        *parents, last = path.split("__")
        inside = document
        for parent in parents:
            inside = inside[parent]
        if value is None:
            inside.pop(last, None)
        else:
            inside[last] = value
    return document


@dataclass
class Stage:
    """The house and its neighbours."""

    runtime: Runtime
    app: Starlette
    clock: Clock
    lrm: InProcess
    hook: InProcess
    keys: dict[str, str]
    watch: Watch

    def client(self, name: str | None = PLATFORM, **headers: str) -> httpx.AsyncClient:
        """Somebody at our doors."""
        if name is not None:
            headers["Authorization"] = f"Bearer {self.keys[name]}"
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://passerelle", headers=headers)

    async def route(self, name: str = "seine-et-marne", **changes: Any) -> httpx.Response:
        """The operator writes a route."""
        async with self.client(OPERATOR) as operator:
            return await operator.put(f"/v1/routes/{name}", json={**ROUTE, **changes})

    async def ask(self, body: dict[str, Any] | None = None, name: str = PLATFORM, **headers: str) -> httpx.Response:
        """A nurse clicks."""
        async with self.client(name, **headers) as nurse:
            return await nurse.post("/v1/interventions", json=body or click())

    async def accepted(self, body: dict[str, Any] | None = None, name: str = PLATFORM) -> dict[str, Any]:
        """A click that must be accepted."""
        answer = await self.ask(body, name)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def get(self, path: str, name: str = PLATFORM) -> Any:
        """What somebody reads."""
        async with self.client(name) as reader:
            answer = await reader.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def status(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Where a request is, as its sender sees it."""
        shown: dict[str, Any] = await self.get(f"/v1/interventions/{answer['id']}")
        return shown

    async def settle(self, **by: float) -> None:
        """Let time pass, then send all that is due, and what follows from it."""
        self.clock.forward(**(by or {"seconds": 1}))
        while await self.runtime.dispatcher.step():
            self.clock.forward(seconds=1)

    async def look(self, **by: float) -> None:
        """Let time pass, then do the regular work once, and send what it queued."""
        self.clock.forward(**(by or {"seconds": 3}))
        await self.watch.look()
        await self.settle()

    async def held(self) -> dict[str, Any]:
        """The requests that the CRRA holds, by idDemande."""
        state = await self.lrm.control("GET", "/_sandbox/state")
        return dict(state["requests"])

    async def advance(self, answer: dict[str, Any], **step: str) -> None:
        """The people of the CRRA move a request on."""
        await self.lrm.control("POST", f"/_sandbox/requests/{answer['reference']}/advance", json=step)

    async def told(self) -> list[dict[str, Any]]:
        """What the platform's webhook was told of requests, in order."""
        state = await self.hook.control("GET", "/_sandbox/state")
        return [one["data"] for notes in state["events"].values() for one in notes if "reference" in one["data"]]

    async def messages(self, topic: str = "intervention.request") -> list[dict[str, Any]]:
        """The outbox, the oldest first."""
        found = await self.get("/v1/outbox/messages", OPERATOR)
        return [one for one in reversed(found["messages"]) if one["topic"] == topic]

    async def feed(self) -> list[dict[str, Any]]:
        """The lines of the feed about requests."""
        mode = self.runtime.settings.mode
        lines = await self.runtime.read(lambda register: register.feed.after(0, mode))
        return [line.body for line in lines if line.kind == "intervention"]


def settings_for(folder: Path, mode: Mode, **more: Any) -> Settings:
    """A house with a CRRA and a platform that has a webhook."""
    wire = {"mode": mode, "read_timeout": 0.2}
    return Settings.model_validate(
        {
            "mode": mode,
            "store": {"url": f"sqlite:///{folder / 'passerelle.sqlite3'}"},
            "lrm": {"link": {"url": "http://lrm", **wire}, "delivery": {"schedule": [1, 2]}},
            "platforms": {
                PLATFORM: {
                    "password": PASSWORD,
                    "secrets": [SECRET],
                    "link": {"url": "http://rappel/webhook", **wire},
                }
            },
            **more,
        }
    )


@asynccontextmanager
async def open_stage(
    folder: Path,
    mode: Mode = Mode.EXERCISE,
    *,
    clock: Clock | None = None,
    wires: dict[str, InProcess] | None = None,
    **more: Any,
) -> AsyncIterator[Stage]:
    """The house, open in that folder, with its first route; `wires`: those of the neighbours that it has besides."""
    clock = clock or Clock()
    lrm, hook = InProcess(create_lrm(mode, clock)), InProcess(create_portal(mode, clock, [SECRET]))
    keys = {
        name: new_key(name, scope, mode)
        for name, scope in ((PLATFORM, Scope.PLATFORM), (OTHER, Scope.PLATFORM), (OPERATOR, Scope.OPERATOR))
    }
    async with AsyncExitStack() as closing:
        wires = {"lrm": lrm, f"platform:{PLATFORM}": hook, **(wires or {})}
        runtime = await closing.enter_async_context(
            build(settings_for(folder, mode, **more), clock=clock, transports=wires)
        )

        def keep(register: Any) -> None:
            for key in keys.values():
                register.keys.add(key, clock())

        await runtime.write(keep)
        stage = Stage(
            runtime,
            create_app(runtime),
            clock,
            lrm,
            hook,
            {name: key.key for name, key in keys.items()},
            Watch(runtime),
        )
        answer = await stage.route()
        assert answer.status_code == 201, answer.text
        yield stage
