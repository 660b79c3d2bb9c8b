"""Builds the house. The only file that names concrete adapters and stores."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, cast

import mapping
from adapters.lrm.fhir import open_lrm_fhir
from adapters.lrm.soap import open_lrm
from adapters.portal import open_portal
from adapters.sinus import open_sinus
from adapters.sivic import open_sivic
from adapters.ws_security import Credentials, TokenGate
from domain.rules import Rules
from gateway import clock as gateway_clock
from gateway import migrations
from gateway.alarms import with_expiry_alarm
from gateway.consequences import consequences
from gateway.counting import CountingDestination
from gateway.house import House, InterventionRules
from gateway.interventions.tell import webhook
from gateway.pulse import Pulse
from gateway.runtime import Runtime
from gateway.security.doorkeeper import Doorkeeper
from gateway.versions import VersionedDestination, Versions, open_versions
from outbox.database import open_database
from outbox.dispatcher import Dispatcher
from outbox.retry import Policy
from outbox.servertime import ServerTime
from outbox.sql import SqlStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from datetime import datetime

    import httpx

    from adapters.link import Link
    from gateway.runtime import Follower, Mirror
    from gateway.settings import Delivery, LrmSettings, Settings
    from outbox.database import Database
    from outbox.ports import Destination

VERSION = version("passerelle")
KNOWN = ("sinus", "sivic", "portal", "lrm", "lrm_fhir")


@dataclass(frozen=True, slots=True)
class Reached:
    """How one destination is reached, and how it is sent to."""

    link: Link
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The adapters that are open."""

    destinations: dict[str, Destination]
    mirrors: dict[str, Mirror]
    followers: dict[str, Follower]


@asynccontextmanager
async def build(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = gateway_clock.now,
    transports: Mapping[str, httpx.AsyncBaseTransport] | None = None,
    role: str = "serve",
) -> AsyncIterator[Runtime]:
    """The whole house, open; closed in the reverse order. `transports` replaces the wire of the neighbours it names."""
    catalogue = load_mappings(settings)
    house = house_rules(settings, catalogue)
    migrations.upgrade(settings.store.url)
    async with AsyncExitStack() as closing:
        database = open_database(settings.store.url)
        closing.push_async_callback(database.close)
        clock = await common_time(database, clock, closing)
        versions = await open_versions(settings.mappings, catalogue, lambda: read_again(settings), database, clock)
        neighbours = open_neighbours(settings, versions, closing, clock=clock, transports=transports)
        store = SqlStore(database, clock=clock, aftermath=with_expiry_alarm(consequences(house)))
        destinations: dict[str, Destination] = {
            name: CountingDestination(VersionedDestination(one, versions, database), database, house, clock)
            for name, one in neighbours.destinations.items()
        }
        dispatcher = Dispatcher(store, destinations, policies(settings), clock=clock)
        pulse = Pulse(database, role, clock, links(settings), dispatcher.tally, VERSION, settings.watch.heartbeat_seconds)
        await pulse.beat()
        closing.push_async_callback(pulse.end)
        yield Runtime(
            settings=settings,
            house=house,
            database=database,
            desk=store,
            dispatcher=dispatcher,
            doorkeeper=Doorkeeper(database, clock, settings.mode),
            mirrors=neighbours.mirrors,
            followers=neighbours.followers,
            token_gate=token_gate(settings),
            clock=clock,
            pulse=pulse,
            versions=versions,
            open_on=lambda stack, wires: open_destinations(settings, versions, stack, database, house, clock, wires),
        )


async def common_time(
    database: Database, clock: Callable[[], datetime], closing: AsyncExitStack
) -> Callable[[], datetime]:
    """The clock of this house: PostgreSQL's where there are nodes to agree, unless a clock was chosen."""
    if database.dialect != "postgresql" or clock is not gateway_clock.now:
        return clock
    common = ServerTime(database, clock)
    await common.look()
    following = asyncio.create_task(common.follow())

    async def stop() -> None:
        following.cancel()
        await asyncio.wait([following])

    closing.push_async_callback(stop)
    return common


def open_destinations(  # noqa: PLR0913 - a house once more, on other wires
    settings: Settings,
    versions: Versions,
    closing: AsyncExitStack,
    database: Database,
    house: House,
    clock: Callable[[], datetime],
    transports: Mapping[str, httpx.AsyncBaseTransport] | None,
) -> dict[str, Destination]:
    """Every destination, as the dispatcher sends to it."""
    opened = open_neighbours(settings, versions, closing, clock=clock, transports=transports)
    return {
        name: CountingDestination(VersionedDestination(one, versions, database), database, house, clock)
        for name, one in opened.destinations.items()
    }


def load_mappings(settings: Settings) -> mapping.Catalogue:
    """The shipped mapping files and the deployment's. Raises MappingFaultsError with every fault."""
    if not settings.mapping_dirs:
        return mapping.shipped()
    return read_again(settings)


def read_again(settings: Settings) -> mapping.Catalogue:
    """The same, as the files are now."""
    return mapping.load_catalogue(mapping.SHIPPED, *settings.mapping_dirs)


def standing(settings: Settings) -> Versions:
    """What the settings choose, before anybody decided otherwise."""
    return Versions(settings.mappings, load_mappings(settings), lambda: read_again(settings))


def house_rules(settings: Settings, catalogue: mapping.Catalogue) -> House:
    """What intake needs to know of this deployment."""
    names = tuple(neighbours_of(settings))
    return House(
        rules=Rules(link_event_types=settings.trade.link_event_types),
        destinations=names,
        allow_lists={name: catalogue.allow_list(name.partition(":")[0]) for name in names},
        count_delay=timedelta(milliseconds=settings.trade.count_delay_ms),
        interventions=intervention_rules(settings),
    )


def intervention_rules(settings: Settings) -> InterventionRules:
    """How long a request may take here, and by agreement."""
    times = settings.interventions
    return InterventionRules(
        expiry=timedelta(seconds=times.expiry_seconds),
        alarm=timedelta(seconds=times.alarm_seconds),
        second_after=timedelta(seconds=times.second_route_seconds),
        agreements={
            name: timedelta(seconds=one.expiry_seconds)
            for name, one in settings.platforms.items()
            if one.expiry_seconds is not None
        },
    )


def neighbours_of(settings: Settings) -> dict[str, Reached]:
    """Every destination that has a section in the settings: how it is reached, and how it is sent to."""
    found = {name: getattr(settings, name) for name in KNOWN}
    reached = {name: Reached(one.link, one.delivery) for name, one in found.items() if one is not None}
    for name, platform in settings.platforms.items():
        if platform.link is not None:
            reached[webhook(name)] = Reached(platform.link, platform.delivery)
    return reached


def open_neighbours(
    settings: Settings,
    versions: Versions,
    closing: AsyncExitStack,
    *,
    clock: Callable[[], datetime] = gateway_clock.now,
    transports: Mapping[str, httpx.AsyncBaseTransport] | None = None,
) -> Neighbours:
    """The adapter of every neighbour that has a section in the settings."""

    def shapes(name: str) -> dict[str, mapping.Mapping]:
        # An adapter only applies them, and that is what these do.
        return cast("dict[str, mapping.Mapping]", versions.shapes(name))

    wire = (transports or {}).get
    destinations: dict[str, Any] = {}
    mirrors: dict[str, Mirror] = {}
    followers: dict[str, Follower] = {}
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
        destinations["lrm"] = followers["lrm"] = open_lrm(
            settings.lrm.link, shapes("lrm"), wire("lrm"), clock=clock, credentials=token(settings.lrm)
        )
    if settings.lrm_fhir:
        destinations["lrm_fhir"] = followers["lrm_fhir"] = open_lrm_fhir(
            settings.lrm_fhir.link, shapes("lrm_fhir"), wire("lrm_fhir"), clock=clock
        )
    for name, platform in settings.platforms.items():
        if platform.link is not None:
            destinations[webhook(name)] = open_portal(
                platform.link, platform.secrets, shapes("platform"), wire(webhook(name)), clock=clock
            )
    for one in destinations.values():
        closing.push_async_callback(one.aclose)
    return Neighbours(destinations, mirrors, followers)


def token(lrm: LrmSettings) -> Credentials | None:
    """The WS-Security account of a dispatch software that asks for one."""
    if lrm.username is None or lrm.password is None:
        return None
    return Credentials(username=lrm.username, password=lrm.password)


def token_gate(settings: Settings) -> TokenGate:
    """The accounts of the platforms that call by a WS-Security token with digest."""
    passwords = {name: one.password for name, one in settings.platforms.items() if one.password is not None}
    return TokenGate(*(Credentials(username=name, password=password) for name, password in passwords.items()))


def policies(settings: Settings) -> dict[str, Policy]:
    """How each destination is sent to."""
    return {
        name: Policy(
            concurrency=one.delivery.concurrency,
            schedule=one.delivery.schedule,
            timeout=one.link.read_timeout * 3,
            rate=one.delivery.rate,
        )
        for name, one in neighbours_of(settings).items()
    }


def links(settings: Settings) -> dict[str, str]:
    """Destination → the address it is reached at."""
    return {name: one.link.url for name, one in neighbours_of(settings).items()}
