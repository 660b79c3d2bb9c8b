"""Builds the house: the only file that names the concrete store. `neighbours` names the adapters."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

import mapping
from adapters.neighbours import NEIGHBOURS
from gateway import clock as gateway_clock
from gateway import migrations
from gateway.after_delivery import consequences
from gateway.flow.deployment_rules import DeploymentRules, InterventionRules
from gateway.flow.routing import RECIPIENTS
from gateway.hub.door import HubDoor
from gateway.hub.judging import Judging
from gateway.mappings.agreements import check_agreements, recipient_of
from gateway.mappings.file_sets import FileSets
from gateway.mappings.sending import SendingDestination
from gateway.mappings.versions import Versions, open_versions
from gateway.neighbours import Neighbours, links, neighbours_of, open_neighbours, policies, signature_gate, token_gate
from gateway.operations.alarms import with_expiry_alarm
from gateway.register.keys import RegisteredKeys
from gateway.runtime import Runtime
from gateway.runtime.heartbeat import Heartbeat
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
    file_sets = checked_file_sets(settings)
    migrations.upgrade(settings.store.url)
    async with AsyncExitStack() as closing:
        database = open_database(settings.store.url, seal=settings.store.seal())
        closing.push_async_callback(database.close)
        clock = await common_time(database, clock, closing)
        versions = await open_versions(settings.uses, file_sets, database, clock, starting=True)
        deployment = deployment_rules(settings, versions)
        neighbours = open_neighbours(settings, versions, closing, clock=clock, transports=transports)
        store = SqlStore(database, clock=clock, aftermath=with_expiry_alarm(consequences(deployment)))
        sent_to = as_sent_to(neighbours, versions, database, deployment, clock)
        dispatcher = Dispatcher(store, sent_to, policies(settings), clock=clock)
        yield Runtime(
            settings=settings,
            deployment=deployment,
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
            heartbeat=await heartbeat_of(settings, role, database, dispatcher, clock, closing),
            versions=versions,
            inspector=Judging(settings.hub.models_dir if settings.hub else None),
            hub=hub_door(settings, neighbours, deployment, database, clock),
            open_on=partial(open_destinations, settings, versions, database, deployment, clock),
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


async def heartbeat_of(  # noqa: PLR0913 - a node, and until when it lives
    settings: Settings,
    role: str,
    database: Database,
    dispatcher: Dispatcher,
    clock: Callable[[], datetime],
    closing: AsyncExitStack,
) -> Heartbeat:
    """The signs of life of this node, from now until the house is closed."""
    every = settings.watch.heartbeat_seconds
    heartbeat = Heartbeat(database, role, clock, links(settings), dispatcher.tally, VERSION, every)
    await heartbeat.beat()
    closing.push_async_callback(heartbeat.end)
    return heartbeat


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
    database: Database,
    deployment: DeploymentRules,
    clock: Callable[[], datetime],
    closing: AsyncExitStack,
    transports: Mapping[str, httpx.AsyncBaseTransport] | None,
) -> dict[str, Destination]:
    """Every destination, as the dispatcher sends to it."""
    opened = open_neighbours(settings, versions, closing, clock=clock, transports=transports)
    return as_sent_to(opened, versions, database, deployment, clock)


def as_sent_to(
    neighbours: Neighbours,
    versions: Versions,
    database: Database,
    deployment: DeploymentRules,
    clock: Callable[[], datetime],
) -> dict[str, Destination]:
    """The destinations as the dispatcher sends to them: counts counted, documents mapped by the version in force."""
    return {
        name: SendingDestination(adapter, versions, database, deployment, clock)
        for name, adapter in neighbours.destinations.items()
    }


def file_sets_of(settings: Settings) -> FileSets:
    """The folders of the deployment's mapping files."""
    own = [folder for folder in settings.mapping_dirs if folder.resolve() != mapping.SHIPPED]
    return FileSets(own, settings.hub.models_dir if settings.hub else None, settings.trade.timezone)


def load_mappings(settings: Settings) -> mapping.Catalogue:
    """The product's mapping files and the deployment's, as they lie. Raises `MappingFaultsError` with every fault."""
    file_sets = file_sets_of(settings)
    return mapping.load_catalogue(mapping.SHIPPED, *file_sets.folders, zone=file_sets.zone)


def checked_file_sets(settings: Settings) -> FileSets:
    """The same, what lies there compiled: faulty files are told before anything is opened. Raises `MappingFaultsError`."""
    file_sets = file_sets_of(settings)
    file_sets.load(file_sets.on_disk())
    return file_sets


def standing(settings: Settings) -> Versions:
    """What the settings choose, before anybody decided otherwise. Raises `MappingFaultsError`, `UnknownMappingError`."""
    file_sets = checked_file_sets(settings)
    return Versions(settings.uses, file_sets, file_sets.on_disk())


def deployment_rules(settings: Settings, law: Versions) -> DeploymentRules:
    """What intake needs to know of this deployment; the law is always that of the files in force."""
    check_agreements(settings, law.catalogue)
    names = tuple(neighbours_of(settings))
    return DeploymentRules(
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
    settings: Settings,
    neighbours: Neighbours,
    deployment: DeploymentRules,
    database: Database,
    clock: Callable[[], datetime],
) -> HubDoor | None:
    """The door of the Hub Santé, closed until somebody opens it."""
    if settings.hub is None or neighbours.hub is None:
        return None
    return HubDoor(settings.hub, neighbours.hub, deployment, database, clock, settings.watch.alarm_link_seconds)


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
            name: timedelta(seconds=platform.expiry_seconds)
            for name, platform in settings.platforms.items()
            if platform.expiry_seconds is not None
        },
        structures={
            name: frozenset(platform.structures) for name, platform in settings.platforms.items() if platform.structures
        },
    )
