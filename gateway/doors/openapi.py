"""The published contract, OpenAPI 3.1, made from the table of doors: what is published is what is served."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

from gateway.doors.answers import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel

    from gateway.doors.http.door import Door

REFERENCE = "#/components/schemas/{model}"
BINARY = frozenset({"application/pdf", "application/gzip"})
FHIR_ANSWERS = {
    "/fhir": "Bundle",
    "/fhir/$process-message": "Bundle",
    "/fhir/Task": "Bundle",
    "/fhir/Task/_search": "Bundle",
    "/fhir/Task/{task_id}": "Task",
    "/fhir/Bundle": "Bundle",
    "/fhir/$validate": "OperationOutcome",
    "/fhir/{kind}": "Bundle",
}
"""Path of a FHIR door → the resource that it answers; absent where the address says which."""
FHIR_RESOURCES: dict[str, dict[str, Any]] = {
    f"Fhir{kind or 'Resource'}": {
        "type": "object",
        "description": "Ressource FHIR R4 ; ses éléments sont ceux de la spécification et des profils publiés à /fhir/StructureDefinition.",
        "required": ["resourceType"],
        "properties": {"resourceType": {"type": "string", **({"const": kind} if kind else {})}},
    }
    for kind in ("", "Bundle", "Task", "OperationOutcome")
}
QUERIES: dict[str, dict[str, Any]] = {
    "at": {"type": "string", "format": "date-time"},
    "before": {"type": "integer", "minimum": 0},
    "after": {"type": "integer", "minimum": 0},
    "_count": {"type": "integer", "minimum": 0},
    "model": {"type": "integer", "minimum": 1},
}
"""Name of a query parameter that is not any text → its schema."""
PARAMETER = re.compile(r"{(\w+)}")
REFUSALS = {
    "400": "Requête illisible", "401": "Clé absente", "403": "Portée insuffisante", "404": "Inconnu", "406": "Autre format que JSON", "409": "Conflit",
    "412": "Version dépassée (If-Match)", "413": "Corps trop gros", "415": "Format refusé", "422": "Document refusé",
}  # fmt: skip
PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "Une phrase, en français."},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable, pour les machines."},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "title"],
                "properties": {
                    "field": {"type": "string"},
                    "title": {"type": "string"},
                    "expected": {"type": "string"},
                },
            },
        },
    },
}


def contract(doors: Iterable[Door], version: str) -> dict[str, Any]:
    """The whole document."""
    table = list(doors)
    bodies = _by_name(door.body for door in table if door.body)
    answers = _by_name(shape for door in table for shape in _shapes(door))
    _, taken = models_json_schema([(model, "validation") for model in bodies], ref_template=REFERENCE)
    _, given = models_json_schema([(model, "serialization") for model in answers], ref_template=REFERENCE)
    # A later version may say more; what a document may hold is another matter.
    shown = {name: _open(schema) for name, schema in given.get("$defs", {}).items()}
    paths: dict[str, dict[str, Any]] = {}
    for door in table:
        paths.setdefault(door.path, {})[door.method.lower()] = _operation(door)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Passerelle",
            "version": version,
            "description": "Porte du portail SI-Samu. Contrat conçu par ce projet : aucune spécification publique de ces liens n’existe.",
        },
        "security": [{"cle": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"cle": {"type": "http", "scheme": "bearer", "bearerFormat": "pk_<nom>_<secret>"}},
            "schemas": {**shown, **taken.get("$defs", {}), **FHIR_RESOURCES, "Problem": PROBLEM},
        },
    }


def _by_name(models: Iterable[type[BaseModel]]) -> list[type[BaseModel]]:
    return sorted(set(models), key=lambda model: model.__name__)


def _shapes(door: Door) -> tuple[type[BaseModel], ...]:
    return ANSWERS.get(f"{door.method} {door.path}", ())


def _open(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != "additionalProperties" or value is not False}


def _operation(door: Door) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": door.summary,
        "operationId": f"{door.method.lower()}_{re.sub(r'[^a-z0-9]+', '_', door.path.removeprefix('/v1/')).strip('_')}",
        "tags": [door.tag],
        "x-scopes": sorted(door.scopes),
        "parameters": _parameters(door),
        "responses": _responses(door),
    }
    if door.body is not None or door.media_type != "application/json":
        operation["requestBody"] = _body(door)
    return operation


def _parameters(door: Door) -> list[dict[str, Any]]:
    text: dict[str, Any] = {"type": "string"}
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": text} for name in PARAMETER.findall(door.path)
    ]
    parameters += [
        {"name": name, "in": "query", "required": False, "schema": QUERIES.get(name, text), "description": meaning}
        for name, meaning in door.query.items()
    ]
    if door.method != "GET":
        parameters.append(
            {"name": "Idempotency-Key", "in": "header", "required": False, "schema": {**text, "maxLength": 128}}
        )
    if door.method in {"PUT", "PATCH", "DELETE"} or "{patient_id}/" in door.path:
        parameters.append({"name": "If-Match", "in": "header", "required": False, "schema": text})
    if door.answers_media_type == "text/event-stream":
        parameters.append({"name": "Last-Event-ID", "in": "header", "required": False, "schema": text})
    return parameters


def _responses(door: Door) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": door.summary}
    if door.status != 204:  # noqa: PLR2004 - No Content
        answer["content"] = {door.answers_media_type: {"schema": _answered(door)}}
    if door.status in {200, 201} and "patients" in door.path:
        answer["headers"] = {"ETag": {"schema": {"type": "string"}}}
    responses = {str(door.status): answer}
    if door.method == "PUT" and door.path.endswith("{patient_id}"):
        responses["201"] = {**answer, "description": "Patient créé sous cet identifiant"}
    problem: dict[str, Any] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if door.refuse is not None:
        problem = {"application/fhir+json": {"schema": {"$ref": REFERENCE.format(model="FhirOperationOutcome")}}}
    return responses | {status: {"description": title, "content": problem} for status, title in REFUSALS.items()}


def _answered(door: Door) -> dict[str, Any]:
    """The schema of what a door answers."""
    if door.answers_media_type == "application/fhir+json":
        return {"$ref": REFERENCE.format(model=f"Fhir{FHIR_ANSWERS.get(door.path, 'Resource')}")}
    if door.answers_media_type in BINARY:
        return {"type": "string", "format": "binary"}
    shapes = [{"$ref": REFERENCE.format(model=shape.__name__)} for shape in _shapes(door)]
    if not shapes:
        return {"type": "string"}
    return shapes[0] if len(shapes) == 1 else {"anyOf": shapes}


def _body(door: Door) -> dict[str, Any]:
    if door.body is None:
        meaning = "Un Bundle FHIR R4." if door.tag == "FHIR" else "Une opération JSON par ligne."
        schema: dict[str, Any] = {"type": "string", "description": meaning}
    else:
        schema = {"$ref": f"#/components/schemas/{door.body.__name__}"}
    content: dict[str, Any] = {"schema": schema}
    if door.example is not None:
        content["examples"] = {"exemple": {"value": door.example}}
    return {"required": not door.open_body, "content": {door.media_type: content}}
