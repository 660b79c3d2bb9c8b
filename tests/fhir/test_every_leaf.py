"""Drops nothing in silence: each leaf of a clinical resource is told to the CRRA or named to its sender, in bounded time, over instances of every kind.

A hundred small instances of ours are made from the tables. The five thousand of HL7's own package are fetched where the registry can be reached.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import time
from typing import TYPE_CHECKING, Any

import pytest

from adapters.wire.fhir.clinical import MORE, PUBLISHED
from adapters.wire.fhir.parts import PARTS
from adapters.wire.fhir.vocabulary import FhirRefusalError
from tests.fhir.leaves import CLINICAL, STATES, added, silent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from adapters.wire.fhir.primitives import Element

PACKAGE = "hl7.fhir.r4.examples@4.0.1"
SECONDS = 5
"""Longest time that any one instance may take; a tenth is the rule."""
SAMPLES: dict[str, Any] = {
    "string": "mot-essai",
    "code": "code-essai",
    "uri": "https://exemple.fr/essai",
    "date": "2025-12-30",
    "dateTime": "2025-12-31T07:45:00+01:00",
    "instant": "2025-12-31T07:45:00+01:00",
    "time": "07:45:00",
    "decimal": 41.5,
    "integer": 41,
    "boolean": True,
    "positiveInt": 3,
    "CodeableConcept": {"text": "notion d’essai"},
    "Quantity": {"value": 41.5, "comparator": ">", "unit": "mmol/L"},
    "Reference": {"display": "Personne d’essai"},
    "Annotation": {"text": "remarque d’essai"},
    "Period": {"start": "2025-12-30", "end": "2026-12-31"},
    "Identifier": {"value": "identifiant-essai"},
}
"""One value of each kind; the other kinds are made of their own elements."""


def sample(kind: str) -> Any:
    """A value of a kind, with everything that it may hold."""
    if kind in SAMPLES:
        return SAMPLES[kind]
    return {name: value_of(element) for name, element in PARTS[kind].items() if element.kind != "*"}


def value_of(element: Element) -> Any:
    """What one element may be."""
    return sample(element.kind) if element.most is None else [sample(element.kind)]


def instances() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each clinical resource with each of its elements alone, and one that no table knows."""
    for kind, elements in {**PUBLISHED, **MORE}.items():
        if kind not in CLINICAL:
            continue
        for name, element in elements.items():
            if name in STATES | {"subject", "patient"}:
                continue
            base = {"code": {"text": "sujet d’essai"}} if "code" in elements else {}
            yield f"{kind}.{name}", {"resourceType": kind, **base, name: value_of(element)}
        yield f"{kind}.inconnu", {"resourceType": kind, "code": {"text": "sujet"}, "inconnu": {"a": ["mot-essai"]}}


INSTANCES = dict(instances())


def test_there_are_a_hundred_instances() -> None:
    """Enough to speak of every element of every table."""
    assert len(INSTANCES) >= 100


@pytest.mark.parametrize("name", sorted(INSTANCES))
def test_each_leaf_of_our_instances_is_told_or_named(name: str) -> None:
    """Every element of the table, one at a time, and the unknown one."""
    assert silent(INSTANCES[name]) == []


@pytest.mark.registry
@pytest.mark.timeout(600)
def test_each_leaf_of_the_instances_of_hl7_is_told_or_named(tmp_path: Path) -> None:
    """Five thousand real instances, each in a request's Bundle: read or refused by rule, no leaf lost, none takes long."""
    left: dict[str, list[str]] = {}
    count = 0
    for name, resource in _published(tmp_path):
        started, count = time.process_time(), count + 1
        try:
            lost = silent(resource) if resource["resourceType"] in CLINICAL else added(resource) and []
        except FhirRefusalError as refusal:
            lost = [] if refusal.status == 413 else [str(refusal)]
        if lost or time.process_time() - started > SECONDS:
            left[name] = lost
    assert count > 5_000
    assert left == {}


def _published(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not on this machine: the examples of HL7 are not fetched")
    try:
        done = subprocess.run([npm, "pack", PACKAGE], cwd=folder, capture_output=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("the registry did not answer within two minutes")
    if done.returncode != 0:
        pytest.skip("the registry cannot be reached: the examples of HL7 are not fetched")
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name.endswith(".json") else None
            document = json.loads(content.read()) if content else None
            if isinstance(document, dict) and "resourceType" in document:
                yield member.name, document
