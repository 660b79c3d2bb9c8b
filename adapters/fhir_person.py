"""A victim of an event as a FHIR Patient: named or not, with every number and the system that makes it one. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.fhir import BASE, DATA_ABSENT, FR_CORE, IDENTITY_STATUS, RELIABILITY, Resource, coding, concept

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domain.canon import VictimCanon

SINUS = f"{BASE}/id/sinus"
GENDERS: Mapping[str | None, str] = {"M": "male", "F": "female", "A": "other"}


def victim_key(event: str) -> str:
    """The system of the gateway's key of a victim: the one that a conditional create may use."""
    return f"{BASE}/id/victime/{event}"


def cata(event: str) -> str:
    """The system of the CATA codes of an event."""
    return f"{BASE}/id/cata/{event}"


def patient_of(canon: VictimCanon, event: str) -> Resource:
    """The person, named or not, with every number and whose it is."""
    named = canon["birth_name"] or canon["used_name"]
    numbers = [(SINUS, number) for number in dict.fromkeys((canon["sinus_number"], canon["sinus_number_hp"])) if number]
    if canon["cata_code"]:
        numbers.append((cata(event), canon["cata_code"]))
    patient: Resource = {
        "resourceType": "Patient",
        "extension": [_reliability(known=named is not None)],
        "identifier": [
            {"use": "secondary", "system": victim_key(event), "value": canon["id"]},
            *({"use": "temp", "system": system, "value": value} for system, value in numbers),
        ],
        "active": not canon["deleted"],
        "name": _names(canon) or [{"use": "temp", "text": f"INCONNU {canon['cata_code'] or ''}".strip()}],
        "gender": GENDERS.get(canon["sex"], "unknown"),
    }
    if canon["birth_date"]:
        patient["birthDate"] = canon["birth_date"]
    else:
        patient["_birthDate"] = {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}
    return patient


def _names(canon: VictimCanon) -> list[Resource]:
    given = {"given": [canon["given_name"]]} if canon["given_name"] else {}
    said = (("official", canon["birth_name"]), ("usual", canon["used_name"]))
    return [{"use": use, "family": family, **given} for use, family in said if family]


def _reliability(*, known: bool) -> Resource:
    parts: list[Resource] = [{"url": "identityStatus", "valueCoding": coding(IDENTITY_STATUS, "PROV")}]
    if not known:
        comment = f"{FR_CORE}/CodeSystem/fr-core-cs-identity-status-comment"
        parts.append({"url": "comment", "valueCodeableConcept": concept(comment, "DOUT")})
    return {"url": RELIABILITY, "extension": parts}
