"""A mass-casualty transaction, from a portal that speaks FHIR, as what it says of an event and of each victim. Pure.

The same shape as the mapping files `fhir/` write. It decides nothing: which step is allowed is the care path's business. It refuses to take a victim
without the gateway's key, because a SINUS number is unique inside one event only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from adapters.wire.fhir.bundle import OpenBundle, Placed, open_bundle
from adapters.wire.fhir.reading.people import concept_text, identifier_of
from adapters.wire.fhir.vocabulary import (
    ACT_CODE,
    ACT_REASON,
    BASE,
    FINESS,
    FhirRefusalError,
    Issue,
    Resource,
    code_system,
    codes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENT = f"{BASE}/id/evenement"
SINUS = f"{BASE}/id/sinus"
SEXES = {"male": "M", "female": "F", "other": "A"}
SEVERITIES = frozenset({"UA", "UR", "IMP", "DCD", "NC"})


@dataclass(frozen=True, slots=True)
class SaidVictim:
    """One victim, as said."""

    id: str
    path: str
    fields: dict[str, Any] = field(repr=False)
    """By the names of `domain.victim.fields.WRITABLE`."""
    place: str | None
    """Name of the localisation."""
    severity_entry: str | None
    severity_exit: str | None
    encounter: str
    """Encounter.status."""
    tasks: dict[str, str]
    """Step of the path → Task.status."""
    destination: dict[str, Any] | None
    vector: str | None


@dataclass(frozen=True, slots=True)
class SaidEvent:
    """An event, as said."""

    id: str
    name: str
    type: str
    mode: str
    started_at: datetime | None
    closed: bool
    victims: tuple[SaidVictim, ...]


def victim_key(event: str) -> str:
    """The system of the gateway's key of a victim: the one that a conditional create may use."""
    return f"{BASE}/id/victime/{event}"


def read_event(document: Resource) -> SaidEvent:
    """The event of a transaction. Raises `FhirRefusalError` with every fault."""
    opened = open_bundle(document, frozenset({"transaction"}))
    issues: list[Issue] = []
    found = [one for one in opened.of_type("Encounter") if _class(one) == "FLD"]
    if len(found) != 1:
        raise FhirRefusalError(
            (_issue("UN_EVENEMENT", "Un Encounter de classe FLD porte l’événement.", "Bundle.entry"),)
        )
    event = found[0]
    name = identifier_of(event.resource, EVENT)
    if name is None:
        raise FhirRefusalError((_issue("ABSENT", "L’événement n’a pas d’identifiant.", f"{event.path}.identifier"),))
    victims = tuple(_victims(opened, name, issues))
    if issues:
        raise FhirRefusalError(issues)
    group = opened.find(event.resource.get("subject"), "Group")
    types = _list(event.resource, "type")
    return SaidEvent(
        id=name,
        name=_text(group.resource.get("name")) if group is not None and _text(group.resource.get("name")) else name,
        type=concept_text(types[0]) if types else "AUTRE",
        mode="Exercise" if _exercise(opened) else "Actual",
        started_at=_instant(event.resource.get("period"), f"{event.path}.period.start"),
        closed=event.resource.get("status") == "finished",
        victims=victims,
    )


def _victims(opened: OpenBundle, event: str, issues: list[Issue]) -> Iterator[SaidVictim]:
    for patient in opened.of_type("Patient"):
        key = identifier_of(_shaped(patient.resource), victim_key(event))
        if key is None:
            issues.append(
                _issue(
                    "VICTIME_SANS_CLE",
                    "La clé de la victime manque : /id/victime/{événement}.",
                    f"{patient.path}.identifier",
                )
            )
            continue
        yield _victim(opened, patient, key)


def _victim(opened: OpenBundle, patient: Placed, key: str) -> SaidVictim:
    about = [one for one in opened.entries if patient in (_target(opened, one, "subject"), _target(opened, one, "for"))]
    encounter = next((one.resource for one in about if one.type == "Encounter"), {})
    where = next(iter(_list(encounter, "location")), {})
    place = opened.find(where.get("location"), "Location")
    hospitalization = encounter.get("hospitalization")
    wanted = opened.find(hospitalization.get("destination"), "Location") if isinstance(hospitalization, dict) else None
    evacuation = next((one.resource for one in about if one.type == "ServiceRequest"), {})
    particularity = next((one.resource for one in about if one.type == "Flag"), {})
    said = codes([particularity.get("code")], code_system("particularite"))
    vectors = codes(_list(evacuation, "orderDetail"))
    return SaidVictim(
        id=key,
        path=patient.path,
        fields=_fields(patient.resource) | ({"particularity": said[0]} if said else {}),
        place=_text(place.resource.get("name")) if place is not None else None,
        severity_entry=_severity(about, "GRAVITE-ENTREE"),
        severity_exit=_severity(about, "GRAVITE-SORTIE"),
        encounter=str(encounter.get("status", "arrived")),
        tasks=_tasks(about),
        destination=_destination(wanted),
        vector=vectors[0] if vectors else None,
    )


def _tasks(about: list[Placed]) -> dict[str, str]:
    tasks = [one.resource for one in about if one.type == "Task"]
    return {
        name: str(one.get("status")) for one in tasks for name in codes([one.get("code")], code_system("etape-novi"))
    }


def _fields(patient: Resource) -> dict[str, Any]:
    names = _list(patient, "name")
    official = next((one for one in names if one.get("use") == "official"), {})
    usual = next((one for one in names if one.get("use") == "usual"), {})
    given = next((one for one in [*_words(official, "given"), *_words(usual, "given")]), None)
    birth = _text(patient.get("birthDate"))
    said = {
        "birth_name": _text(official.get("family")),
        "used_name": _text(usual.get("family")),
        "given_name": given,
        # A year alone is no date of birth; nothing is completed.
        "birth_date": birth if birth and len(birth) == 10 else None,  # noqa: PLR2004 - AAAA-MM-JJ
        "sex": SEXES.get(str(patient.get("gender"))),
        "sinus_number": identifier_of(_shaped(patient), SINUS),
    }
    return {name: value for name, value in said.items() if value is not None}


def _destination(location: Placed | None) -> dict[str, Any] | None:
    if location is None:
        return None
    finess, name = identifier_of(_shaped(location.resource), FINESS), _text(location.resource.get("name"))
    return {"finess": finess, "name": name} if finess and name else None


def _severity(about: list[Placed], code: str) -> str | None:
    """Of several acts of one triage, the last in time."""
    found = []
    for one in about:
        if one.type == "Observation" and code in codes([one.resource.get("code")], code_system("observations")):
            said = codes([one.resource.get("valueCodeableConcept")], code_system("gravite-novi"))
            found += [
                (str(one.resource.get("effectiveDateTime", "")), severity)
                for severity in said
                if severity in SEVERITIES
            ]
    return max(found)[1] if found else None


def _class(encounter: Placed) -> str | None:
    said = encounter.resource.get("class")
    return said.get("code") if isinstance(said, dict) and said.get("system") == ACT_CODE else None


def _exercise(opened: OpenBundle) -> bool:
    holders = (opened.bundle, *(one.resource for one in opened.entries))
    labels = [meta.get("security") for one in holders if isinstance(meta := one.get("meta"), dict)]
    return "HTEST" in codes([{"coding": one} for one in labels], ACT_REASON)


def _instant(period: Any, path: str) -> datetime | None:  # noqa: ANN401 - JSON as it comes
    said = period.get("start") if isinstance(period, dict) else None
    if said is None:
        return None
    try:
        read = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise FhirRefusalError((Issue("FORME", "value", "Date, heure et décalage horaire attendus.", path),))
    return read


def _target(opened: OpenBundle, placed: Placed, name: str) -> Placed | None:
    return opened.find(placed.resource.get(name))


def _shaped(resource: Resource) -> Resource:
    return {"identifier": [one for one in _list(resource, "identifier") if _text(one.get("value"))]}


def _list(holder: Resource, name: str) -> list[Resource]:
    said = holder.get(name)
    return [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []


def _words(holder: Resource, name: str) -> list[str]:
    said = holder.get(name)
    return [one for one in said if isinstance(one, str)] if isinstance(said, list) else []


def _text(value: Any) -> str:  # noqa: ANN401 - JSON as it comes
    return value.strip() if isinstance(value, str) else ""


def _issue(reason: str, text: str, path: str) -> Issue:
    return Issue(reason, "required", text, path)
