"""What the official models say of a message received: what refuses it, and what a person is only shown.

It is judged by the XSD or schema of its own use case: the envelope of model 1 does not list two messages that its partners send.
A value that this release of a model does not list, or a field that it does not have, is of another release or of a newer
model: it is a remark, and the message is taken. An emergency is not refused for a code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from adapters.lrm.hubsante.judge.findings import Finding, Part
from adapters.lrm.hubsante.judge.french import OUT_OF_LIST, UNKNOWN_FIELD

if TYPE_CHECKING:
    from adapters.lrm.hubsante.judge.judgement import Judge

ANSWERS = frozenset({"reference", "error"})
"""What they say decides what we do next: they are held to their model."""

Findings = tuple[Finding, ...]


def judged(judge: Judge | None, document: Any, key: str | None) -> tuple[Findings, Findings]:  # noqa: ANN401 - a JSON tree, or the root of an XML document
    """What refuses a document, and what is remarked of it; nothing of either without models."""
    if judge is None:
        return (), ()
    xml = etree.iselement(document)
    verdict = judge.judge_received(document) if xml else judge.judge_tree(document, flags=False)
    faults = verdict.faults
    flagged = tuple(fault for fault in faults if key not in ANSWERS and _of_another_release(fault))
    return tuple(fault for fault in faults if fault not in flagged), (*verdict.flags, *flagged)


def _of_another_release(finding: Finding) -> bool:
    return finding.part is Part.CONTENT and finding.text.startswith((OUT_OF_LIST, UNKNOWN_FIELD))
