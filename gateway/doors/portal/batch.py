"""Late back-entry: many operations in one NDJSON body, each with its own date, each judged and answered on its own line.

A bad line spoils nothing but itself. A long batch is written in slices, between which others are served; a crash leaves whole
slices, and a retry of the same batch with its Idempotency-Key answers those again and goes on with the rest.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import ValidationError
from sqlalchemy.exc import DataError
from starlette.responses import Response

from domain.errors import RuleError
from domain.source import Source
from domain.victim.observation import Stamp
from gateway.doors.http import problems
from gateway.doors.http.json_body import read_json
from gateway.doors.http.problems import FieldFault, Problem, ProblemError
from gateway.doors.http.refusals import as_problem
from gateway.doors.http.reply import Reply
from gateway.doors.http.schemas import IDENTIFIER
from gateway.doors.portal.operations import OPERATIONS
from gateway.flow.accept import accept, refuse_other_mode
from gateway.flow.compartments import event_for
from gateway.ids import new_id

if TYPE_CHECKING:
    from domain.event import Event
    from gateway.doors.http.door import Call
    from gateway.doors.http.schemas import AuthoredBody
    from gateway.register import Register

MOST_LINES = 10_000
SLICE = 100
"""Lines of one transaction: some tens of milliseconds, which is as long as a click may have to wait behind it."""


async def batch(call: Call) -> Response:
    """One result line per line received, in the same order."""
    lines = call.body.splitlines()
    if len(lines) > MOST_LINES:
        raise ProblemError(
            413, "lot_trop_long", f"Le lot dépasse {MOST_LINES} lignes.", "Le découper en plusieurs envois."
        )

    def work(register: Register, start: int) -> Reply:
        event = event_for(register, call.path["event_id"], call.principal)
        part = enumerate(lines[start : start + SLICE], start + 1)
        return Reply(200, [_line(call, register, event, number, line) for number, line in part if line.strip()])

    results: list[Any] = []
    for start in range(0, max(len(lines), 1), SLICE):
        reply = await call.change(partial(work, start=start), part=start // SLICE)
        results += reply.content
    body = b"".join(orjson.dumps(result) + b"\n" for result in results)
    return Response(body, 200, media_type="application/x-ndjson")


def _line(call: Call, register: Register, event: Event, number: int, line: bytes) -> dict[str, Any]:
    try:
        # A savepoint a line: what a refused line had begun to write goes away with it.
        with register.connection.begin_nested():
            return {"line": number, **_operate(call, register, event, line)}
    except (RuleError, ProblemError) as refusal:
        problem = as_problem(refusal).problem
        return {"line": number, "ok": False, "problem": problem.as_json()}
    except (ValueError, TypeError, RecursionError, DataError):
        # What nobody foresaw of one line is that line's alone; its values are in the exception, and go no further.
        problem = Problem(422, "document_invalide", "Cette ligne ne peut pas être enregistrée.")
        return {"line": number, "ok": False, "problem": problem.as_json()}


def _operate(call: Call, register: Register, event: Event, line: bytes) -> dict[str, Any]:
    document = _parse(line)
    name = document.pop("op", None)
    operation = OPERATIONS.get(name) if isinstance(name, str) else None
    if operation is None:
        fault = FieldFault("op", "Opération inconnue." if name else "Champ obligatoire absent.", ", ".join(OPERATIONS))
        raise ProblemError(422, "operation_inconnue", "Cette ligne ne dit pas une opération connue.", faults=(fault,))
    patient_id = document.pop("patient_id", None) if name != "create" else document.get("id")
    if name == "create":
        patient_id = patient_id or new_id(call.now)
    if not isinstance(patient_id, str) or not re.fullmatch(IDENTIFIER, patient_id):
        fault = FieldFault("patient_id", "Champ obligatoire absent.", "identifiant du patient")
        raise ProblemError(422, "document_invalide", "Le document ne suit pas le contrat.", faults=(fault,))
    try:
        parsed: AuthoredBody = operation.document.model_validate_json(orjson.dumps(document))
    except ValidationError as error:
        raise problems.invalid_document(error) from None
    refuse_other_mode(event, getattr(parsed, "mode", None))
    stamp = Stamp(Source.PORTAL, parsed.author or call.principal.author, parsed.happened_at or call.now, call.now)
    command = operation.command(patient_id, parsed)
    accepted = accept(register, call.runtime.deployment, event, patient_id, command, stamp)
    return {
        "ok": True,
        "patient_id": accepted.victim.id,
        "revision": accepted.victim.revision,
        "status": accepted.victim.status,
    }


def _parse(line: bytes) -> dict[str, Any]:
    document = read_json(line)
    if not isinstance(document, dict):
        fault = FieldFault("ligne", "Un objet est attendu.", "objet JSON")
        raise ProblemError(422, "document_invalide", "Le document ne suit pas le contrat.", faults=(fault,))
    return document
