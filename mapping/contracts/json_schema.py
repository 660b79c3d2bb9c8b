"""A JSON Schema as parts of a document: properties, required, enum and const, arrays; references inside the file.

What only a validator can say (patterns, limits, conditions) stays with it. Alternatives (`oneOf`, `anyOf`) are all
accepted, and none of what they require is asked for.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mapping.contracts.part import Level, Part
from mapping.contracts.xsd import ContractError

if TYPE_CHECKING:
    from pathlib import Path

    from mapping.kinds import Kind

    Schema = dict[str, Any]

MOST_REFERENCES = 50
_KINDS: dict[str, Kind] = {
    "object": "object",
    "array": "list",
    "integer": "integer",
    "number": "decimal",
    "boolean": "boolean",
    "string": "text",
}


class JsonContract:
    """The schema of one file."""

    def __init__(self, path: Path) -> None:
        try:
            loaded = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, OSError):
            raise ContractError(f"{path.name} est illisible ou n'est pas du JSON") from None
        if not isinstance(loaded, dict):
            raise ContractError(f"{path.name} n'est pas un schéma JSON")
        self._schema: Schema = loaded

    def roots(self) -> list[str]:
        """The names that a document may start from: the definitions of the schema."""
        return [*self._schema.get("$defs", {}), *self._schema.get("definitions", {})]

    def root(self, name: str) -> Part | None:
        """The definition of that name; the whole schema when no name is given."""
        definition = self._schema if not name else self._defined(name)
        return None if definition is None else self._part(name, definition, required=True)

    def _defined(self, name: str) -> Schema | None:
        for room in ("$defs", "definitions"):
            definition = self._schema.get(room, {}).get(name)
            if isinstance(definition, dict):
                return definition
        return None

    def _resolved(self, schema: Schema) -> Schema:
        for _ in range(MOST_REFERENCES):
            reference, either = schema.get("$ref"), schema.get("anyOf")
            if isinstance(reference, str):
                target, key = self._referenced(reference), "$ref"
            elif isinstance(either, list) and len(either) > 1 and len(known := _not_null(either)) == 1:
                target, key = known[0], "anyOf"  # « this or null » is this, where it is known
            else:
                return schema
            schema = {**target, **{name: value for name, value in schema.items() if name != key}}
        raise ContractError("référence JSON Schema qui tourne en rond")

    def _referenced(self, reference: str) -> Schema:
        node: Any = self._schema
        if not reference.startswith("#"):
            raise ContractError(f"référence « {reference} » hors du fichier")
        for step in reference[1:].split("/")[1:]:
            node = node.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(node, dict) else None
        if not isinstance(node, dict):
            raise ContractError(f"référence « {reference} » introuvable dans le contrat")
        return node

    def _part(self, name: str, schema: Schema, *, required: bool) -> Part:
        schema = self._resolved(schema)
        kind, many = _kind(schema), False
        if kind == "list":
            many = True
            schema = self._resolved(schema.get("items") or {})
            kind = _kind(schema)
        inside = (lambda target=schema: self._level(target)) if kind == "object" else None
        return Part(name, kind, required, many, _codes(schema), inside=inside)

    def _level(self, schema: Schema) -> Level:
        parts: dict[str, Part] = {}
        closed = True
        for side, needs in self._sides(schema):
            required = set(side.get("required", ())) if needs else set()
            for name, below in side.get("properties", {}).items():
                again = name in parts and parts[name].required
                parts[name] = self._part(name, below, required=again or name in required)
            more = side.get("additionalProperties", False)
            closed = closed and more is False and not side.get("patternProperties")
        return Level(parts, lists=True, open=not closed or not parts)

    def _sides(self, schema: Schema) -> list[tuple[Schema, bool]]:
        """The schema and all that it is combined with, each with whether what it requires is always required."""
        sides = [(schema, True)]
        sides += [(self._resolved(side), True) for side in schema.get("allOf", ())]
        sides += [(self._resolved(side), False) for key in ("oneOf", "anyOf") for side in schema.get(key, ())]
        return sides


def _not_null(either: list[Schema]) -> list[Schema]:
    return [side for side in either if side.get("type") != "null"]


def _kind(schema: Schema) -> Kind:
    kinds = schema.get("type")
    names = [kind for kind in kinds if kind != "null"] if isinstance(kinds, list) else [kinds]
    if names and names[0] in _KINDS:
        return _KINDS[names[0]]
    return "object" if {"properties", "allOf", "oneOf", "anyOf"} & set(schema) else "text"


def _codes(schema: Schema) -> frozenset[str] | None:
    listed = [schema["const"]] if "const" in schema else schema.get("enum")
    if not isinstance(listed, list) or not all(isinstance(code, str) for code in listed):
        return None
    return frozenset(listed)
