"""Builds the house. The only file that names concrete adapters and stores."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mapping
from adapters.lrm.soap import open_lrm
from adapters.lrm.soap.security import Credentials
from adapters.portal import open_portal
from adapters.sinus import open_sinus
from adapters.sivic import open_sivic
from domain.rules import Rules
from gateway import clock, migrations
from gateway.consequences import consequences
from gateway.counting import CountingDestination
from gateway.house import House
from gateway.runtime import Runtime
from gateway.security.doorkeeper import Doorkeeper
from outbox.database import open_database
from outbox.dispatcher import Dispatcher
from outbox.retry import Policy
from outbox.sql import SqlStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from datetime import datetime

    import httpx

    from gateway.runtime import Mirror
    from gateway.settings import Delivery, LrmSettings, Settings
    from outbox.ports import Destination

KNOWN = ("sinus", "sivic", "portal", "lrm")


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The adapters that are open."""

    destinations: dict[str, Destination]
    mirrors: dict[str, Mirror]


@asynccontextmanager
async def build(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = clock.now,
    transports: Mapping[str, httpx.AsyncBaseTransport] | None = None,
) -> AsyncIterator[Runtime]:
    """The whole house, open; closed in the reverse order. `transports` replaces the wire of the neighbours it names."""
    catalogue = load_mappings(settings)
    house = house_rules(settings, catalogue)
    migrations.upgrade(settings.store.url)
    async with AsyncExitStack() as closing:
        database = open_database(settings.store.url)
        closing.push_async_callback(database.close)
        neighbours = open_neighbours(settings, catalogue, closing, clock=clock, transports=transports)
        store = SqlStore(database, clock=clock, aftermath=consequences(house))
        destinations: dict[str, Destination] = {
            name: CountingDestination(one, database, house, clock) for name, one in neighbours.destinations.items()
        }
        dispatcher = Dispatcher(store, destinations, policies(settings), clock=clock)
        yield Runtime(
            settings=settings,
            house=house,
            database=database,
            desk=store,
            dispatcher=dispatcher,
            doorkeeper=Doorkeeper(database, clock, settings.mode),
            mirrors=neighbours.mirrors,
            clock=clock,
        )


def load_mappings(settings: Settings) -> mapping.Catalogue:
    """The shipped mapping files and the deployment's. Raises MappingFaultsError with every fault."""
    if not settings.mapping_dirs:
        return mapping.shipped()
    return mapping.load_catalogue(Path(mapping.__file__).parent, *settings.mapping_dirs)


def house_rules(settings: Settings, catalogue: mapping.Catalogue) -> House:
    """What intake needs to know of this deployment."""
    names = tuple(name for name in KNOWN if getattr(settings, name) is not None)
    return House(
        rules=Rules(link_event_types=settings.trade.link_event_types),
        destinations=names,
        allow_lists={name: catalogue.allow_list(name) for name in names},
        count_delay=timedelta(milliseconds=settings.trade.count_delay_ms),
    )


def open_neighbours(
    settings: Settings,
    catalogue: mapping.Catalogue,
    closing: AsyncExitStack,
    *,
    clock: Callable[[], datetime] = clock.now,
    transports: Mapping[str, httpx.AsyncBaseTransport] | None = None,
) -> Neighbours:
    """The adapter of every neighbour that has a section in the settings."""

    def shapes(name: str) -> dict[str, mapping.Mapping]:
        chosen = settings.mappings.items()
        return {
            key.removeprefix(f"{name}."): catalogue.mapping(file) for key, file in chosen if key.startswith(f"{name}.")
        }

    wire = (transports or {}).get
    destinations: dict[str, Any] = {}
    mirrors: dict[str, Mirror] = {}
    if settings.sinus:
        destinations["sinus"] = mirrors["sinus"] = open_sinus(
            settings.sinus.link, shapes("sinus"), clock=clock, transport=wire("sinus")
        )
    if settings.sivic:
        destinations["sivic"] = mirrors["sivic"] = open_sivic(
            settings.sivic.link, shapes("sivic"), clock=clock, transport=wire("sivic")
        )
    if settings.portal:
        secrets = settings.portal.secrets
        destinations["portal"] = open_portal(
            settings.portal.link, secrets, shapes("portal"), wire("portal"), clock=clock
        )
    if settings.lrm:
        destinations["lrm"] = open_lrm(
            settings.lrm.link, shapes("lrm"), wire("lrm"), clock=clock, credentials=token(settings.lrm)
        )
    for one in destinations.values():
        closing.push_async_callback(one.aclose)
    return Neighbours(destinations, mirrors)


def token(lrm: LrmSettings) -> Credentials | None:
    """The WS-Security account of a dispatch software that asks for one."""
    if lrm.username is None or lrm.password is None:
        return None
    return Credentials(username=lrm.username, password=lrm.password)


def policies(settings: Settings) -> dict[str, Policy]:
    """How each destination is sent to."""
    deliveries: dict[str, Delivery] = {
        name: getattr(settings, name).delivery for name in KNOWN if getattr(settings, name) is not None
    }
    return {
        name: Policy(
            concurrency=one.concurrency, schedule=one.schedule, timeout=getattr(settings, name).link.read_timeout * 3
        )
        for name, one in deliveries.items()
    }
