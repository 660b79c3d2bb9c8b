"""`passerelle jobs`: how each job of the living nodes stands, and asking for one run now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gateway.bootstrap import build
from gateway.cli.console import by_terminal, complain, explain_mappings, read_settings, run, say, with_settings
from gateway.operations.jobs import UnknownJobError, order, standing
from mapping import MappingFaultsError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable

    from gateway.runtime import Runtime

    Verb = Callable[[Runtime, argparse.Namespace], Awaitable[int]]

STATES = {"done": "fait", "failed": "EN ÉCHEC", "running": "en cours", "never": "pas encore"}


def declare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verbs."""
    family = commands.add_parser("jobs", help="travaux réguliers : voir, lancer maintenant")
    verbs = family.add_subparsers(dest="verb", required=True, metavar="verbe")

    def verb(name: str, help_: str, work: Verb) -> argparse.ArgumentParser:
        parser = verbs.add_parser(name, help=help_)
        with_settings(parser)
        parser.set_defaults(run=lambda arguments: command(arguments, work))
        return parser

    showing = verb("list", "chaque travail : dernier passage, durée, résultat, prochain ; code 1 si l’un échoue", show)
    showing.add_argument("--json", action="store_true", help="un objet")
    asking = verb("run", "demander un passage maintenant ; un nœud vivant le prend en quelques secondes", ask)
    asking.add_argument("job", help="nom du travail, tel que « list » le donne")


def command(arguments: argparse.Namespace, work: Verb) -> int:
    """Run a verb on the base of the settings, beside the running nodes; 2 when it cannot be opened."""
    settings = read_settings(arguments.settings)
    if settings is None:
        return 2

    async def opened() -> int:
        async with build(settings, role="cli") as runtime:
            return await work(runtime, arguments)

    try:
        return run(opened())
    except MappingFaultsError as error:
        explain_mappings(error)
        return 2


async def show(runtime: Runtime, arguments: argparse.Namespace) -> int:
    """Every job of the living nodes."""
    jobs = await standing(runtime)
    if arguments.json:
        say(json.dumps({"jobs": jobs}, ensure_ascii=False, indent=2))
    elif not jobs:
        say("Aucun nœud ne sert sur cette base : aucun travail ne tourne.")
    else:
        for job in jobs:
            for node in job["runs"]:
                say(line(job, node))
    return 1 if any(job["state"] == "failed" for job in jobs) else 0


def line(job: dict[str, Any], node: dict[str, Any]) -> str:
    """One job on one node."""
    took = f"{node['seconds']:.2f} s" if node["seconds"] is not None else "–"
    error = f" ({node['error']})" if node["error"] else ""
    return (
        f"{job['job']:16}{STATES[node['state']] + error:22}{took:>9}  "
        f"{node['started_at'] or '–':34}{node['next_at'] or '–':34}{node['node']}"
    )


async def ask(runtime: Runtime, arguments: argparse.Namespace) -> int:
    """One run, now."""
    try:
        await order(runtime, arguments.job, by_terminal())
    except UnknownJobError:
        names = ", ".join(job["job"] for job in await standing(runtime)) or "aucun, aucun nœud ne sert"
        complain(f"Aucun nœud vivant n’a de travail « {arguments.job} ». Travaux : {names}.")
        return 2
    say(f"{arguments.job} : demandé, un nœud le prend dans les secondes qui viennent.")
    return 0
