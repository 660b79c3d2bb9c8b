"""The current record as canon: what the outbox carries and the mapping files read.

Everything that is known goes in; what may leave for whom is the business of the allow-lists, not of this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypedDict

from domain.numbers.identifier import SET_ASIDE, SINUS_KINDS, IdentifierKind, current, identifier_from_json
from domain.rules import DEFAULT_RULES
from domain.victim.age import age_band
from domain.victim.fields import WRITABLE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from domain.canon.documents import (
        AgeCanon,
        DetachedNumberDocument,
        EventCanon,
        EventDocument,
        LinkCanon,
        LocalisationCanon,
        PlaceOfCareCanon,
        VictimCanon,
        VictimDocument,
    )
    from domain.event import Event, Link, Localisation
    from domain.rules import Rules
    from domain.victim.observation import Observation, Stamp
    from domain.victim.victim import Victim

__all__ = [
    "WRITABLE",
    "band_of",
    "destination_of",
    "detached_documents",
    "event_canon",
    "event_document",
    "victim_canon",
    "victim_document",
    "withdrawn_numbers",
]


DETACHED_BECAUSE: Final = {"emptied": "emptied", "deleted": "deleted"}
"""Why a number ended → what neighbours are told; whatever else it was, they are told that it changed."""


class _Names(TypedDict):
    portal_id: str | None
    sinus_number: str | None
    sinus_number_hp: str | None
    joined_number: str | None
    cata_code: str | None
    sivic_id: str | None
    lrm_id: str | None


class _Triage(TypedDict):
    severity: str
    severity_entry: str
    severity_exit: str | None
    triaged_at: str | None
    triaged_by: str | None


class _Path(TypedDict):
    status: str
    status_at: str
    orientation: str | None
    destination: PlaceOfCareCanon | None
    vector: str | None
    evacuation_requested_at: str | None
    evacuated_at: str | None
    admitted_at: str | None
    deleted: bool


def victim_canon(victim: Victim, event: Event, rules: Rules = DEFAULT_RULES) -> VictimCanon:
    """The whole current record."""
    value_of = {name: words[0].value for name, words in victim.words.items()}.get
    place = event.localisation(value_of("localisation_id"))
    kind, born, age = value_of("patient_type"), value_of("birth_date"), value_of("age")
    return {
        "id": victim.id,
        **_names(victim),
        **_triage(victim),
        **_path(victim, rules),
        "localisation": _place(place) if place else None,
        "patient_type": kind,
        "birth_name": value_of("birth_name"),
        "used_name": value_of("used_name"),
        "given_name": value_of("given_name"),
        "birth_date": born,
        "age": _age(age),
        "age_band": age_band(kind, born, age, victim.created.happened_at.date(), rules),
        "weight_kg": value_of("weight_kg"),
        "sex": value_of("sex"),
        "nationality": value_of("nationality"),
        "identity_status": value_of("identity_status"),
        "nir": value_of("nir"),
        "contact": value_of("contact"),
        "contact_person": value_of("contact_person"),
        "particularity": value_of("particularity"),
        "comment": value_of("comment"),
        "bilan": value_of("bilan"),
    }


def _names(victim: Victim) -> _Names:
    held = {kind: identifier.value for kind, identifier in current(victim.identifiers).items()}
    hospital_number = held.get(IdentifierKind.SINUS_HP)
    return {
        "portal_id": held.get(IdentifierKind.PORTAL),
        "sinus_number": held.get(IdentifierKind.SINUS_TR) or hospital_number,
        "sinus_number_hp": hospital_number,
        "joined_number": _joined(victim),
        "cata_code": held.get(IdentifierKind.CATA),
        "sivic_id": held.get(IdentifierKind.SIVIC),
        "lrm_id": held.get(IdentifierKind.LRM),
    }


def _joined(victim: Victim) -> str | None:
    """The number whose bearer at a neighbour is this victim, as long as the victim bears it."""
    held = [known for known in victim.identifiers if known.holds]
    borne = {known.value for known in held if known.kind in SINUS_KINDS}
    return next((known.value for known in held if known.kind is IdentifierKind.JOINED and known.value in borne), None)


def _triage(victim: Victim) -> _Triage:
    entry, leaving = victim.word("severity_entry"), victim.word("severity_exit")
    word = leaving if leaving and leaving.value else entry if entry and entry.value else None
    return {
        "severity": word.value if word else "NC",
        "severity_entry": entry.value if entry and entry.value else "NC",
        "severity_exit": leaving.value if leaving else None,
        "triaged_at": word.stamp.happened_at.isoformat() if word else None,
        "triaged_by": word.stamp.author if word else None,
    }


def _path(victim: Victim, rules: Rules) -> _Path:
    care, admitted_at = victim.care, victim.value("admitted_at")
    return {
        "status": care.status.value,
        "status_at": care.status_at.isoformat(),
        "orientation": care.orientation,
        "destination": destination_of(victim, rules),
        "vector": care.vector,
        "evacuation_requested_at": _instant(care.evacuation_requested_at),
        "evacuated_at": _instant(care.evacuated_at),
        "admitted_at": admitted_at,
        "deleted": victim.deleted,
    }


def event_canon(event: Event, destination: str | None) -> EventCanon:
    """The event, with how this destination knows it."""
    link = event.links.get(destination) if destination is not None else None
    return {
        "id": event.id,
        "name": event.name,
        "type": event.type,
        "mode": event.mode.value,
        "status": event.status,
        "started_at": event.started_at.isoformat(),
        "ended_at": _instant(event.ended_at),
        "planned_end": _instant(event.planned_end),
        "localisations": [_place(place) for place in event.open_localisations],
        "link": _link(event, destination, link) if link and destination else None,
    }


def _link(event: Event, destination: str, link: Link) -> LinkCanon:
    left = event.left.get(destination)
    known: LinkCanon = {"action": link.action, "external_id": link.external_id}
    return known if left is None or left == link.external_id else {**known, "left": left}


def victim_document(
    victim: Victim, event: Event, stamp: Stamp, destination: str | None, rules: Rules = DEFAULT_RULES
) -> VictimDocument:
    """Topic `victim`, for one destination; `stamp` is of what changed last."""
    return {
        "mode": event.mode.value,
        "revision": victim.revision,
        "happened_at": stamp.happened_at.isoformat(),
        "recorded_at": stamp.received_at.isoformat(),
        "event": event_canon(event, destination),
        "victim": victim_canon(victim, event, rules),
    }


def event_document(event: Event, stamp: Stamp, destination: str | None) -> EventDocument:
    """Topic `event`, for one destination."""
    return {
        "mode": event.mode.value,
        "revision": event.revision,
        "happened_at": stamp.happened_at.isoformat(),
        "recorded_at": stamp.received_at.isoformat(),
        "event": event_canon(event, destination),
    }


def detached_documents(
    victim: Victim, event: Event, observation: Observation, destination: str | None
) -> tuple[DetachedNumberDocument, ...]:
    """Topic `identifier.detached` (R-41): one for each SINUS number that this observation took from the victim."""
    ended = [identifier_from_json(row) for row in observation.facts.get("identifiers", ())]
    return tuple(
        [
            {
                "mode": event.mode.value,
                "revision": victim.revision,
                "happened_at": observation.stamp.happened_at.isoformat(),
                "recorded_at": observation.stamp.received_at.isoformat(),
                "event": event_canon(event, destination),
                "victim_id": victim.id,
                "sinus_number": number.value,
                "reason": DETACHED_BECAUSE.get(number.ended_because or "emptied", "changed"),
            }
            for number in ended
            if not number.holds and number.kind in SINUS_KINDS and number.ended_because != SET_ASIDE
        ]
    )


def withdrawn_numbers(
    victim: Victim, event: Event, stamp: Stamp, destination: str
) -> tuple[DetachedNumberDocument, ...]:
    """One for each SINUS number of a victim whom a neighbour's event has nothing to do with any more."""
    return tuple(
        {
            "mode": event.mode.value,
            "revision": victim.revision,
            "happened_at": stamp.happened_at.isoformat(),
            "recorded_at": stamp.received_at.isoformat(),
            "event": event_canon(event, destination),
            "victim_id": victim.id,
            "sinus_number": number.value,
            "reason": "changed",
        }
        for number in victim.identifiers
        if number.holds and number.kind in SINUS_KINDS
    )


def band_of(victim: Victim, rules: Rules = DEFAULT_RULES) -> str:
    """The age band of a victim, for the counts; an age is of the day the victim was first known."""
    value_of = victim.value
    return age_band(
        value_of("patient_type"), value_of("birth_date"), value_of("age"), victim.created.happened_at.date(), rules
    )


def destination_of(victim: Victim, rules: Rules = DEFAULT_RULES) -> PlaceOfCareCanon | None:
    """The établissement: of the admission once there is one, else the one decided, else the one that was told.

    One that was decided since the admission was told stands: the victim is to go on.
    """
    decided: Any = victim.care.destination
    word = victim.word("destination")
    destination: PlaceOfCareCanon | None = word.value if word else None
    if word is None or destination is None or decided is None:
        return destination or decided
    since = victim.care.decided_at
    admitted = victim.value("admitted_at") is not None and rules.admission_place_wins
    chosen: PlaceOfCareCanon = (
        destination if admitted and (since is None or since <= word.stamp.counts_from) else decided
    )
    return chosen


def _place(place: Localisation) -> LocalisationCanon:
    return {"id": place.id, "name": place.name, "letter": place.letter}


def _age(word: Mapping[str, Any] | None) -> AgeCanon | None:
    if word is None or word["value"] is None:
        return None
    return {"value": word["value"], "unit": word["unit"]}


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
