"""Whether every leaf of a clinical resource is told or named: what the property tests of the reader ask of each instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.wire.fhir.check import SILENT
from adapters.wire.fhir.clinical import TOLD
from adapters.wire.fhir.reading.clinical import VITALS
from adapters.wire.fhir.reading.request import read_request
from adapters.wire.fhir.reading.values.words import CODES, concept, quantity, when
from adapters.wire.fhir.vocabulary import codes
from tests.fhir.bundles import NOW, example, raw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.wire.fhir.reading.request import ReadRequest

CLINICAL = frozenset({*TOLD, "Observation", "Flag", "ClinicalImpression"})
"""The resources whose every leaf is a fact about a person."""
STATES = frozenset({"status", "clinicalStatus", "verificationStatus", "doNotPerform"})
"""Told in words of our own, or ordinary."""
ABOUT = frozenset({"subject", "patient"})


def added(resource: dict[str, Any]) -> tuple[ReadRequest, str]:
    """The published request with one more entry, read; then the place of that entry."""
    bundle = example()
    bundle["entry"].append({"fullUrl": "urn:uuid:33333333-3333-4333-8333-000000000000", "resource": resource})
    return read_request(raw(bundle), NOW), f"Bundle.entry[{len(bundle['entry']) - 1}].resource"


def silent(resource: dict[str, Any]) -> list[str]:
    """The places of the leaves that were neither told nor named."""
    read, place = added(resource)
    text = "\n".join([read.request.note.text or "", *(fact.text for fact in read.request.facts)])
    named = {path for remark in read.request.remarks for path in remark.field.split(" | ")}
    left = []
    for path, words in _leaves(resource, place):
        above = {path[:end] for end in range(len(path) + 1) if end == len(path) or path[end] in ".["}
        if not above & named and not any(word in text for word in words):
            left.append(path)
    return left


def _leaves(holder: dict[str, Any], path: str) -> Iterator[tuple[str, list[str]]]:
    """Every leaf with the words that would tell it; what FHIR writes in several ways at once is one leaf."""
    for name, value in holder.items():
        if name in SILENT | STATES | ABOUT or name.startswith("_"):
            continue
        for place, each in enumerate(value) if isinstance(value, list) else ((None, value),):
            at = f"{path}.{name}" + ("" if place is None else f"[{place}]")
            yield from _leaf(each, at)


def _leaf(value: Any, path: str) -> Iterator[tuple[str, list[str]]]:
    if not isinstance(value, dict):
        yield path, _words(value)
    elif "coding" in value or ("text" in value and len(value) == 1):
        yield path, [concept(value).strip(), *(VITALS.get(code, "\0") for code in codes([value]))]
    elif str(value.get("reference", "")).startswith("#"):
        pass  # What it contains is read where it stands.
    elif "reference" in value or "display" in value:
        yield path, [value.get("display") or value.get("identifier", {}).get("value", "")]
    elif "value" in value and isinstance(value["value"], int | float):
        yield path, [quantity(value)]
    else:
        yield from _leaves(value, path)


def _words(value: Any) -> list[str]:
    if isinstance(value, bool):
        return ["oui" if value else "non"]
    text = str(value).strip()
    return [text, CODES.get(text, text), when(text)]
