"""What the FHIR doors answer: a Task with its OperationOutcome, or a refusal that says first what its sender must do.

A refusal of any kind, of the door, of the rules or of the keys, becomes one OperationOutcome: who must be called (SEND, PROXY, REC), our code,
the FHIR type of issue, and a sentence. Never a value that was sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import orjson
from starlette.responses import Response

from adapters.wire.fhir.vocabulary import MEDIA_TYPE, MEDIA_TYPES, FhirRefusalError, Issue, Resource
from adapters.wire.fhir.writing.answers import DUPLICATE, WELL, FollowedRequest, operation_outcome, searchset
from domain.intervention.request import CALL_15, CANCEL_CALL_15
from domain.intervention.status import REFUSALS
from gateway.doors.http.door import whole_number
from gateway.doors.http.problems import FieldFault, ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from adapters.wire.fhir.vocabulary import Layer
    from domain.remark import Remark
    from gateway.doors.http.door import Call, Handler
    from gateway.doors.http.problems import Problem
    from gateway.doors.http.reply import Reply
    from gateway.interventions.messages import Answer
    from gateway.register.interventions.requests import Intervention

KINDS: Mapping[int, str] = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    408: "timeout",
    409: "conflict",
    412: "conflict",
    413: "too-long",
    415: "not-supported",
    422: "business-rule",
    429: "throttled",
    503: "transient",
}
"""HTTP status → FHIR's IssueType, where the code does not say more."""
READABLE = frozenset({"", "*/*", "application/*", "application/json", "json", *MEDIA_TYPES})
"""What a reader may want and be given JSON."""
BY_CODE: Mapping[str, str] = {"DEMANDE_SANS_ID": "required", "MODE": "business-rule", "json_illisible": "structure"}


def fhir(resource: Resource, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A resource, as FHIR JSON."""
    return Response(orjson.dumps(resource), status, dict(headers or {}), media_type=MEDIA_TYPE)


COMMON = {
    "_id": "L’id de la ressource.",
    "_count": "Au plus tant de ressources ; 0 pour leur nombre seul.",
    "_summary": "count pour le nombre seul ; true, false, text ou data.",
    "_format": "json, ou application/fhir+json.",
}
"""Parameters that every search of R4 may carry."""
SUMMARIES = frozenset({"true", "false", "text", "data", "count"})


def base_of(call: Call) -> str:
    """The address of this FHIR server, as its caller knows it: `https://passerelle.exemple.fr/fhir`."""
    scheme = call.headers.get("x-forwarded-proto", "") or "https" if call.secure else "http"
    return f"{scheme}://{call.headers.get('host', 'localhost')}/fhir"


def answered_search(matches: Sequence[tuple[str, Resource]], call: Call, kind: str) -> Resource:
    """A searchset with its address, cut and counted as `_count` and `_summary` ask. Raises ProblemError 400 for what they may not say."""
    count, summary = call.query.get("_count", ""), call.query.get("_summary", "false")
    wanted = whole_number(count) if count else len(matches)
    if wanted is None or summary not in SUMMARIES:
        field, expected = ("?_count", "un nombre") if wanted is None else ("?_summary", ", ".join(sorted(SUMMARIES)))
        fault = FieldFault(field, "Paramètre illisible.", expected)
        raise ProblemError(400, "parametre_illisible", "La recherche porte un paramètre illisible.", faults=(fault,))
    query = urlencode([(name, value) for name, value in call.query.items() if name != "_format"])
    bundle = searchset(matches, f"{base_of(call)}/{kind}{f'?{query}' if query else ''}")
    entries = bundle.pop("entry", [])[: 0 if summary == "count" else wanted]
    return {**bundle, "entry": entries} if entries else bundle


def in_json(handler: Handler) -> Handler:
    """The same door for readers: one that wants XML is told at once that there is none.

    Never before a request: it is taken, and answered in JSON, whatever its sender would rather read.
    """

    async def negotiated(call: Call) -> Reply | Response:
        refuse_unreadable(call.query, call.headers)
        return await handler(call)

    return negotiated


def refuse_unreadable(query: Mapping[str, str], headers: Mapping[str, str]) -> None:
    """Raises `ProblemError` 406 for a reader that takes no JSON; `_format` is obeyed before `Accept`."""
    wanted = [query["_format"]] if "_format" in query else headers.get("accept", "*/*").split(",")
    kinds = {kind.partition(";")[0].replace(" ", "+").strip("+").lower() for kind in wanted}
    if not kinds & READABLE:
        expected = f"JSON seulement : {MEDIA_TYPE}"
        raise ProblemError(406, "format_refuse", "Ce serveur ne répond pas dans ce format.", expected)


def refuse(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Any problem of the house, as an OperationOutcome under the same status."""
    kind = BY_CODE.get(problem.code) or KINDS.get(problem.status, "exception")
    layer: Layer = "PROXY" if kind in {"exception", "throttled", "transient", "timeout"} else "SEND"
    instruction = problem.instruction or next(
        (sentence for sentence in (CALL_15, CANCEL_CALL_15) if sentence in problem.title), ""
    )
    title = problem.title.replace(instruction, "").strip() if instruction else problem.title
    faults = problem.faults or (None,)
    issues = [
        Issue(
            problem.code,
            kind,
            f"{title} {fault.title}" if fault and fault.title not in title else title,
            fault.field if fault else None,
            layer=layer,
        )
        for fault in faults
    ]
    return fhir(operation_outcome(issues, instruction or None), problem.status, headers)


def refuse_bundle(refusal: FhirRefusalError, instruction: str = CALL_15) -> Response:
    """A Bundle that does not hold together: every fault of it, after what its sender must do."""
    return fhir(operation_outcome(refusal.issues, instruction), refusal.status, refusal.headers)


def outcome_of(answer: Answer, place: Callable[[str], str]) -> Resource:
    """What is said beside an accepted message: that it is kept, or was already, then each remark at its place."""
    first = DUPLICATE if answer.duplicate else WELL
    return operation_outcome([first, *warnings(answer.warnings, place)])


def warnings(remarks: Sequence[Remark], place: Callable[[str], str]) -> list[Issue]:
    """Remarks as issues; `place` says where in the Bundle a field came from."""
    return [Issue(remark.code, "business-rule", remark.title, place(remark.field), "warning") for remark in remarks]


def followed_answer(answer: Answer, mode: str, system: str | None = None) -> FollowedRequest:
    """What was answered to a message."""
    return FollowedRequest(
        id=answer.id,
        request_id=answer.request_id,
        reference=answer.reference,
        status=answer.status,
        version=answer.version,
        received_at=answer.received_at,
        since=answer.received_at,
        mode=mode,
        crra=answer.crra,
        request_system=system,
    )


def followed(intervention: Intervention, instruction: str | None, system: str | None = None) -> FollowedRequest:
    """Where a request is now and what its sender should do; `system` is that of the sender's identifier, where the question names it."""
    reason = REFUSALS.get(intervention.reason or "", intervention.reason)
    sentence = " ".join(part for part in (reason, instruction) if part)
    return FollowedRequest(
        id=intervention.id,
        request_id=intervention.request_id,
        reference=intervention.reference,
        status=intervention.status,
        version=intervention.version,
        received_at=intervention.received_at.isoformat(),
        since=intervention.since.isoformat(),
        mode=intervention.mode,
        reason=sentence or None,
        reason_code=intervention.reason if intervention.reason in REFUSALS else None,
        case_id=intervention.case_id,
        crra=intervention.crra,
        request_system=system,
    )
