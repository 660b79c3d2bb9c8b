"""What the doors of agreement answer."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from domain.agreement import Gap, Verdict  # noqa: TC001 - pydantic reads them
from gateway.doors.answers.events import Tally  # noqa: TC001 - pydantic reads it
from gateway.doors.answers.shape import Answer, Instant


class EventVerdict(Answer):
    """One verdict for the whole event, the gravest of its links."""

    state: Verdict | None
    text: str


class LinkVerdict(Answer):
    """The verdict on one link, with what it was made of, in persons or messages."""

    state: Verdict
    text: str
    since: Instant | None
    since_text: str | None
    asked_at: Instant | None
    """Quand le voisin a commencé à dire qui il tient."""
    cause: str | None
    """Pourquoi il n’a pas répondu."""
    on_the_way: int
    waiting: int
    parked: int
    uncertain: int
    event_forgotten: bool
    missing: int
    extra: int
    different: int
    resendable: int


class LinkStanding(Answer):
    """How the event is linked at the neighbour."""

    state: Literal["requested", "linked", "failed"]
    action: Literal["create", "link"]
    external_id: str | None


class NeighbourColumn(Answer):
    """One neighbour beside the portal."""

    name: str
    link: LinkStanding | None
    held: Tally | None
    """Qui il tient, par gravité ; null quand on ne le sait pas."""
    announced: Tally | None = Field(alias="told")
    """Qui lui a été dit."""
    agrees: bool
    verdict: LinkVerdict
    waiting: int
    parked: int
    uncertain: int
    delivered: int
    lag_ms: int | None
    oldest_waiting_ms: int | None


class EventAgreement(Answer):
    """What the portal says, and what each neighbour holds."""

    event_id: str
    portal: Tally
    verdict: EventVerdict
    destinations: list[NeighbourColumn]
    at: Instant


class PersonsOfLink(Answer):
    """Persons of one link; null where the neighbour has not said."""

    portal: int
    sent: int
    acknowledged: int
    held: int | None
    without_number: int | None


class CutLine(Answer):
    """Persons with one value of a field."""

    value: str | None
    portal: int
    acknowledged: int
    held: int | None
    waiting: int


class DifferenceShown(Answer):
    """One person on whom the sides differ; the two values are for the portal alone."""

    patient_id: str | None
    reference: str | None
    gap: Gap
    field: str | None
    on_its_way: bool
    portal: str | None = None
    neighbour: str | None = None


class LinkDetail(Answer):
    """One link in full."""

    event_id: str
    destination: str
    at: Instant
    verdict: LinkVerdict
    sentences: list[str]
    persons: PersonsOfLink
    by_severity: list[CutLine]
    by_localisation: list[CutLine] | None
    by_hospital: list[CutLine]
    differences: list[DifferenceShown]
    differences_total: int


class AgreementStep(Answer):
    """How a link stood, for as long as nothing changed."""

    state: Verdict
    from_: Instant = Field(alias="from")
    to: Instant
    portal: int
    held: int
    missing: int
    extra: int
    different: int
    waiting: int
    undecided: int


class LinkHistory(Answer):
    """The curve of agreement of one link."""

    destination: str
    seconds_apart: float
    steps: list[AgreementStep]


class AgreementHistory(Answer):
    """The curves of an event."""

    event_id: str
    links: list[LinkHistory]


class ResentSummary(Answer):
    """What was queued again."""

    destination: str
    records: int
    event_again: bool
    unsendable: int
    verdict: LinkVerdict


class PhoneListShown(Answer):
    """Whom the neighbour has to do with, in the order of the bracelets, and what to say by telephone."""

    event_id: str
    event_name: str
    mode: Literal["EXERCICE", "RÉEL"]
    destination: str
    title: str
    external_id: str | None
    made_at: str
    """À l’heure du déploiement, pour être lue."""
    waits_since: str | None
    columns: list[str]
    rows: list[list[str]]
    """Une personne par ligne ; la dernière case dit si le voisin a la fiche telle qu’elle est."""
    to_say: int
    script: list[str]
