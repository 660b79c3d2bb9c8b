"""Whom to reach beside the patient's first telephone: other numbers, contacts, relatives, the treating doctor, the language spoken, as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.wire.fhir.reading.people import patient_words, phones, relations, telecoms
from adapters.wire.fhir.reading.requester import name_of
from adapters.wire.fhir.reading.values.current import why_later
from adapters.wire.fhir.reading.values.words import Teller, concept, full_name, when
from adapters.wire.fhir.standing import UNKNOWN_MODIFIER
from domain.intervention.request import Fact, FactKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from adapters.wire.fhir.bundle import OpenBundle
    from adapters.wire.fhir.reading.values.current import Candidate
    from adapters.wire.fhir.vocabulary import PlacedResource, Resource

SYSTEMS: Mapping[str, str] = {"email": "courriel ", "fax": "télécopie ", "pager": "récepteur ", "url": "page "}
"""System of a contact point that is no telephone → what is said before it."""


def patient_facts(opened: OpenBundle, placed: PlacedResource, at: datetime) -> list[Fact]:
    """Everything that is said of the patient and has no field of its own."""
    patient = placed.resource
    lines = [_doubt(placed, at)] if placed.words else []
    lines += _deceased(opened, placed)
    lines += [
        _contact(each, f"{placed.path}.contact[{place}]", at) for place, each in enumerate(patient.get("contact", ()))
    ]
    lines += _other_telecoms(opened, placed, at)
    for related in opened.of_type("RelatedPerson"):
        if opened.find(related, related.resource.get("patient")) in {placed, None}:
            contact = {**related.resource, "name": (related.resource.get("name") or [{}])[0]}
            lines.append(_contact(contact, related.path, at, related.words))
    for reference in patient.get("generalPractitioner", ()):
        named = name_of(opened, placed, reference) or Teller(opened, placed).value(reference, "Reference")
        lines.append(Fact(FactKind.DOCTOR, named))
    for each in patient.get("communication", ()):
        preferred = " (préférée)" if each.get("preferred") else ""
        lines.append(Fact(FactKind.LANGUAGE, f"{concept(each.get('language', {}))}{preferred}"))
    return [line for line in lines if line.text]


def undesignated(opened: OpenBundle, patient: PlacedResource, at: datetime) -> list[Fact]:
    """Patients that came with a request that designates none: told in words, because nobody said that they are the ones."""
    if patient in opened.entries:
        return []
    words = (patient_words(each, at) for each in opened.of_type("Patient"))
    return [
        Fact(FactKind.OTHER, f"Patient joint sans être désigné par la demande, à vérifier : {each}") for each in words
    ]


def _doubt(placed: PlacedResource, at: datetime) -> Fact:
    if UNKNOWN_MODIFIER in placed.words:
        return Fact(FactKind.OTHER, f"[{placed.words}] Patient tel que reçu : {patient_words(placed, at)}")
    return Fact(FactKind.OTHER, f"Dossier du patient : {placed.words.lower()}")


def _deceased(opened: OpenBundle, placed: PlacedResource) -> list[Fact]:
    dead, died_at = placed.resource.get("deceasedBoolean"), placed.resource.get("deceasedDateTime")
    if not dead and not died_at:
        return []
    element = "deceasedDateTime" if died_at else "deceasedBoolean"
    opened.warn("PATIENT_DECEDE", "Le patient est dit décédé : cela est transmis en texte.", f"{placed.path}.{element}")
    return [
        Fact(
            FactKind.OTHER, f"Patient dit décédé{f' le {when(died_at)}' if died_at else ''} par son dossier, à vérifier"
        )
    ]


def _contact(contact: Resource, path: str, at: datetime, words: str = "") -> Fact:
    reached = [_reached(each) for each in telecoms(contact, f"{path}.telecom", at)]
    state = words.lower() or why_later(contact, at)
    parts = (relations(contact), full_name(contact.get("name", {})), *reached, f"({state})" if state else "")
    return Fact(FactKind.CONTACT, ", ".join(part for part in parts if part))


def _other_telecoms(opened: OpenBundle, placed: PlacedResource, at: datetime) -> list[Fact]:
    """Every telephone but the one to call, then what is no telephone; what no longer holds with its state."""
    if UNKNOWN_MODIFIER in placed.words:
        return []
    called = next((each for each in phones(placed, at) if each.holds), None)
    lines = []
    for each in telecoms(placed.resource, f"{placed.path}.telecom", at):
        if each.why_later and each.value.get("value"):
            taken = (
                "n’est pas celui à appeler" if each is not called and called != each else "est repris faute d’un autre"
            )
            opened.warn("PERIME", f"Ce moyen de joindre le patient est {each.why_later} : il {taken}.", each.path)
        if each != called:
            lines.append(Fact(FactKind.CONTACT, _reached(each)))
    return lines


def _reached(each: Candidate) -> str:
    why = f" ({each.why_later})" if each.why_later else ""
    return f"{SYSTEMS.get(each.value.get('system', ''), '')}{each.value['value']}{why}"
