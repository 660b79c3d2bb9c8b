"""A content held to the schema of what is read: each field of the kind that the mappings take it for, one or several.

Models differ in what repeats, XML has no kinds, and some codes of older models carry spaces: all that is made even here. What
has no place is not dropped: it is listed with its path, so that a person can be shown it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from adapters.lrm.hubsante.wire.layout import local_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

    from adapters.lrm.hubsante.reading.contract import Node

EXPECTED = {
    "object": "un objet",
    "string": "un texte",
    "number": "un nombre",
    "integer": "un entier",
    "boolean": "oui ou non",
}
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?")
_TRUTH = {"true": True, "1": True, "false": False, "0": False}


@dataclass(slots=True)
class FittedContent:
    """What was read, and what was not."""

    tree: dict[str, Any]
    left: list[tuple[str, str]] = field(default_factory=list)
    """Path and value of what no rule reads."""
    misfits: list[tuple[str, str]] = field(default_factory=list)
    """Path of what is of another kind, and the kind that was expected; its value is in `left`."""


def fit(body: dict[str, Any], node: Node) -> FittedContent:
    """The content as the schema has it."""
    fitted = FittedContent({})
    fitted.tree = _object(body, node, "", fitted)
    return fitted


def plain_tree(element: etree._Element) -> dict[str, Any]:
    """An XML element as JSON would hold it, by local names: what repeats is a list, every leaf a text."""
    tree: dict[str, Any] = {}
    for child in element:
        value: Any = plain_tree(child) if len(child) else (child.text or "")
        name = local_name(child)
        if name not in tree:
            tree[name] = value
        elif isinstance(tree[name], list):
            tree[name].append(value)
        else:
            tree[name] = [tree[name], value]
    return tree


def _object(value: dict[str, Any], node: Node, path: str, fitted: FittedContent) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, inner in value.items():
        here = f"{path}.{name[:80]}".lstrip(".")
        known = node.below.get(name)
        if known is None:
            fitted.left.extend(leaves(inner, here))
        elif (held := _field(inner, known, here, fitted)) is not None:
            made[name] = held
    return made


def _field(value: Any, node: Node, path: str, fitted: FittedContent) -> Any:  # noqa: ANN401 - JSON as it comes
    if not node.many:
        if not isinstance(value, list):
            return _one(value, node, path, fitted)
        for at, spare in enumerate(value[1:], 1):
            fitted.left.extend(leaves(spare, f"{path}[{at}]"))
        return _one(value[0], node, path, fitted) if value else None
    several = value if isinstance(value, list) else [value]
    held = (_one(item, node, f"{path}[{at}]", fitted) for at, item in enumerate(several))
    return [item for item in held if item is not None]


def _one(value: Any, node: Node, path: str, fitted: FittedContent) -> Any:  # noqa: ANN401 - same
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if node.kind == "object":
        if isinstance(value, dict):
            return _object(value, node, path, fitted)
    elif (held := _leaf(value, node.kind)) is not None:
        return held
    fitted.misfits.append((path, EXPECTED[node.kind]))
    fitted.left.extend(leaves(value, path))
    return None


def _leaf(value: Any, kind: str) -> Any:  # noqa: ANN401 - same
    """The value as that kind, or None when it is none."""
    if isinstance(value, dict | list):
        return None
    if kind == "string":
        return _text(value)
    if kind == "boolean":
        return value if isinstance(value, bool) else _TRUTH.get(_text(value))
    if isinstance(value, bool) or not _NUMBER.fullmatch(_text(value)):
        return None
    number = float(_text(value))
    if number.is_integer() and (kind == "integer" or isinstance(value, int) or "." not in _text(value)):
        return int(number)
    return number if kind == "number" else None


def _text(value: Any) -> str:  # noqa: ANN401 - same
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | Decimal):
        return format(Decimal(str(value)), "f")
    return str(value).strip()


def leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - same
    """Every value below, with its path."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name[:80]}".lstrip("."))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{at}]")
    elif value is not None and _text(value):
        yield path, _text(value)
