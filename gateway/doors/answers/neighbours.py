"""What the doors of hospitals and neighbours answer."""

from __future__ import annotations

from domain.severity import Severity  # noqa: TC001 - pydantic reads it
from domain.victim.care_path import CareStatus  # noqa: TC001 - pydantic reads it
from gateway.doors.answers.shape import Answer, Instant


class AdmissionTaken(Answer):
    """What became of what an establishment said."""

    outcome: str
    event_id: str | None
    patient_id: str | None = None
    beside: list[str] | None = None
    """Champs gardés à côté de ceux de la fiche."""
    task_id: str | None = None


class PersonAtHospital(Answer):
    """A victim oriented or admitted to the establishment."""

    event_id: str
    patient_id: str
    sinus_number: str | None
    severity: Severity
    status: CareStatus
    admitted_at: Instant | None
    birth_name: str | None
    used_name: str | None
    given_name: str | None
    birth_date: str | None
    sex: str | None


class PersonsAtHospital(Answer):
    """Those of the establishment, and no other."""

    persons: list[PersonAtHospital]


class NewsRefused(Answer):
    """A piece of news that could not be read."""

    place: int
    id: str | None
    field: str
    reason: str


class NewsTaken(Answer):
    """What became of a page."""

    taken: int | None = None
    refused: list[NewsRefused]
    created: int
    tasks: list[str]
