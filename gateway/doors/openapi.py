"""The published contract, OpenAPI 3.1, made from the table of doors: what is published is what is served."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel

    from gateway.doors.http.door import Door

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
    models: list[type[BaseModel]] = sorted({door.body for door in table if door.body}, key=lambda model: model.__name__)
    _, schemas = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
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
            "schemas": {**schemas.get("$defs", {}), "Problem": PROBLEM},
        },
    }


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
    text = {"type": "string"}
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": text} for name in PARAMETER.findall(door.path)
    ]
    parameters += [
        {"name": name, "in": "query", "required": False, "schema": text, "description": meaning}
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
        schema = {"type": "object"} if door.answers_media_type == "application/json" else {"type": "string"}
        answer["content"] = {door.answers_media_type: {"schema": schema}}
    if door.status in {200, 201} and "patients" in door.path:
        answer["headers"] = {"ETag": {"schema": {"type": "string"}}}
    responses = {str(door.status): answer}
    if door.method == "PUT" and door.path.endswith("{patient_id}"):
        responses["201"] = {**answer, "description": "Patient créé sous cet identifiant"}
    problem: dict[str, Any] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if door.refuse is not None:
        problem = {"application/fhir+json": {"schema": {"type": "object", "title": "OperationOutcome"}}}
    return responses | {status: {"description": title, "content": problem} for status, title in REFUSALS.items()}


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
