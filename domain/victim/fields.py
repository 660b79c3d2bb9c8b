"""The fields that a door may write: for each, one reader that checks a JSON value and brings it to its one form.

A reader names the field when it refuses, and never repeats the value. An age or a SINUS number is never refused for its form:
it is kept as it came. What is generated or moved by rules (CATA code, status, orientation) has no reader, so nobody can write it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from domain.errors import InvalidError
from domain.severity import Severity
from domain.victim.age import age_word, read_day

Reader: TypeAlias = Callable[[object], Any]

NAME_LENGTH: Final = 200
"""Characters of a name, of a number as it was read, and of a part of either."""
TEXT_LENGTH: Final = 10_000
"""Characters of a free text."""
HEAVIEST_KG: Final = 700
FINESS: Final = re.compile(r"([0-9]{2}|2[AB])[0-9]{7}")
NIR_BLANKS: Final = r"\s.\-\u2010-\u2014"
"""As people and cards write a long number: blanks, dots and hyphens are no part of it."""
NIR: Final = re.compile(r"[1-478][0-9]{4}(?:[0-9]{2}|2[AB])[0-9]{6}[0-9]{2}")
PARTICULARITIES: Final = {
    "VIP": "VIP",
    "FORCE_DE_L_ORDRE": "force de l’ordre",
    "POMPIER": "pompier",
    "SOIGNANT": "soignant",
    "A": "groupe A",
    "B": "groupe B",
    "C": "groupe C",
}
"""R-21: code → French; what A, B and C mean is chosen for the event."""
IDENTITY_STATUSES: Final = ("declared", "documented", "validated")
"""How sure an identity is, from the least: said by somebody, read on a document, formally identified (F26)."""
PATIENT_TYPES: Final = ("nourrisson", "pediatrie", "adulte")
HOSPITAL_CARE: Final = ("URGENCES", "HOSPITALISATION", "RETOUR_DOMICILE", "DECES")
"""Where a person stands at hospital, as SI-VIC's exports say it (Soins aux urgences, Hospitalisation, Retour à domicile, Décès)."""
SEXES: Final = ("M", "F", "A", "?")


def _text(field: str, longest: int) -> Reader:
    def read(value: object) -> str | None:
        if not isinstance(value, str):
            raise InvalidError("R-20", field, "Ce champ est un texte.", "un texte")
        if len(value) > longest:
            raise InvalidError("R-20", field, "Ce texte est trop long.", f"{longest} caractères au plus")
        return value.strip() or None

    return read


def _one_of(field: str, rule: str, known: Mapping[str, str]) -> Reader:
    def read(value: object) -> str | None:
        if isinstance(value, str):
            if not value.strip():
                return None
            if code := known.get(_plain(value)):
                return code
        raise InvalidError(
            rule, field, "Cette valeur n’est pas dans la liste.", ", ".join(dict.fromkeys(known.values()))
        )

    return read


def _plain(text: str) -> str:
    letters = text.strip().casefold().translate(str.maketrans("éèê’' ", "eee___"))
    return letters or "?"


def severity(field: str) -> Reader:
    """One of UA, UR, IMP, DCD, NC (R-16)."""
    return _one_of(field, "R-16", {code.value.casefold(): code.value for code in Severity})


def _day(field: str) -> Reader:
    def read(value: object) -> str | None:
        day = read_day(value.strip()) if isinstance(value, str) else None
        if day is None:
            raise InvalidError("R-20", field, "Cette date n’existe pas.", "AAAA-MM-JJ ou JJ/MM/AAAA")
        return day.isoformat()

    return read


def _instant(field: str) -> Reader:
    def read(value: object) -> str:
        try:
            instant = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            instant = None
        if instant is None or instant.tzinfo is None:
            raise InvalidError("R-37", field, "Cette date-heure n’est pas lisible.", "ISO 8601 avec décalage")
        return instant.isoformat()

    return read


def _weight(value: object) -> float:
    try:
        kilograms = float(value.replace(",", ".")) if isinstance(value, str) else value
    except ValueError:
        kilograms = None
    if isinstance(kilograms, bool) or not isinstance(kilograms, int | float) or not 0 < kilograms <= HEAVIEST_KG:
        raise InvalidError(
            "R-20", "weight_kg", "Le poids n’est pas plausible.", f"un nombre de kg, de 0 à {HEAVIEST_KG}"
        )
    return float(kilograms)


def _nationality(value: object) -> str | None:
    nationality: str | None = _text("nationality", NAME_LENGTH)(value)
    return nationality.upper() if nationality is not None and re.fullmatch(r"[A-Za-z]{3}", nationality) else nationality


def _nir(value: object) -> str:
    digits = re.sub(f"[{NIR_BLANKS}]", "", value).upper() if isinstance(value, str) else ""
    # Corsica: 2A counts as 19 and 2B as 18 in the key.
    number = digits[:13].replace("2A", "19", 1).replace("2B", "18", 1)
    if not NIR.fullmatch(digits) or 97 - int(number) % 97 != int(digits[13:]):
        raise InvalidError("NIR", "nir", "Le NIR n’est pas valide.", "15 caractères, clé comprise")
    return digits


def _contact_person(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidError("R-20", "contact_person", "La personne à contacter est un objet.", "name, relation, phone")
    read = {name: _part("contact_person", value, name) for name in ("name", "relation", "phone")}
    if read["name"] is None:
        raise InvalidError("R-20", "contact_person.name", "Le nom de la personne à contacter manque.", "un texte")
    return read


def place_of_care(value: object, field: str = "destination") -> dict[str, Any]:
    """An établissement: FINESS, name, and service when known."""
    if not isinstance(value, dict):
        raise InvalidError("R-31", field, "L’établissement n’est pas désigné.", "finess, name, service")
    read = {name: _part(field, value, name) for name in ("finess", "name", "service")}
    if not FINESS.fullmatch(read["finess"] or ""):
        raise InvalidError("R-31", f"{field}.finess", "Le FINESS n’a pas la bonne forme.", "9 caractères")
    if read["name"] is None:
        raise InvalidError("R-31", f"{field}.name", "Le nom de l’établissement manque.", "un texte")
    return read


def _part(field: str, value: Mapping[str, object], name: str) -> str | None:
    part = value.get(name)
    text: str | None = None if part is None else _text(f"{field}.{name}", NAME_LENGTH)(part)
    return text


IDENTIFIER_FIELDS: Final = (
    "portal_id",
    "sinus_number",
    "sinus_number_hp",
    "sivic_id",
    "lrm_id",
    "hospital_id",
    "sinus_id",
)
DESCRIBED: Final = (
    "patient_type", "birth_name", "used_name", "given_name", "birth_date", "age", "weight_kg", "sex",
    "nationality", "nir", "contact", "contact_person", "particularity", "comment",
)  # fmt: skip
"""The section *Identité*: what a replacement empties when it does not repeat it."""
IDENTITY: Final = (
    "birth_name", "used_name", "given_name", "birth_date", "age", "sex", "nationality", "nir", "contact", "contact_person",
)  # fmt: skip
"""What says who a person is, as the arrêté of 2010 lists it: exchanged as one when two people were taken for each other."""

WRITABLE: Final[Mapping[str, Reader]] = {
    **{name: _text(name, NAME_LENGTH) for name in (*IDENTIFIER_FIELDS, "localisation_id")},
    **{name: _text(name, NAME_LENGTH) for name in ("birth_name", "used_name", "given_name")},
    **{name: _text(name, TEXT_LENGTH) for name in ("contact", "comment", "bilan")},
    "severity_entry": severity("severity_entry"),
    "severity_exit": severity("severity_exit"),
    "patient_type": _one_of("patient_type", "R-20", {name: name for name in PATIENT_TYPES}),
    "birth_date": _day("birth_date"),
    "age": age_word,
    "weight_kg": _weight,
    "sex": _one_of("sex", "R-20", {name.casefold(): name for name in SEXES}),
    "nationality": _nationality,
    "nir": _nir,
    "contact_person": _contact_person,
    "particularity": _one_of("particularity", "R-21", {_plain(code): code for code in PARTICULARITIES}),
    "identity_status": _one_of("identity_status", "F26", {name: name for name in IDENTITY_STATUSES}),
    "destination": place_of_care,
    "admitted_at": _instant("admitted_at"),
    "hospital_care": _one_of("hospital_care", "R-37", {_plain(code): code for code in HOSPITAL_CARE}),
}
"""Name → reader of a value that is not None; None always empties."""


def read_fields(fields: Mapping[str, object]) -> dict[str, Any]:
    """Every named field in its one form, or the first that is wrong."""
    read: dict[str, Any] = {}
    for name, value in fields.items():
        reader = WRITABLE.get(name)
        if reader is None:
            raise InvalidError(
                "R-20", name[:NAME_LENGTH], "Ce champ est inconnu ou ne s’écrit pas.", "un champ de la fiche"
            )
        read[name] = None if value is None else reader(value)
    return read
