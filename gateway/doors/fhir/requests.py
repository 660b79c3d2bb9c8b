"""FHIR R4 doors of intervention requests: a message or a transaction in, a Task out. The same path as every other door.

    POST /fhir/$process-message        message Bundle, « demande-intervention »: new, update, cancel
    POST /fhir                         transaction with exactly one ServiceRequest, or the victims of an event (`fhir_event`)
    GET  /fhir/Task/{id}               where a request is
    GET  /fhir/Task?focus:identifier=  the same, by the sender's own identifier

JSON only: XML is refused with an OperationOutcome that says so. Nothing is kept of a Bundle but the request that it makes.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from adapters.wire.fhir.bundle import read_json
from adapters.wire.fhir.reading.request import ReadRequest, is_victims, read_document
from adapters.wire.fhir.vocabulary import MEDIA_TYPE, FhirRefusalError, Resource
from adapters.wire.fhir.writing.answers import Followed, response_message, searchset, task, transaction_response
from domain.errors import RuleError, UnknownError
from domain.intervention.request import CALL_15, CANCEL_CALL_15, Cancellation
from gateway.doors.fhir.answers import fhir, followed, followed_answer, in_json, outcome_of, refuse, refuse_bundle
from gateway.doors.fhir.event_in import take_event
from gateway.doors.http.door import Call, Door
from gateway.doors.http.problems import FieldFault, ProblemError
from gateway.doors.http.refusals import as_problem
from gateway.interventions.accept import cancel, submit
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
        return refuse_bundle(refusal)
    return await _answered(call, read, document)


async def _answered(call: Call, read: ReadRequest, transacted: Resource | None) -> Response:
    """Take a request and answer it; `transacted` is the Bundle of a transaction, which is answered line by line."""
    house, sender, now = call.runtime.house, call.principal, call.now

    def work(register: Register) -> Answer:
        if read.reason == "cancel":
            return cancel(register, house, _cancellation(read), sender, now, if_match=call.if_match)
        return submit(register, house, read.request, sender, now, if_match=call.if_match)

    try:
        answer = await call.runtime.write(work)
    except (RuleError, ProblemError) as error:
        problem = as_problem(error).problem
        faults = tuple(FieldFault(read.expression(one.field), one.title, one.expected) for one in problem.faults)
        said = CANCEL_CALL_15 if read.reason == "cancel" else CALL_15
        placed = ProblemError(problem.status, problem.code, problem.title, problem.detail, faults=faults).problem
        return refuse(placed.instructing(said))
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
    shown: Followed,
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
    said = call.headers.get("prefer", "").replace(" ", "").lower()
    found = next((one for one in ("minimal", "representation", "operationoutcome") if f"return={one}" in said), None)
    if found is not None:
        headers["Preference-Applied"] = f"return={'OperationOutcome' if found == 'operationoutcome' else found}"
    return found in {None, "representation"}


def _cancellation(read: ReadRequest) -> Cancellation:
    request = read.request
    reason = next((fact.text for fact in request.facts), None)
    return Cancellation(request.request_id, request.message_id, request.mode, reason)


async def read_task(call: Call) -> Response:
    """One Task."""
    one = await call.runtime.read(lambda register: find(register, call.principal, id=call.path["task_id"]))
    return fhir(task(followed(one)), headers={"ETag": f'W/"{one.version}"'})


async def search_tasks(call: Call) -> Response:
    """The Task of a request, by the identifier that its sender gave it, or by the reference read on the telephone."""
    focus, reference = call.query.get("focus:identifier"), call.query.get("identifier")
    if not focus and not reference:
        fault = FieldFault("?focus:identifier", "Paramètre absent.", "focus:identifier ou identifier")
        raise ProblemError(400, "parametre_absent", "Dire quelle demande est cherchée.", faults=(fault,))

    def work(register: Register) -> Intervention | None:
        try:
            if focus:
                return find(register, call.principal, request_id=focus.rpartition("|")[2])
            return find(register, call.principal, reference=str(reference).rpartition("|")[2])
        except UnknownError:
            return None

    one = await call.runtime.read(work)
    base = f"urn:uuid:{_uuid(one.id)}" if one else ""
    return fhir(searchset([(base, task(followed(one)))] if one else [], "urn:passerelle:fhir:Task"))


def _uuid(name: str) -> str:
    return "-".join((name[:8], name[8:12], name[12:16], name[16:20], name[20:]))


def _scope(detail: str) -> ProblemError:
    return ProblemError(403, "portee_insuffisante", "Cette clé n’ouvre pas cette porte.", detail)


_PLATFORM = frozenset({Scope.PLATFORM})
_FORMAT = {"_format": "json, ou application/fhir+json."}

FHIR: tuple[Door, ...] = (
    Door(
        "POST",
        "/fhir/$process-message",
        _PLATFORM,
        process_message,
        "Demander une intervention, la mettre à jour ou l’annuler (message FHIR R4)",
        media_type=MEDIA_TYPE,
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
        query={
            "focus:identifier": "Identifiant de la demande chez son émetteur : system|valeur, ou valeur.",
            "identifier": "Référence lue au téléphone.",
            **_FORMAT,
        },
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
