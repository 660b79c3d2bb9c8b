"""`passerelle work`: one more node that sends, beside those that serve; on PostgreSQL, where nodes share the work."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sqlalchemy import make_url

from gateway.bootstrap import build
from gateway.cli.console import complain, explain_mappings, read_settings, run, say, set_up_log, with_settings
from gateway.jobs import heartbeat_jobs
from gateway.serving import settle_memory, until_told_to_stop
from gateway.settings.refusals import refusals
from mapping import MappingFaultsError
from scheduler.runner import running

if TYPE_CHECKING:
    import argparse

    from gateway.settings.settings import Settings


def declare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command."""
    parser = commands.add_parser("work", help="envoyer, sans ouvrir de porte : un nœud de plus (PostgreSQL)")
    with_settings(parser)
    parser.set_defaults(run=command)


def command(arguments: argparse.Namespace) -> int:
    """Send until told to stop."""
    settings = read_settings(arguments.settings)
    if settings is None:
        return 2
    refused = refusals(settings)
    for refusal in refused:
        complain(str(refusal))
    if refused:
        return 2
    if make_url(settings.store.url).get_backend_name() != "postgresql":
        complain("« work » ajoute un nœud à une base PostgreSQL ; avec SQLite, « serve » fait tout dans un processus.")
        return 2
    set_up_log(settings.log_level)
    try:
        run(_work(settings))
    except MappingFaultsError as error:
        explain_mappings(error)
        return 2
    return 0


async def _work(settings: Settings) -> None:
    async with build(settings, role="work") as runtime:
        stop = asyncio.Event()
        sending = asyncio.create_task(runtime.dispatcher.run(stop))
        async with running(heartbeat_jobs(runtime), runtime.heartbeat.timetable):
            settle_memory()
            say(f"Nœud d’envoi au travail : {runtime.database.owner}")
            await until_told_to_stop()
        stop.set()
        await sending
