"""`POST /fhir/$validate`: what would be said of a resource, before anything is asked. Nothing is kept, nothing is sent.

Somebody else's model of R4 judges it whole; a Bundle is also read as the doors would, so that an integrator sees each warning beforehand. Off the hot path:
on a thread, and the library that judges is loaded by the first question.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from adapters.wire.fhir.bundle import read_json
from adapters.wire.fhir.judge import judge
from adapters.wire.fhir.reading.event import read_event
from adapters.wire.fhir.reading.request import is_victims, read_document
from adapters.wire.fhir.vocabulary import MEDIA_TYPE, MEDIA_TYPES, FhirRefusalError, Issue, Resource
from adapters.wire.fhir.writing.answers import operation_outcome
from gateway.doors.fhir.answers import fhir, refuse, warnings
from gateway.doors.http.door import Call, Door
from gateway.security.keys import Scope

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.responses import Response

SOUND = Issue("CONFORME", "informational", "Aucun défaut.", severity="information", layer="PROXY")


async def validate(call: Call) -> Response:
    """Every fault and every warning of one resource, under 200: an OperationOutcome is the answer of this operation."""
    try:
        document = read_json(call.body)
    except FhirRefusalError as refusal:
        return fhir(operation_outcome(refusal.issues), refusal.status)
    issues = await asyncio.to_thread(_judged, document, call.now)
    return fhir(operation_outcome(issues or [SOUND]))


def _judged(document: Resource, now: datetime) -> list[Issue]:
    issues = judge(document)
    if document.get("resourceType") != "Bundle":
        return issues
    try:
        if is_victims(document):
            return [*issues, *read_event(document, now).warnings]
        read = read_document(document, now)
    except FhirRefusalError as refusal:
        return [*issues, *refusal.issues]
    return [*issues, *warnings(read.request.remarks, lambda field: field)]


FHIR_VALIDATE: tuple[Door, ...] = (
    Door(
        "POST",
        "/fhir/$validate",
        frozenset({Scope.PLATFORM, Scope.PORTAL, Scope.INTEGRATOR}),
        validate,
        "Dire ce qui serait refusé ou averti d’une ressource FHIR R4, sans rien en garder",
        media_type=MEDIA_TYPE,
        other_media_types=frozenset({"application/json", *MEDIA_TYPES}),
        answers_media_type=MEDIA_TYPE,
        tag="FHIR",
        query={"_format": "json, ou application/fhir+json."},
        refuse=refuse,
    ),
)
