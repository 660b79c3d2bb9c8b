"""What is said of resources and appointments through the hub: who is to engage, where resources are, what they are, what was booked."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.doors.http.schemas import Instant, Line, Short, Strict
from gateway.doors.hub.schemas import Care, Client, Degrees, Number, OfCase, Outgoing, Vehicle

Web = Annotated[str, Field(pattern=r"^https?://[^\s<>\"]+$", max_length=500)]
Mail = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)]


class Departure(Strict):
    """A vehicle that a team is told to take out."""

    type: Vehicle
    name: Short | None = None
    care: Care | None = None
    team: Short | None = None
    note: Line | None = None


class Engagement(OfCase):
    """RS-ER."""

    topic = "partner.engagement"
    vehicles: Annotated[list[Departure], Field(min_length=1, max_length=100)]


class Position(Strict):
    """Where one resource is."""

    number: Number
    """Notre numéro, ou l’identifiant partagé entier du moyen d’un autre."""
    at: Instant
    latitude: Annotated[Degrees, Field(ge=-90, le=90)]
    longitude: Annotated[Degrees, Field(ge=-180, le=180)]
    height: Annotated[Degrees, Field(ge=-500, le=20_000)] | None = None
    """Altitude, en mètres."""
    speed: Annotated[Degrees, Field(ge=0, le=1_500)] | None = None
    """En km/h."""
    heading: Annotated[Degrees, Field(ge=0, lt=360)] | None = None
    """Cap, en degrés depuis le nord."""
    move: Literal["MOBILE", "STATIQUE"] | None = None
    engine_on: bool | None = None
    on_ground: bool | None = None
    """Pour un hélicoptère."""
    status: Literal["DISPONIBLE", "INDISPONIBLE", "INCONNU"] | None = None
    engaged_status: (
        Literal[
            "ALERTEE", "PARTIE", "ARRIVEE_LIEU", "TRANSPORT_DESTINATION", "ARRIVEE_DESTINATION", "FIN_MED",
            "QUITTE_DESTINATION", "RETOUR_DISPONIBLE", "RETOUR_INDISPONIBLE", "ARRIVEE_CENTRE",
        ]
        | None
    ) = None  # fmt: skip


class PositionList(Outgoing):
    """GEO-POS."""

    topic = "partner.positions"
    to: Client
    """Destinataire : identifiant de client du hub."""
    positions: Annotated[list[Position], Field(min_length=1, max_length=500)]


class ResourceContact(Strict):
    """How a resource is called."""

    type: Literal["PHNADD", "PMRADD"]
    """PHNADD : téléphone ; PMRADD : radio (RFGI)."""
    details: Short


class ResourceDetail(Strict):
    """What one resource is."""

    number: Number
    """Notre numéro, ou l’identifiant partagé entier du moyen d’un autre."""
    name: Short | None = None
    type: Literal["SMUR", "SDIS", "TSU", "SNP", "MSPE", "SHIP"]
    nature: Literal["EFFECTEUR", "BASE"] | None = None
    mobility: Literal["FIXE", "VEHICULE", "HELICOPTERE", "SHIP"] | None = None
    capacity: Literal["URGENCE", "MEDICALE", "PARAMEDICALE", "INCONNUE"] | None = None
    contacts: Annotated[list[ResourceContact], Field(max_length=20, default_factory=list)]


class ResourceDetails(Outgoing):
    """GEO-RES."""

    topic = "partner.resource_details"
    to: Client
    """Destinataire : identifiant de client du hub."""
    resources: Annotated[list[ResourceDetail], Field(min_length=1, max_length=500)]


class Practitioner(Strict):
    """With whom."""

    rpps: Annotated[str, Field(pattern=r"^81[0-9]{10}$")]
    """RPPS précédé de 8 : 81 puis dix chiffres."""
    name: Short
    given_name: Short
    speciality: Short | None = None
    speciality_list: Web | None = None
    profession: Short | None = None
    profession_list: Web | None = None


class CareStructure(Strict):
    """Where."""

    number: Short
    """Identifiant national de la structure."""
    name: Line


class Regulator(Strict):
    """Who took the appointment."""

    number: Short | None = None
    name: Short
    given_name: Short
    email: Mail


class Appointment(Outgoing):
    """RS-SAS-RDV."""

    topic = "partner.appointment"
    to: Client
    """Destinataire : identifiant de client du hub."""
    number: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,128}$")]
    """Identifiant du rendez-vous ; le même, avec changed, le modifie ou l’annule."""
    changed: bool = False
    created_at: Instant
    start_at: Instant
    end_at: Instant | None = None
    status: Literal["pending", "booked", "fulfilled", "noshow", "cancelled"]
    category: Literal["CPTS", "MSP", "CDS", "SOS", "PS", "PDM"] | None = None
    practitioner: Practitioner | None = None
    organisation: CareStructure | None = None
    regulator: Regulator
