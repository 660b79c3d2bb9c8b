"""The clinical resources that a request may bring, and how each is told: one table, so that a new one is some lines here.

An element with a label is told in the sentence of its resource; one without has a reader of its own; one that is not in the table is named in
a warning. `HISTORY`, `TREATMENT`… are the lines that a CRRA reads under the note.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.wire.fhir.parts import LABELLED_VALUES
from adapters.wire.fhir.primitives import Element, choice, one, several
from domain.intervention.request import FactKind

if TYPE_CHECKING:
    from collections.abc import Mapping

_AGES = ("dateTime", "Quantity", "Period", "Range", "string")


def _line(kind: str = "CodeableConcept", label: str = "", longest: int = 255) -> Element:
    return one(kind, longest, blocks=False, label=label)


def _lines(kind: str = "CodeableConcept", label: str = "", most: int = 10) -> Element:
    return several(kind, most, blocks=False, label=label)


def _own(kind: str) -> Element:
    return one(kind, blocks=False)


_NOTE = {"note": _lines("Annotation")}


def _when(name: str, label: str, *kinds: str) -> dict[str, Element]:
    """`onset[x]`, where Age is one more name of Quantity."""
    elements = choice(name, *kinds, label=label)
    if f"{name}Quantity" in elements:
        elements[f"{name}Age"] = elements.pop(f"{name}Quantity")
    return elements


OBSERVATION: Mapping[str, Element] = {
    "code": _own("CodeableConcept"),
    "status": _own("code"),
    "subject": _own("Reference"),
    **choice("effective", "dateTime", "instant", "Period"),
    "issued": _own("instant"),
    **choice("value", *LABELLED_VALUES, label=""),
    "component": several("Component", 30, blocks=False),
    "dataAbsentReason": _line(label="valeur absente :"),
    "interpretation": _lines(label="interprétation :"),
    "bodySite": _line(label="siège :"),
    "method": _line(label="méthode :"),
    "device": _line("Reference", "appareil :"),
    "referenceRange": _lines("ReferenceRange", "référence :"),
    "hasMember": _lines("Reference", most=30),
    "derivedFrom": _lines("Reference", most=30),
    **_NOTE,
}

PUBLISHED: Mapping[str, Mapping[str, Element]] = {
    "Observation": OBSERVATION,
    "Flag": {
        "status": _own("code"),
        "category": several("CodeableConcept", 5, blocks=False),
        "code": _own("CodeableConcept"),
        "subject": _own("Reference"),
        "period": _line("Period"),
    },
    "Condition": {
        "clinicalStatus": _own("CodeableConcept"),
        "verificationStatus": _own("CodeableConcept"),
        "code": _line(),
        "subject": _own("Reference"),
        "severity": _line(label="gravité :"),
        "bodySite": _lines(label="siège :"),
        **_when("onset", "depuis", *_AGES),
        **_when("abatement", "jusqu’à", *_AGES),
        "recordedDate": _line("dateTime", "noté le"),
        "stage": _lines("Stage", "stade :"),
        "evidence": _lines("Evidence", "signes :"),
        **_NOTE,
    },
    "AllergyIntolerance": {
        "clinicalStatus": _own("CodeableConcept"),
        "verificationStatus": _own("CodeableConcept"),
        "code": _line(),
        "patient": _own("Reference"),
        "type": _line("code", "type :"),
        "category": several("code", 5, blocks=False, label="genre :"),
        "criticality": _line("code", "risque :"),
        "reaction": _lines("Reaction", "réaction :"),
        **_when("onset", "depuis", *_AGES),
        "recordedDate": _line("dateTime", "noté le"),
        "lastOccurrence": _line("dateTime", "dernière fois le"),
        **_NOTE,
    },
    "MedicationStatement": {
        "status": _own("code"),
        "statusReason": _lines(label="motif :"),
        "subject": _own("Reference"),
        **choice("medication", "CodeableConcept", "Reference", label=""),
        **choice("effective", "dateTime", "Period", label=""),
        "dateAsserted": _line("dateTime", "noté le"),
        "reasonCode": _lines(label="pour"),
        "dosage": _lines("Dosage"),
        **_NOTE,
    },
    "Communication": {
        "status": _own("code"),
        "subject": _own("Reference"),
        "payload": several("Payload", 3, blocks=False),
        "sent": _own("dateTime"),
    },
    "ClinicalImpression": {
        "status": _own("code"),
        "subject": _own("Reference"),
        "summary": one("string", 20_000, blocks=False),
        "date": _own("dateTime"),
    },
    "Consent": {
        "status": one("code", 32, blocks=False),
        "patient": _own("Reference"),
        "provision": _own("Provision"),
        "dateTime": _own("dateTime"),
    },
}
"""Those that our guide speaks of."""

MORE: Mapping[str, Mapping[str, Element]] = {
    "MedicationRequest": {
        "status": _own("code"),
        "doNotPerform": _own("boolean"),
        "subject": _own("Reference"),
        **choice("medication", "CodeableConcept", "Reference", label=""),
        "authoredOn": _line("dateTime", "prescrit le"),
        "reasonCode": _lines(label="pour"),
        "dosageInstruction": _lines("Dosage"),
        **_NOTE,
    },
    "MedicationAdministration": {
        "status": _own("code"),
        "statusReason": _lines(label="motif :"),
        "subject": _own("Reference"),
        **choice("medication", "CodeableConcept", "Reference", label=""),
        **choice("effective", "dateTime", "Period", label=""),
        "reasonCode": _lines(label="pour"),
        "dosage": _line("Dosage"),
        **_NOTE,
    },
    "Procedure": {
        "status": _own("code"),
        "statusReason": _line(label="motif :"),
        "subject": _own("Reference"),
        "code": _line(),
        **_when("performed", "le", *_AGES),
        "reasonCode": _lines(label="pour"),
        "bodySite": _lines(label="siège :"),
        "outcome": _line(label="issue :"),
        "complication": _lines(label="complication :"),
        **_NOTE,
    },
    "Immunization": {
        "status": _own("code"),
        "statusReason": _line(label="motif :"),
        "patient": _own("Reference"),
        "vaccineCode": _line(label="vaccin :"),
        **choice("occurrence", "dateTime", "string", label="le"),
        **_NOTE,
    },
    "DiagnosticReport": {
        "status": _own("code"),
        "subject": _own("Reference"),
        "code": _line(),
        **choice("effective", "dateTime", "Period", label=""),
        "result": _lines("Reference", most=50),
        "conclusion": one("string", 2_000, blocks=False, label="conclusion :"),
        "conclusionCode": _lines(label="conclusion :"),
    },
}
"""Those that other systems send beside."""

SUPPORT: Mapping[str, Mapping[str, Element]] = {
    "Medication": {"status": _own("code"), "code": _own("CodeableConcept"), "form": _own("CodeableConcept")},
    "Binary": {"contentType": one("string", 100, blocks=False), "data": one("base64Binary", 0, blocks=False)},
    "RelatedPerson": {
        "active": _own("boolean"),
        "patient": _own("Reference"),
        "relationship": several("CodeableConcept", 5, blocks=False),
        "name": several("HumanName", 5, blocks=False),
        "telecom": several("ContactPoint", 5, blocks=False),
        "period": _own("Period"),
    },
}
"""What has no line of its own: it is told by what refers to it, or by a reader of its own."""


@dataclass(frozen=True, slots=True)
class Line:
    """How a resource becomes a line under the note."""

    kind: FactKind
    elements: Mapping[str, Element]


TOLD: Mapping[str, Line] = {
    "Condition": Line(FactKind.HISTORY, PUBLISHED["Condition"]),
    "AllergyIntolerance": Line(FactKind.ALLERGIES, PUBLISHED["AllergyIntolerance"]),
    "MedicationStatement": Line(FactKind.TREATMENT, PUBLISHED["MedicationStatement"]),
    "MedicationRequest": Line(FactKind.TREATMENT, MORE["MedicationRequest"]),
    "MedicationAdministration": Line(FactKind.TREATMENT, MORE["MedicationAdministration"]),
    "Procedure": Line(FactKind.HISTORY, MORE["Procedure"]),
    "Immunization": Line(FactKind.HISTORY, MORE["Immunization"]),
    "DiagnosticReport": Line(FactKind.OTHER, MORE["DiagnosticReport"]),
}
"""Resource → the line that its labelled elements make, in their order."""
