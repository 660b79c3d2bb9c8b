"""What the doors of events, counts and boards answer."""

from __future__ import annotations

from typing import Literal

from domain.mode import Mode  # noqa: TC001 - pydantic reads it
from domain.source import Source  # noqa: TC001 - pydantic reads it
from gateway.doors.answers.patients import Place  # noqa: TC001 - pydantic reads it
from gateway.doors.answers.shape import Answer, Instant


class EventLink(Answer):
    """How an event stands with SINUS or SI-VIC."""

    action: Literal["create", "link"]
    external_id: str | None
    """Identifiant chez le voisin, une fois connu."""
    state: Literal["requested", "linked", "failed"]


class Event(Answer):
    """An event."""

    id: str
    name: str
    type: str
    mode: Mode
    status: Literal["open", "closed"]
    started_at: Instant
    ended_at: Instant | None
    planned_end: Instant | None
    localisations: list[Place]
    revision: int
    particularity_groups: dict[str, str]
    links: dict[str, EventLink]
    """Voisin → lien."""


class EventList(Answer):
    """Events that the caller sees, the newest first."""

    events: list[Event]


class LinkLeft(Answer):
    """What leaving a neighbour's event made."""

    external_id: str | None
    withdrawn: int
    """Fiches retirées chez le voisin."""
    given_up: int
    """Envois abandonnés."""
    title: str


class EventUnlinked(Answer):
    """An event that is no longer one of a neighbour's."""

    event_id: str
    destination: str
    left: LinkLeft


class EventShare(Answer):
    """A portal that sees the event."""

    key: str
    opened: bool
    """Celui qui a ouvert l’événement."""
    given_by: str
    given_at: Instant


class EventShares(Answer):
    """Who sees the event."""

    event_id: str
    shares: list[EventShare]


class Tally(Answer):
    """Persons by severity."""

    UA: int
    UR: int
    IMP: int
    DCD: int
    NC: int
    total: int
    total_without_imp: int


class TallyLine(Tally):
    """Persons by severity, for one value."""

    label: str
    code: str | None


class EventCounted(Answer):
    """The event that is counted."""

    id: str
    name: str
    type: str
    mode: Mode
    status: Literal["open", "closed"]
    started_at: Instant
    ended_at: Instant | None
    planned_end: Instant | None
    localisations: list[Place]
    link: None


class Counts(Answer):
    """Persons of an event, counted at one instant, by the word of one source."""

    mode: Mode
    revision: int
    counted_at: Instant
    source: Source
    event: EventCounted
    totals: Tally
    by_localisation: list[TallyLine]
    by_destination: list[TallyLine]
    by_age_band: list[TallyLine]
    by_nationality: list[TallyLine]


class BoardRow(Answer):
    """One line of a board."""

    label: str
    group: str
    values: list[int | str | None]
    subtotal: bool
    victim_id: str | None
    """Du patient, dans TB2 seulement."""


class Board(Answer):
    """A board of the portal, as it is printed."""

    title: str
    columns: list[str]
    rows: list[BoardRow]
    totals: list[int]
    event_name: str
    started_at: Instant
    ended_at: Instant | None
    planned_end: Instant | None
    updated_at: Instant
    exportable: bool
    by_place: list[BoardRow]
