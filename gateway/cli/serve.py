"""`passerelle serve`: doors, dispatcher and scheduler, in one process."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from gateway.app import create_app
from gateway.bootstrap import build
from gateway.cli.console import explain_mappings, read_settings, run, say, set_up_log, with_settings
from gateway.jobs import jobs
from gateway.serving import serving, settle_memory, until_told_to_stop
from mapping import MappingFaultsError
from scheduler.runner import running

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator

    from gateway.runtime import Runtime
    from gateway.settings.settings import Settings


def declare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command."""
    parser = commands.add_parser("serve", help="ouvrir les portes et envoyer")
    with_settings(parser)
    parser.set_defaults(run=command)


def command(arguments: argparse.Namespace) -> int:
    """Serve until told to stop."""
    settings = read_settings(arguments.settings)
    if settings is None:
        return 2
    set_up_log(settings.log_level)
    try:
        run(_serve(settings))
    except MappingFaultsError as error:
        explain_mappings(error)
        return 2
    return 0


async def _serve(settings: Settings) -> None:
    async with open_house(settings) as (_, url):
        settle_memory()
        say(f"Passerelle à l’écoute : {url}")
        await until_told_to_stop()


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[tuple[Runtime, str]]:
    """The whole gateway, listening and sending; gives its address."""
    server = settings.server
    async with build(settings) as runtime:

        @asynccontextmanager
        async def beside() -> AsyncIterator[None]:
            stop = asyncio.Event()
            sending = asyncio.create_task(runtime.dispatcher.run(stop))
            if runtime.hub:
                runtime.hub.open(runtime.bell.ring)
            async with running(jobs(runtime)):
                yield
            runtime.stopping.set()
            stop.set()
            await sending

        listening = serving(
            create_app(runtime, beside),
            server.host,
            server.port,
            certificate=server.certificate,
            private_key=server.private_key,
            client_ca=server.client_ca,
            limits=settings.limits.limits(),
        )
        async with listening as port:
            scheme = "https" if server.certificate else "http"
            try:
                yield runtime, f"{scheme}://{server.host}:{port}"
            finally:
                # Long answers end before the server waits for them.
                runtime.stopping.set()
                runtime.bell.ring()
