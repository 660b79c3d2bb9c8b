"""FHIR R4 doors of intervention requests: a message or a transaction in, a Task out. The same path as every other door.

    POST /fhir/$process-message        message Bundle, « demande-intervention »: new, update, cancel
    POST /fhir                         transaction with exactly one ServiceRequest, or the victims of an event (`fhir_event`)
    GET  /fhir/Task/{id}               where a request is
    GET  /fhir/Task?focus:identifier=  the same, by the sender's own identifier

JSON only: XML is refused with an OperationOutcome that says so. Nothing is kept of a Bundle but the request that it makes.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from adapters.wire.fhir.bundle import read_json
from adapters.wire.fhir.reading.request import ReadRequest, is_victims, read_document
from adapters.wire.fhir.vocabulary import MEDIA_TYPE, MEDIA_TYPES, FhirRefusalError, Resource
from adapters.wire.fhir.writing.answers import FollowedRequest, response_message, task, transaction_response
from domain.errors import RuleError, UnknownError
from domain.intervention.request import CALL_15, CANCEL_CALL_15, Cancellation
from gateway.doors.fhir.answers import (
    COMMON,
    answered_search,
    base_of,
    fhir,
    followed,
    followed_answer,
    in_json,
    outcome_of,
    refuse,
    refuse_bundle,
)
from gateway.doors.fhir.event_in import NOT_KEPT, take_event
from gateway.doors.http.door import Call, Door
from gateway.doors.http.problems import FieldFault, ProblemError
from gateway.doors.http.refusals import as_problem
from gateway.interventions.accept import cancel, submit
from gateway.interventions.reachability import instruction_now
from gateway.interventions.view import find
from gateway.security.keys import Scope

if TYPE_CHECKING:
    from starlette.responses import Response

    from gateway.interventions.messages import Answer
    from gateway.register import Register
    from gateway.register.interventions.requests import Intervention

MESSAGE, TRANSACTION = frozenset({"message"}), frozenset({"transaction", "batch"})
log = logging.getLogger("gateway.doors")


async def process_message(call: Call) -> Response:
    """A message, answered by a message; what is wrong with it, by an OperationOutcome."""
    try:
        read = read_document(read_json(call.body), call.now, MESSAGE)
    except FhirRefusalError as refusal:
        return refuse_bundle(refusal)
    return await _answered(call, read, None)


async def transaction(call: Call) -> Response:
    """A transaction: a request of a platform, or the victims that a portal tells of."""
    try:
        document = read_json(call.body)
        if is_victims(document):
            return await take_event(call, document)
        if call.principal.scope is not Scope.PLATFORM:
            raise _scope("Une demande d’intervention est faite avec la clé d’une plateforme.")
        read = read_document(document, call.now, TRANSACTION)
    except FhirRefusalError as refusal:
        # A portal tells of victims here: nobody of its is waiting for an ambulance that was not sent.
        return refuse_bundle(refusal, NOT_KEPT if call.principal.scope is Scope.PORTAL else CALL_15)
    return await _answered(call, read, document)


async def _answered(call: Call, read: ReadRequest, transacted: Resource | None) -> Response:
    """Take a request and answer it; `transacted` is the Bundle of a transaction, which is answered line by line."""
    deployment, sender, now = call.runtime.deployment, call.principal, call.now

    def work(register: Register) -> Answer:
        if read.reason == "cancel":
            return cancel(register, deployment, _cancellation(read), sender, now, if_match=call.if_match)
        return submit(register, deployment, read.request, sender, now, if_match=call.if_match)

    try:
        answer = await call.runtime.write(work)
    except (RuleError, ProblemError) as error:
        problem = as_problem(error).problem
        faults = tuple(
            FieldFault(read.expression(fault.field), fault.title, fault.expected) for fault in problem.faults
        )
        instruction = CANCEL_CALL_15 if read.reason == "cancel" else CALL_15
        placed = ProblemError(problem.status, problem.code, problem.title, problem.detail, faults=faults).problem
        return refuse(placed.instructing(instruction))
    headers = {"ETag": f'W/"{answer.version}"', "Location": f"/fhir/Task/{answer.id}"}
    shown = followed_answer(answer, sender.mode.value, read.system)
    try:
        return _written(call, read, transacted, answer, shown, headers)
    except Exception as error:  # noqa: BLE001 - it is durable: whatever breaks here, its sender must not read that it is not
        log.error("fhir.answer_failed error=%s", type(error).__name__)  # noqa: TRY400 - a traceback may hold a patient
        return fhir(task(shown), 200, headers)


def _written(  # noqa: PLR0913 - a request, what became of it, and how it is answered
    call: Call,
    read: ReadRequest,
    transacted: Resource | None,
    answer: Answer,
    shown: FollowedRequest,
    headers: dict[str, str],
) -> Response:
    outcome = outcome_of(answer, read.expression)
    if transacted is not None:
        whole = _preferred(call, headers)
        return fhir(transaction_response(transacted, shown, outcome, created=answer.created, whole=whole), 200, headers)
    header = read.header or {}
    return fhir(response_message(header, read.identifier, shown, outcome, at=answer.received_at), 200, headers)


def _preferred(call: Call, headers: dict[str, str]) -> bool:
    """Whether the sender wants the Task in the answer to its transaction; `Prefer: return=minimal` leaves its address and the outcome."""
    preference = call.headers.get("prefer", "").replace(" ", "").lower()
    wanted = next(
        (form for form in ("minimal", "representation", "operationoutcome") if f"return={form}" in preference), None
    )
    if wanted is not None:
        headers["Preference-Applied"] = f"return={'OperationOutcome' if wanted == 'operationoutcome' else wanted}"
    return wanted in {None, "representation"}


def _cancellation(read: ReadRequest) -> Cancellation:
    request = read.request
    reason = next((fact.text for fact in request.facts), None)
    return Cancellation(request.request_id, request.message_id, request.mode, reason)


async def read_task(call: Call) -> Response:
    """One Task."""

    def work(register: Register) -> tuple[Intervention, str | None]:
        kept = find(register, call.principal, id=call.path["task_id"])
        return kept, instruction_now(register, kept)

    intervention, instruction = await call.runtime.read(work)
    return fhir(task(followed(intervention, instruction)), headers={"ETag": f'W/"{intervention.version}"'})


async def search_tasks(call: Call) -> Response:
    """The Task of a request, by its id, by the identifier that its sender gave it, or by the reference read on the telephone."""
    if isinstance(call.body, bytes) and call.body:
        call = replace(call, query={**call.query, **_form(call.body)})
    focus, reference, id_ = (call.query.get(name) for name in ("focus:identifier", "identifier", "_id"))
    if not (focus or reference or id_):
        fault = FieldFault("?focus:identifier", "Paramètre absent.", "focus:identifier, identifier ou _id")
        raise ProblemError(400, "parametre_absent", "Dire quelle demande est cherchée.", faults=(fault,))

    def work(register: Register) -> Intervention | None:
        try:
            if focus:
                return find(register, call.principal, request_id=focus.rpartition("|")[2])
            if reference:
                return find(register, call.principal, reference=reference.rpartition("|")[2])
            return find(register, call.principal, id=id_)
        except UnknownError:
            return None

    kept = await call.runtime.read(work)
    instruction = await call.runtime.read(lambda register: instruction_now(register, kept)) if kept else None
    statuses = {status.rpartition("|")[2] for status in call.query.get("status", "").split(",") if status}
    matches = []
    if kept and id_ in {None, "", kept.id} and (not statuses or kept.status.task_status in statuses):
        written = task(followed(kept, instruction, (focus or "").rpartition("|")[0] or None))
        matches = [(f"{base_of(call)}/Task/{kept.id}", written)]
    return fhir(answered_search(matches, call, "Task"))


def _form(body: bytes) -> dict[str, str]:
    """The parameters of a search by POST. Raises ProblemError 400 for those that a search does not have."""
    try:
        given = dict(parse_qsl(body.decode(), max_num_fields=20))
    except ValueError:
        raise ProblemError(400, "formulaire_illisible", "Le formulaire de la recherche n’est pas lisible.") from None
    unknown = [name for name in given if name not in _SEARCH]
    if unknown:
        faults = tuple(FieldFault(f"?{name[:60]}", "Paramètre inconnu.") for name in unknown)
        raise ProblemError(400, "parametre_inconnu", "La recherche porte un paramètre inconnu.", faults=faults)
    return given


def _scope(detail: str) -> ProblemError:
    return ProblemError(403, "portee_insuffisante", "Cette clé n’ouvre pas cette porte.", detail)


_PLATFORM = frozenset({Scope.PLATFORM})
_FORMAT = {"_format": "json, ou application/fhir+json."}
_JSON = frozenset({"application/json", *MEDIA_TYPES})
"""What clients that know no FHIR write in Content-Type."""
_SEARCH = {
    "focus:identifier": "Identifiant de la demande chez son émetteur : system|valeur, ou valeur.",
    "identifier": "Référence lue au téléphone.",
    "status": "Task.status, parmi ce qui est trouvé ; plusieurs séparés par une virgule.",
    **COMMON,
}

FHIR: tuple[Door, ...] = (
    Door(
        "POST",
        "/fhir/$process-message",
        _PLATFORM,
        process_message,
        "Demander une intervention, la mettre à jour ou l’annuler (message FHIR R4)",
        media_type=MEDIA_TYPE,
        other_media_types=_JSON,
        answers_media_type=MEDIA_TYPE,
        tag="FHIR",
        query=_FORMAT,
        instruction=CALL_15,
        refuse=refuse,
    ),
    Door(
        "POST",
        "/fhir",
        frozenset({Scope.PLATFORM, Scope.PORTAL}),
        transaction,
        "Demander une intervention (transaction FHIR R4), ou dire les victimes d’un événement",
        media_type=MEDIA_TYPE,
        other_media_types=_JSON,
        answers_media_type=MEDIA_TYPE,
        tag="FHIR",
        query=_FORMAT,
        instruction=CALL_15,
        refuse=refuse,
    ),
    Door(
        "GET",
        "/fhir/Task",
        frozenset({Scope.PLATFORM, Scope.OPERATOR}),
        in_json(search_tasks),
        "Chercher l’état d’une demande",
        answers_media_type=MEDIA_TYPE,
        tag="FHIR",
        query=_SEARCH,
        refuse=refuse,
    ),
    Door(
        "POST",
        "/fhir/Task/_search",
        frozenset({Scope.PLATFORM, Scope.OPERATOR}),
        in_json(search_tasks),
        "Chercher l’état d’une demande, les paramètres dans le corps",
        media_type="application/x-www-form-urlencoded",
        answers_media_type=MEDIA_TYPE,
        tag="FHIR",
        query=_SEARCH,
        refuse=refuse,
    ),
    Door(
        "GET",
        "/fhir/Task/{task_id}",
        frozenset({Scope.PLATFORM, Scope.OPERATOR}),
        in_json(read_task),
        "Lire l’état d’une demande",
        answers_media_type=MEDIA_TYPE,
        tag="FHIR",
        query=_FORMAT,
        refuse=refuse,
    ),
)
