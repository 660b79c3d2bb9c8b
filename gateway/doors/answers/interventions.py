"""What the doors of intervention requests and of their routes answer."""

from __future__ import annotations

from typing import Any

from domain.intervention.route import RouteKind  # noqa: TC001 - pydantic reads it
from domain.intervention.status import InterventionStatus  # noqa: TC001 - pydantic reads it
from domain.mode import Mode  # noqa: TC001 - pydantic reads it
from gateway.doors.answers.shape import Answer, Instant


class RemarkShown(Answer):
    """What was taken otherwise than it was written, or is missing."""

    code: str
    field: str
    title: str


class InterventionTaken(Answer):
    """A request, an update or a cancellation that is durable here."""

    id: str
    request_id: str
    reference: str
    """À dicter au téléphone."""
    status: InterventionStatus
    task_status: str
    label: str
    version: int
    received_at: Instant
    crra: str | None
    duplicate: bool
    """Le même message était déjà reçu."""
    warnings: list[RemarkShown]


class InterventionChecked(Answer):
    """What would become of a request; nothing is kept, nothing leaves."""

    accepted: bool
    becomes: str | None
    crra: str | None
    problem: dict[str, Any] | None
    warnings: list[RemarkShown]


class TerritoryServed(Answer):
    """Where a request of this platform finds a route today."""

    communes: list[str]
    departments: list[str]
    crras: list[str]
    anywhere: bool


class WordHeard(Answer):
    """A state that the SAMU's software, the platform or the gateway gave."""

    source: str
    status: InterventionStatus
    reason: str | None
    moved: bool
    happened_at: Instant
    received_at: Instant


class StepShown(Answer):
    """One state, and since when."""

    status: InterventionStatus
    label: str
    at: Instant


class DocumentShown(Answer):
    """A document of a request."""

    version: int
    number: int
    title: str


class PersonOfRequest(Answer):
    """Who needs help, as far as it was said."""

    name: str | None
    given_name: str | None
    birth_year: int | str | None
    sex: str | None


class PlaceOfRequest(Answer):
    """Where."""

    address: str | None
    city: str | None
    insee_code: str | None


class InterventionStanding(Answer):
    """Where a request is."""

    mode: Mode
    id: str
    request_id: str
    reference: str
    version: int
    status: InterventionStatus
    task_status: str
    label: str
    since: Instant
    reason: str | None
    instruction: str | None
    """Ce que l’émetteur doit faire maintenant."""
    case_id: str | None
    crra: str | None
    phone: str | None
    received_at: Instant
    delivered_at: Instant | None


class PhoneCaseShown(Answer):
    """A case that began by telephone and may be the same."""

    case_id: str
    partner: str | None
    received_at: Instant
    patient: PersonOfRequest
    place: PlaceOfRequest


class InterventionWatched(InterventionStanding):
    """A request as who watches sees it."""

    sender: str
    destination: str | None
    second: str | None
    alarmed_at: Instant | None
    patient: PersonOfRequest
    place: PlaceOfRequest
    callback: str | None
    readable: bool


class InterventionBeside(InterventionWatched):
    """The same, with those that may be the same."""

    possible_duplicates: list[InterventionWatched]
    phone_cases: list[PhoneCaseShown]


class InterventionsWatched(Answer):
    """The last requests, or those of one reference."""

    interventions: list[InterventionBeside]


class InterventionSent(InterventionStanding):
    """A request as its platform sees it."""

    history: list[StepShown]


class InterventionDetail(InterventionBeside, InterventionSent):
    """A request in full, for who watches."""

    documents: list[DocumentShown]
    heard: list[WordHeard]


class RouteShown(Answer):
    """A way to a SAMU."""

    id: str
    kind: RouteKind
    key: str
    destination: str
    second: str | None
    label: str
    crra: str | None
    expiry_seconds: int | None
    phone: str | None
    valid_from: Instant
    valid_to: Instant | None
    in_force: bool


class RoutesShown(Answer):
    """Every route, and the destinations that one may name."""

    routes: list[RouteShown]
    destinations: list[str]
