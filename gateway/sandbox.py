"""The neighbours on this machine: their simulators, each on its own port, for trying, testing and training.

Each is what its adapter ships; here they are only given a port.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from adapters.declared.simulator import create_simulator as create_declared
from adapters.neighbours import NEIGHBOURS, kind_of
from gateway.bootstrap import load_mappings
from gateway.clock import now
from gateway.mappings.agreements import check_agreements
from gateway.serving import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from starlette.applications import Starlette

    from gateway.settings.settings import Settings

DEFAULT_PORTS = {
    kind.name: kind.port for kind in sorted(NEIGHBOURS.values(), key=lambda kind: kind.port) if kind.simulate
}
WHEN_NAMED = frozenset(kind.name for kind in NEIGHBOURS.values() if kind.only_by_name)
"""Not opened unless asked for by name."""


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
        destination = settings.destinations[name]
        before = name + "."
        shapes = {
            use.removeprefix(before): catalogue.mapping(mapping) for use, mapping in destination.uses(name).items()
        }
        return lambda: create_declared(clock, destination.link, destination, shapes)

    return {name: maker(name) for name in settings.destinations}


def applications(mode: str, models_dir: Path | None = None) -> dict[str, Callable[[], Starlette]]:
    """Each neighbour's simulator, made when asked."""
    return {kind.name: partial(kind.simulate, mode, now, models_dir) for kind in NEIGHBOURS.values() if kind.simulate}


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
