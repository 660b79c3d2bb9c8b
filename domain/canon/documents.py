"""Canon: what we mean, as JSON-safe documents, and nothing about any wire. Outbox bodies are made of these.

Every key is always present; what is not known is None, never an empty text. Instants are ISO 8601 with an offset.
The mapping room checks the paths of its files against these shapes, so a rename here is caught there at load.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict

from domain.canon.hub import HUB_DOCUMENTS
from domain.canon.intervention import CancellationDocument, InterventionDocument, InterventionStatusDocument
from domain.canon.view import GroupsCanon, IdentifierCanon, LinksCanon, OfferCanon  # noqa: TC001 - shapes are read at run time


class EventCanon(TypedDict):
    """An event as a neighbour may need it."""

    id: str
    name: str
    type: str
    """ACEL, ORSAN, or another word of the portal."""
    mode: str
    """`Actual` or `Exercise`."""
    status: str
    """`open` or `closed`."""
    started_at: str
    ended_at: str | None
    planned_end: NotRequired[str | None]
    """When it is expected to end."""
    localisations: list[LocalisationCanon]
    link: LinkCanon | None
    """How this destination knows, or should know, the event; None in documents that are not for one destination."""


class LinkCanon(TypedDict):
    """The correspondence of the event with one neighbour's own event."""

    action: str
    """`create` a new event there, or `link` to the existing `external_id`."""
    external_id: str | None
    left: NotRequired[str]
    """The neighbour's event that this one was taken for, and no longer is."""


class LocalisationCanon(TypedDict):
    """A place of the event."""

    id: str
    name: str
    letter: str
    """Of its CATA codes: the first declared is A."""


class PlaceOfCareCanon(TypedDict):
    """The établissement a victim is oriented to."""

    finess: str
    name: str
    service: str | None


class AgeCanon(TypedDict):
    """An age as it was said."""

    value: int
    unit: str
    """`years`, `months`, `weeks`, `days`."""


class VictimCanon(TypedDict):
    """A victim, as the current record says. The names are the canon of `facts` section 9."""

    id: str
    portal_id: str | None
    sinus_number: str | None
    """Current number of origin TR, canonical form; else of origin HP."""
    sinus_number_hp: str | None
    joined_number: NotRequired[str | None]
    """The number of which a person said that whoever a neighbour has under it is this victim; canonical form."""
    cata_code: str | None
    sivic_id: str | None
    lrm_id: str | None
    severity: str
    """Current: UA, UR, IMP, DCD or NC."""
    severity_entry: str
    severity_exit: str | None
    triaged_at: str | None
    triaged_by: str | None
    status: str
    """One of the seven: see `domain.victim.care_path.CareStatus`."""
    status_at: str
    localisation: LocalisationCanon | None
    patient_type: str | None
    """`nourrisson`, `pediatrie` or `adulte`."""
    birth_name: str | None
    used_name: str | None
    given_name: str | None
    birth_date: str | None
    age: AgeCanon | None
    age_band: str
    """`nourrisson`, `pediatrie`, `adulte` or `inconnu`: for counts."""
    weight_kg: float | None
    sex: str | None
    """M, F, A (autre) or ? as in the portal."""
    nationality: str | None
    """ISO 3166-1 alpha-3 where known, else as said."""
    identity_status: str | None
    """How sure the identity is: `declared`, `documented` or `validated`."""
    nir: str | None
    contact: str | None
    """Free text: how to reach the victim or someone close."""
    contact_person: ContactPersonCanon | None
    particularity: str | None
    comment: str | None
    bilan: str | None
    orientation: str | None
    """`SUR_PLACE` or `ETABLISSEMENT`, once decided."""
    destination: PlaceOfCareCanon | None
    vector: str | None
    evacuation_requested_at: str | None
    evacuated_at: str | None
    admitted_at: str | None
    deleted: bool


class ContactPersonCanon(TypedDict):
    """A person to contact."""

    name: str
    relation: str | None
    phone: str | None


class VictimDocument(TypedDict):
    """Topic `victim`: the whole current record of one victim, for one recipient (keys off its allow-list are removed)."""

    mode: str
    revision: int
    """Of the victim; grows by one at each change, so that a neighbour can refuse an older one."""
    happened_at: str
    recorded_at: str
    event: EventCanon
    victim: VictimCanon


class DetachedNumberDocument(TypedDict):
    """Topic `identifier.detached`: a SINUS number no longer names this victim."""

    mode: str
    revision: int
    happened_at: str
    recorded_at: str
    event: EventCanon
    victim_id: str
    sinus_number: str
    reason: str
    """`emptied`, `changed` or `deleted`."""


class EventDocument(TypedDict):
    """Topic `event`: an event, to be opened, linked, changed or closed at a neighbour."""

    mode: str
    revision: int
    happened_at: str
    recorded_at: str
    event: EventCanon


class TallyCanon(TypedDict):
    """One line of a count. `total` is with IMP, `total_without_imp` is without: both are always published."""

    UA: int
    UR: int
    IMP: int
    DCD: int
    NC: int
    total: int
    total_without_imp: int


class TallyLineCanon(TallyCanon):
    """A count for one value of a dimension."""

    label: str
    """The localisation, établissement, age band or nationality; `Non localisé`, `inconnu` where there is none."""
    code: str | None
    """Its identifier: localisation id, FINESS, code."""


class CountsDocument(TypedDict):
    """Topic `counts`: who is counted in an event at one instant, said by one source."""

    mode: str
    revision: int
    counted_at: str
    source: str
    event: EventCanon
    totals: TallyCanon
    by_localisation: list[TallyLineCanon]
    by_destination: list[TallyLineCanon]
    by_age_band: list[TallyLineCanon]
    by_nationality: list[TallyLineCanon]


class PatientNewsDocument(TypedDict):
    """Topic `patient.news`: a neighbour's word changed a record. Codes only; who may read the record reads it at our door."""

    mode: str
    event_id: str
    patient_id: str
    revision: int
    source: str
    """`sinus`, `sivic` or `hospital`."""
    news: str
    """A `domain.canon.people.PersonNews`."""
    happened_at: str
    fields: list[str]
    """The fields of the record that the word speaks of."""
    beside: list[str]
    """Of these, those whose shown value is another's."""


class OutcomeDocument(TypedDict):
    """Topic `outcome`: what became of one message, for the portal. Codes and ids only."""

    mode: str
    message_id: str
    destination: str
    topic: str
    event_id: str | None
    lane: str
    status: str
    """`delivered`, `parked`, `uncertain`, `expired` or `discarded`."""
    settled_at: str
    lag_ms: int
    attempts: int
    reference: str | None
    cause_code: str | None
    cause_title: str | None


class MoveCanon(TypedDict):
    """A status that a victim was in, and when."""

    status: str
    start: str
    end: str


class VictimPathDocument(TypedDict):
    """Topic `victim.path`: one victim with what became of it, as it is read and not as it is sent."""

    mode: str
    recorded_at: str
    since: str
    """When the victim was first known."""
    moves: list[MoveCanon]
    """The statuses that are past, in their order."""
    event: EventCanon
    victim: VictimCanon


class NamedVictimCanon(TypedDict):
    """A victim by its key alone."""

    id: str


class EventVictimsDocument(TypedDict):
    """Topic `event.victims`: an event and the keys of its victims, as it is read and not as it is sent."""

    mode: str
    recorded_at: str
    event: EventCanon
    victims: list[NamedVictimCanon]


class PatientViewDocument(TypedDict):
    """Topic `patient.view`: a patient as the portal reads it."""

    mode: str
    revision: int
    recorded_at: str
    victim: VictimCanon
    display_name: str
    """`NOM Prénom`, or `? INCONNU` with the day and time of creation (R-15)."""
    banner: str
    """`NOM Prénom - âge - poids - gravité - statut` (R-27)."""
    status_label: str
    identifiers: list[IdentifierCanon]
    flags: list[str]
    offers: list[OfferCanon]


class EventViewDocument(TypedDict):
    """Topic `event.view`: an event as the portal reads it."""

    mode: str
    revision: int
    recorded_at: str
    event: EventCanon
    particularity_groups: GroupsCanon
    links: LinksCanon


DOCUMENTS: dict[str, type] = {
    "victim": VictimDocument,
    "identifier.detached": DetachedNumberDocument,
    "event": EventDocument,
    "counts": CountsDocument,
    "intervention.request": InterventionDocument,
    "intervention.cancel": CancellationDocument,
    "intervention.status": InterventionStatusDocument,
    "outcome": OutcomeDocument,
    "patient.news": PatientNewsDocument,
    "victim.path": VictimPathDocument,
    "event.victims": EventVictimsDocument,
    "patient.view": PatientViewDocument,
    "event.view": EventViewDocument,
    # The same record, for what carries a victim: a vehicle, and where it is.
    "evacuation": VictimDocument,
    "evacuation.status": VictimDocument,
    **HUB_DOCUMENTS,
}
"""Topic → the shape of its body."""
