"""A mapping's tree becomes a message Bundle: lists where FHIR repeats, references to entries of the same message, base64.

What is said of a patient is in the mapping file, not here. This knows three things that a mapping file cannot say: which elements
repeat (read in the element table), the fullUrl of an entry, and how a text is carried as data. The same message gives the same bytes.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from adapters.wire.fhir.elements import PARTS, RESOURCES
from adapters.wire.fhir.writing.answers import full_url

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from adapters.wire.fhir.elements import Element
    from adapters.wire.fhir.vocabulary import Resource

IDENTIFIERS = "urn:ietf:rfc:3986"
_NOTHING: Mapping[str, Element] = {}


def message(identifier: str, at: datetime, tree: Mapping[str, Mapping[str, Any]]) -> Resource:
    """The Bundle of one outbox message, which keeps its identifier and its instant at every attempt."""
    urls = {entry: full_url("message", identifier, entry) for entry in tree}
    named = full_url("message", identifier)
    entries: list[Resource] = [
        {"fullUrl": urls[entry], "resource": _resource(entry, parts, urls)} for entry, parts in tree.items()
    ]
    # The answer names the header by its id (R4 MessageHeader.response.identifier).
    entries[0]["resource"]["id"] = named.rpartition(":")[2]
    return {
        "resourceType": "Bundle",
        "type": "message",
        "identifier": {"system": IDENTIFIERS, "value": named},
        "timestamp": at.isoformat(timespec="milliseconds"),
        "entry": entries,
    }


def _resource(entry: str, parts: Mapping[str, Any], urls: Mapping[str, str]) -> Resource:
    kind = entry.partition(":")[0]
    return {"resourceType": kind, **_fold(parts, RESOURCES.get(kind, _NOTHING), urls)}


def _fold(parts: Mapping[str, Any], table: Mapping[str, Element], urls: Mapping[str, str]) -> Resource:
    folded: Resource = {}
    for key, value in parts.items():
        name, _, slice_name = key.partition(":")
        element = table.get(name)
        kind = element.kind if element is not None else ""
        written = (
            _fold(value, PARTS.get(kind, _NOTHING), urls) if isinstance(value, dict) else _leaf(name, kind, value, urls)
        )
        if slice_name or (element is not None and element.most is not None):
            folded.setdefault(name, []).append(written)
        else:
            folded[name] = written
    return folded


def _leaf(name: str, kind: str, value: Any, urls: Mapping[str, str]) -> Any:  # noqa: ANN401 - a leaf of a mapping
    if name == "reference":
        return urls[value]
    if kind == "base64Binary":
        return base64.b64encode(str(value).encode()).decode("ascii")
    return value
