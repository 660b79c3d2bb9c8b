"""What a case says of each patient, in any model: the fields, then the lines of a note of ours where the fields are silent.

It reads what a partner, or the hub's own converter, made of a case. It decides nothing, and never guesses a severity from a
level of care: R1 to R4 are not a triage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.lrm.hubsante.emission.notes import read_note

if TYPE_CHECKING:
    from collections.abc import Mapping

_CATA = "CATA:"


@dataclass(frozen=True, slots=True, repr=False)
class PatientSaid:
    """One patient of a case."""

    patient_id: str
    sinus_number: str | None
    cata_code: str | None
    severity: str | None
    """The literal code, from a note of ours; never from the level of care."""
    lines: Mapping[str, str]
    """Every line of our notes on this patient."""
    decisions: tuple[Mapping[str, Any], ...]


def patients_of(body: Mapping[str, Any]) -> list[PatientSaid]:
    """The patients of an RS-EDA or an RS-EDA-MAJ, in the order of the message."""
    return [_patient(patient, body) for patient in body.get("patient", ())]


def patient_id_of(item: Mapping[str, Any]) -> str | None:
    """The shared id of the patient that an item speaks of: `idPat` in model 1."""
    identifier = item.get("patientId", item.get("idPat"))
    return identifier if isinstance(identifier, str) else None


def only_patient(case_id: str) -> str:
    """The one patient of a case that we created: `fr.health.passerelle.patient.123.1` of `fr.health.passerelle.123`."""
    organisation, _, number = case_id.rpartition(".")
    return f"{organisation}.patient.{number}.1"


def _patient(patient: Mapping[str, Any], body: Mapping[str, Any]) -> PatientSaid:
    identifier = patient_id_of(patient) or ""
    lines: dict[str, str] = {}
    for note in body.get("medicalNote", ()):
        if patient_id_of(note) in {identifier, None}:
            lines |= read_note(note.get("freetext", ""))
    external = {
        (each["source"], each["value"].partition(":")[0] if each["source"] == "AUTRE" else ""): each["value"]
        for each in patient.get("administrativeFile", {}).get("externalId", ())
    }
    cata = external.get(("AUTRE", _CATA[:-1]))
    return PatientSaid(
        patient_id=identifier,
        sinus_number=external.get(("SINUS", ""), lines.get("Numéro SINUS")),
        cata_code=cata.removeprefix(_CATA) if cata else lines.get("CATA"),
        severity=lines.get("Gravité"),
        lines=lines,
        decisions=tuple(each for each in body.get("decision", ()) if patient_id_of(each) in {identifier, None}),
    )
