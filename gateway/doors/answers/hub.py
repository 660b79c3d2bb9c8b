"""What the doors of the Hub Santé answer."""

from __future__ import annotations

from gateway.doors.answers.shape import Answer, Instant


class HubQueued(Answer):
    """A message to a partner is queued."""

    id: str
    topic: str
    type: str
    expires_at: Instant | None
    follow: str
    """Où le suivre."""


class HubCaseSummary(Answer):
    """A case that we and a partner share."""

    case_id: str
    ours: bool
    partner: str | None
    owner: str | None
    status: str | None
    vhost: str
    event_id: str | None
    patient_id: str | None
    request_id: str | None


class HubCases(Answer):
    """Every case of an event or of a patient."""

    cases: list[HubCaseSummary]


class HubStage(Answer):
    """One stage on the way of a message."""

    step: str
    word: str
    at: Instant | None


class HubTrouble(Answer):
    """What went wrong on its way."""

    step: str
    word: str
    code: int | str | None
    by: str | None
    at: Instant


class HubTimelineLine(Answer):
    """A message of a case, sent or received."""

    way: str
    at: Instant
    distribution_id: str
    type: str
    stages: list[HubStage]
    reached: str
    troubles: list[HubTrouble]


class HubCaseTimeline(HubCaseSummary):
    """One case with its messages."""

    timeline: list[HubTimelineLine]


class HubTask(Answer):
    """What a message asks of a person."""

    sort: str
    words: str
    alarm: int
    since: Instant


class HubMessageReceived(Answer):
    """A message that came."""

    number: int
    type: str
    at: Instant
    by: str
    vhost: str
    case_id: str | None
    state: str
    word: str
    code: int | None
    task: HubTask | None


class HubMessagesReceived(Answer):
    """Those that came, the newest first, and the cursor of the next page."""

    received: list[HubMessageReceived]
    before: int | None


class ContentLine(Answer):
    """One thing that a message says: a value, lines below it, or several items of lines."""

    label: str
    value: str | None = None
    masked: bool | None = None
    """Vrai : la valeur est là, et le lecteur n’a pas le droit de la voir."""
    lines: list[ContentLine] | None = None
    items: list[list[ContentLine]] | None = None


class UnmappedLeaf(Answer):
    """What the message also holds, by its own path."""

    path: str
    value: str | None = None
    masked: bool | None = None


class ContentRemark(Answer):
    """What is not of the contract in it."""

    path: str
    text: str


class HubMessageContent(HubMessageReceived):
    """A message that came, in words, as far as the reader's right goes."""

    lines: list[ContentLine]
    other: list[UnmappedLeaf]
    remarks: list[ContentRemark]
    unread: str
    """Pourquoi son contenu n’est pas montré ; vide quand il l’est."""


class HubContents(Answer):
    """Every message of one case, in words."""

    case: HubCaseSummary | None
    contents: list[HubMessageContent]


class FindingShown(Answer):
    """One fault or flag."""

    path: str
    text: str
    code: int | str | None


class PartJudged(Answer):
    """One part of a message."""

    part: str
    faults: list[FindingShown]
    flags: list[FindingShown]


class MessageInspected(Answer):
    """What there is to say of the bytes of a message."""

    valid: bool
    model: int | None
    format: str
    form: str | None
    type: str | None
    code: int | None
    more: bool
    parts: list[PartJudged]
    notice: str
    models: list[int]
