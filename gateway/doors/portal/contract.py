"""The documents that a portal's doors take and show, as a JSON Schema: the contract of mappings between a portal's words and ours.

Made from the models that the doors check by; it says nothing of its own. `adapters/portal/contract/portail-v1.schema.json` is
this, written down, and a test holds the two together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from pydantic.json_schema import models_json_schema

from gateway.doors.http import schemas
from gateway.settings.portal import HEARD
from mapping.language.paths import topic_shape

if TYPE_CHECKING:
    from mapping.language.paths import Shape

FILE = "portail-v1.schema.json"
_TYPES = {"integer": "integer", "decimal": "number", "boolean": "boolean"}


def contract() -> dict[str, Any]:
    """The whole schema."""
    names = [name for group in HEARD.values() for name in group]
    _, made = models_json_schema(
        [(getattr(schemas, name), "validation") for name in names], ref_template="#/$defs/{model}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Passerelle, portes du portail, version 1",
        "$defs": {
            **{name: _named_keys(definition) for name, definition in made["$defs"].items()},
            "PatientView": _view("patient.view", "victim"),
            "EventView": _view("event.view", "event", without="link"),
        },
    }


def text() -> bytes:
    """The file."""
    return orjson.dumps(contract(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _named_keys(schema: Any) -> Any:  # noqa: ANN401 - any JSON
    """Keys of a closed list are fields like the others: mappings name them."""
    if isinstance(schema, list):
        return [_named_keys(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    named = {key: _named_keys(part) for key, part in schema.items()}
    keys = named.get("propertyNames", {}).get("enum") if named.get("type") == "object" else None
    if keys:
        value = named.pop("additionalProperties")
        del named["propertyNames"]
        named |= {"properties": dict.fromkeys(keys, value), "additionalProperties": False}
    return named


def _view(topic: str, record: str, without: str = "") -> dict[str, Any]:
    """A view as the doors show it: the record's own fields and what stands beside them, on one level."""
    shape = topic_shape(topic)
    if shape is None:
        raise LookupError(topic)
    fields = {**shape.fields[record].fields}
    fields |= {name: field for name, field in shape.fields.items() if name not in {record, "recorded_at", "mode"}}
    fields.pop(without, None)
    return _object(fields)


def _object(fields: dict[str, Shape]) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: _schema(field) for name, field in fields.items()},
        "additionalProperties": False,
    }
    required = [name for name, field in fields.items() if not field.nullable and field.kind not in {"list", "object"}]
    return {**schema, "required": required} if required else schema


def _schema(shape: Shape) -> dict[str, Any]:
    if shape.kind == "object":
        return _object(dict(shape.fields))
    if shape.kind == "list" and shape.item is not None:
        return {"type": "array", "items": _schema(shape.item)}
    codes = {"enum": sorted(shape.codes)} if shape.codes else {}
    return {"type": _TYPES.get(shape.kind, "string"), **codes}
