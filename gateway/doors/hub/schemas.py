"""What an operator, the portal or a tablet's software says to a partner of the Hub Santé: one document per message type.

Field names are those of canon, codes those of the hub: a wrong one is refused here, by its name, and not an hour later there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from gateway.doors.http.schemas import Instant, Line, Short, Strict, Text

if TYPE_CHECKING:
    from datetime import datetime

SEGMENT = "[A-Za-z0-9_-]+"
Client = Annotated[str, Field(pattern=rf"^{SEGMENT}(\.{SEGMENT}){{1,9}}$", max_length=255)]
Case = Annotated[str, Field(pattern=rf"^{SEGMENT}(\.{SEGMENT}){{3,9}}$", max_length=255)]
Number = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,255}$")]
Patient = Annotated[str, Field(pattern=rf"^({SEGMENT}\.){{3,8}}patient(\.{SEGMENT}){{1,2}}$", max_length=255)]
Resource = Annotated[str, Field(pattern=rf"^({SEGMENT}\.){{3,8}}resource(\.{SEGMENT}){{1,2}}$", max_length=255)]
Asked = Annotated[str, Field(pattern=rf"^({SEGMENT}\.){{3,8}}request(\.{SEGMENT}){{1,2}}$", max_length=255)]
Phone = Annotated[str, Field(pattern=r"^\+[0-9]{5,18}$")]
Insee = Annotated[str, Field(pattern=r"^[0-9]{5}$")]
Establishment = Annotated[str, Field(pattern=r"^[0-9A-Z]{9}$")]
Coded = Annotated[str, Field(pattern=r"^[A-Z0-9._+-]{1,20}$")]
Commune = Annotated[str, Field(pattern=r"^[^0-9,;:/@]{1,60}$")]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Vehicle = Annotated[str, Field(pattern=r"^(AASC|AUTREVEC|FSI|LIB|SIS|SMUR|TSU)(\.[A-Z0-9-]+)?$")]
Care = Literal["MED", "PARAMED", "SECOURS", "SANS"]
Sex = Literal["M", "F", "O", "UN"]
Deadline = Literal["DEL0", "ASAP", "30M", "45M", "1H", "2H", "4H", "8H", "12H", "24H", "RDV"]
Progress = Literal[
    "DECISION", "DECLENCHE", "DEPART", "ANNULE", "ARRIVEE", "PEC", "BILAN", "ORIENTAT", "TRANSP", "ETAPE1", "TRANSP2",
    "ETAPE2", "TRANSP3", "DESTIN", "FINPEC", "RETOUR", "RET-BASE", "REN-BASE",
]  # fmt: skip
Vital = Literal[
    "FREQUENCE_CARDIAQUE", "PRESSION_ARTERIELLE", "SATURATION_OXYGENE", "FREQUENCE_RESPIRATOIRE", "TEMPERATURE",
    "HEMOGLOCOTEST", "GLASGOW",
]  # fmt: skip
Role = Literal["AMBULANCIER", "ARM", "INFIRMIER", "MEDECIN", "PILOTE", "TCM", "AUTRE", "INCONNU"]


def _decimal(value: object) -> object:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


Degrees = Annotated[float, BeforeValidator(_decimal)]


class Outgoing(Strict):
    """What every one has."""

    topic: ClassVar[str]
    to: Client | None = None
    """Destinataire : identifiant de client du hub ; absent, le partenaire du dossier."""
    said_at: Instant | None = None
    """Quand c’est dit ; absent : maintenant."""
    valid_minutes: Annotated[int, Field(ge=1, le=1440)] = 60
    """Au-delà, le message n’est plus envoyé."""

    def document(self, mode: str, to: str, now: datetime) -> dict[str, Any]:
        """The canon document."""
        sent = self.model_dump(mode="json", exclude={"valid_minutes"})
        return {**sent, "mode": mode, "to": to, "said_at": (self.said_at or now).isoformat()}


class OfCase(Outgoing):
    """What speaks of a case that is known here."""

    case_id: Case
    """Identifiant partagé du dossier, tel qu’il figure dans sa chronologie."""


class EngagedVehicle(Strict):
    """A vehicle on a case."""

    number: Number
    """Notre numéro, ou l’identifiant partagé entier du véhicule d’un autre."""
    type: Vehicle
    name: Short | None = None
    centre: Short | None = None
    care: Care | None = None
    request_id: Asked | None = None
    patient_id: Patient | None = None
    status: Progress
    status_at: Instant
    available: bool | None = None
    phone: Phone | None = None
    note: Line | None = None


class OfVehicles(OfCase):
    """With the family of each vehicle, which the firefighters' model asks for."""

    def document(self, mode: str, to: str, now: datetime) -> dict[str, Any]:
        """The canon document."""
        made = super().document(mode, to, now)
        vehicles = [{**vehicle, "family": vehicle["type"].partition(".")[0]} for vehicle in made["vehicles"]]
        return {**made, "vehicles": vehicles}


class VehicleList(OfVehicles):
    """RS-RI: every vehicle, each time."""

    topic = "partner.vehicles"
    vehicles: Annotated[list[EngagedVehicle], Field(min_length=1, max_length=100)]


class FireEngaged(EngagedVehicle):
    """A vehicle as the firefighters know one."""

    type: Annotated[str, Field(pattern=r"^(SIS|SMUR)(\.[A-Z0-9-]+)?$")]


class FireVehicles(OfVehicles):
    """RC-RI."""

    topic = "partner.fire_vehicles"
    vehicles: Annotated[list[FireEngaged], Field(min_length=1, max_length=100)]


class VehicleStatus(OfCase):
    """RS-SR."""

    topic = "partner.vehicle_status"
    number: Number
    status: Progress
    status_at: Instant
    available: bool | None = None


class HelpRequest(OfCase):
    """RS-DR."""

    topic = "partner.help_request"
    number: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    """Notre numéro de demande ; le même, avec cancelled, l’annule."""
    purpose: Literal[
        "SAP", "REGUL", "CUMP", "SMUR", "MG", "PARAMED", "SAMU", "RELEVE", "NOVI", "TIH", "BRANCARD", "BARIA"
    ]
    convention: (
        Literal["DRSIS", "MISSION", "ITSP", "CARENCE", "CONVENT", "SPE", "HORS", "AUTRE1", "AUTRE2", "AUTRE3"] | None
    ) = None
    deadline: Deadline | None = None
    note: Line | None = None
    cancelled: bool = False


class HelpAnswer(OfCase):
    """RS-RR."""

    topic = "partner.help_answer"
    request_id: Asked
    answer: Literal["ACCEPTEE", "PARTIELLE", "REFUSEE", "DIFFEREE"]
    deadline: Deadline | None = None
    note: Line | None = None


class CaseWord(OfCase):
    """RS-EDA-MAJ of a partner's case: taken, not taken, closed."""

    topic = "partner.case_word"
    owner: Client
    """Qui a la charge du dossier après ce message : nous l’acceptons, ou un autre."""
    status: Literal["PROGRAM", "ACTIF", "ACHEVE", "VALIDE", "CLOTURE", "CLASSE", "ARCHIVE"] | None = None
    note: Line | None = None


class PositionsRequest(Outgoing):
    """GEO-REQ."""

    topic = "partner.positions_request"
    to: Client
    """Destinataire : identifiant de client du hub."""
    resource_ids: Annotated[list[Resource], Field(min_length=1, max_length=100)]


class LinkedDocument(Strict):
    """One document."""

    type: Short | None = None
    url: Annotated[str, Field(pattern=r"^https://[^\s<>\"]+$", max_length=2000)]


class DocumentLinks(OfCase):
    """RS-URL."""

    topic = "partner.document_links"
    patient_id: Patient | None = None
    code: Short | None = None
    documents: Annotated[list[LinkedDocument], Field(min_length=1, max_length=50)]


class LabelledCode(Strict):
    """A code, with its label in the nomenclature."""

    code: Annotated[str, Field(pattern=r"^[CLMR]\d{2}(\.\d{2}){0,2}$")]
    label: Line


class FirePlace(Strict):
    """Where."""

    name: Line | None = None
    address: Line | None = None
    city: Short | None = None
    insee_code: Annotated[str, Field(pattern=r"^[0-9AB]{5}$")] | None = None
    latitude: Annotated[Degrees, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[Degrees, Field(ge=-180, le=180)] | None = None
    note: Line | None = None


class FireCase(Outgoing):
    """RC-EDA."""

    topic = "partner.fire_case"
    to: Client
    """Destinataire : identifiant de client du hub, côté pompiers."""
    number: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    started_at: Instant
    what_happens: LabelledCode
    risk: LabelledCode | None = None
    location_kind: LabelledCode | None = None
    health_motive: LabelledCode | None = None
    victims: Annotated[int, Field(ge=0, le=100_000)] | None = None
    place: FirePlace
    note: Line | None = None
    """Pour la salle : ne part pas vers les pompiers."""


class ReportPatient(Strict):
    """Of whom."""

    patient_id: Patient
    birth_name: Short | None = None
    name: Short
    given_name: Short
    birth_date: Day | None = None
    age: Annotated[str, Field(pattern=r"^P[0-9]{1,3}[YMWD]$")] | None = None
    sex: Sex | None = None
    sinus_number: Short | None = None
    height: Annotated[int, Field(ge=1, le=300)] | None = None
    weight: Annotated[int, Field(ge=1, le=500)] | None = None


class Measure(Strict):
    """One measure."""

    type: Vital
    value: Short
    precision: Line | None = None


class Report(OfCase):
    """RS-BPV."""

    topic = "partner.report"
    number: Line
    written_at: Instant
    author: Line | None = None
    role: Role
    patient: ReportPatient
    diagnosis: Line | None = None
    associated: Annotated[list[Line], Field(max_length=50, default_factory=list)]
    procedures: Annotated[list[Line], Field(max_length=100, default_factory=list)]
    measures: Annotated[list[Measure], Field(max_length=200, default_factory=list)]
    history: Text | None = None
    treatment: Text | None = None
    notes: Annotated[list[Text], Field(max_length=50, default_factory=list)]
