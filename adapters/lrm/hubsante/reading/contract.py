"""The small schema of what is read here, which ships with the product: the names and kinds that our mappings read, in any model.

A deployment without the official models reads by it, JSON and XML alike. It requires nothing and lists no code: what a message
must have, the official models judge.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "hub-recu-v1.schema.json"
FOLDER = Path(__file__).resolve().parents[1] / "contract"


@dataclass(frozen=True, slots=True)
class Node:
    """One field: its kind, whether it is a list, and what it holds."""

    kind: str
    """`object`, `string`, `number`, `integer` or `boolean`."""
    many: bool = False
    below: Mapping[str, Node] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """One message that can be read."""

    key: str
    """Its key in JSON, its element in XML: `createCaseHealth`."""
    name: str
    """As people name it: `RS-EDA`."""
    root: str
    """The definition that it is read by, which its mapping names as its source."""
    node: Node


@cache
def messages() -> Mapping[str, Message]:
    """Key → message, for every one that can be read."""
    schema = orjson.loads((FOLDER / FILE).read_bytes())
    by_name: dict[str, Message] = {}
    for root, definition in schema["definitions"].items():
        node = _node(definition)
        by_name |= {key: Message(key, name, root, node) for key, name in definition["x-messages"].items()}
    return MappingProxyType(by_name)


def name_of(key: str | None) -> str | None:
    """The name of a message, which is what people say; the key itself for one that is not known."""
    known = messages().get(key or "")
    return known.name if known else key


def _node(schema: dict[str, Any]) -> Node:
    many = schema["type"] == "array"
    held = schema["items"] if many else schema
    below = {name: _node(inner) for name, inner in held.get("properties", {}).items()}
    return Node(held["type"], many, MappingProxyType(below))
