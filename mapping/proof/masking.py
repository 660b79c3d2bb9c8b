"""Canon documents without the person: what may be shown to somebody who only wants to see a mapping at work.

Each value keeps its form (length, separators, the year of a birth), so that formats and tables do what they would have
done. It refuses to be an allow-list: what a neighbour may have is decided there, and nowhere else.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"\d")
DETACHED = frozenset({"emptied", "changed", "deleted"})
_LAST_DIGITS = re.compile(r"\d{6}$")


def _text(value: str) -> str:
    return _DIGIT.sub("0", _LETTER.sub("X", value))


def _digits(value: str) -> str:
    return _DIGIT.sub("0", value)


def _year(value: str) -> str:
    return value[:4] + "-01-01"[: max(0, len(value) - 4)]


def _serial(value: str) -> str:
    return _LAST_DIGITS.sub("000000", value)


def _department(value: str) -> str:
    return value[:2] + _digits(value[2:])


def _reason(value: str) -> str:
    """A code says nobody; a sentence may."""
    return value if value in DETACHED else _text(value)


def _coarse(value: float) -> float:
    return float(round(value))


HIDDEN: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "display_name": _text,
        "banner": _text,
        "identifiers.suggestion": _serial,
        "practitioner.rpps": _digits,
        "practitioner.name": _text,
        "practitioner.given_name": _text,
        "regulator.name": _text,
        "regulator.given_name": _text,
        "regulator.email": _text,
        "resources.contacts.details": _text,
        "vehicles.team": _text,
        "victim.birth_name": _text,
        "victim.used_name": _text,
        "victim.given_name": _text,
        "victim.birth_date": _year,
        "victim.nir": _digits,
        "victim.sinus_number": _serial,
        "victim.sinus_number_hp": _serial,
        "victim.joined_number": _serial,
        "victim.contact": _text,
        "victim.contact_person.name": _text,
        "victim.contact_person.phone": _digits,
        "victim.particularity": _text,
        "victim.comment": _text,
        "victim.triaged_by": _text,
        "victim.portal_id": _text,
        "victim.sivic_id": _text,
        "victim.lrm_id": _text,
        "victim.bilan": _text,
        "sinus_number": _serial,
        "requester.professional_id": _text,
        "requester.professional_name": _text,
        "requester.callback": _digits,
        "patient.ins.matricule": _digits,
        "patient.birth_name": _text,
        "patient.name": _text,
        "patient.given_name": _text,
        "patient.birth_date": _year,
        "patient.phone": _digits,
        "place.address": _text,
        "place.access": _text,
        "place.city": _text,
        "place.postal_code": _department,
        "place.insee_code": _department,
        "place.latitude": _coarse,
        "place.longitude": _coarse,
        "note.text": _text,
        "note.author": _text,
        "patient.sinus_number": _serial,
        "patient.city": _text,
        "patient.insee_code": _department,
        "intervention.city": _text,
        "intervention.insee_code": _department,
        "author": _text,
        "diagnosis": _text,
        "history": _text,
        "treatment": _text,
        "note": _text,
        "notes": _text,
        "place.name": _text,
        "place.note": _text,
        "vehicles.phone": _digits,
        "vehicles.note": _text,
        "documents.url": _text,
        "reason": _reason,
        "instruction": _text,
        "identifiers.value": _text,
        "particularity_groups.A": _text,
        "particularity_groups.B": _text,
        "particularity_groups.C": _text,
    }
)
"""Canon path → how its value is hidden."""


def masked(canon: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a document of any topic in which nobody can be recognised. The input is not changed."""
    return _masked(canon, "")


def _masked(tree: Mapping[str, Any], before: str) -> dict[str, Any]:
    hidden: dict[str, Any] = {}
    for key, value in tree.items():
        path = before + key
        if isinstance(value, dict):
            hidden[key] = _masked(value, path + ".")
        elif isinstance(value, list):
            hide = HIDDEN.get(path, lambda value: value)
            hidden[key] = [
                _masked(item, path + ".") if isinstance(item, dict) else item if item is None else hide(item)
                for item in value
            ]
        elif value is not None and path in HIDDEN:
            hidden[key] = HIDDEN[path](value)
        else:
            hidden[key] = value
    return hidden
