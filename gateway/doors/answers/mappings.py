"""What the doors of the studio answer."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from gateway.doors.answers.shape import Answer, Instant


class MappingsInForce(Answer):
    """Use → mapping in force, and every mapping that is known."""

    in_force: dict[str, str]
    known: list[str]


class MappingDecision(Answer):
    """Who put which mapping in force, and why."""

    seq: int
    use: str
    mapping: str
    previous: str | None
    kind: str
    by: str
    why: str
    at: Instant


class MappingDecisions(Answer):
    """The newest first."""

    decisions: list[MappingDecision]


class FilesChanged(Answer):
    """Which files a change takes in."""

    added: list[str]
    changed: list[str]
    removed: list[str]


class ActivationTrial(Answer):
    """What the last messages become."""

    old: str
    new: str
    documents: int
    changed: dict[str, Any]
    files: FilesChanged | None = None


class Activated(Answer):
    """A mapping is in force."""

    use: str
    mapping: str
    trial: ActivationTrial


class RolledBack(Answer):
    """The mapping before is in force again."""

    use: str
    mapping: str


class UnknownCodeShown(Answer):
    """A code that no table has."""

    table: str
    code: str
    times: int
    last_at: Instant
    policy: str


class UnknownCodesShown(Answer):
    """Every one of them."""

    codes: list[UnknownCodeShown]


class PairAdded(Answer):
    """Where the pair was written."""

    table: str
    file: str


class MappingTextShown(Answer):
    """A mapping, as it is written."""

    mapping: str
    text: str
    shipped: bool


class PathShown(Answer):
    """A field that a rule may read."""

    path: str
    kind: str
    list_: bool = Field(alias="list")
    group: bool
    nullable: bool
    codes: list[str]
    of: str


class TargetShown(Answer):
    """A field that a rule may write."""

    path: str
    kind: str
    required: bool
    group: bool
    codes: list[str]


class PairShown(Answer):
    """One pair of a table."""

    canon: str
    wire: str
    label: str


class TableShown(Answer):
    """A table of codes."""

    table: str
    pairs: list[PairShown]


class Vocabulary(Answer):
    """What may be written in a mapping."""

    mapping: str
    topic: str
    source: str
    recipient: str
    target: str
    paths: list[PathShown]
    targets: list[TargetShown]
    tables: list[TableShown]
    formats: list[str]
    functions: list[str]
    file_keys: list[str]
    rule_keys: list[str]
    topics: list[str]
    recipients: list[str]
    mappings: list[str]


class SampleDocument(Answer):
    """A document to try a mapping on."""

    name: str
    case: str | None
    document: dict[str, Any]


class SampleDocuments(Answer):
    """Several."""

    documents: list[SampleDocument]


class FaultShown(Answer):
    """What is wrong in a mapping, and where."""

    file: str | None
    line: int
    column: int
    message: str
    hint: str


class MappingChecked(Answer):
    """Whether a text is a mapping."""

    ok: bool
    mapping: str | None
    faults: list[FaultShown]
    topic: str | None = None
    target: str | None = None


class StepOfPreview(Answer):
    """One rule, and what it wrote or why not."""

    to: str
    reads: str
    place: str
    value: Any
    error: str
    because: str
    line: int | None


class MappingPreview(Answer):
    """What a document becomes."""

    ok: bool
    result: Any
    steps: list[StepOfPreview]
    reason: str


class PairProof(Answer):
    """One golden pair."""

    case: str
    ok: bool
    reason: str


class PairsProof(Answer):
    """Every golden pair of a mapping."""

    ok: bool
    of: str
    pairs: list[PairProof]


class MappingDifference(Answer):
    """What a change of a mapping changes, document by document."""

    ok: bool
    old: str
    new: str
    documents: int
    changed: dict[str, list[dict[str, Any]]]


class FileWritten(Answer):
    """The mapping is a file of the deployment."""

    mapping: str
