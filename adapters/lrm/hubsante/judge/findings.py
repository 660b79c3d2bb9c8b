"""What a judgement says: where, what, in French for people and in the hub's own words for its errors.

No finding ever holds a value of the message: a path, the rule, and what the rule expects.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adapters.lrm.hubsante.wire.documents import Format
    from adapters.lrm.hubsante.wire.layout import Form


class Part(Enum):
    """Which part of a message a finding speaks of; each is judged separately."""

    DOCUMENT = "document"
    ENVELOPE = "enveloppe"
    HEADER = "en-tête"
    CONTENT = "contenu"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, or one thing worth a person's look."""

    part: Part
    path: str
    text: str
    """French, for people."""
    hub: str = ""
    """The way the hub words it in the cause of a 300."""
    code: int = 300
    """The code the hub would answer."""

    def __str__(self) -> str:
        """`enveloppe · descriptor.language : champ obligatoire absent`."""
        return f"{self.part.value} · {self.path} : {self.text}" if self.path else f"{self.part.value} · {self.text}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one document."""

    format: Format
    form: Form | None = None
    key: str | None = None
    name: str | None = None
    faults: tuple[Finding, ...] = ()
    """Any one makes it invalid."""
    flags: tuple[Finding, ...] = ()
    """Shown, never a refusal: unknown codes, labels of another code."""
    more: bool = False
    """There were more faults than are listed."""
    tree: Any = field(default=None, repr=False)
    """The JSON tree, or the XML root, when the bytes could be read."""

    @property
    def valid(self) -> bool:
        """No fault at all."""
        return not self.faults

    @property
    def code(self) -> int | None:
        """The code the hub would answer: 300 before 102; None when it is valid."""
        return max((fault.code for fault in self.faults), default=None)


def hub_report(verdict: Verdict) -> str:
    """The faults laid out as the hub writes the cause of a 300."""
    lines = ["Could not validate message against schema : errors occurred."]
    home = "$.content[0].jsonContent.embeddedJsonContent.message"
    titles = {
        Part.DOCUMENT: None,
        Part.ENVELOPE: "Issues found on the envelope:",
        Part.HEADER: f"Issues found on the {home} header:",
        Part.CONTENT: f"Issues found on the {home} content:",
    }
    for part, title in titles.items():
        faults = [fault for fault in verdict.faults if fault.part is part]
        if not faults:
            continue
        if title:
            lines.append(title)
        root = "$." if part is Part.ENVELOPE else ""
        lines.extend(
            f" - {root}{fault.path}: {fault.hub or fault.text}" if fault.path else (fault.hub or fault.text)
            for fault in faults
        )
    return "\n".join(lines)
