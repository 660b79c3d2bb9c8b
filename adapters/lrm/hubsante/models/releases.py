"""Values that two releases of one model write differently: what was received in either is read, what is sent is the folder's own.

Model 3 has a released tag (3.4.1) whose RC-RI says `VECTEUR_SANTE` where the releases before and after it say `SMUR`: each
refuses the other's message. The table `contract/release-values.csv` holds such pairs; it guesses none.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from adapters.lrm.hubsante.models.models import MessageType

_RANK = re.compile(r"\[\d+\]")


@cache
def _pairs() -> dict[tuple[str, str], dict[str, str]]:
    """(use case, path without ranks) → each value with its name in the other release, both ways."""
    table = files("adapters.lrm.hubsante").joinpath("contract/release-values.csv").read_text(encoding="utf-8")
    pairs: dict[tuple[str, str], dict[str, str]] = {}
    for row in csv.DictReader(table.splitlines()):
        names = pairs.setdefault((row["message"], row["path"]), {})
        names |= {row["value"]: row["elsewhere"], row["elsewhere"]: row["value"]}
    return pairs


def other_release(path: str, value: object) -> str | None:
    """The name that another release gives to a value at `use_case.path[0].to.it`; None when the table has none."""
    key, _, inside = _RANK.sub("", path).partition(".")
    return _pairs().get((key, inside), {}).get(value) if isinstance(value, str) else None


def as_release(kind: MessageType, body: dict[str, Any]) -> dict[str, Any]:
    """The body with each such value by the name that this folder's schema lists; changed in place."""
    for (key, path), names in _pairs().items():
        if key != kind.key:
            continue
        steps = path.split(".")
        allowed = _listed(kind.schema, steps)
        for holder in _holders(body, steps[:-1]):
            other = names.get(str(holder.get(steps[-1])))
            if other in allowed and holder[steps[-1]] not in allowed:
                holder[steps[-1]] = other
    return body


def _listed(schema: Mapping[str, Any], steps: list[str]) -> frozenset[str]:
    """The enumeration of a field; empty when it has none."""
    node: Mapping[str, Any] = schema
    for step in steps:
        node = _resolved(node, schema).get("properties", {}).get(step, {})
    return frozenset(_resolved(node, schema).get("enum", ()))


def _resolved(node: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    while True:
        if "$ref" in node:
            node = root["definitions"][node["$ref"].rpartition("/")[2]]
        elif node.get("type") == "array":
            node = node["items"]
        else:
            return node


def _holders(node: object, steps: list[str]) -> Iterator[dict[str, Any]]:
    if isinstance(node, list):
        for item in node:
            yield from _holders(item, steps)
    elif isinstance(node, dict):
        if not steps:
            yield node
        elif steps[0] in node:
            yield from _holders(node[steps[0]], steps[1:])
