"""The fields of one victim, as a FHIR Patient says them: each under the name of the domain, with the place it came from. Pure.

A name without `use` or in one text is taken, a name that is old or invented is not; a year is an age in words and no date of birth. What is not
taken is named in a warning.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adapters.wire.fhir.reading.values.current import candidates
from adapters.wire.fhir.reading.values.words import is_day
from adapters.wire.fhir.vocabulary import BASE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from adapters.wire.fhir.bundle import OpenBundle
    from adapters.wire.fhir.reading.values.current import Candidate
    from adapters.wire.fhir.vocabulary import PlacedResource, Resource

SINUS = f"{BASE}/id/sinus"
CATA = f"{BASE}/id/cata/"
VICTIM = f"{BASE}/id/victime/"
SEXES = {"male": "M", "female": "F", "other": "A"}
LONGEST = 200
NOBODY = "INCONNU"
"""How a victim without a name is called in the Bundles that we write."""
BIRTH_USES = ("official", "maiden")
INVENTED = frozenset({"anonyme", "temporaire", "surnom"})


@dataclass(slots=True)
class VictimFields:
    """Values by the names of `domain.victim.fields.WRITABLE`."""

    values: dict[str, Any] = field(default_factory=dict, repr=False)
    places: dict[str, str] = field(default_factory=dict)
    """Field → the FHIRPath it came from."""

    def put(self, name: str, value: Any, path: str) -> None:  # noqa: ANN401 - a value of any field
        """One more field, if it says something."""
        if value is not None:
            self.values[name] = value
            self.places[name] = path


def read_fields(opened: OpenBundle, patient: PlacedResource, key: str, at: datetime) -> VictimFields:
    """Everything that a Patient says of a victim."""
    read = VictimFields()
    _read_names(opened, patient, at, read)
    _read_birth(opened, patient, read)
    read.put("sex", SEXES.get(patient.resource.get("gender", "")), f"{patient.path}.gender")
    _read_identifiers(opened, patient, key, at, read)
    return read


def _read_names(opened: OpenBundle, patient: PlacedResource, at: datetime, read: VictimFields) -> None:
    names = candidates(patient.resource.get("name", ()), f"{patient.path}.name", at)
    usable = [each for each in names if each.holds and each.why_later not in INVENTED]
    birth = next((each for use in BIRTH_USES for each in usable if each.value.get("use") == use), None)
    used = _used_name([each for each in usable if each.value.get("use") not in BIRTH_USES])
    if birth is not None:
        read.put("birth_name", _cut(opened, birth.value.get("family"), f"{birth.path}.family"), f"{birth.path}.family")
    if used is not None:
        element = "family" if "family" in used.value else "text"
        read.put("used_name", _cut(opened, used.value.get(element), f"{used.path}.{element}"), f"{used.path}.{element}")
    for each in (birth, used):
        if each is not None:
            _read_given(opened, each, read)
    for each in names:
        if each not in (birth, used) and not str(each.value.get("text", "")).startswith(NOBODY):
            why = f" : il est {each.why_later}" if each.why_later else ""
            opened.warn("NOM_NON_REPRIS", f"Ce nom n’est pas repris{why}.", each.path)


def _used_name(names: Sequence[Candidate]) -> Candidate | None:
    usual = next((each for each in names if each.value.get("use") == "usual"), None)
    return usual or next(iter(names), None)


def _read_given(opened: OpenBundle, name: Candidate, read: VictimFields) -> None:
    given = name.value.get("given", [])
    if given and "given_name" not in read.values:
        read.put("given_name", _cut(opened, given[0], f"{name.path}.given[0]"), f"{name.path}.given[0]")
        given = given[1:]
    left = [f"{name.path}.{part}" for part in ("prefix", "suffix") if part in name.value]
    left += [f"{name.path}.given"] if [each for each in given if each != read.values.get("given_name")] else []
    if left:
        opened.warn("NON_REPRIS", "Cet élément n’est pas repris.", " | ".join(left))
    if "family" not in name.value and "text" in name.value:
        text = "Ce nom n’est qu’un texte : il est repris en entier comme nom d’usage, sans être découpé."
        opened.warn("NOM_EN_TEXTE", text, f"{name.path}.text")


def _cut(opened: OpenBundle, text: str | None, path: str) -> str | None:
    if text is None or len(text) <= LONGEST:
        return text
    opened.warn("TEXTE_COUPE", "Ce texte est trop long : sa fin n’est pas reprise.", path)
    return f"{text[: LONGEST - 1]}…"


def _read_birth(opened: OpenBundle, patient: PlacedResource, read: VictimFields) -> None:
    birth = patient.resource.get("birthDate")
    path = f"{patient.path}.birthDate"
    if birth is None:
        return
    if is_day(birth):
        read.put("birth_date", birth, path)
        return
    if len(birth) > len("AAAA-MM"):
        opened.warn("FORME", "Cette date n’existe pas au calendrier : elle n’est pas reprise.", path)
        return
    # A year alone is no date of birth; nothing is completed.
    read.put("age", birth[:4], path)
    text = "La date de naissance est incomplète : seule l’année est reprise, comme âge."
    opened.warn("NAISSANCE_INCOMPLETE", text, path)


def _read_identifiers(opened: OpenBundle, patient: PlacedResource, key: str, at: datetime, read: VictimFields) -> None:
    left: list[str] = []
    for each in candidates(patient.resource.get("identifier", ()), f"{patient.path}.identifier", at):
        system, value = str(each.value.get("system", "")), each.value.get("value")
        if not _is_ours(each.value, key):
            taken = system == SINUS and value and each.holds and "sinus_number" not in read.values
            if taken:
                read.put("sinus_number", value, each.path)
            else:
                left.append(each.path)
    if left:
        opened.warn("IDENTIFIANT_NON_REPRIS", "Cet identifiant n’est pas repris.", " | ".join(sorted(left)))


def _is_ours(identifier: Resource, key: str) -> bool:
    """The gateway's own key of the victim, or its CATA code, which the gateway gives."""
    system = str(identifier.get("system", ""))
    return (system.startswith(VICTIM) and identifier.get("value") == key) or system.startswith(CATA)
