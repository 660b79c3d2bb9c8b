"""What the doors of who watches answer: outbox, alarms, audit, regular work."""

from __future__ import annotations

from typing import Any, Literal

from domain.mode import Mode  # noqa: TC001 - pydantic reads it
from gateway.doors.answers.shape import Answer, Instant
from outbox.gate import Breaker  # noqa: TC001 - pydantic reads it
from outbox.message import Kind, MessageStatus, Outcome  # noqa: TC001 - pydantic reads them


class CauseShown(Answer):
    """Why a message did not arrive."""

    code: str
    title: str
    detail: str


class MessageShown(Answer):
    """A message, without its content."""

    id: str
    destination: str
    topic: str
    event_id: str
    lane: str
    kind: Kind
    mode: Mode
    status: MessageStatus
    attempts: int
    created_at: Instant
    next_at: Instant | None
    settled_at: Instant | None
    superseded_by: str | None
    uncertain_since: Instant | None
    cause: CauseShown | None
    group: str | None
    decided_by: str | None
    decision: str | None


class MessageList(Answer):
    """Messages, the newest first, and the cursor of the next page."""

    messages: list[MessageShown]
    before: int | None


class SupersededMessage(Answer):
    """A message that this one made useless."""

    id: str
    at: Instant | None


class AttemptShown(Answer):
    """One attempt."""

    number: int
    outcome: Outcome
    started_at: Instant
    finished_at: Instant
    cause: CauseShown | None
    reference: str | None


class MessageDetail(MessageShown):
    """A message and each attempt."""

    supersedes: list[SupersededMessage]
    tries: list[AttemptShown]


class RefusalShown(Answer):
    """Why it would not leave."""

    code: str
    title: str
    detail: str


class WouldLeave(Answer):
    """What would leave today: sizes and digests, never the content."""

    request: str | None
    media_type: str | None
    bytes: int
    sha256: str | None
    refusal: RefusalShown | None


class LastSent(Answer):
    """What left at the last attempt."""

    bytes: int
    sha256: str | None


class Preview(Answer):
    """What would leave today beside what left last."""

    id: str
    destination: str
    today: WouldLeave
    then: LastSent | None
    same: bool


class GroupOfMessages(Answer):
    """Messages that wait for a decision, of one cause."""

    group: str
    destination: str
    topic: str
    cause: CauseShown
    messages: int
    uncertain: int
    oldest: Instant
    newest: Instant
    example: str
    """Identifiant du plus ancien."""


class GroupsOfMessages(Answer):
    """Every group."""

    groups: list[GroupOfMessages]


class PreviewOfMany(Preview):
    """The preview of one message among those that would be replayed."""

    topic: str
    leaves: str


class Replayed(Answer):
    """How many were chosen, and replayed."""

    chosen: int
    replayed: int
    would_send: list[PreviewOfMany] | None = None
    """À blanc seulement."""


class Discarded(Answer):
    """How many were chosen, and given up."""

    chosen: int
    discarded: int


class AlarmShown(Answer):
    """An alarm."""

    alarm: int
    name: str
    kind: str
    facts: dict[str, Any]
    raised_at: Instant
    ended_at: Instant | None
    ended_by: str | None


class AlarmsShown(Answer):
    """Alarms."""

    alarms: list[AlarmShown]


class ActShown(Answer):
    """One act of the audit."""

    seq: int
    at: Instant
    by: str
    act: str
    about: str
    facts: dict[str, Any]


class ActsShown(Answer):
    """Acts, the newest first."""

    acts: list[ActShown]


class LagShown(Answer):
    """How long the oldest due message of one priority has waited."""

    priority: str
    seconds: float
    waiting: int


class PauseShown(Answer):
    """Who suspended a destination, and why."""

    by: str
    reason: str
    at: Instant


class BreakerShown(Answer):
    """What the way lets through."""

    state: Breaker
    since: Instant | None
    failures: int
    next_step_at: Instant | None
    at_once: int | None


class LinkShown(Answer):
    """Whether the living nodes are let in."""

    state: Literal["unknown", "down", "up"]
    since: Instant | None
    nodes_down: int


class DestinationShown(Answer):
    """One destination: what waits there, by status; a status that nothing has is absent."""

    name: str
    pending: int = 0
    sending: int = 0
    parked: int = 0
    uncertain: int = 0
    oldest_due_seconds: float
    lags: list[LagShown]
    paused: PauseShown | None
    breaker: BreakerShown
    drain_rate: float | None
    link: LinkShown


class NodeShown(Answer):
    """A node."""

    name: str
    role: str
    alive: bool
    started_at: Instant
    seen_at: Instant


class DestinationsShown(Answer):
    """Every destination that the caller may see, and, for who watches, every node."""

    destinations: list[DestinationShown]
    nodes: list[NodeShown]


class JobRun(Answer):
    """A job on one node."""

    node: str
    role: str
    state: Literal["failed", "running", "never", "done"]
    started_at: Instant | None
    seconds: float | None
    error: str | None
    """Type de l’erreur du dernier passage."""
    runs: int
    failures: int
    next_at: Instant | None


class JobShown(Answer):
    """One job, the gravest node first."""

    job: str
    label: str
    every_seconds: float
    one_node: bool
    ordered: bool
    """Un passage est demandé et n’est pas encore pris."""
    state: Literal["failed", "running", "never", "done"]
    runs: list[JobRun]


class JobsShown(Answer):
    """Every job of the living nodes."""

    jobs: list[JobShown]


class JobOrdered(Answer):
    """A run was asked for."""

    job: str
    ordered: bool
