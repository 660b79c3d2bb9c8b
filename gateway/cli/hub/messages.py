"""The verbs of `passerelle hub` that work on the database: a message to a partner, the timeline of a case.

They refuse what the doors refuse, with the same words, and send nothing themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from domain.errors import RuleError
from gateway import clock
from gateway.cli.console import complain, say
from gateway.cli.outbox.store import on_desk
from gateway.doors.http.problems import ProblemError, invalid_document
from gateway.doors.http.refusals import as_problem
from gateway.doors.hub.table import SAID
from gateway.hub.say import say as queue
from gateway.hub.timeline import case_view
from gateway.register import Register

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable

    from gateway.cli.outbox.store import OpenOutbox
    from gateway.doors.http.problems import Problem


def send(arguments: argparse.Namespace) -> int:
    """Queue one document."""
    if arguments.message not in SAID:
        complain(f"Message inconnu ; connus : {', '.join(SAID)}.")
        return 2
    try:
        document = SAID[arguments.message][0].model_validate_json(arguments.file.read_bytes())
    except ValidationError as error:
        return _refused(invalid_document(error).problem)
    except OSError as error:
        complain(f"{arguments.file} : {error.strerror or 'lecture impossible'}.")
        return 2

    async def work(desk: OpenOutbox) -> int:
        hub = desk.settings.hub
        mode = hub.link.mode if hub else desk.settings.mode
        now = clock.now()
        queued = await desk.database.write(
            lambda connection: queue(Register(connection), desk.deployment, mode, document, now)
        )
        say(f"{queued.type} en attente d’envoi : {queued.id} (suivre : passerelle outbox show {queued.id})")
        return 0

    return _answered(arguments, work)


def case(arguments: argparse.Namespace) -> int:
    """Show one case, the oldest line first."""

    async def work(desk: OpenOutbox) -> int:
        def read(connection: Any) -> dict[str, Any] | None:  # noqa: ANN401 - a SQL connection
            register = Register(connection)
            hub_case = register.hub.case(arguments.case_id)
            return None if hub_case is None else case_view(register, hub_case)

        shown = await desk.database.read(read)
        if shown is None:
            complain("Ce dossier n’est pas connu de la passerelle.")
            return 1
        say(
            f"{shown['case_id']} · partenaire {shown['partner'] or 'inconnu'} · responsable {shown['owner'] or 'inconnu'}"
        )
        for step in shown["timeline"]:
            say(_line(step))
        return 0

    return _answered(arguments, work)


def _line(step: dict[str, Any]) -> str:
    if step["way"] == "received":
        code = f" ({step['code']})" if step["code"] else ""
        return f"{step['at']}  ← {step['type'] or 'inconnu'} de {step['by'] or 'inconnu'} : {step['word']}{code}"
    stages = " · ".join(f"{stage['word']} {stage['at'] or '—'}" for stage in step["stages"])
    troubles = "".join(f" ; {each['word']} {each['code'] or ''}".rstrip() for each in step["troubles"])
    return f"{step['at']}  → {step['type'] or 'inconnu'} : {stages}{troubles}"


def _answered(arguments: argparse.Namespace, work: Callable[[OpenOutbox], Awaitable[int]]) -> int:
    try:
        return on_desk(arguments.settings, work)
    except (ProblemError, RuleError) as refusal:
        return _refused(as_problem(refusal).problem)


def _refused(problem: Problem) -> int:
    complain(f"{problem.title} {problem.detail}".strip())
    for fault in problem.faults:
        complain(f"  {fault.field} : {fault.title} {fault.expected}".rstrip())
    return 1
