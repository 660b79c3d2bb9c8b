"""Builds the house: the only file that names the concrete store. `neighbours` names the adapters."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING

import mapping
from adapters.neighbours import NEIGHBOURS
from gateway import clock as gateway_clock
from gateway import migrations
from gateway.after_delivery import consequences
from gateway.flow.deployment_rules import House, InterventionRules
from gateway.flow.routing import RECIPIENTS
from gateway.hub.door import HubDoor
from gateway.hub.judging import Judging
from gateway.mappings.agreements import check_agreements, recipient_of
from gateway.mappings.file_sets import Shelf
from gateway.mappings.sending import SendingDestination
from gateway.mappings.versions import Versions, open_versions
from gateway.neighbours import Neighbours, links, neighbours_of, open_neighbours, policies, signature_gate, token_gate
from gateway.operations.alarms import with_expiry_alarm
from gateway.register.keys import RegisteredKeys
from gateway.runtime import Runtime
from gateway.runtime.heartbeat import Pulse
from gateway.security.admission import Admission, Load
from gateway.security.doorkeeper import Doorkeeper
from outbox.database.database import open_database
from outbox.database.server_clock import ServerTime
from outbox.dispatch.dispatcher import Dispatcher
from outbox.sql import SqlStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from datetime import datetime

    import httpx

    from gateway.settings.settings import Settings
    from outbox.database.database import Database
    from outbox.ports import Destination

VERSION = version("passerelle")


@asynccontextmanager
async def build(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = gateway_clock.now,
    transports: Mapping[str, httpx.AsyncBaseTransport] | None = None,
    role: str = "serve",
) -> AsyncIterator[Runtime]:
    """The whole house, open; closed in the reverse order. `transports` replaces the wire of the neighbours it names."""
    shelf = checked_shelf(settings)
    migrations.upgrade(settings.store.url)
    async with AsyncExitStack() as closing:
        database = open_database(settings.store.url, seal=settings.store.seal())
        closing.push_async_callback(database.close)
        clock = await common_time(database, clock, closing)
        versions = await open_versions(settings.uses, shelf, database, clock, starting=True)
        house = house_rules(settings, versions)
        neighbours = open_neighbours(settings, versions, closing, clock=clock, transports=transports)
        store = SqlStore(database, clock=clock, aftermath=with_expiry_alarm(consequences(house)))
        sent_to = as_sent_to(neighbours, versions, database, house, clock)
        dispatcher = Dispatcher(store, sent_to, policies(settings), clock=clock)
        yield Runtime(
            settings=settings,
            house=house,
            database=database,
            desk=store,
            dispatcher=dispatcher,
            doorkeeper=Doorkeeper(RegisteredKeys(database), clock, settings.mode),
            mirrors=neighbours.mirrors,
            followers=neighbours.followers,
            tellers=neighbours.tellers,
            token_gate=token_gate(settings),
            signature_gate=signature_gate(settings),
            clock=clock,
            admission=admission_of(settings),
            pulse=await pulse_of(settings, role, database, dispatcher, clock, closing),
            versions=versions,
            inspector=Judging(settings.hub.models_dir if settings.hub else None),
            hub=hub_door(settings, neighbours, house, database, clock),
            open_on=lambda stack, wires: open_destinations(settings, versions, stack, database, house, clock, wires),
        )


def admission_of(settings: Settings) -> Admission:
    """How many requests this process works on at once."""
    places = settings.admission
    return Admission(
        {
            Load.INTERVENTION: places.interventions,
            Load.CHANGE: places.changes,
            Load.READ: places.reads,
            Load.BATCH: places.batches,
        },
        places.patience_seconds,
    )


async def pulse_of(  # noqa: PLR0913 - a node, and until when it lives
    settings: Settings,
    role: str,
    database: Database,
    dispatcher: Dispatcher,
    clock: Callable[[], datetime],
    closing: AsyncExitStack,
) -> Pulse:
    """The signs of life of this node, from now until the house is closed."""
    every = settings.watch.heartbeat_seconds
    pulse = Pulse(database, role, clock, links(settings), dispatcher.tally, VERSION, every)
    await pulse.beat()
    closing.push_async_callback(pulse.end)
    return pulse


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
    return as_sent_to(opened, versions, database, house, clock)


def as_sent_to(
    neighbours: Neighbours, versions: Versions, database: Database, house: House, clock: Callable[[], datetime]
) -> dict[str, Destination]:
    """The destinations as the dispatcher sends to them: counts counted, documents mapped by the version in force."""
    return {
        name: SendingDestination(adapter, versions, database, house, clock)
        for name, adapter in neighbours.destinations.items()
    }


def shelf_of(settings: Settings) -> Shelf:
    """The folders of the deployment's mapping files."""
    own = [folder for folder in settings.mapping_dirs if folder.resolve() != mapping.SHIPPED]
    return Shelf(own, settings.hub.models_dir if settings.hub else None, settings.trade.timezone)


def load_mappings(settings: Settings) -> mapping.Catalogue:
    """The product's mapping files and the deployment's, as they lie. Raises `MappingFaultsError` with every fault."""
    shelf = shelf_of(settings)
    return mapping.load_catalogue(mapping.SHIPPED, *shelf.folders, zone=shelf.zone)


def checked_shelf(settings: Settings) -> Shelf:
    """The same, what lies there compiled: faulty files are told before anything is opened. Raises `MappingFaultsError`."""
    shelf = shelf_of(settings)
    shelf.load(shelf.on_disk())
    return shelf


def standing(settings: Settings) -> Versions:
    """What the settings choose, before anybody decided otherwise. Raises `MappingFaultsError`, `UnknownMappingError`."""
    shelf = checked_shelf(settings)
    return Versions(settings.uses, shelf, shelf.on_disk())


def house_rules(settings: Settings, law: Versions) -> House:
    """What intake needs to know of this deployment; the law is always that of the files in force."""
    check_agreements(settings, law.catalogue)
    names = tuple(neighbours_of(settings))
    return House(
        rules=settings.trade.rules(),
        destinations=names,
        allow_lists={
            name: law.allow_list(recipient_of(settings, name)) for name in (*names, *sorted(set(RECIPIENTS.values())))
        },
        count_delay=timedelta(milliseconds=settings.trade.count_delay_ms),
        interventions=intervention_rules(settings),
        unserved=unserved(settings),
        declared={name: frozenset(agreed.topics) for name, agreed in settings.destinations.items()},
        establishments={
            name: frozenset(agreed.finess) for name, agreed in settings.destinations.items() if agreed.persons == "own"
        },
    )


def hub_door(
    settings: Settings, neighbours: Neighbours, house: House, database: Database, clock: Callable[[], datetime]
) -> HubDoor | None:
    """The door of the Hub Santé, closed until somebody opens it."""
    if settings.hub is None or neighbours.hub is None:
        return None
    return HubDoor(settings.hub, neighbours.hub, house, database, clock, settings.watch.alarm_link_seconds)


def unserved(settings: Settings) -> frozenset[tuple[str, str]]:
    """The topics that the hub could take and that none of the deployment's perimeters carries."""
    if settings.hub is None:
        return frozenset()
    carried = {topic for perimeter in settings.hub.perimeters for topic in perimeter.topics}
    return frozenset(("hub", topic) for topic in NEIGHBOURS["hub"].topics - carried)


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
        structures={name: frozenset(one.structures) for name, one in settings.platforms.items() if one.structures},
    )
