"""Canon of what is said to a partner of the Hub Santé beyond a victim's record. The rules of `canon` hold here too.

An operator, a platform or a tablet says these; a victim's evacuation has no document of its own: it is the victim's.
Codes are the hub's, because nobody here decides by them. `case_id` is the shared identifier of a case that is known here.
"""

from __future__ import annotations

from typing import TypedDict

from domain.canon.summary import CodeCanon, MissionSummaryDocument


class SharedVehicleCanon(TypedDict):
    """A vehicle engaged on a case."""

    number: str
    """Ours, or the whole shared identifier of a partner's."""
    type: str
    """`SMUR.AR`, `SIS.VSAV`…"""
    family: str
    """`SMUR`, `SIS`, `TSU`…: the head of the type."""
    name: str | None
    centre: str | None
    care: str | None
    """`MED`, `PARAMED`, `SECOURS`, `SANS`."""
    request_id: str | None
    """The shared identifier of the request it answers."""
    patient_id: str | None
    status: str
    status_at: str
    available: bool | None
    phone: str | None
    note: str | None


class SharedVehiclesDocument(TypedDict):
    """Topics `partner.vehicles` (RS-RI) and `partner.fire_vehicles` (RC-RI): every vehicle of ours on a case."""

    mode: str
    to: str
    case_id: str
    said_at: str
    vehicles: list[SharedVehicleCanon]


class VehicleStatusDocument(TypedDict):
    """Topic `partner.vehicle_status` (RS-SR): where one vehicle is."""

    mode: str
    to: str
    case_id: str
    said_at: str
    number: str
    status: str
    status_at: str
    available: bool | None


class HelpRequestDocument(TypedDict):
    """Topic `partner.help_request` (RS-DR): a partner is asked for resources, or no longer is."""

    mode: str
    to: str
    case_id: str
    said_at: str
    number: str
    purpose: str
    convention: str | None
    deadline: str | None
    note: str | None
    cancelled: bool


class HelpAnswerDocument(TypedDict):
    """Topic `partner.help_answer` (RS-RR): what a partner gets of what it asked."""

    mode: str
    to: str
    case_id: str
    said_at: str
    request_id: str
    answer: str
    deadline: str | None
    note: str | None


class CaseWordDocument(TypedDict):
    """Topic `partner.case_word` (RS-EDA-MAJ): who has the case, where it stands, and why."""

    mode: str
    to: str
    case_id: str
    said_at: str
    owner: str
    status: str | None
    note: str | None


class PositionsRequestDocument(TypedDict):
    """Topic `partner.positions_request` (GEO-REQ): details asked of vehicles that are not known here."""

    mode: str
    to: str
    said_at: str
    resource_ids: list[str]


class LinkedDocumentCanon(TypedDict):
    """Where one document can be read."""

    type: str | None
    url: str


class DocumentLinksDocument(TypedDict):
    """Topic `partner.document_links` (RS-URL)."""

    mode: str
    to: str
    case_id: str
    said_at: str
    patient_id: str | None
    code: str | None
    documents: list[LinkedDocumentCanon]


class FirePlaceCanon(TypedDict):
    """Where, for firefighters."""

    name: str | None
    address: str | None
    city: str | None
    insee_code: str | None
    latitude: float | None
    longitude: float | None
    note: str | None


class FireCaseDocument(TypedDict):
    """Topic `partner.fire_case` (RC-EDA): an operation shared with the firefighters, and its numbers; never a person."""

    mode: str
    to: str
    number: str
    said_at: str
    started_at: str
    what_happens: CodeCanon
    risk: CodeCanon | None
    location_kind: CodeCanon | None
    health_motive: CodeCanon | None
    victims: int | None
    place: FirePlaceCanon
    note: str | None
    """Free text: not on the firefighters' list."""


class ReportPatientCanon(TypedDict):
    """Of whom a tablet speaks."""

    patient_id: str
    birth_name: str | None
    name: str
    given_name: str
    birth_date: str | None
    age: str | None
    sex: str | None
    sinus_number: str | None
    height: int | None
    weight: int | None


class MeasureCanon(TypedDict):
    """One measure of an assessment."""

    type: str
    value: str
    precision: str | None


class ReportDocument(TypedDict):
    """Topic `partner.report` (RS-BPV): the assessment of a tablet, passed on to the SAMU that regulates."""

    mode: str
    to: str
    case_id: str
    said_at: str
    number: str
    written_at: str
    author: str | None
    role: str
    patient: ReportPatientCanon
    diagnosis: str | None
    associated: list[str]
    procedures: list[str]
    measures: list[MeasureCanon]
    history: str | None
    treatment: str | None
    notes: list[str]


HUB_DOCUMENTS: dict[str, type] = {
    "partner.vehicles": SharedVehiclesDocument,
    "partner.fire_vehicles": SharedVehiclesDocument,
    "partner.vehicle_status": VehicleStatusDocument,
    "partner.help_request": HelpRequestDocument,
    "partner.help_answer": HelpAnswerDocument,
    "partner.case_word": CaseWordDocument,
    "partner.positions_request": PositionsRequestDocument,
    "partner.document_links": DocumentLinksDocument,
    "partner.fire_case": FireCaseDocument,
    "partner.report": ReportDocument,
    "partner.mission_summary": MissionSummaryDocument,
}
"""Topic → the shape of its body."""
