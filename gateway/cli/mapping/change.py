"""`passerelle mapping`: the verbs that change something: put a version in force, go back, add a pair, scaffold a file.

Every decision has a name and a reason. Exit codes as in `mapping`.
"""

from __future__ import annotations

import getpass
import json
from typing import TYPE_CHECKING, Any

from gateway import migrations
from gateway.bootstrap import file_sets_of
from gateway.cli.console import complain, explain_mappings, on_register, read_settings, run, say, with_settings
from gateway.clock import now
from gateway.mappings.activation import (
    LAST,
    ActivationError,
    ActivationRequest,
    Integration,
    activate,
    roll_back,
    try_out,
)
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

    async def work(integration: Integration) -> int:
        if arguments.dry_run:
            trial_made = await try_out(integration, arguments.use, arguments.name, arguments.last)
            data = {"ok": trial_made.ok, "use": arguments.use, "mapping": arguments.name, "trial": trial_made.data}
            say(json.dumps(data, ensure_ascii=False) if arguments.json else trial_made.text)
            return 0 if trial_made.ok else 1
        wanted = ActivationRequest(arguments.use, arguments.by, arguments.why, now())
        trial = await activate(integration, wanted, arguments.name, force=arguments.force, last=arguments.last)
        if arguments.json:
            document = {"ok": True, "use": arguments.use, "mapping": arguments.name, "trial": trial.data}
            say(json.dumps(document, ensure_ascii=False))
        else:
            say(trial.text)
            say(f"En vigueur pour {arguments.use} : {integration.versions.current[arguments.use]}.")
        return 0

    return _deciding(arguments, work)


def put_back(arguments: argparse.Namespace) -> int:
    """The version before."""

    async def work(integration: Integration) -> int:
        name = await roll_back(integration, ActivationRequest(arguments.use, arguments.by, arguments.why, now()))
        document = {"ok": True, "use": arguments.use, "mapping": name}
        say(json.dumps(document) if arguments.json else f"En vigueur pour {arguments.use} : {name}.")
        return 0

    return _deciding(arguments, work)


def show_history(arguments: argparse.Namespace) -> int:
    """Every decision, the newest first."""
    decisions = on_register(arguments.settings, lambda register: Mappings(register.connection).history())
    if decisions is None:
        return 2
    rows: list[dict[str, Any]] = [
        {
            "at": decision.at.isoformat(timespec="seconds"),
            "use": decision.use,
            "mapping": decision.mapping,
            "previous": decision.previous,
        }
        | {"kind": decision.kind, "by": decision.by, "why": decision.why}
        for decision in reversed(decisions)
    ]
    if arguments.json:
        say(json.dumps({"decisions": rows}, ensure_ascii=False))
    for row in () if arguments.json else rows:
        say(f"{row['at']}  {row['use']} : {row['previous'] or 'rien'} → {row['mapping']}  ({row['by']}) {row['why']}")
    return 0


def show_unknown(arguments: argparse.Namespace) -> int:
    """Codes that no table had."""
    unknown = on_register(arguments.settings, lambda register: Mappings(register.connection).unknown())
    if unknown is None:
        return 2
    rows = [
        {"table": code.table, "code": code.code, "times": code.times, "last_at": code.last_at.isoformat()}
        for code in unknown
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
    file_sets = file_sets_of(settings)
    migrations.upgrade(settings.store.url)
    database = open_database(settings.store.url, seal=settings.store.seal())
    try:
        versions = await open_versions(settings.uses, file_sets, database, now)
        return await work(Integration(versions, database, SqlStore(database, clock=now)))
    finally:
        await database.close()
