"""Canon of an operation as the firefighters picture it."""

from __future__ import annotations

from typing import Annotated, TypedDict

from domain.canon.received.cases import ContactCanon  # noqa: TC001 - read at run time, as the hints of a shape
from domain.canon.received.vehicles import PointCanon  # noqa: TC001 - read at run time, as the hints of a shape
from domain.canon.received.words import Words


class CasualtiesCanon(TypedDict, total=False):
    """How many, by colour."""

    context: Annotated[str, Words("Contexte")]
    at: Annotated[str, Words("Compté le")]
    red: Annotated[int, Words("Rouge")]
    yellow: Annotated[int, Words("Jaune")]
    green: Annotated[int, Words("Vert")]
    black: Annotated[int, Words("Noir")]
    missing: Annotated[int, Words("Disparus")]
    decontaminated: Annotated[int, Words("Décontaminés")]


class EvacuationsCanon(TypedDict, total=False):
    """How many left."""

    at: Annotated[str, Words("Compté le")]
    displaced: Annotated[int, Words("Déplacés")]
    evacuated: Annotated[int, Words("Évacués")]


class AreaCanon(TypedDict, total=False):
    """A place of an operation."""

    kind: Annotated[str, Words("Nature")]
    name: Annotated[str, Words("Lieu")]
    address: Annotated[list[str], Words("Adresse")]
    weather: Annotated[list[str], Words("Météo")]
    points: Annotated[list[PointCanon], Words("Positions")]
    note: Annotated[str, Words("Précisions sur le lieu")]


class SpotCanon(TypedDict, total=False):
    """Where, more narrowly."""

    name: Annotated[str, Words("Lieu")]
    address: Annotated[list[str], Words("Adresse")]
    points: Annotated[list[PointCanon], Words("Positions")]


class SightingCanon(TypedDict, total=False):
    """Where a resource was, is or will be."""

    kind: Annotated[str, Words("Nature")]
    at: Annotated[str, Words("Le")]
    spots: Annotated[list[SpotCanon], Words("Lieux")]
    note: Annotated[str, Words("Texte", personal=True)]


class MissionCanon(TypedDict, total=False):
    """What somebody is to do, or does."""

    number: Annotated[str, Words("Mission")]
    type: Annotated[str, Words("Type")]
    name: Annotated[str, Words("Nom")]
    organisation: Annotated[str, Words("Organisation")]
    status: Annotated[str, Words("État")]
    priority: Annotated[str, Words("Priorité")]
    starts_at: Annotated[str, Words("Début")]
    ends_at: Annotated[str, Words("Fin")]
    resources: Annotated[list[str], Words("Moyens")]
    place: Annotated[SpotCanon, Words("Lieu")]
    note: Annotated[str, Words("Texte", personal=True)]


class OperationResourceCanon(TypedDict, total=False):
    """What somebody has there."""

    number: Annotated[str, Words("Moyen")]
    organisation: Annotated[str, Words("Organisation")]
    name: Annotated[str, Words("Nom")]
    classes: Annotated[list[str], Words("Classe")]
    capabilities: Annotated[list[str], Words("Capacités")]
    quantity: Annotated[float, Words("Quantité")]
    unit: Annotated[str, Words("Unité")]
    status: Annotated[str, Words("État")]
    contacts: Annotated[list[ContactCanon], Words("Contacts")]
    sightings: Annotated[list[SightingCanon], Words("Positions")]
    note: Annotated[str, Words("Texte", personal=True)]


class OperationHeard(TypedDict, total=False):
    """`hub_operation`: a picture of an operation, a request for help or its answer, of the firefighters (EMSI)."""

    message_kind: Annotated[str, Words("Nature du message")]
    made_at: Annotated[str, Words("Établi le")]
    urgency: Annotated[str, Words("Urgence")]
    level: Annotated[str, Words("Niveau")]
    context_note: Annotated[str, Words("Texte", personal=True)]
    organisation: Annotated[str, Words("Organisation")]
    event_number: Annotated[str, Words("Événement chez l’émetteur")]
    case_id: Annotated[str, Words("Dossier")]
    name: Annotated[str, Words("Événement")]
    categories: Annotated[list[str], Words("Catégories")]
    actors: Annotated[list[str], Words("Acteurs")]
    place_kinds: Annotated[list[str], Words("Types de lieu")]
    scale: Annotated[str, Words("Ampleur")]
    cause: Annotated[str, Words("Cause")]
    status: Annotated[str, Words("État")]
    risk: Annotated[str, Words("Évolution du risque")]
    declared_at: Annotated[str, Words("Déclaré le")]
    happened_at: Annotated[str, Words("Survenu le")]
    observed_at: Annotated[str, Words("Observé le")]
    casualties: Annotated[list[CasualtiesCanon], Words("Victimes")]
    evacuations: Annotated[list[EvacuationsCanon], Words("Évacuations")]
    places: Annotated[list[AreaCanon], Words("Lieux")]
    note: Annotated[str, Words("Sur l’événement", personal=True)]
    missions: Annotated[list[MissionCanon], Words("Missions")]
    resources: Annotated[list[OperationResourceCanon], Words("Moyens")]
