"""Doors of the regular work: how each job stands on the living nodes, and one run asked for now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.doors.http.problems import ProblemError
from gateway.doors.http.reply import Reply
from gateway.operations import jobs as work

if TYPE_CHECKING:
    from gateway.doors.http.door import Call


async def jobs(call: Call) -> Reply:
    """Every job of the living nodes."""
    return Reply(200, {"jobs": await work.standing(call.runtime)})


async def run(call: Call) -> Reply:
    """Ask for one run now; a node that may run it takes the order within seconds."""
    try:
        await work.order(call.runtime, call.path["job"], call.principal.author)
    except work.UnknownJobError:
        raise ProblemError(404, "travail_inconnu", "Aucun nœud vivant n’a de travail de ce nom.") from None
    return Reply(202, {"job": call.path["job"], "ordered": True})
