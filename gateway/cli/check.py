"""`passerelle check`: settings, mappings, database, neighbours; each with what to do when it is wrong."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from gateway import migrations
from gateway.bootstrap import deployment_rules, standing
from gateway.cli.console import explain_mappings, read_settings, run, say, with_settings
from gateway.neighbours import links, neighbours_of, open_neighbours
from gateway.operations.unreadable import count_by_kind
from gateway.runtime.heartbeat import answers
from gateway.settings.exposure import exposures
from gateway.settings.refusals import refusals
from mapping import MappingFaultsError, UnknownMappingError
from outbox.database.database import open_database

if TYPE_CHECKING:
    import argparse

    from gateway.settings.settings import Settings


NAMES = {
    "requests": "demandes d’intervention en cours",
    "messages": "envois qui attendent",
    "victims": "fiches des événements ouverts",
    "unknown_persons": "personnes dont parle un voisin",
}


def declare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command."""
    parser = commands.add_parser("check", help="vérifier réglages, correspondances, base et voisins")
    with_settings(parser)
    parser.set_defaults(run=command)


def command(arguments: argparse.Namespace) -> int:
    """Exit code 0 when everything is right, 1 when a neighbour does not answer or something travels in clear, 2 when the house cannot start."""
    settings = read_settings(arguments.settings)
    if settings is None:
        return 2
    refused = refusals(settings)
    for refusal in refused:
        say(f"réglages          {refusal}")
    if refused:
        return 2
    say("réglages          bons")
    if not (_mappings(settings) and _database(settings)):
        return 2
    exposed = exposures(settings, links(settings))
    for exposure in exposed:
        say(f"exposition        {exposure}")
    return max(run(_neighbours(settings)), run(_unreadable(settings)), 1 if exposed else 0)


def _mappings(settings: Settings) -> bool:
    try:
        deployment_rules(settings, standing(settings))
    except MappingFaultsError as error:
        explain_mappings(error)
        return False
    except UnknownMappingError as error:
        say(f"correspondances   {error}. Vérifier [mappings] et [destinations] dans les réglages.")
        return False
    say("correspondances   bonnes")
    return True


def _database(settings: Settings) -> bool:
    try:
        migrations.upgrade(settings.store.url)
        at = migrations.revision(settings.store.url)
    except (SQLAlchemyError, OSError, ValueError) as error:
        say(f"base              injoignable ({type(error).__name__}). Vérifier store.url, le serveur et les droits.")
        return False
    say(f"base              à jour ({at})")
    return True


async def _unreadable(settings: Settings) -> int:
    """1 where the base keeps rows that nobody can read."""
    database = open_database(settings.store.url, seal=settings.store.seal())
    try:
        counted = await database.read(count_by_kind)
    finally:
        await database.close()
    unreadable = {kind: rows for kind, rows in counted.items() if rows}
    for kind, rows in unreadable.items():
        say(f"lignes illisibles {NAMES[kind]} : {rows}. Remettre dans store.seal_keys la clé qui les a scellées.")
    return 1 if unreadable else 0


async def _neighbours(settings: Settings) -> int:
    worst = 0
    async with AsyncExitStack() as closing:
        neighbours = open_neighbours(settings, standing(settings), closing)
        reached = neighbours_of(settings)
        for name in neighbours.destinations:
            if await answers(reached[name].link.url):
                say(f"{name:17} joignable")
            else:
                say(
                    f"{name:17} ne répond pas. Vérifier l’adresse, le réseau, le certificat. Rien ne se perd en attendant."
                )
                worst = max(worst, 1)
    return worst
