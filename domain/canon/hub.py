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


class EngagedVehicleCanon(TypedDict):
    """A vehicle that a team is told to take out."""

    type: str
    name: str | None
    care: str | None
    """`MED`, `PARAMED`, `SECOURS`, `SANS`."""
    team: str | None
    note: str | None


class EngagementDocument(TypedDict):
    """Topic `partner.engagement` (RS-ER): a tablet or a base is told to engage; it says who leaves in its RS-RI."""

    mode: str
    to: str
    case_id: str
    said_at: str
    vehicles: list[EngagedVehicleCanon]


class PositionCanon(TypedDict):
    """Where one resource is, and how it moves."""

    number: str
    """Ours, or the whole shared identifier of a partner's."""
    at: str
    latitude: float
    longitude: float
    height: float | None
    """Metres."""
    speed: float | None
    """km/h."""
    heading: float | None
    """Degrees from the north."""
    move: str | None
    """`MOBILE`, `STATIQUE`."""
    engine_on: bool | None
    on_ground: bool | None
    """Of a helicopter."""
    status: str | None
    """`DISPONIBLE`, `INDISPONIBLE`, `INCONNU`."""
    engaged_status: str | None


class PositionsDocument(TypedDict):
    """Topic `partner.positions` (GEO-POS)."""

    mode: str
    to: str
    said_at: str
    positions: list[PositionCanon]


class ResourceContactCanon(TypedDict):
    """How a resource is called: `PHNADD` by telephone, `PMRADD` by radio."""

    type: str
    details: str


class ResourceDetailCanon(TypedDict):
    """What one resource is."""

    number: str
    name: str | None
    type: str
    """`SMUR`, `SDIS`, `TSU`, `SNP`, `MSPE`, `SHIP`."""
    nature: str | None
    mobility: str | None
    capacity: str | None
    contacts: list[ResourceContactCanon]


class ResourceDetailsDocument(TypedDict):
    """Topic `partner.resource_details` (GEO-RES): the answer to a GEO-REQ."""

    mode: str
    to: str
    said_at: str
    resources: list[ResourceDetailCanon]


class PractitionerCanon(TypedDict):
    """With whom the appointment is."""

    rpps: str
    name: str
    given_name: str
    speciality: str | None
    speciality_list: str | None
    """Address of the list that the code is of."""
    profession: str | None
    profession_list: str | None


class CareStructureCanon(TypedDict):
    """Where the appointment is."""

    number: str
    name: str


class RegulatorCanon(TypedDict):
    """Who took the appointment."""

    number: str | None
    name: str
    given_name: str
    email: str


class AppointmentDocument(TypedDict):
    """Topic `partner.appointment` (RS-SAS-RDV): an appointment of unscheduled care; it names no patient and no case."""

    mode: str
    to: str
    said_at: str
    number: str
    changed: bool
    """A later word on an appointment already told; cancelled is a change too."""
    created_at: str
    start_at: str
    end_at: str | None
    status: str
    category: str | None
    practitioner: PractitionerCanon | None
    organisation: CareStructureCanon | None
    regulator: RegulatorCanon


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
    "partner.engagement": EngagementDocument,
    "partner.positions": PositionsDocument,
    "partner.resource_details": ResourceDetailsDocument,
    "partner.appointment": AppointmentDocument,
}
"""Topic → the shape of its body."""
