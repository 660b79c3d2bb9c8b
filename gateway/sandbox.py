"""The neighbours on this machine: their simulators, each on its own port, for trying, testing and training.

Alone in the house with `neighbours`, this file names concrete adapters: it serves what they ship.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.declared.simulator import create_simulator as create_declared
from adapters.lrm.fhir.simulator import create_simulator as create_lrm_fhir
from adapters.lrm.hubsante.simulator import create_simulator as create_hub
from adapters.lrm.soap.simulator import create_simulator as create_lrm
from adapters.portal.simulator import create_simulator as create_portal
from adapters.sinus.simulator import create_simulator as create_sinus
from adapters.sivic.simulator import create_simulator as create_sivic
from gateway.bootstrap import load_mappings
from gateway.clock import now
from gateway.flow.routing import kind_of
from gateway.mappings.agreements import check_agreements
from gateway.serving import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from starlette.applications import Starlette

    from gateway.settings.settings import Settings

DEFAULT_PORTS = {"sinus": 8091, "sivic": 8092, "lrm": 8093, "portal": 8094, "lrm_fhir": 8095, "hub": 8096}
WHEN_NAMED = frozenset({"hub"})
"""Not opened unless asked for by name: it starts a broker of its own."""
WEBHOOK_SECRET = "secret-du-bac-a-sable"  # noqa: S105 - of the simulator, which is no secret


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The simulators that are listening."""

    urls: Mapping[str, str]


def declared_applications(
    settings: Settings, clock: Callable[[], datetime] = now
) -> dict[str, Callable[[], Starlette]]:
    """The simulator of each neighbour that the settings know by its files. Raises as the loading of mappings does."""
    catalogue = load_mappings(settings)
    check_agreements(settings, catalogue)

    def maker(name: str) -> Callable[[], Starlette]:
        said = settings.destinations[name]
        before = name + "."
        shapes = {use.removeprefix(before): catalogue.mapping(mapping) for use, mapping in said.uses(name).items()}
        return lambda: create_declared(clock, said.link, said, shapes)

    return {name: maker(name) for name in settings.destinations}


def applications(mode: str, models_dir: Path | None = None) -> dict[str, Callable[[], Starlette]]:
    """Each neighbour's simulator, made when asked."""
    return {
        "sinus": lambda: create_sinus(mode, now),
        "sivic": lambda: create_sivic(mode, now),
        "lrm": lambda: create_lrm(mode, now),
        "lrm_fhir": lambda: create_lrm_fhir(mode, now),
        "hub": lambda: create_hub(mode, now, models_dir),
        "portal": lambda: create_portal(mode, now, [WEBHOOK_SECRET]),
    }


@asynccontextmanager
async def open_sandbox(
    mode: str,
    ports: Mapping[str, int],
    host: str = "127.0.0.1",
    models_dir: Path | None = None,
    declared: Mapping[str, Callable[[], Starlette]] | None = None,
) -> AsyncIterator[Sandbox]:
    """The chosen simulators listen while this is open; a port 0 is chosen by the system. `lrm:samu77` is one more `lrm`."""
    makers = {**applications(mode, models_dir), **(declared or {})}
    async with AsyncExitStack() as stack:
        urls = {}
        for name, port in ports.items():
            taken = await stack.enter_async_context(serving(makers[kind_of(name)](), host, port))
            urls[name] = f"http://{host}:{taken}"
        yield Sandbox(urls)
