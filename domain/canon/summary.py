"""Canon of a mobile team's mission, told to the regional observatory. The rules of `canon` hold here too.

It has the words that a tablet may have written, so that the allow-list of an observatory has something to refuse.
"""

from __future__ import annotations

from typing import TypedDict


class CodeCanon(TypedDict):
    """A code of a national list, with the words it came with."""

    code: str
    label: str


class SummaryContextCanon(TypedDict):
    """Which mission."""

    organisation: str
    case_number: str
    created_at: str
    decided_at: str
    finess_legal: str
    finess_geo: str
    structure: str


class SummaryRegulationCanon(TypedDict):
    """Why it left."""

    what_happens: CodeCanon
    health_motive: CodeCanon
    care: str


class SummaryPatientCanon(TypedDict):
    """For whom: a rank in a case, never a name."""

    patient_id: str
    birth_date: str
    sex: str
    insee_code: str | None
    city: str | None


class SummaryTimesCanon(TypedDict):
    """When it moved."""

    left_base_at: str
    arrived_at: str | None
    left_scene_at: str | None
    at_destination_at: str | None
    available_at: str
    back_at: str


class SummaryInterventionCanon(TypedDict):
    """What was done, in codes."""

    place_kind: str | None
    finess: str | None
    service: str | None
    """Free text: on no list of an observatory."""
    insee_code: str
    city: str
    doctor: bool
    nurse: bool
    driver: bool
    times: SummaryTimesCanon | None
    procedures: list[str]
    diagnosis: str
    associated: str | None


class SummaryDestinationCanon(TypedDict):
    """Where the patient went."""

    country: str
    category: str
    care_type: str
    finess: str


class SummaryTransportCanon(TypedDict):
    """By what."""

    resource: str
    vehicle: str
    care: str


class SummaryOrientationCanon(TypedDict):
    """What became of the patient."""

    type: str
    destination: SummaryDestinationCanon | None
    transport: SummaryTransportCanon | None


class MissionSummaryDocument(TypedDict):
    """Topic `partner.mission_summary` (RS-RPIS): a mobile team's mission, for the regional observatory: codes only, nobody's name."""

    mode: str
    to: str
    said_at: str
    context: SummaryContextCanon
    regulation: SummaryRegulationCanon
    patient: SummaryPatientCanon
    intervention: SummaryInterventionCanon
    orientation: SummaryOrientationCanon
