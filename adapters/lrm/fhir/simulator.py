"""A CRRA's FHIR software, as product code: it reads messages, holds requests, opens records, and its people move them on.

    POST /$process-message                         a message Bundle, event « demande-intervention »
    GET  /Task?focus:identifier=system|value       where a request is
    GET  /metadata                                 what it can do
    POST /_sandbox/requests/{id}/advance           one step, or {"etat": "REFUSEE", "motif": "HORS_SECTEUR"}
    GET  /_sandbox/state                           every request; the other `/_sandbox` routes are those of every simulator

It refuses another mode, the same Bundle.identifier with another content, and a message that does not hold together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.lrm.fhir.requests import HeldRequests
from adapters.wire.fhir.bundle import read_json
from adapters.wire.fhir.reading.request import read_document
from adapters.wire.fhir.vocabulary import MEDIA_TYPE, VERSION, FhirRefusalError, Resource
from adapters.wire.fhir.writing.answers import DUPLICATE, WELL, operation_outcome, response_message, searchset, task
from adapters.wire.simulated import FaultScript, control_routes, faulty
from domain.intervention.status import InterventionStatus

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from starlette.requests import Request


class Step(BaseModel):
    """What the people of the CRRA decide; nothing named means one step on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    etat: InterventionStatus | None = None
    motif: str | None = None


def _fhir(resource: Resource, status: int = 200) -> Response:
    return Response(orjson.dumps(resource), status, media_type=MEDIA_TYPE)


def _process_door(held: HeldRequests, clock: Callable[[], datetime]) -> Callable[[Request], Any]:
    async def process(request: Request) -> Response:
        now = clock()
        try:
            document = read_json(await request.body())
            read = read_document(document, now, frozenset({"message"}))
            kept, duplicate = held.take(document, read, now)
        except FhirRefusalError as refusal:
            return _fhir(operation_outcome(refusal.issues), refusal.status)
        outcome = operation_outcome([DUPLICATE if duplicate else WELL])
        at = kept.history[-1][1].isoformat()
        return _fhir(response_message(read.header or {}, read.identifier, kept.followed(held.mode), outcome, at=at))

    return process


def _task_door(held: HeldRequests) -> Callable[[Request], Any]:
    async def tasks(request: Request) -> Response:
        request_held = held.find(request.query_params.get("focus:identifier", "").rpartition("|")[2])
        base = str(request.base_url).rstrip("/")
        followed = request_held.followed(held.mode) if request_held else None
        matches = [(f"{base}/Task/{followed.id}", task(followed))] if followed else []
        return _fhir(searchset(matches, f"{base}/Task"))

    return tasks


def _advance_door(held: HeldRequests, clock: Callable[[], datetime]) -> Callable[[Request], Any]:
    async def advance(request: Request) -> Response:
        body = await request.body()
        try:
            step = Step.model_validate_json(body) if body else Step()
        except ValidationError:
            return JSONResponse({"title": "Étape illisible : {etat, motif} attendus."}, 422)
        try:
            moved = held.advance(request.path_params["id"], clock(), step.etat, step.motif)
        except KeyError:
            return JSONResponse({"title": "Cette demande n’est pas connue."}, 404)
        except ValueError as error:
            return JSONResponse({"title": f"Étape impossible : {error}."}, 409)
        return JSONResponse({"etat": moved.status.value, "dossier": moved.record, "motif_refus": moved.refusal})

    return advance


async def _metadata(request: Request) -> Response:
    del request
    statement = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-01-01",
        "kind": "instance",
        "implementation": {"description": "Logiciel de CRRA simulé"},
        "fhirVersion": VERSION,
        "format": ["json"],
        "rest": [{"mode": "server", "resource": [{"type": "Task", "interaction": [{"code": "search-type"}]}]}],
    }
    return _fhir(statement)


def create_simulator(mode: str, clock: Callable[[], datetime]) -> Starlette:
    """The software as an ASGI application."""
    held, script = HeldRequests(mode), FaultScript()
    app = Starlette(
        routes=[
            Route("/$process-message", faulty(_process_door(held, clock), script), methods=["POST"]),
            Route("/Task", faulty(_task_door(held), script)),
            Route("/metadata", _metadata),
            Route("/_sandbox/requests/{id:path}/advance", _advance_door(held, clock), methods=["POST"]),
            *control_routes(held, script),
        ]
    )
    app.state.held = held
    return app
