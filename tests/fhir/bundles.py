"""Bundles that tests start from: our own published example, changed as a test says."""

from __future__ import annotations

import copy
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.doors.fhir.guide import FOLDER

NOW = datetime.fromisoformat("2026-01-01T08:00:30+01:00")
EXAMPLES = ("exemple-message", "exemple-transaction", "exemple-annulation")


def example(name: str = "exemple-message") -> dict[str, Any]:
    """A published example."""
    found: dict[str, Any] = json.loads(Path(FOLDER / f"Bundle-{name}.json").read_bytes())
    return found


def resource(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    """The first resource of a kind."""
    found: dict[str, Any] = next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind)
    return found


def changed(name: str = "exemple-message", **elements: Any) -> dict[str, Any]:
    """The example with elements of its resources replaced, `Patient__birthDate`; None takes one out."""
    bundle = copy.deepcopy(example(name))
    for path, value in elements.items():
        kind, *parents, last = path.split("__")
        holder = bundle if kind == "Bundle" else resource(bundle, kind)
        for parent in parents:
            holder = holder[int(parent)] if isinstance(holder, list) else holder[parent]
        if value is None:
            del holder[last]
        else:
            holder[last] = value
    return bundle


def raw(bundle: dict[str, Any]) -> bytes:
    """As it travels."""
    return json.dumps(bundle).encode()
