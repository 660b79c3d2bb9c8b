"""What a SAMU's own case says of a patient, as far as it can be compared with a click: a name, a year of birth, a commune, or an INS.

A case of ours is a click already. An age gives two years of birth, and both are compared: this only puts two sheets side by side.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from domain.intervention.reading import person_key
from gateway.register.interventions.phone_cases import PhoneCase

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from adapters.lrm.hubsante.inbound import Received
    from gateway.register import Register

KEYS = frozenset({"createCaseHealth", "createCaseHealthUpdate"})
YEARS = re.compile(r"P([0-9]{1,3})Y")
LONGEST = 255


def note_phone_case(register: Register, received: Received, mode: str) -> bool:
    """Keep a case that its SAMU opened, when it says who it is of; whether it was kept."""
    case_id, body = received.ids.case, received.body or {}
    if received.key not in KEYS or not case_id or len(case_id) > LONGEST:
        return False
    known = register.hub.case(case_id)
    if known is not None and known.ours:
        return False
    place = _place(body)
    sheets = [(patient, list(_digests(patient, place["insee_code"], received))) for patient in _patients(body)]
    named = [(_shown(patient), digests) for patient, digests in sheets if digests]
    if not named:
        return False
    sender = received.envelope.sender if received.envelope else None
    document = {"patient": named[0][0], "place": place}
    digests = [digest for _, each in named for digest in each]
    register.phone_cases.put(PhoneCase(case_id, mode, sender, document, received.at), digests)
    return True


def _patients(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    said = body.get("patient") or ()
    return [one for one in (said if isinstance(said, list) else [said]) if isinstance(one, dict)]


def _place(body: Mapping[str, Any]) -> dict[str, str | None]:
    return {
        "address": _text(body, "location", "detailedAddress", "complete"),
        "city": _text(body, "location", "city", "name"),
        "insee_code": _text(body, "location", "city", "inseeCode"),
    }


def _shown(patient: Mapping[str, Any]) -> dict[str, str | None]:
    birth = _text(patient, "identity", "strictFeatures", "birthDate")
    return {
        "name": _text(patient, "identity", "nonStrictFeatures", "lastName"),
        "given_name": _text(patient, "identity", "nonStrictFeatures", "firstName"),
        "birth_year": birth[:4] if birth else None,
        "sex": _text(patient, "identity", "strictFeatures", "sex"),
    }


def _digests(patient: Mapping[str, Any], insee: str | None, received: Received) -> Iterator[bytes]:
    """What a click of the same patient would be found by."""
    shown = _shown(patient)
    for year in _years(patient, shown["birth_year"], received.at.year):
        key = person_key(shown["name"] or "", shown["given_name"] or "", year, insee)
        if key is not None and shown["name"] and shown["given_name"]:
            yield hashlib.sha256(key.encode()).digest()
    for one in (patient.get("administrativeFile") or {}).get("externalId") or ():
        if isinstance(one, dict) and one.get("source") == "NIR" and isinstance(one.get("value"), str):
            yield hashlib.sha256("".join(one["value"].split()).upper().encode()).digest()


def _years(patient: Mapping[str, Any], birth_year: str | None, now: int) -> list[str]:
    age = YEARS.fullmatch(_text(patient, "detail", "age") or "")
    return [birth_year] if birth_year else [str(now - int(age[1]) - less) for less in (0, 1)] if age else []


def _text(holder: Any, *path: str) -> str | None:  # noqa: ANN401 - JSON as it comes
    for name in path:
        holder = holder.get(name) if isinstance(holder, dict) else None
    return holder if isinstance(holder, str) and holder else None
