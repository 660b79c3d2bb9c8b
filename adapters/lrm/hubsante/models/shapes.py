"""The shape of a message, read from its official JSON schema: the only thing that drives JSON ⇄ XML.

The official JSON schemas list their properties in the order of the XSD sequences, so one tree serves both directions.
It refuses to guess: a construct it has not met (a `$ref` elsewhere, a union of types) is an error at loading, not a
surprise in the middle of the night.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(Enum):
    """What a value is on the JSON side."""

    TEXT = "string"
    DATE_TIME = "date-time"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    OBJECT = "object"
    OPEN = "open"
    """An object whose keys are free (`customContent`, `sourceMessage`)."""


class ShapeError(ValueError):
    """A schema holds a construct that has no XML counterpart here."""


@dataclass(slots=True)
class Shape:
    """One element: what it holds, in which order. `tag` is its name in Clark notation."""

    name: str
    tag: str
    kind: Kind
    repeated: bool = False
    children: tuple[Shape, ...] = ()
    by_tag: dict[str, Shape] = field(default_factory=dict)
    by_name: dict[str, Shape] = field(default_factory=dict)


def read_shape(name: str, schema: Mapping[str, Any], namespace: str) -> Shape:
    """The shape of the element `name` in `namespace`, whose content the schema describes."""
    return _shape(name, schema, schema, namespace, ())


def _shape(
    name: str, node: Mapping[str, Any], root: Mapping[str, Any], namespace: str, trail: tuple[str, ...]
) -> Shape:
    node, trail = _resolve(node, root, trail)
    repeated = node.get("type") == "array"
    if repeated:
        node, trail = _resolve(node["items"], root, trail)
    kind = _kind(name, node)
    shape = Shape(name, f"{{{namespace}}}{name}", kind, repeated)
    if kind is Kind.OBJECT:
        shape.children = tuple(_shape(key, value, root, namespace, trail) for key, value in node["properties"].items())
        shape.by_tag = {child.tag: child for child in shape.children}
        shape.by_name = {child.name: child for child in shape.children}
    return shape


def _resolve(
    node: Mapping[str, Any], root: Mapping[str, Any], trail: tuple[str, ...]
) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    while "$ref" in node:
        reference = node["$ref"]
        if not reference.startswith("#/definitions/"):
            raise ShapeError(f"renvoi hors du schéma : {reference}")
        if reference in trail:
            raise ShapeError(f"schéma récursif : {reference}")
        trail = (*trail, reference)
        node = root["definitions"][reference.removeprefix("#/definitions/")]
    return node, trail


def _kind(name: str, node: Mapping[str, Any]) -> Kind:
    match node.get("type"):
        case "string":
            return Kind.DATE_TIME if node.get("format") == "date-time" else Kind.TEXT
        case "number":
            return Kind.NUMBER
        case "integer":
            return Kind.INTEGER
        case "boolean":
            return Kind.BOOLEAN
        case "object":
            return Kind.OBJECT if node.get("properties") else Kind.OPEN
        case other:
            raise ShapeError(f"type inattendu pour {name} : {other}")
