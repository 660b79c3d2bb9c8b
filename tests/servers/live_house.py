"""A whole gateway on real sockets in a thread of its own, with the simulators of a CRRA and of a platform's webhook, and keys."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from adapters.portal.neighbour import WEBHOOK_SECRET
from domain.mode import Mode
from gateway.cli.serve import open_house
from gateway.doors.interventions.table import NEW_ROUTE
from gateway.sandbox import open_sandbox
from gateway.security.keys import Scope, new_key
from gateway.settings.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PLATFORM, OPERATOR, REAL = "essai-plateforme", "essai-exploitant", "essai-reel"
PATIENCE = 30.0


@dataclass(frozen=True)
class LiveHouse:
    """Where everything is."""

    url: str
    lrm: str
    hook: str
    keys: dict[str, str]
    stop: Callable[[], None]
    """Ends the gateway and its simulators; nothing when they have ended."""
    write: Callable[[Callable[[Any], Any]], Any]
    """Runs a work on the register, in the gateway's own loop."""

    def route(self, method: str = "PUT") -> None:
        """The operator writes the way to the CRRA, or ends it."""
        body = NEW_ROUTE if method == "PUT" else None
        path, headers = f"{self.url}/v1/routes/essai", {"Authorization": f"Bearer {self.keys[OPERATOR]}"}
        answer = httpx.request(method, path, headers=headers, json=body, trust_env=False)
        assert answer.is_success, answer.text

    def held(self) -> dict[str, Any]:
        """What the CRRA holds, by reference."""
        return dict(httpx.get(f"{self.lrm}/_sandbox/state", trust_env=False).json()["requests"])

    def advance(self, reference: str, **step: str) -> None:
        """The people of the CRRA move a request on."""
        path = f"{self.lrm}/_sandbox/requests/{reference}/advance"
        assert httpx.post(path, json=step, trust_env=False).is_success

    def told(self) -> list[dict[str, Any]]:
        """What the platform's webhook was told, in order."""
        state = httpx.get(f"{self.hook}/_sandbox/state", trust_env=False).json()
        return [one["data"] for notes in state["events"].values() for one in notes if "reference" in one["data"]]


@contextmanager
def live_house(folder: Path, **more: Any) -> Iterator[LiveHouse]:
    """The house, in exercise mode, with its route, while this is open."""
    ready: Future[LiveHouse] = Future()

    def run() -> None:
        try:
            asyncio.run(_live(folder, ready, more))
        except BaseException as error:
            if not ready.done():
                ready.set_exception(error)
            raise

    thread = threading.Thread(target=run, name="live-house")
    thread.start()
    try:
        house = ready.result(PATIENCE)
        house.route()
        yield house
    finally:
        if ready.done() and not ready.exception():
            ready.result().stop()
        thread.join(PATIENCE)


async def _live(folder: Path, ready: Future[LiveHouse], more: dict[str, Any]) -> None:
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    async with open_sandbox(Mode.EXERCISE, {"lrm": 0, "portal": 0}) as sandbox:
        settings = _settings(folder, sandbox.urls["lrm"], f"{sandbox.urls['portal']}/webhook", more)
        async with open_house(settings) as (runtime, url):
            made = [
                new_key(PLATFORM, Scope.PLATFORM, Mode.EXERCISE),
                new_key(OPERATOR, Scope.OPERATOR, Mode.EXERCISE),
                new_key(REAL, Scope.PLATFORM, Mode.ACTUAL),
            ]

            def keep(register: Any) -> None:
                for key in made:
                    register.keys.add(key, runtime.clock())

            await runtime.write(keep)

            def stop() -> None:
                if not loop.is_closed():
                    loop.call_soon_threadsafe(told.set)

            def write(work: Callable[[Any], Any]) -> Any:
                return asyncio.run_coroutine_threadsafe(runtime.write(work), loop).result(PATIENCE)

            keys = {one.principal.name: one.key for one in made}
            ready.set_result(LiveHouse(url, sandbox.urls["lrm"], sandbox.urls["portal"], keys, stop, write))
            await told.wait()


def _settings(folder: Path, lrm: str, hook: str, more: dict[str, Any]) -> Settings:
    webhook = {"secrets": [WEBHOOK_SECRET], "link": {"url": hook, "mode": "Exercise"}}
    return Settings.model_validate(
        {
            "mode": Mode.EXERCISE,
            "server": {"port": 0},
            "store": {"url": f"sqlite:///{folder / 'passerelle.sqlite3'}"},
            "interventions": {"follow_seconds": 0.2},
            "lrm": {"link": {"url": lrm, "mode": "Exercise"}, "delivery": more.pop("delivery", {})},
            "platforms": {PLATFORM: webhook},
            **more,
        }
    )
