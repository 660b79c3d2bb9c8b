"""`passerelle serve`: doors, dispatcher and scheduler, in one process."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, make_url

from domain.mode import Mode
from gateway.app import create_app
from gateway.bootstrap import build
from gateway.cli.console import complain, explain_mappings, read_settings, run, say, set_up_log, with_settings
from gateway.doors.neighbours.mllp import mllp_listening
from gateway.jobs import jobs
from gateway.neighbours import links
from gateway.serving import serving, settle_memory, until_told_to_stop
from gateway.settings.exposure import exposures
from gateway.settings.refusals import refusals
from mapping import MappingFaultsError
from outbox.database.engines import lock_file
from scheduler.runner import running

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Iterator

    from gateway.runtime import Runtime
    from gateway.settings.settings import Settings


log = logging.getLogger("gateway.serve")
MODES = {Mode.ACTUAL: "RÉEL", Mode.EXERCISE: "EXERCICE"}


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
    refused = refusals(settings)
    if refused:
        complain("La passerelle ne démarre pas avec ces réglages :")
        for refusal in refused:
            complain(f"  {refusal}")
        return 2
    set_up_log(settings.log_level)
    for exposure in exposures(settings, links(settings)):
        complain(exposure)
    try:
        with alone(settings.store.url):
            run(_serve(settings))
    except AlreadyServedError as error:
        complain(str(error))
        return 2
    except MappingFaultsError as error:
        explain_mappings(error)
        return 2
    return 0


class AlreadyServedError(Exception):
    """Another process serves this SQLite file."""


@contextmanager
def alone(url: str) -> Iterator[None]:
    """Serve a SQLite file as its only gateway: two would each send, count and alarm. Raises `AlreadyServedError`.

    PostgreSQL is where several nodes meet; Windows has no such lock.
    """
    place = make_url(url)
    if place.get_backend_name() != "sqlite" or not place.database or sys.platform == "win32":
        yield
        return
    Path(place.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url)
    lock = lock_file(engine, "serve")
    engine.dispose()
    if lock is None:
        raise AlreadyServedError(
            f"Une autre passerelle sert déjà la base {place.database} : une seule par fichier SQLite. "
            "Arrêter l’autre, donner une autre base (store.url), ou passer à PostgreSQL pour plusieurs nœuds."
        )
    try:
        yield
    finally:
        os.close(lock)


async def _serve(settings: Settings) -> None:
    async with open_house(settings) as (_, url):
        settle_memory()
        say(f"Passerelle à l’écoute, mode {MODES[settings.mode]} : {url}")
        say(f"Pages : {url}/ (dénombrement), {url}/console/veille.html (veille), {url}/console/studio.html (atelier)")
        if not links(settings):
            say(
                "Aucun voisin n’est relié : rien ne partira. Écrire [sinus.link], [sivic.link], [lrm.link]… dans les réglages."
            )
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
            async with running(jobs(runtime), runtime.heartbeat.timetable):
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
            trusted_proxies=server.trusted_proxies,
            limits=settings.limits.limits(),
        )
        async with listening as port, mllp_listening(runtime) as mllp_ports:
            for key, mllp_port in mllp_ports.items():
                log.info("mllp.listening hospital=%s port=%s", key, mllp_port)
            scheme = "https" if server.certificate else "http"
            try:
                yield runtime, f"{scheme}://{server.host}:{port}"
            finally:
                # Long answers end before the server waits for them.
                runtime.stopping.set()
                runtime.bell.ring()
