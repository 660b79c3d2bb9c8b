"""The data types of FHIR R4 that a message of ours is made of, and the inner groups of its resources, as lines of the element table.

FHIR and RS-EDA set no maximum size; these are ours. What has a label here is told in the sentence of the resource that holds it.
"""

from __future__ import annotations

from typing import Final

from adapters.wire.fhir.primitives import ANYTHING, Element, choice, must, one, several

LABELLED_VALUES: Final = (
    *("Quantity", "CodeableConcept", "string", "boolean", "integer", "Range", "Ratio", "SampledData"),
    *("time", "dateTime", "Period"),
)
"""Every kind that a `value[x]` of an Observation may be of."""

_SIMPLE: dict[str, dict[str, Element]] = {
    "Coding": {
        "system": one("uri"),
        "version": one(blocks=False),
        "code": one("code", 64),
        "display": one(),
        "userSelected": one("boolean", blocks=False),
    },
    "CodeableConcept": {"coding": several("Coding", 10), "text": one()},
    "Reference": {
        "reference": one("uri"),
        "type": one("uri", blocks=False),
        "identifier": one("Identifier"),
        "display": one(),
    },
    "Identifier": {
        "use": one("code", 16, blocks=False),
        "type": one("CodeableConcept", blocks=False),
        "system": one("uri", 128),
        "value": one("string", 128),
        "period": one("Period", blocks=False),
        "assigner": one(ANYTHING),
    },
    "Quantity": {
        "value": one("decimal"),
        "comparator": one("code", 8),
        "unit": one("string", 30),
        "system": one("uri"),
        "code": one("code", 30),
    },
    "Range": {"low": one("Quantity"), "high": one("Quantity")},
    "Ratio": {"numerator": one("Quantity"), "denominator": one("Quantity")},
    "SampledData": {
        "origin": one("Quantity"),
        "period": one("decimal"),
        "dimensions": one("positiveInt"),
        "data": one("string", 20_000),
    },
    "Period": {"start": one("dateTime"), "end": one("dateTime")},
    "HumanName": {
        "use": one("code", 16),
        "text": one("string", 160),
        "family": one("string", 80),
        "given": several("string", 10, longest=80),
        "prefix": several("string", 5, longest=30),
        "suffix": several("string", 5, longest=30),
        "period": one("Period"),
    },
    "ContactPoint": {
        "system": one("code", 16),
        "value": one("string", 40),
        "use": one("code", 16),
        "rank": one("positiveInt"),
        "period": one("Period"),
    },
    "Address": {
        "use": one("code", 16),
        "type": one("code", 16),
        "text": one("string", 255),
        "line": several("string", 6, longest=255),
        "city": one("string", 80),
        "district": one("string", 80),
        "postalCode": one("string", 10),
        "country": one("string", 40),
        "period": one("Period"),
    },
    "Position": {"latitude": one("decimal"), "longitude": one("decimal")},
    "Attachment": {
        "contentType": one("string", 100),
        "language": one("code", 16),
        "data": one("base64Binary", 0),
        "url": one("uri", 2_000),
        "title": one(),
        "creation": one("dateTime"),
        "size": one(ANYTHING),
        "hash": one(ANYTHING),
    },
    "Annotation": {
        "text": one("string", 2_000),
        "time": one("dateTime"),
        "authorString": one(),
        "authorReference": one("Reference"),
    },
    "Timing": {
        "event": several("dateTime", 20),
        "repeat": one("Repeat"),
        "code": one("CodeableConcept"),
    },
}

_GROUPS: dict[str, dict[str, Element]] = {
    "DocumentContent": {"attachment": must("Attachment"), "format": one(ANYTHING)},
    "Source": {
        "endpoint": must("uri", 255),
        "name": one(blocks=False),
        "software": one(blocks=False),
        "version": one(blocks=False),
        "contact": one(ANYTHING),
    },
    "Receiver": {"endpoint": one("uri"), "name": one(), "receiver": one("Reference"), "target": one(ANYTHING)},
    "Contact": {
        "relationship": several("CodeableConcept", 5),
        "name": one("HumanName"),
        "telecom": several("ContactPoint", 5),
        "period": one("Period"),
    },
    "Communication": {"language": one("CodeableConcept"), "preferred": one("boolean")},
    "Payload": {"contentString": one("string", 20_000)},
    "Repeat": {
        "frequency": one("positiveInt", label="fois"),
        "period": one("decimal", label="par"),
        "periodUnit": one("code", 8, label=""),
        "when": several("code", 10, label=""),
        "timeOfDay": several("time", 10, label="à"),
        "boundsPeriod": one("Period", label=""),
    },
    "Dosage": {
        "text": one("string", 500, label=""),
        "patientInstruction": one("string", 500, label=""),
        "timing": one("Timing", label=""),
        "asNeededBoolean": one("boolean", label="si besoin :"),
        "asNeededCodeableConcept": one("CodeableConcept", label="si besoin :"),
        "site": one("CodeableConcept", label="siège"),
        "route": one("CodeableConcept", label="voie"),
        "method": one("CodeableConcept", label=""),
        "doseAndRate": several("Dose", 5, label=""),
        "dose": one("Quantity", label="dose"),
        "sequence": one("integer", label="étape"),
    },
    "Dose": {
        "doseQuantity": one("Quantity", label="dose"),
        "doseRange": one("Range", label="dose"),
        "rateQuantity": one("Quantity", label="débit"),
        "rateRange": one("Range", label="débit"),
        "rateRatio": one("Ratio", label="débit"),
    },
    "ReferenceRange": {
        "low": one("Quantity", label="min"),
        "high": one("Quantity", label="max"),
        "text": one("string", 255, label=""),
        "type": one("CodeableConcept", label=""),
    },
    "Component": {
        "code": one("CodeableConcept"),
        **choice("value", *LABELLED_VALUES, label=""),
        "dataAbsentReason": one("CodeableConcept", label="valeur absente :"),
        "interpretation": several("CodeableConcept", 5, label="interprétation :"),
        "referenceRange": several("ReferenceRange", 5, label="référence :"),
    },
    "Reaction": {
        "substance": one("CodeableConcept", label=""),
        "manifestation": several("CodeableConcept", 10, label=""),
        "description": one("string", 1_000, label=""),
        "severity": one("code", 16, label="gravité"),
        "onset": one("dateTime", label="le"),
        "exposureRoute": one("CodeableConcept", label="voie"),
        "note": several("Annotation", 5, label=""),
    },
    "Stage": {"summary": one("CodeableConcept", label=""), "type": one("CodeableConcept", label="")},
    "Evidence": {
        "code": several("CodeableConcept", 10, label=""),
        "detail": several("Reference", 10, label=""),
    },
    "Stay": {"location": one("Reference"), "status": one("code", 16), "period": one("Period")},
    "Hospitalization": {"destination": one("Reference"), "dischargeDisposition": one(ANYTHING)},
    "Provision": {"type": one("code", 16), "period": one("Period")},
}

PARTS: dict[str, dict[str, Element]] = {**_SIMPLE, **_GROUPS}
"""Data type, or inner group → its elements."""

SENTENCES: Final = frozenset(
    name for name, elements in _GROUPS.items() if any(line.label is not None for line in elements.values())
)
"""The groups that are told as a sentence of their labelled elements."""
