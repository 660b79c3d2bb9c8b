"""What the doors of patients answer."""

from __future__ import annotations

from typing import Any, Literal

from domain.numbers.identifier import IdentifierKind  # noqa: TC001 - pydantic reads it
from domain.severity import Severity  # noqa: TC001 - pydantic reads it
from domain.source import Source  # noqa: TC001 - pydantic reads it
from domain.victim.care_path import CareStatus  # noqa: TC001 - pydantic reads it
from gateway.doors.answers.shape import Answer, Instant


class Place(Answer):
    """A localisation of the event."""

    id: str
    name: str
    letter: str | None
    """Lettre du code CATA ; null au-delà de Z."""


class Hospital(Answer):
    """An établissement."""

    finess: str
    name: str
    service: str | None


class AgeRead(Answer):
    """An age, in one unit."""

    value: int
    unit: Literal["years", "months", "weeks", "days"]


class PersonToCall(Answer):
    """Who is to be called about a patient."""

    name: str
    relation: str | None
    phone: str | None


class IdentifierHeld(Answer):
    """A number, and from when until when the patient bears it."""

    kind: IdentifierKind
    value: str
    source: Source
    valid_from: Instant
    valid_to: Instant | None
    ended_because: str | None
    unread: str | None
    """Pourquoi il n’est pas lisible."""
    suggestion: str | None
    """Ce qui était sans doute voulu."""


class ValueOffered(Answer):
    """What a neighbour says otherwise than the record, kept beside it."""

    field: str
    value: str
    source: Source
    happened_at: Instant


class PatientSummary(Answer):
    """A patient in numbers, states and times."""

    id: str
    portal_id: str | None
    sinus_number: str | None
    sinus_number_hp: str | None
    joined_number: str | None
    cata_code: str | None
    sivic_id: str | None
    lrm_id: str | None
    severity: Severity
    severity_entry: Severity
    severity_exit: Severity | None
    triaged_at: Instant | None
    triaged_by: str | None
    status: CareStatus
    status_at: Instant
    orientation: Literal["SUR_PLACE", "ETABLISSEMENT"] | None
    destination: Hospital | None
    vector: str | None
    evacuation_requested_at: Instant | None
    evacuated_at: Instant | None
    admitted_at: Instant | None
    deleted: bool
    localisation: Place | None
    age_band: str


class Patient(PatientSummary):
    """A patient, as the portal reads it."""

    patient_type: str | None
    birth_name: str | None
    used_name: str | None
    given_name: str | None
    birth_date: str | None
    age: AgeRead | None
    weight_kg: float | None
    sex: str | None
    nationality: str | None
    identity_status: str | None
    nir: str | None
    contact: str | None
    contact_person: PersonToCall | None
    particularity: str | None
    comment: str | None
    bilan: str | None
    revision: int
    """Celle de l’ETag, à redonner dans If-Match."""
    display_name: str
    banner: str
    status_label: str
    identifiers: list[IdentifierHeld]
    flags: list[str]
    offers: list[ValueOffered]


class PatientList(Answer):
    """Patients of one event."""

    patients: list[Patient]


class NumberSought(Answer):
    """What is known of a number that was looked for."""

    sinus_number: str | None
    may_create: bool
    former_bearers: list[str]
    suggestion: str | None


class PatientsFound(Answer):
    """Who bears the number, or whose name begins so."""

    patients: list[Patient]
    number: NumberSought | None = None


class PersonFound(Answer):
    """Somebody of any event that the caller sees."""

    event_id: str
    event_name: str
    patient_id: str
    display_name: str
    sinus_number: str | None
    severity: Severity
    status: CareStatus
    status_label: str
    found_by: str


class FreeNumber(Answer):
    """A bracelet that nobody bears."""

    sinus_number: str
    may_create_in: list[str]
    """Événements où un patient peut être créé avec ce numéro."""


class PersonsFound(Answer):
    """Who answers to what was typed or scanned."""

    persons: list[PersonFound]
    more: int
    number: FreeNumber | None = None


class RevisedPatient(Answer):
    """A patient that an act changed."""

    patient_id: str
    revision: int


class RevisedPatients(Answer):
    """Both patients of a repair, in the order they were named."""

    patients: list[RevisedPatient]


class NumberDecided(Answer):
    """What became of a decision on a number."""

    patient_id: str
    choice: Literal["same_person", "other_person", "undecided"]
    changed: bool
    revision: int


class Observed(Answer):
    """One thing that was said of a patient, by whom, when it happened and when it was received."""

    seq: int
    kind: str
    source: Source
    author: str
    happened_at: Instant
    received_at: Instant
    facts: dict[str, Any]


class PatientHistory(Answer):
    """Everything that was said of a patient, in the order of receipt."""

    observations: list[Observed]


class LaneProgress(Answer):
    """Where the last message about a patient stands at one destination."""

    destination: str
    topic: str
    status: str
    attempts: int
    created_at: Instant
    settled_at: Instant | None
    lag_ms: int | None
    cause: dict[str, Any] | None


class PatientProgress(Answer):
    """Where a patient's record stands at each destination."""

    patient_id: str
    destinations: list[LaneProgress]


class UnknownPersonShown(Answer):
    """A person whom a neighbour speaks of and nobody knows here: a task."""

    task_id: str
    event_id: str | None
    source: Source
    author: str
    why: str
    first_at: Instant
    last_at: Instant
    words: list[dict[str, Any]]
    """Ce que le voisin a dit, champ par champ."""
    resembles: list[dict[str, Any]]
    """Patients à comparer, avec ce qui concorde et ce qui ne concorde pas."""


class UnknownPersonsShown(Answer):
    """The tasks of one event."""

    unknown_persons: list[UnknownPersonShown]


class UnknownPersonDecided(Answer):
    """What was decided of a task."""

    task_id: str
    state: str
    patient_id: str | None
    outcomes: list[str]
