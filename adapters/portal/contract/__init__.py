"""The versioned contract of the portal's webhook, and the validators compiled from it once."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import jsonschema_rs

Part = Literal["notification", "acknowledgement", "problem"]


@cache
def schema() -> dict[str, Any]:
    """The contract as published: `webhook-v1.schema.json`."""
    loaded: dict[str, Any] = json.loads(files(__name__).joinpath("webhook-v1.schema.json").read_text("utf-8"))
    return loaded


@cache
def _validator(part: Part) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"#/$defs/{part}", "$defs": schema()["$defs"]}, validate_formats=True
    )


def faults_of(document: object, part: Part) -> list[str]:
    """JSON pointers of what is outside the contract, never the values; empty when all is well."""
    pointers = {
        "/" + "/".join(str(step) for step in error.instance_path) for error in _validator(part).iter_errors(document)
    }
    return sorted(pointers)[:20]


@cache
def _names() -> frozenset[str]:
    """Every key the contract gives a name to."""
    names: set[str] = set()
    waiting: list[Any] = [schema()["$defs"]]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            names |= set(node.get("properties", {}))
            waiting.extend(node.values())
    return frozenset(names)


def is_pointer(text: str) -> bool:
    """Whether a text can only be the place of a field, so that it may be shown: a careless receiver may answer with a value."""
    steps = text.split("/")
    return steps[0] == "" and all(step in _names() or step.isdigit() for step in steps[1:] if step)
