"""The summary of a mobile team's mission, RS-RPIS, as it may be given here: codes, dates, communes; no field for anybody's words."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.doors.http.schemas import Instant, Strict
from gateway.doors.hub.schemas import Care, Client, Coded, Commune, Day, Establishment, Insee, Outgoing, Sex, Vehicle


class SummaryContext(Strict):
    """Which mission."""

    organisation: Client
    case_number: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    created_at: Instant
    decided_at: Instant
    finess_legal: Establishment
    finess_geo: Establishment
    structure: Literal["0", "1", "2", "9"]
    """0 SMUR général, 1 pédiatrique, 2 néonatal, 9 antenne."""


class UnlabelledCode(Strict):
    """A code; its label is not passed on."""

    code: Annotated[str, Field(pattern=r"^[CM]\d{2}(\.\d{2}){1,2}$")]
    label: Literal[""] = ""


class SummaryRegulation(Strict):
    """Why it left."""

    what_happens: UnlabelledCode
    health_motive: UnlabelledCode
    care: Care


class SummaryPatient(Strict):
    """For whom: a rank in a case."""

    patient_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,120}$")]
    birth_date: Day
    sex: Sex
    insee_code: Insee | None = None
    city: Commune | None = None


class SummaryTimes(Strict):
    """When it moved."""

    left_base_at: Instant
    arrived_at: Instant | None = None
    left_scene_at: Instant | None = None
    at_destination_at: Instant | None = None
    available_at: Instant
    back_at: Instant


class SummaryIntervention(Strict):
    """What was done."""

    place_kind: Annotated[str, Field(pattern=r"^L\d{2}(\.\d{2}){2}$")] | None = None
    finess: Establishment | None = None
    service: None = None
    insee_code: Insee
    city: Commune
    doctor: bool
    nurse: bool
    driver: bool
    times: SummaryTimes | None = None
    procedures: Annotated[list[Coded], Field(max_length=200, default_factory=list)]
    diagnosis: Coded
    associated: Coded | None = None


class SummaryDestination(Strict):
    """Where the patient went."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    category: Coded
    care_type: Coded
    finess: Establishment


class SummaryTransport(Strict):
    """By what."""

    resource: Annotated[str, Field(pattern=r"^[A-Z]+(\.[A-Z0-9-]+)?$", max_length=20)]
    vehicle: Vehicle
    care: Care


class SummaryOrientation(Strict):
    """What became of the patient."""

    type: Coded
    destination: SummaryDestination | None = None
    transport: SummaryTransport | None = None


class MissionSummary(Outgoing):
    """RS-RPIS."""

    topic = "partner.mission_summary"
    to: Client
    """Destinataire : identifiant de client de l’ORU."""
    context: SummaryContext
    regulation: SummaryRegulation
    patient: SummaryPatient
    intervention: SummaryIntervention
    orientation: SummaryOrientation
