"""A contract as a mapping sees it whose link completes the document: lists, shared identifiers, what a wire wraps around it.

Two links do so. A FHIR message is written entry by entry (`Patient.name:usual.family`), and the documents of the Hub Santé by the
names of its official model (`patient.externalId:SINUS.value`): in both an element that repeats is written once, or once per
slice. It refuses to guess what a link adds: that stands in a table of the link's own contract.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING

from mapping.contracts.fhir import FhirContract
from mapping.contracts.json_schema import JsonContract
from mapping.contracts.part import Level, Part

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ENTRIES = (
    "MessageHeader",
    "ServiceRequest",
    "Patient",
    "Location",
    "PractitionerRole",
    "Practitioner",
    "Organization",
    "DocumentReference",
    "Observation",
    "Flag",
    "Condition",
    "AllergyIntolerance",
    "MedicationStatement",
    "Communication",
    "ClinicalImpression",
    "Consent",
)
"""The resources that a message of ours may have as entries."""
LINK_WORDS = "link-words.csv"
"""In the contract of a link: what it takes beside the model, and what it gives itself."""
EVERY = "*"
SCHEMA = ".schema.json"


@dataclass(frozen=True, slots=True)
class LinkWords:
    """What one link does to the documents of one model."""

    takes: frozenset[str] = frozenset()
    """Paths that a mapping may write, and that the link turns into something of the model: values or groups."""
    gives: frozenset[str] = frozenset()
    """Paths that the link writes."""


class FhirEntries:
    """The entries of a FHIR message, each under the name of its resource."""

    def roots(self) -> list[str]:
        """A message is a Bundle."""
        return ["Bundle"]

    def root(self, name: str) -> Part | None:
        """The entries; each is a group that the link gives a place, and more than one per slice."""
        return Part(name, "object", required=True, inside=_entries) if name == "Bundle" else None


class HubModels:
    """The messages of an official model, each with the words of the link that sends it."""

    def __init__(self, folder: Path, words: Mapping[str, LinkWords]) -> None:
        self._folder = folder
        self._words = words

    def roots(self) -> list[str]:
        """The messages that have a schema."""
        return sorted(path.name.removesuffix(SCHEMA) for path in self._folder.glob(f"*{SCHEMA}"))

    def root(self, name: str) -> Part | None:
        """The whole message."""
        if name not in self.roots():
            return None
        part = JsonContract(self._folder / f"{name}{SCHEMA}").root("")
        words = self._words.get(name) or self._words.get(EVERY) or LinkWords()
        return None if part is None else _seen(replace(part, name=name), words, "")


@cache
def _entries() -> Level:
    contract, words = FhirContract(), LinkWords(gives=frozenset({"resourceType"}))
    parts = {}
    for name in ENTRIES:
        part = Part(name, "object", many=True, inside=partial(_resource, contract, name))
        parts[name] = _seen(part, words, "")
    return Level(parts, slices=True)


def _resource(contract: FhirContract, name: str) -> Level:
    part = contract.root(name)
    return part.level or Level() if part else Level()


def _seen(part: Part, words: LinkWords, path: str) -> Part:
    """A part, at its path without slices, as a mapping may write it."""
    if path in words.takes:
        return Part(part.name, "object", part.required, part.many, inside=lambda: Level(open=True, plain=True))
    required = part.required and path not in words.gives
    if part.inside is not None:
        return replace(part, required=required, inside=lambda: _below(part, words, f"{path}.".lstrip(".")))
    if part.many:
        texts = {"text": Part("text", codes=part.codes)}
        return replace(part, required=required, inside=lambda: Level(texts, plain=True))
    return replace(part, required=required)


def _below(part: Part, words: LinkWords, before: str) -> Level:
    level = part.level or Level()
    parts = {name: _seen(inner, words, before + name) for name, inner in level.parts.items()}
    for path in sorted(words.takes):
        above, _, name = path.rpartition(".")
        if f"{above}.".lstrip(".") == before and name not in parts:
            parts[name] = Part(name, "object", inside=lambda: Level(open=True, plain=True))
    return replace(level, parts=parts, lists=False, slices=True)


@cache
def read_words(path: Path, _changed: int) -> dict[str, LinkWords]:
    """Message → what its link takes and gives, from a table `message,side,path,why`; `*` stands for every message."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    names = {row["message"] for row in rows}
    return {
        name: LinkWords(
            *(
                frozenset(row["path"] for row in rows if row["side"] == side and row["message"] in {name, EVERY})
                for side in ("takes", "gives")
            )
        )
        for name in names
    }


def newest_model(folder: Path) -> Path | None:
    """The JSON schemas of the model whose names mappings say: its acknowledgement has a `step`. None when it is not there."""
    for candidate in (folder, *sorted(folder.glob("releases/*"), reverse=True)):
        reference = candidate / "json-schema" / "RC-REF.schema.json"
        try:
            properties = json.loads(reference.read_bytes())["properties"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if "step" in properties:
            return candidate / "json-schema"
    return None
