"""Canon of what partners say of resources: asked for, granted, engaged, where they are."""

from __future__ import annotations

from typing import Annotated, TypedDict

from domain.canon.received.cases import ContactCanon  # noqa: TC001 - read at run time, as the hints of a shape
from domain.canon.received.words import HIDDEN, Words


class StepCanon(TypedDict, total=False):
    """Where a vehicle is."""

    step: Annotated[str, HIDDEN]
    """`decided`, `dispatched`, `departed`, `cancelled`, `arrived`, `caring`, `assessed`, `destination_told`, `transporting`,
    `at_destination`, `care_ended`…; another is kept as it came."""
    step_words: Annotated[str, Words("Étape")]
    at: Annotated[str, Words("Le")]
    available: Annotated[bool, Words("Disponible")]


class PointCanon(TypedDict, total=False):
    """A point."""

    latitude: Annotated[float, Words("Latitude")]
    longitude: Annotated[float, Words("Longitude")]
    height: Annotated[float, Words("Altitude")]


class VehicleCanon(TypedDict, total=False):
    """A vehicle engaged, or asked to be."""

    number: Annotated[str, Words("Moyen")]
    request_id: Annotated[str, Words("En réponse à la demande")]
    mission_id: Annotated[str, Words("Mission")]
    patient_id: Annotated[str, Words("Patient concerné")]
    organisation: Annotated[str, Words("Organisation")]
    centre: Annotated[str, Words("Centre")]
    centre_city: Annotated[str, Words("Commune du centre")]
    type: Annotated[str, HIDDEN]
    """As the partner coded it."""
    type_words: Annotated[str, Words("Type")]
    family: Annotated[str, Words("Famille")]
    name: Annotated[str, Words("Nom")]
    plate: Annotated[str, Words("Immatriculation")]
    care: Annotated[str, Words("Niveau de prise en charge")]
    team: Annotated[str, Words("Équipe", personal=True)]
    steps: Annotated[list[StepCanon], Words("Étapes")]
    position: Annotated[PointCanon, Words("Position")]
    positioned_at: Annotated[str, Words("Position du")]
    said_at: Annotated[str, Words("Dit le")]
    contact: Annotated[ContactCanon, Words("Contact")]
    notes: Annotated[list[str], Words("Texte", personal=True)]


class VehiclesHeard(TypedDict, total=False):
    """`hub_vehicles`: the vehicles engaged on a case (RS-RI, RC-RI)."""

    case_id: Annotated[str, Words("Dossier")]
    vehicles: Annotated[list[VehicleCanon], Words("Moyens")]


class VehicleStatusHeard(TypedDict, total=False):
    """`hub_vehicle_status`: where one vehicle is (RS-SR)."""

    case_id: Annotated[str, Words("Dossier")]
    number: Annotated[str, Words("Moyen")]
    step: Annotated[str, HIDDEN]
    step_words: Annotated[str, Words("Étape")]
    at: Annotated[str, Words("Le")]
    available: Annotated[bool, Words("Disponible")]


class HelpRequestHeard(TypedDict, total=False):
    """`hub_help_request`: we are asked for resources, or no longer are (RS-DR)."""

    case_id: Annotated[str, Words("Dossier")]
    request_id: Annotated[str, Words("Demande")]
    asked_at: Annotated[str, Words("Demandé le")]
    purpose: Annotated[str, Words("Effet attendu")]
    convention: Annotated[str, Words("Cadre")]
    deadline: Annotated[str, Words("Délai")]
    note: Annotated[str, Words("Texte", personal=True)]
    cancelled: Annotated[bool, Words("Demande annulée")]


class HelpAnswerHeard(TypedDict, total=False):
    """`hub_help_answer`: what we get of what we asked (RS-RR)."""

    case_id: Annotated[str, Words("Dossier")]
    request_id: Annotated[str, Words("Demande")]
    answered_at: Annotated[str, Words("Répondu le")]
    answer: Annotated[str, HIDDEN]
    """`accepted`, `partial`, `refused`, `deferred`; another is kept as it came."""
    answer_words: Annotated[str, Words("Réponse")]
    deadline: Annotated[str, Words("Délai")]
    note: Annotated[str, Words("Texte", personal=True)]


class EngagementHeard(TypedDict, total=False):
    """`hub_engagement`: we are asked to engage vehicles (RS-ER)."""

    case_id: Annotated[str, Words("Dossier")]
    vehicles: Annotated[list[VehicleCanon], Words("Moyens à engager")]


class PositionCanon(TypedDict, total=False):
    """Where a vehicle was seen."""

    number: Annotated[str, Words("Moyen")]
    at: Annotated[str, Words("Vu le")]
    taken_in_at: Annotated[str, Words("Reçu le")]
    points: Annotated[list[PointCanon], Words("Positions")]
    speed: Annotated[float, Words("Vitesse")]
    heading: Annotated[str, Words("Cap")]
    moving: Annotated[str, Words("Mouvement")]
    engine_on: Annotated[bool, Words("Moteur en marche")]
    grounded: Annotated[bool, Words("Au sol")]
    status: Annotated[str, Words("État")]
    engaged: Annotated[str, Words("Engagement")]


class PositionsHeard(TypedDict, total=False):
    """`hub_positions`: where vehicles are (GEO-POS)."""

    positions: Annotated[list[PositionCanon], Words("Positions")]


class PositionsRequestHeard(TypedDict, total=False):
    """`hub_positions_request`: we are asked about vehicles (GEO-REQ)."""

    numbers: Annotated[list[str], Words("Moyens demandés")]


class DetailCanon(TypedDict, total=False):
    """What a vehicle is."""

    number: Annotated[str, Words("Moyen")]
    organisation: Annotated[str, Words("Organisation")]
    name: Annotated[str, Words("Nom")]
    type: Annotated[str, Words("Type")]
    nature: Annotated[str, Words("Nature")]
    mobility: Annotated[str, Words("Mobilité")]
    capacity: Annotated[str, Words("Capacité")]
    contacts: Annotated[list[ContactCanon], Words("Contacts")]


class DetailsHeard(TypedDict, total=False):
    """`hub_details`: what vehicles are (GEO-RES)."""

    resources: Annotated[list[DetailCanon], Words("Moyens")]
