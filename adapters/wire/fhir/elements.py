"""The element table of an intervention request, as data: what each resource may hold, how often, how long.

FHIR and RS-EDA set no maximum size; these are ours, and they are published in our StructureDefinitions. An element that is
not in the table is left alone. What blocks is what makes the request unreadable or leaves no way to act on it; any other breach sets
the element aside and is said as a warning: an emergency is not refused for the form of a middle name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_CODE = re.compile(r"[^\s]+( [^\s]+)*")
_URI = re.compile(r"\S*")
_DATE = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")
_TIME = r"T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_INSTANT = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])" + _TIME)
_DATETIME = re.compile(rf"(?:{_INSTANT.pattern})|(?:{_DATE.pattern})")
_BASE64 = re.compile(r"[0-9A-Za-z+/\s]*={0,2}\s*")


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _number(value: Any) -> bool:  # noqa: ANN401 - JSON as it comes
    return isinstance(value, int | float) and not isinstance(value, bool)


PRIMITIVES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "string": (lambda value: isinstance(value, str) and bool(value.strip()), "un texte non vide"),
    "code": (_matches(_CODE), "un code"),
    "uri": (_matches(_URI), "une adresse"),
    "date": (_matches(_DATE), "AAAA, AAAA-MM ou AAAA-MM-JJ"),
    "dateTime": (_matches(_DATETIME), "une date, avec décalage horaire si elle a une heure"),
    "instant": (_matches(_INSTANT), "date, heure et décalage horaire"),
    "decimal": (_number, "un nombre"),
    "boolean": (lambda value: isinstance(value, bool), "true ou false"),
    "positiveInt": (lambda value: isinstance(value, int) and not isinstance(value, bool) and value > 0, "un rang"),
    "base64Binary": (lambda value: isinstance(value, str), "du base64"),
}
"""FHIR primitive → its check, and what a person is told."""


KEYS = frozenset({"code", "uri"})
"""What is compared and never cut: too long is refused. A text is cut by `domain`, which says so."""


@dataclass(frozen=True, slots=True)
class Element:
    """One line of the table."""

    kind: str
    """A primitive, or the name of a shape."""
    least: int = 0
    most: int | None = None
    """None: a single value and not a list."""
    longest: int = 0
    blocks: bool = True
    """Whether a breach refuses the message; else the element is set aside with a warning."""
    codes: frozenset[str] = frozenset()


def one(kind: str = "string", longest: int = 255, *, blocks: bool = True) -> Element:
    """0..1."""
    return Element(kind, 0, None, longest, blocks)


def must(kind: str = "string", longest: int = 255) -> Element:
    """1..1."""
    return Element(kind, 1, None, longest)


def among(*codes: str, least: int = 0, blocks: bool = True) -> Element:
    """A code of a closed list."""
    return Element("code", least, None, 64, blocks, frozenset(codes))


def several(kind: str, most: int, *, least: int = 0, longest: int = 255, blocks: bool = True) -> Element:
    """A list."""
    return Element(kind, least, most, longest, blocks)


PARTS: dict[str, dict[str, Element]] = {
    "Coding": {"system": one("uri"), "code": one("code", 64), "display": one()},
    "CodeableConcept": {"coding": several("Coding", 10), "text": one()},
    "Reference": {"reference": one("uri"), "identifier": one("Identifier"), "display": one()},
    "Identifier": {
        "use": one("code", 16, blocks=False),
        "type": one("CodeableConcept", blocks=False),
        "system": one("uri", 128),
        "value": one("string", 128),
    },
    "Quantity": {"value": one("decimal"), "unit": one("string", 30), "system": one("uri"), "code": one("code", 30)},
    "Period": {"start": one("dateTime"), "end": one("dateTime")},
    "HumanName": {
        "use": one("code", 16),
        "text": one("string", 160),
        "family": one("string", 80),
        "given": several("string", 10, longest=80),
        "prefix": several("string", 5, longest=30),
        "suffix": several("string", 5, longest=30),
    },
    "ContactPoint": {
        "system": one("code", 16),
        "value": one("string", 40),
        "use": one("code", 16),
        "rank": one("positiveInt"),
    },
    "Address": {
        "use": one("code", 16),
        "text": one("string", 255),
        "line": several("string", 6, longest=255),
        "city": one("string", 80),
        "district": one("string", 80),
        "postalCode": one("string", 10),
        "country": one("string", 40),
    },
    "Position": {"latitude": one("decimal"), "longitude": one("decimal")},
    "Attachment": {
        "contentType": one("string", 100),
        "data": one("base64Binary", 0),
        "title": one(),
        "creation": one("dateTime"),
    },
    "DocumentContent": {"attachment": must("Attachment")},
    "Source": {
        "endpoint": must("uri", 255),
        "name": one(blocks=False),
        "software": one(blocks=False),
        "version": one(blocks=False),
    },
    "Receiver": {"endpoint": one("uri"), "name": one(), "receiver": one("Reference")},
    "Contact": {
        "relationship": several("CodeableConcept", 5),
        "name": one("HumanName"),
        "telecom": several("ContactPoint", 5),
    },
    "Annotation": {"text": one("string", 2_000), "time": one("dateTime")},
    "Communication": {"language": one("CodeableConcept"), "preferred": one("boolean")},
    "Payload": {"contentString": one("string", 20_000)},
}

_NAMES = several("HumanName", 5, blocks=False)
_PHONES = several("ContactPoint", 5, blocks=False)

RESOURCES: dict[str, dict[str, Element]] = {
    "Bundle": {"identifier": must("Identifier"), "timestamp": must("instant")},
    "MessageHeader": {
        "eventCoding": must("Coding"),
        "reason": one("CodeableConcept"),
        "source": must("Source"),
        "destination": several("Receiver", 1),
        "focus": several("Reference", 1, least=1),
        "sender": one("Reference"),
        "author": one("Reference"),
    },
    "ServiceRequest": {
        "identifier": several("Identifier", 5, least=1),
        "status": among("active", "revoked", "entered-in-error", least=1),
        "intent": among("order", least=1),
        "category": several("CodeableConcept", 5, least=1, blocks=False),
        "code": must("CodeableConcept"),
        "priority": among("routine", "urgent", "asap", "stat", blocks=False),
        "orderDetail": several("CodeableConcept", 3, blocks=False),
        "subject": must("Reference"),
        "occurrenceDateTime": one("dateTime", blocks=False),
        "authoredOn": Element("string", 1, None, 40, blocks=False),
        "requester": must("Reference"),
        "performer": several("Reference", 1),
        "locationReference": several("Reference", 1, blocks=False),
        "reasonCode": several("CodeableConcept", 3, blocks=False),
        "supportingInfo": several("Reference", 50),
        "replaces": several("Reference", 1, blocks=False),
        "basedOn": several("Reference", 1, blocks=False),
        "note": several("Annotation", 5),
    },
    "Patient": {
        "identifier": several("Identifier", 10, blocks=False),
        "name": several("HumanName", 5, least=1, blocks=False),
        "gender": Element("code", 1, None, 16, blocks=False, codes=frozenset({"male", "female", "other", "unknown"})),
        "birthDate": one("string", 10, blocks=False),
        "telecom": _PHONES,
        "contact": several("Contact", 5, blocks=False),
        "address": several("Address", 3, blocks=False),
        "communication": several("Communication", 3, blocks=False),
        "active": one("boolean", blocks=False),
    },
    "Location": {
        "address": one("Address"),
        "position": one("Position", blocks=False),
        "description": one("string", 1_000),
        "name": one(blocks=False),
        "type": several("CodeableConcept", 5, blocks=False),
    },
    "PractitionerRole": {
        "code": several("CodeableConcept", 5, blocks=False),
        "organization": must("Reference"),
        "practitioner": one("Reference"),
        "telecom": several("ContactPoint", 5, least=1, blocks=False),
    },
    "Practitioner": {"identifier": several("Identifier", 10, blocks=False), "name": _NAMES},
    "Organization": {
        "identifier": several("Identifier", 10, least=1),
        "name": one("string", 255),
        "telecom": _PHONES,
    },
    "DocumentReference": {
        "type": one("CodeableConcept"),
        "date": one("string", 40, blocks=False),
        "author": several("Reference", 3, blocks=False),
        "content": several("DocumentContent", 3, least=1),
    },
    "Observation": {
        "code": must("CodeableConcept"),
        "effectiveDateTime": one("dateTime", blocks=False),
        "valueQuantity": one("Quantity", blocks=False),
        "valueString": one("string", 255, blocks=False),
    },
    "Flag": {"category": several("CodeableConcept", 5, blocks=False), "code": one("CodeableConcept", blocks=False)},
    "Condition": {"code": one("CodeableConcept", blocks=False)},
    "AllergyIntolerance": {"code": one("CodeableConcept", blocks=False)},
    "MedicationStatement": {"medicationCodeableConcept": one("CodeableConcept", blocks=False)},
    "Communication": {"payload": several("Payload", 3), "sent": one("dateTime", blocks=False)},
    "ClinicalImpression": {"summary": one("string", 20_000), "date": one("dateTime", blocks=False)},
    "Consent": {"status": one("code", 32, blocks=False)},
}
"""Resource → element → how often, how long."""

MOST_OF: Mapping[str, int] = {
    "MessageHeader": 1,
    "DocumentReference": 5,
    "Observation": 30,
    "Flag": 10,
    "Condition": 20,
    "AllergyIntolerance": 20,
    "MedicationStatement": 20,
    "Consent": 1,
}
"""How many of a resource a message may bring."""
