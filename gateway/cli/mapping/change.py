"""`passerelle mapping`: the verbs that change something: put a version in force, go back, add a pair, scaffold a file.

Every decision has a name and a reason. Exit codes as in `mapping`.
"""

from __future__ import annotations

import getpass
import json
from typing import TYPE_CHECKING, Any

from gateway import migrations
from gateway.bootstrap import shelf_of
from gateway.cli.console import complain, explain_mappings, on_register, read_settings, run, say, with_settings
from gateway.clock import now
from gateway.mappings.activation import LAST, ActivationError, Integration, Wanted, activate, roll_back, try_out
from gateway.mappings.versions import FILES, open_versions
from gateway.register.mappings.versions import Mappings
from mapping import MappingFaultsError, UnknownMappingError
from outbox.database.database import open_database
from outbox.sql import SqlStore

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable

    from gateway.settings.settings import Settings

WHAT = "tables et listes d’accès des dossiers, telles qu’elles y sont"


def declare(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verbs."""
    activating = verbs.add_parser(
        "activate", help="mettre une version en vigueur, essayée d’abord sur les derniers messages"
    )
    activating.add_argument(
        "use", metavar="emploi", help=f"destination et sujet : sivic.victim ; ou « {FILES} » : {WHAT}"
    )
    activating.add_argument(
        "name", metavar="correspondance", nargs="?", default="", help="par exemple sivic/personne@2"
    )
    activating.add_argument("--dry-run", action="store_true", help="essayer seulement, sur les derniers messages")
    activating.add_argument("--last", type=int, default=LAST, metavar="N", help="messages d’essai")
    activating.add_argument("--force", action="store_true", help="même si elle refuse un des derniers messages")
    activating.set_defaults(run=put_in_force)
    back = verbs.add_parser("rollback", help="revenir à la version précédente")
    back.add_argument("use", metavar="emploi")
    back.set_defaults(run=put_back)
    for verb in (activating, back):
        verb.add_argument("--why", required=verb is back, help="pourquoi ; gardé avec votre nom")
        verb.add_argument("--by", default=getpass.getuser(), help="qui décide (votre compte par défaut)")
    past = verbs.add_parser("history", help="décisions : qui, quand, pourquoi")
    past.set_defaults(run=show_history)
    unknown = verbs.add_parser("unknown", help="codes absents des tables : combien de fois, et la dernière")
    unknown.set_defaults(run=show_unknown)
    for verb in (activating, back, past, unknown):
        verb.add_argument("--json", action="store_true", help="répondre en JSON")
        with_settings(verb)


def put_in_force(arguments: argparse.Namespace) -> int:
    """Another version, or the files as they are; with `--dry-run`, what that would change."""
    if not arguments.why and not arguments.dry_run:
        complain("Une décision se justifie : « --why ».")
        return 2
    if bool(arguments.name) == (arguments.use == FILES):
        complain(f"Une correspondance pour un emploi ; aucune pour « {FILES} ».")
        return 2

    async def work(house: Integration) -> int:
        if arguments.dry_run:
            told = await try_out(house, arguments.use, arguments.name, arguments.last)
            data = {"ok": told.ok, "use": arguments.use, "mapping": arguments.name, "trial": told.data}
            say(json.dumps(data, ensure_ascii=False) if arguments.json else told.text)
            return 0 if told.ok else 1
        wanted = Wanted(arguments.use, arguments.by, arguments.why, now())
        trial = await activate(house, wanted, arguments.name, force=arguments.force, last=arguments.last)
        if arguments.json:
            said = {"ok": True, "use": arguments.use, "mapping": arguments.name, "trial": trial.data}
            say(json.dumps(said, ensure_ascii=False))
        else:
            say(trial.text)
            say(f"En vigueur pour {arguments.use} : {house.versions.current[arguments.use]}.")
        return 0

    return _deciding(arguments, work)


def put_back(arguments: argparse.Namespace) -> int:
    """The version before."""

    async def work(house: Integration) -> int:
        name = await roll_back(house, Wanted(arguments.use, arguments.by, arguments.why, now()))
        told = {"ok": True, "use": arguments.use, "mapping": name}
        say(json.dumps(told) if arguments.json else f"En vigueur pour {arguments.use} : {name}.")
        return 0

    return _deciding(arguments, work)


def show_history(arguments: argparse.Namespace) -> int:
    """Every decision, the newest first."""
    found = on_register(arguments.settings, lambda register: Mappings(register.connection).history())
    if found is None:
        return 2
    rows: list[dict[str, Any]] = [
        {"at": one.at.isoformat(timespec="seconds"), "use": one.use, "mapping": one.mapping, "previous": one.previous}
        | {"kind": one.kind, "by": one.by, "why": one.why}
        for one in reversed(found)
    ]
    if arguments.json:
        say(json.dumps({"decisions": rows}, ensure_ascii=False))
    for row in () if arguments.json else rows:
        say(f"{row['at']}  {row['use']} : {row['previous'] or 'rien'} → {row['mapping']}  ({row['by']}) {row['why']}")
    return 0


def show_unknown(arguments: argparse.Namespace) -> int:
    """Codes that no table had."""
    found = on_register(arguments.settings, lambda register: Mappings(register.connection).unknown())
    if found is None:
        return 2
    rows = [
        {"table": one.table, "code": one.code, "times": one.times, "last_at": one.last_at.isoformat()} for one in found
    ]
    if arguments.json:
        say(json.dumps({"codes": rows}, ensure_ascii=False))
    for row in () if arguments.json else rows:
        say(f"{row['table']} « {row['code']} » : {row['times']} fois, la dernière le {row['last_at']}")
    if not rows and not arguments.json:
        say("Aucun code inconnu.")
    return 0


def _deciding(arguments: argparse.Namespace, work: Callable[[Integration], Awaitable[int]]) -> int:
    settings = read_settings(arguments.settings)
    if settings is None:
        return 2
    try:
        return run(_on_house(settings, work))
    except MappingFaultsError as error:
        explain_mappings(error)
    except (ActivationError, UnknownMappingError) as error:
        complain(str(error))
    return 1


async def _on_house(settings: Settings, work: Callable[[Integration], Awaitable[int]]) -> int:
    shelf = shelf_of(settings)
    migrations.upgrade(settings.store.url)
    database = open_database(settings.store.url, seal=settings.store.seal())
    try:
        versions = await open_versions(settings.uses, shelf, database, now)
        return await work(Integration(versions, database, SqlStore(database, clock=now)))
    finally:
        await database.close()
