"""An intervention request as its sender said it: texts, nothing read yet. Every door fills this one object.

Leaves are texts on purpose. What a telephone, an instant, an INSEE code or an INS is, and what is only remarked upon, is said
once in `intervention_reading`; a door that checked for itself would refuse what another accepts.
Nothing here prints itself: it is a patient.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain.intervention.ins import Ins
    from domain.remark import Remark

CALL_15 = "Demande non transmise, appelez le 15."
"""What a sender reads whenever its request did not get through, in whatever protocol."""
CANCEL_CALL_15 = "Annulation non transmise, appelez le 15."
UNKNOWN_CALL_15 = "L’état de la demande n’est pas connu ici : en cas de doute, appelez le 15."
"""What a sender reads when its question is refused: nothing was to be transmitted, and nothing is known."""
REPLAYED_CALL_15 = (
    "Un message a déjà été reçu sous ce nom : consultez l’état de la demande ; en cas de doute, appelez le 15."
)
"""What a sender reads when this message is refused as one that came before: what came before may well have been transmitted."""
UNCERTAIN_CALL_15 = "Peut-être reçue par le SAMU, appelez le 15."
"""It was sent, and nobody knows what became of it: the SAMU may be acting on it, or know nothing of it."""
CANCEL_UNCERTAIN_CALL_15 = "Annulation peut-être reçue par le SAMU, appelez le 15."


@dataclass(frozen=True, slots=True, repr=False)
class Requester:
    """Who asks, and whom to call back."""

    structure_id: str | None = None
    structure_name: str | None = None
    professional_id: str | None = None
    professional_name: str | None = None
    callback: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Patient:
    """For whom."""

    name: str | None = None
    birth_name: str | None = None
    given_name: str | None = None
    given_names: str | None = None
    """The whole list of the birth certificate."""
    sex: str | None = None
    """M, F or I."""
    birth_date: str | None = None
    """A year, a month or a day: `1952`, `1952-03`, `1952-03-14`."""
    birth_year: str | None = None
    age: str | None = None
    """In years, as announced."""
    birth_place: str | None = None
    phone: str | None = None
    weight_kg: str | None = None
    ins: Ins | None = None
    identity_status: str | None = None
    """PROV, VALI, RECUP or QUAL."""
    doubtful: bool = False
    fictitious: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Place:
    """Where."""

    address: str | None = None
    postal_code: str | None = None
    city: str | None = None
    insee_code: str | None = None
    latitude: str | None = None
    longitude: str | None = None
    building: str | None = None
    floor: str | None = None
    door: str | None = None
    interphone: str | None = None
    codes: tuple[str, ...] = ()
    access: str | None = None
    """In words."""


@dataclass(frozen=True, slots=True, repr=False)
class Note:
    """The last follow-up note."""

    text: str | None = None
    written_at: str | None = None
    author: str | None = None


class FactKind(StrEnum):
    """What else a sender may say, shown to the CRRA as text under the note."""

    MOTIVE = "motive"
    URGENCY = "urgency"
    MEANS = "means"
    VITALS = "vitals"
    HISTORY = "history"
    TREATMENT = "treatment"
    ALLERGIES = "allergies"
    DEVICE = "device"
    DANGER = "danger"
    MOBILITY = "mobility"
    LANGUAGE = "language"
    CONTACT = "contact"
    ALONE = "alone"
    CONSENT = "consent"
    DIRECTIVES = "directives"
    DOCTOR = "doctor"
    PHONE_CALL = "phone_call"
    OTHER = "other"

    @property
    def label(self) -> str:
        """As the CRRA reads it."""
        return FACT_LABELS[self]


FACT_LABELS = {
    FactKind.MOTIVE: "Motif",
    FactKind.URGENCY: "Urgence souhaitée par le demandeur",
    FactKind.MEANS: "Moyen souhaité par le demandeur",
    FactKind.VITALS: "Constantes",
    FactKind.HISTORY: "Antécédents",
    FactKind.TREATMENT: "Traitement",
    FactKind.ALLERGIES: "Allergies",
    FactKind.DEVICE: "Appareil au domicile",
    FactKind.DANGER: "Danger sur place",
    FactKind.MOBILITY: "Mobilité",
    FactKind.LANGUAGE: "Langue",
    FactKind.CONTACT: "Personne à joindre",
    FactKind.ALONE: "Seul au domicile",
    FactKind.CONSENT: "Patient informé",
    FactKind.DIRECTIVES: "Directives anticipées",
    FactKind.DOCTOR: "Médecin traitant",
    FactKind.PHONE_CALL: "Appel téléphonique en parallèle",
    FactKind.OTHER: "Précision",
}


@dataclass(frozen=True, slots=True, repr=False)
class Fact:
    """One thing said beside the note."""

    kind: FactKind
    text: str


@dataclass(frozen=True, slots=True, repr=False)
class Document:
    """A file joined to the request."""

    title: str
    content: bytes


@dataclass(frozen=True, slots=True, repr=False)
class InterventionRequest:
    """One click."""

    request_id: str
    """The sender's own key of the request: stable through updates and cancellation."""
    message_id: str | None = None
    """The sender's own key of this message; absent, its content is."""
    mode: str | None = None
    clicked_at: str | None = None
    crra: str | None = None
    """The CRRA that the sender names; absent, the place decides."""
    requester: Requester = Requester()
    patient: Patient = Patient()
    place: Place = Place()
    note: Note = Note()
    facts: tuple[Fact, ...] = ()
    documents: tuple[Document, ...] = ()
    remarks: tuple[Remark, ...] = ()
    """What the door itself noticed."""


@dataclass(frozen=True, slots=True)
class Cancellation:
    """The sender takes its request back."""

    request_id: str
    message_id: str | None = None
    mode: str | None = None
    reason: str | None = None
