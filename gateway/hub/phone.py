"""What a SAMU's own case says of a patient, as far as it can be compared with a click: a name, a year of birth, a commune, or an INS.

A case of ours is a click already. An age gives two years of birth, and both are compared: this only puts two sheets side by side.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from domain.intervention.reading import person_key
from gateway.register.interventions.phone_cases import Person

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from adapters.lrm.hubsante.inbound import ReceivedMessage
    from gateway.register import Register

CASE = "hub_case"
YEARS = re.compile(r"P([0-9]{1,3})Y")
LONGEST = 255


def note_phone_case(register: Register, received: ReceivedMessage, mode: str) -> bool:
    """Keep each patient of a case that its SAMU opened, under what may find that one; whether somebody was kept."""
    case_id, content = received.ids.case, received.content
    if content is None or content.kind != CASE or not case_id or len(case_id) > LONGEST:
        return False
    known = register.hub.case(case_id)
    if known is not None and known.ours:
        return False
    place = {name: content.canon.get("place", {}).get(name) for name in ("address", "city", "insee_code")}
    sender = received.envelope.sender if received.envelope else None
    persons = [
        Person(_shown(patient), tuple(digests))
        for patient in content.canon.get("patients") or ()
        if (digests := list(_digests(patient, place["insee_code"], received)))
    ]
    if persons:
        register.phone_cases.put(case_id, mode, sender, place, persons, received.at)
    return bool(persons)


def _shown(patient: Mapping[str, Any]) -> dict[str, str | None]:
    birth = patient.get("birth_date")
    return {
        "name": patient.get("name"),
        "given_name": patient.get("given_name"),
        "birth_year": birth[:4] if birth else None,
        "sex": patient.get("sex"),
    }


def _digests(patient: Mapping[str, Any], insee: str | None, received: ReceivedMessage) -> Iterator[bytes]:
    """What a click of the same patient would be found by."""
    shown = _shown(patient)
    for year in _years(patient, shown["birth_year"], received.at.year):
        key = person_key(shown["name"] or "", shown["given_name"] or "", year, insee)
        if key is not None and shown["name"] and shown["given_name"]:
            yield hashlib.sha256(key.encode()).digest()
    for number in patient.get("identifiers") or ():
        if number.get("kind") == "nir" and number.get("value"):
            yield hashlib.sha256("".join(number["value"].split()).upper().encode()).digest()


def _years(patient: Mapping[str, Any], birth_year: str | None, now: int) -> list[str]:
    age = YEARS.fullmatch(patient.get("age") or "")
    return [birth_year] if birth_year else [str(now - int(age[1]) - less) for less in (0, 1)] if age else []
