"""A mass-casualty transaction, from a portal that speaks FHIR, as what it says of an event and of each victim. Pure.

The same shape as the mapping files `fhir/` write. It decides nothing: which step is allowed is the care path's business. It refuses to take a victim
without the gateway's key, because a SINUS number is unique inside one event only; what else cannot be taken is named in a warning.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adapters.wire.fhir.bundle import OpenBundle, Rules, gathered, open_bundle
from adapters.wire.fhir.event import EVENT as ELEMENTS
from adapters.wire.fhir.reading.people import identifier_of
from adapters.wire.fhir.reading.values.current import candidates
from adapters.wire.fhir.reading.values.words import concept, instant
from adapters.wire.fhir.reading.victim import VictimFields, read_fields
from adapters.wire.fhir.standing import EVENT_STATES
from adapters.wire.fhir.vocabulary import (
    ACT_CODE,
    ACT_REASON,
    BASE,
    FINESS,
    FhirRefusalError,
    Issue,
    PlacedResource,
    Resource,
    code_system,
    codes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

EVENT = f"{BASE}/id/evenement"
LOCALISATION = f"{BASE}/id/localisation"
MOST_ENTRIES = 1_000
"""Entries of one transaction: about a hundred victims, whose writing keeps no other door waiting."""
SEVERITIES = frozenset({"UA", "UR", "IMP", "DCD", "NC"})
RULES = Rules(frozenset({"transaction", "batch"}), ELEMENTS, EVENT_STATES, {}, MOST_ENTRIES, fewest=2)


@dataclass(frozen=True, slots=True)
class VictimReport:
    """What is said of one victim."""

    id: str
    path: str
    fields: VictimFields = field(repr=False)
    place: str | None
    """Name of the localisation."""
    severity_entry: str | None
    severity_exit: str | None
    encounter: str
    """Encounter.status."""
    tasks: Mapping[str, str]
    """Step of the path → Task.status."""
    destination: dict[str, Any] | None
    vector: str | None


@dataclass(frozen=True, slots=True)
class EventReport:
    """What is said of an event."""

    id: str
    path: str
    name: str
    type: str
    mode: str
    started_at: datetime | None
    planned_end: datetime | None
    """When it is expected to end: the end of the period of an Encounter that is not finished."""
    closed: bool
    victims: tuple[VictimReport, ...]
    places: tuple[str, ...]
    """Names of the localisations of the event, those of its victims included."""
    warnings: tuple[Issue, ...]


def victim_key(event: str) -> str:
    """The system of the gateway's key of a victim: the one that a conditional create may use."""
    return f"{BASE}/id/victime/{event}"


def read_event(document: Resource, at: datetime) -> EventReport:
    """The event of a transaction, with periods judged at this instant. Raises `FhirRefusalError` with every fault."""
    opened = open_bundle(document, RULES)
    events = [each for each in opened.of_type("Encounter") if _class(each) == "FLD"]
    if len(events) != 1:
        text = f"Un Encounter de classe FLD, et un seul, porte l’événement ; reçu : {len(events)}."
        raise FhirRefusalError((Issue("UN_EVENEMENT", "required", text, "Bundle.entry"), *gathered(opened.issues)))
    event = events[0]
    name = identifier_of(event.resource, at, EVENT)
    if name is None:
        text = f"L’événement n’a pas d’identifiant ; attendu : le système {EVENT}."
        raise FhirRefusalError((Issue("ABSENT", "required", text, f"{event.path}.identifier"),))
    started_at = _start(opened, event)
    victims = tuple(_victims(opened, name, at))
    if any(issue.blocks for issue in opened.issues):
        raise FhirRefusalError(gathered(opened.issues))
    group = opened.find(event, event.resource.get("subject"), "Group")
    types = event.resource.get("type", ())
    places = [*(each.place for each in victims if each.place), *_localisations(opened, at)]
    opened.name_unused()
    return EventReport(
        id=name,
        path=event.path,
        name=(group.resource.get("name") if group is not None else None) or name,
        type=(concept(types[0]) if types else "") or "AUTRE",
        mode="Exercise" if _exercise(opened) else "Actual",
        started_at=started_at,
        planned_end=_planned_end(opened, event),
        closed=event.resource.get("status") == "finished",
        victims=victims,
        places=tuple(dict.fromkeys(places)),
        warnings=tuple(gathered(opened.issues)),
    )


def _victims(opened: OpenBundle, event: str, at: datetime) -> Iterator[VictimReport]:
    patients = opened.of_type("Patient")
    concerning = _by_patient(opened)
    for patient in patients:
        key = identifier_of(patient.resource, at, victim_key(event))
        if key is None:
            text = "La clé de la victime manque ; attendu : un identifiant de système /id/victime/{événement}."
            opened.issues.append(Issue("VICTIME_SANS_CLE", "required", text, f"{patient.path}.identifier"))
            continue
        yield _victim(opened, patient, key, concerning[patient.path], at)


def _by_patient(opened: OpenBundle) -> Mapping[str, list[PlacedResource]]:
    """Place of a Patient → what is about them; what is about nobody of the message is named."""
    concerning: dict[str, list[PlacedResource]] = defaultdict(list)
    for placed in opened.of_type("Encounter", "Observation", "Flag", "ServiceRequest", "Task"):
        reference = placed.resource.get("for" if placed.type == "Task" else "subject")
        patient = opened.find(placed, reference, "Patient")
        if patient is not None:
            concerning[patient.path].append(placed)
        elif _class(placed) != "FLD":
            text = "Cette ressource n’est d’aucune victime du message : elle n’est pas reprise."
            opened.warn("RESSOURCE_IGNOREE", text, placed.path)
    return concerning


def _victim(
    opened: OpenBundle, patient: PlacedResource, key: str, about: Sequence[PlacedResource], at: datetime
) -> VictimReport:
    encounter = _last(opened, about, "Encounter")
    evacuation = _last(opened, about, "ServiceRequest")
    flags = [
        (each, codes([each.resource.get("code", {})], code_system("particularite"))) for each in _of(about, "Flag")
    ]
    particularities = [code for _, kept in flags for code in kept]
    for each, kept in flags:
        if not kept or kept[0] != particularities[0]:
            opened.warn("NON_REPRIS", "Cette particularité n’est pas reprise.", f"{each.path}.code")
    fields = read_fields(opened, patient, key, at)
    if particularities:
        fields.put("particularity", particularities[0], _of(about, "Flag")[0].path)
    vectors = codes(evacuation.resource.get("orderDetail", ())) if evacuation else []
    hospitalization = encounter.resource.get("hospitalization", {}) if encounter else {}
    return VictimReport(
        id=key,
        path=patient.path,
        fields=fields,
        place=_place(opened, encounter, at),
        severity_entry=_severity(opened, about, "GRAVITE-ENTREE"),
        severity_exit=_severity(opened, about, "GRAVITE-SORTIE"),
        encounter=str(encounter.resource.get("status", "arrived")) if encounter else "arrived",
        tasks=_tasks(opened, about),
        destination=_destination(opened, encounter, hospitalization.get("destination"), at),
        vector=vectors[0] if vectors else None,
    )


def _of(about: Sequence[PlacedResource], kind: str) -> list[PlacedResource]:
    return [each for each in about if each.type == kind]


def _last(opened: OpenBundle, about: Sequence[PlacedResource], kind: str) -> PlacedResource | None:
    """The one that is read of several; the others are named."""
    placed = _of(about, kind)
    for other in placed[1:]:
        opened.warn(
            "RESSOURCE_IGNOREE", f"Une victime n’a qu’une ressource {kind} : celle-ci n’est pas reprise.", other.path
        )
    return placed[0] if placed else None


def _place(opened: OpenBundle, encounter: PlacedResource | None, at: datetime) -> str | None:
    """Where the victim is: of several stays, the active one, else the first that holds."""
    if encounter is None:
        return None
    stays = [
        each
        for each in candidates(encounter.resource.get("location", ()), f"{encounter.path}.location", at)
        if each.holds and each.value.get("status") not in {"completed", "planned", "reserved"}
    ]
    stays.sort(key=lambda each: each.value.get("status") != "active")
    places = (opened.find(encounter, each.value.get("location"), "Location") for each in stays)
    place = next((each for each in places if each is not None), None)
    return str(place.resource["name"]) if place is not None and "name" in place.resource else None


def _localisations(opened: OpenBundle, at: datetime) -> Iterator[str]:
    """The places that the portal says are the event's, whether or not a victim is there."""
    for each in opened.entries:
        if each.type == "Location" and "name" in each.resource and identifier_of(each.resource, at, LOCALISATION):
            opened.used.add(each.path)
            yield each.resource["name"]


def _destination(
    opened: OpenBundle,
    encounter: PlacedResource | None,
    reference: Any,  # noqa: ANN401 - a Reference or nothing
    at: datetime,
) -> dict[str, Any] | None:
    location = opened.find(encounter, reference, "Location") if encounter is not None else None
    if location is None:
        return None
    finess, name = identifier_of(location.resource, at, FINESS), location.resource.get("name")
    if finess and name:
        return {"finess": finess, "name": name}
    opened.warn("DESTINATION", "Une destination a un FINESS et un nom : celle-ci n’est pas reprise.", location.path)
    return None


def _tasks(opened: OpenBundle, about: Sequence[PlacedResource]) -> dict[str, str]:
    tasks: dict[str, str] = {}
    for each in _of(about, "Task"):
        steps = codes([each.resource.get("code", {})], code_system("etape-novi"))
        tasks |= {step: str(each.resource.get("status")) for step in steps}
        if not steps:
            opened.warn("NON_REPRIS", "Cette étape n’est pas connue : elle n’est pas reprise.", f"{each.path}.code")
    return tasks


def _severity(opened: OpenBundle, about: Sequence[PlacedResource], code: str) -> str | None:
    """Of several acts of one triage, the last in time: instants are compared as instants, and the order of the message decides between equals."""
    acts: list[tuple[datetime, int, str]] = []
    for number, each in enumerate(_of(about, "Observation")):
        resource = each.resource
        kinds = codes([resource.get("code", {})], code_system("observations"))
        if code not in kinds:
            if not kinds and code == "GRAVITE-ENTREE":
                opened.warn(
                    "RESSOURCE_IGNOREE", "Cette observation n’est pas un triage : elle n’est pas reprise.", each.path
                )
            continue
        severities = codes([resource.get("valueCodeableConcept", {})], code_system("gravite-novi"))
        known = [severity for severity in severities if severity in SEVERITIES]
        if known:
            acts.append((instant(_moment(resource)), number, known[0]))
        else:
            text = f"La gravité n’est pas lue ; attendu : {', '.join(sorted(SEVERITIES))}."
            opened.warn("CODE_INCONNU", text, f"{each.path}.valueCodeableConcept")
    return max(acts)[2] if acts else None


def _moment(observation: Resource) -> str | None:
    effective = observation.get("effectivePeriod", {})
    moments = (observation.get("effectiveDateTime"), observation.get("effectiveInstant"), effective.get("end"))
    return next((each for each in (*moments, effective.get("start"), observation.get("issued")) if each), None)


def _class(encounter: PlacedResource) -> str | None:
    coding = encounter.resource.get("class")
    return coding.get("code") if isinstance(coding, dict) and coding.get("system") == ACT_CODE else None


def _exercise(opened: OpenBundle) -> bool:
    holders = (opened.bundle, *(each.resource for each in opened.entries))
    labels = [meta.get("security") for each in holders if isinstance(meta := each.get("meta"), dict)]
    return "HTEST" in codes([{"coding": each} for each in labels], ACT_REASON)


def _planned_end(opened: OpenBundle, event: PlacedResource) -> datetime | None:
    text = event.resource.get("period", {}).get("end")
    if text is None or event.resource.get("status") == "finished":
        return None
    if "T" in text:
        return instant(text)
    sentence = (
        "Attendu : date, heure et décalage horaire ; reçu : une date sans heure. La fin prévue n’est pas reprise."
    )
    opened.warn("FORME", sentence, f"{event.path}.period.end")
    return None


def _start(opened: OpenBundle, event: PlacedResource) -> datetime | None:
    text = event.resource.get("period", {}).get("start")
    if text is None:
        return None
    if "T" in text:
        return instant(text)
    sentence = (
        "Attendu : date, heure et décalage horaire ; reçu : une date sans heure. L’heure de réception en tient lieu."
    )
    opened.warn("FORME", sentence, f"{event.path}.period.start")
    return None
