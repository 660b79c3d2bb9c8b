"""Canon of intervention requests: what is asked of a SAMU, taken back, and answered. The rules of `canon` hold here too."""

from __future__ import annotations

from typing import TypedDict


class InterventionDocument(TypedDict):
    """Topic `intervention.request`: one click of a platform for a SAMU at a patient's place."""

    mode: str
    request_id: str
    """The reference that both ends read aloud; the same for every version."""
    version: int
    """1 for the first; a higher one replaces it."""
    clicked_at: str
    crra: str | None
    requester: RequesterCanon
    patient: InterventionPatientCanon
    place: InterventionPlaceCanon
    note: NoteCanon


class RequesterCanon(TypedDict):
    """Who asks, and whom to call back."""

    structure_id: str
    structure_name: str
    professional_id: str | None
    professional_name: str
    callback: str | None
    """E.164; None when what was given could not be read, which the note then says."""


class InsCanon(TypedDict):
    """A matricule that may leave: qualified, with its OID."""

    matricule: str
    oid: str


class InterventionPatientCanon(TypedDict):
    """For whom."""

    ins: InsCanon | None
    identity_status: str | None
    birth_name: str | None
    name: str
    given_name: str
    birth_date: str | None
    birth_year: str | None
    sex: str
    """M, F or I."""
    phone: str | None
    weight_kg: float | None


class InterventionPlaceCanon(TypedDict):
    """Where."""

    address: str
    postal_code: str | None
    city: str
    insee_code: str | None
    latitude: float | None
    longitude: float | None
    access: str | None


class NoteCanon(TypedDict):
    """The last follow-up note."""

    text: str
    written_at: str | None
    author: str | None


class CancellationDocument(TypedDict):
    """Topic `intervention.cancel`."""

    mode: str
    request_id: str
    cancelled_at: str
    reason: str | None


class InterventionStatusDocument(TypedDict):
    """Topic `intervention.status`: where a request is, for the platform that made it. Never a person, never a clinical decision."""

    mode: str
    id: str
    request_id: str
    """The platform's own."""
    reference: str
    version: int
    status: str
    task_status: str
    """FHIR's word for it."""
    label: str
    since: str
    reason: str | None
    """Why it was refused, or not transmitted."""
    instruction: str | None
    """What the sender should do now: call 15."""
    case_id: str | None
    """The CRRA's own record."""
    crra: str | None
