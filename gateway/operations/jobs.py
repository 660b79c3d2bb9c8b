"""The regular work of every node as people see it: each job's last run, next run, duration and result; and a run asked for now.

Each node says in its heartbeat what became of its jobs. A run that a person asks for waits as an order in the base, so that it
can be asked at any node or from the terminal, and is taken by a node that may run it: the leader where the job is one node's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gateway.runtime import heartbeat
from outbox.sql import nodes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from gateway.register import Register
    from gateway.runtime import Runtime
    from outbox.desk import Node

LABELS: Final = {
    "reconcile": "Comparer chaque événement avec SINUS et SI-VIC",
    "forget": "Oublier réponses, lignes de flux et sessions passées",
    "retain": "Retirer ce qui a été gardé assez longtemps",
    "alarms": "Chercher ce qui doit alarmer",
    "unreadable": "Compter ce que personne ne peut lire",
    "orders": "Lancer ce qui est demandé ici",
    "mappings": "Prendre les décisions de l’atelier",
    "heartbeat": "Dire que le nœud vit",
    "links": "Vérifier que chaque voisin répond",
    "hub": "Reprendre les messages du Hub Santé qui attendent",
    "interventions": "Suivre les demandes d’intervention",
}
"""Name of a job → what it does, in French; a poll of news is named by its neighbour."""
NEWS: Final = "news."
GRAVEST: Final = ("failed", "running", "never", "done")


class UnknownJobError(Exception):
    """No living node has a job of that name."""


def label(name: str) -> str:
    """What a job does, for a person."""
    return f"Lire les nouvelles de {name.removeprefix(NEWS)}" if name.startswith(NEWS) else LABELS.get(name, name)


async def standing(runtime: Runtime) -> list[dict[str, Any]]:
    """Every job of the living nodes, by name; each with what each node says of it, the gravest first.

    Of a job that one node does, only the leader's runs count.
    """
    known = await runtime.database.read(nodes.nodes)
    living = heartbeat.alive(known, runtime.clock(), runtime.settings.watch.heartbeat_seconds)
    waiting = await runtime.read(lambda register: register.job_orders.waiting())
    return [_view(name, living, ordered=name in waiting) for name in sorted(set(_names(living)))]


async def order(runtime: Runtime, name: str, by: str) -> None:
    """Ask for one run now, and write down who did. Raises `UnknownJobError`."""
    known = await runtime.database.read(nodes.nodes)
    if name not in _names(heartbeat.alive(known, runtime.clock(), runtime.settings.watch.heartbeat_seconds)):
        raise UnknownJobError(name)
    now = runtime.clock()

    def work(register: Register) -> None:
        register.job_orders.ask(name, by, now)
        register.audit.note(by, "job.asked", name, now)

    await runtime.write(work)


async def follow_orders(runtime: Runtime) -> None:
    """Take the orders of jobs that this node may run, and run them."""
    waiting = await runtime.read(lambda register: register.job_orders.waiting())
    if not waiting:
        return
    leads, timetable = await runtime.heartbeat.leads(), runtime.heartbeat.timetable
    mine = [name for name in waiting if (state := timetable.states.get(name)) and (leads or not state.alone)]
    taken = await runtime.write(lambda register: [name for name in mine if register.job_orders.take(name)])
    for name in taken:
        timetable.hasten(name)


def failing(living: Sequence[Node]) -> dict[str, dict[str, Any]]:
    """Name of each job whose last run failed on some living node → what is said of it."""
    return {
        name: {"job": name, "label": label(name), "error": facts["error"], "node": node.name}
        for node in living
        for name, facts in node.facts.get("jobs", {}).items()
        if facts.get("error")
    }


def _names(living: Sequence[Node]) -> Iterator[str]:
    return (name for node in living for name in node.facts.get("jobs", {}))


def _view(name: str, living: Sequence[Node], *, ordered: bool) -> dict[str, Any]:
    leader = next((node.name for node in living if node.role == "serve"), None)
    runs = [(node, node.facts["jobs"][name]) for node in living if name in node.facts.get("jobs", {})]
    runs = [(node, facts) for node, facts in runs if not facts["alone"] or node.name == leader] or runs
    shown = [_run(node, facts) for node, facts in runs]
    shown.sort(key=lambda run: GRAVEST.index(run["state"]))
    first = runs[0][1]
    return {
        "job": name,
        "label": label(name),
        "every_seconds": first["every"],
        "one_node": first["alone"],
        "ordered": ordered,
        "state": shown[0]["state"],
        "runs": shown,
    }


def _run(node: Node, facts: dict[str, Any]) -> dict[str, Any]:
    started: datetime | None = facts["started_at"]
    state = "running" if facts["running"] else "never" if started is None else "failed" if facts["error"] else "done"
    return {
        "node": node.name,
        "role": node.role,
        "state": state,
        "started_at": started,
        "seconds": facts["seconds"],
        "error": facts["error"],
        "runs": facts["runs"],
        "failures": facts["failures"],
        "next_at": facts["next_at"],
    }
