"""The documents of these doors. Names of persons are optional everywhere: an unknown child is admitted too."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from domain.mode import Mode  # noqa: TC001 - pydantic reads it
from gateway.doors.http.schemas import BirthDate, Finess, Id, Instant, Line, Name, Scanned, Short, Strict, Writable


class NewAdmission(Strict):
    """What an establishment says of one person."""

    message_id: Annotated[str, Field(min_length=1, max_length=80), Writable]
    """Le même dit deux fois n’est entendu qu’une fois."""
    news: Literal["admission", "registration", "transfer", "discharge", "death", "identity", "withdrawal"]
    """Ce qui s’est passé ; withdrawal : l’entrée était une erreur."""
    happened_at: Instant | None = None
    """Quand, avec le décalage horaire ; passé lointain accepté."""
    event_id: Short | None = None
    """L’événement, par notre identifiant ou celui de SI-VIC ; absent : les numéros désignent la personne."""
    key: Annotated[str, Field(min_length=1, max_length=70), Writable] | None = None
    """Votre propre identifiant de la personne (IPP)."""
    sinus_number: Scanned | None = None
    """Lu sur le bracelet."""
    finess: Finess
    establishment: Name | None = None
    service: Name | None = None
    hospital_care: Literal["URGENCES", "HOSPITALISATION", "RETOUR_DOMICILE", "DECES"] | None = None
    birth_name: Name | None = None
    used_name: Name | None = None
    given_name: Name | None = None
    birth_date: BirthDate | None = None
    sex: Literal["M", "F", "A", "?"] | None = None


class NewsFromNeighbour(Strict):
    """Une page de nouvelles ; chacune suit le contrat de son voisin (contract/*-nouvelles-v1.schema.json)."""

    mode: Mode
    """Celui du lien."""
    curseur: Annotated[str, Field(max_length=200), Writable] | None = None
    """Sans effet quand la page est poussée."""
    reste: bool | None = None
    nouvelles: Annotated[list[dict[str, Any]], Field(max_length=1000)]
    """Jugées une à une : celle qui est illisible est nommée dans la réponse, les autres sont prises."""


class LinkedPerson(Strict):
    """Whom a word was about."""

    event_id: Id
    patient_id: Id
    reason: Line


class CreatedPerson(Strict):
    """The person is a new patient of an event."""

    event_id: Id
    reason: Line


class DismissedPerson(Strict):
    """The word is about nobody of ours."""

    reason: Line
