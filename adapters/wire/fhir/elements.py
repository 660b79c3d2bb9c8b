"""The element table of an intervention request, as data: what each resource may hold, how often, how long.

`RESOURCES` is what our StructureDefinitions publish; `BESIDE` is what is read beside it where other systems send it. An element that is in neither
is named in a warning. What blocks is what makes the request unreadable or acting on it wrong; any other breach sets the element
aside and is said as a warning: an emergency is not refused for the form of a middle name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.wire.fhir.clinical import MORE, PUBLISHED, SUPPORT
from adapters.wire.fhir.parts import PARTS
from adapters.wire.fhir.primitives import ANYTHING, Element, among, choice, must, one, several

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BESIDE", "MOST_OF", "PARTS", "REQUEST", "RESOURCES", "Element"]

_NAMES = several("HumanName", 5, blocks=False)
_PHONES = several("ContactPoint", 5, blocks=False)

RESOURCES: dict[str, dict[str, Element]] = {
    "Bundle": {"identifier": must("Identifier", blocks=False), "timestamp": must("instant", blocks=False)},
    "MessageHeader": {
        "eventCoding": must("Coding"),
        "reason": one("CodeableConcept", blocks=False),
        "source": must("Source", blocks=False),
        "destination": several("Receiver", 1, blocks=False),
        "focus": several("Reference", 1, least=1, blocks=False),
        "sender": one("Reference", blocks=False),
        "author": one("Reference", blocks=False),
    },
    "ServiceRequest": {
        "identifier": several("Identifier", 5, least=1, blocks=False),
        "status": among("active", "revoked", "entered-in-error", least=1),
        "intent": among("order", least=1),
        "category": several("CodeableConcept", 5, least=1, blocks=False),
        "code": must("CodeableConcept", blocks=False),
        "priority": among("routine", "urgent", "asap", "stat", blocks=False),
        "orderDetail": several("CodeableConcept", 3, blocks=False),
        "subject": must("Reference", blocks=False),
        "occurrenceDateTime": one("dateTime", blocks=False),
        "authoredOn": Element("string", 1, None, 40, blocks=False),
        "requester": must("Reference", blocks=False),
        "performer": several("Reference", 1, blocks=False),
        "locationReference": several("Reference", 1, blocks=False),
        "reasonCode": several("CodeableConcept", 3, blocks=False),
        "supportingInfo": several("Reference", 50, blocks=False),
        "replaces": several("Reference", 1, blocks=False),
        "basedOn": several("Reference", 1, blocks=False),
        "note": several("Annotation", 5, blocks=False),
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
        "address": one("Address", blocks=False),
        "position": one("Position", blocks=False),
        "description": one("string", 1_000, blocks=False),
        "name": one(blocks=False),
        "type": several("CodeableConcept", 5, blocks=False),
    },
    "PractitionerRole": {
        "code": several("CodeableConcept", 5, blocks=False),
        "organization": must("Reference", blocks=False),
        "practitioner": one("Reference", blocks=False),
        "telecom": several("ContactPoint", 5, least=1, blocks=False),
    },
    "Practitioner": {"identifier": several("Identifier", 10, blocks=False), "name": _NAMES},
    "Organization": {
        "identifier": several("Identifier", 10, least=1, blocks=False),
        "name": one("string", 255, blocks=False),
        "telecom": _PHONES,
    },
    "DocumentReference": {
        "type": one("CodeableConcept", blocks=False),
        "date": one("string", 40, blocks=False),
        "author": several("Reference", 3, blocks=False),
        "content": several("DocumentContent", 3, least=1, blocks=False),
    },
    **{kind: dict(elements) for kind, elements in PUBLISHED.items()},
}
"""Resource → element → how often, how long."""

BESIDE: Mapping[str, Mapping[str, Element]] = {
    "Bundle": {name: one(ANYTHING) for name in ("type", "entry", "total", "link")},
    "MessageHeader": {
        "definition": one(ANYTHING),
        "enterer": one(ANYTHING),
        "responsible": one(ANYTHING),
    },
    "ServiceRequest": {"doNotPerform": one("boolean"), "patientInstruction": one(blocks=False)},
    "Patient": {
        **choice("deceased", "boolean", "dateTime"),
        "generalPractitioner": several("Reference", 3, blocks=False),
    },
    "Location": {
        "status": one("code", 16, blocks=False),
        "mode": one(ANYTHING),
        "telecom": _PHONES,
    },
    "PractitionerRole": {"active": one("boolean", blocks=False), "period": one("Period", blocks=False)},
    "Practitioner": {"active": one("boolean", blocks=False), "telecom": _PHONES},
    "Organization": {"active": one("boolean", blocks=False)},
    "DocumentReference": {
        "status": one("code", 32, blocks=False),
        "docStatus": one("code", 32, blocks=False),
        "subject": one("Reference", blocks=False),
        "description": one("string", 1_000, blocks=False),
    },
    **MORE,
    **SUPPORT,
}
"""What is read beside the published elements, and the resources that other systems send."""

REQUEST: Mapping[str, Mapping[str, Element]] = {
    kind: {**RESOURCES.get(kind, {}), **BESIDE.get(kind, {})} for kind in dict.fromkeys((*RESOURCES, *BESIDE))
}
"""Every resource that a request may bring, as it is read."""

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
"""How many of a resource are read; what is beyond is named in a warning."""
