"""The outbox as a command sees it: the desk on the database of the settings, and how to rehearse a sending."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from gateway import clock, migrations
from gateway.after_delivery import consequences
from gateway.bootstrap import deployment_rules, file_sets_of, open_destinations
from gateway.cli.console import by_terminal, explain_mappings, read_settings, run
from gateway.mappings.versions import open_versions
from gateway.operations.alarms import with_expiry_alarm
from mapping import MappingFaultsError
from outbox.database.database import open_database
from outbox.sql import SqlStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.mappings.dry_run import Open
    from gateway.settings.settings import Settings
    from outbox.database.database import Database


@dataclass(frozen=True, slots=True)
class OpenOutbox:
    """What the verbs work on."""

    store: SqlStore
    database: Database
    settings: Settings
    destinations: tuple[str, ...]
    open_on: Open
    who: str
    deployment: DeploymentRules


def on_desk(path: str | None, work: Callable[[OpenOutbox], Awaitable[int]]) -> int:
    """Run a verb on the desk of the settings at `path`, its tables up to date; gives its exit code, 2 where there is no desk."""
    settings = read_settings(path)
    if settings is None:
        return 2
    migrations.upgrade(settings.store.url)

    async def opened() -> int:
        async with open_desk(settings) as desk:
            return await work(desk)

    try:
        return run(opened())
    except MappingFaultsError as error:
        explain_mappings(error)
        return 2


@asynccontextmanager
async def open_desk(settings: Settings) -> AsyncIterator[OpenOutbox]:
    """The desk, open."""
    file_sets = file_sets_of(settings)
    async with AsyncExitStack() as closing:
        database = open_database(settings.store.url, seal=settings.store.seal())
        closing.push_async_callback(database.close)
        versions = await open_versions(settings.uses, file_sets, database, clock.now)
        deployment = deployment_rules(settings, versions)
        store = SqlStore(database, clock=clock.now, aftermath=with_expiry_alarm(consequences(deployment)))
        yield OpenOutbox(
            store,
            database,
            settings,
            deployment.destinations,
            partial(open_destinations, settings, versions, database, deployment, clock.now),
            by_terminal(),
            deployment,
        )
