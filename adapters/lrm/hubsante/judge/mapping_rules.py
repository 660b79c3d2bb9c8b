"""What passes the schemas and fails, or jars, afterwards: the hub's object mapping, and envelope against header.

The schema leaves keys open beside the use case and around the message; the hub's mapping does not (102). An envelope and
a header that contradict each other pass everywhere: a person is told, nobody is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.lrm.hubsante.judge.findings import Finding, Part
from adapters.lrm.hubsante.wire.layout import Form, first_message

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from adapters.lrm.hubsante.models.models import Models

UNMAPPABLE = 102
_PAIRS = (("distributionID", "messageId"), ("distributionKind", "kind"), ("distributionStatus", "status"))


def unmappable(tree: Mapping[str, Any], form: Form, models: Models) -> Iterator[Finding]:
    """The keys the schema lets through and the mapping refuses, and a second content."""
    if form is Form.USE_CASE:
        yield from _extra(tree, set(models.types), Part.DOCUMENT, "")
        return
    message = first_message(tree, form)
    if form is Form.ENVELOPE:
        for position, item in enumerate(tree["content"]):
            trail = f"content[{position}]"
            yield from _extra(item, {"jsonContent"}, Part.ENVELOPE, trail)
            yield from _extra(item["jsonContent"], {"embeddedJsonContent"}, Part.ENVELOPE, f"{trail}.jsonContent")
            holder = item["jsonContent"]["embeddedJsonContent"]
            yield from _extra(holder, {"message"}, Part.ENVELOPE, f"{trail}.jsonContent.embeddedJsonContent")
        if len(tree["content"]) > 1:
            yield Finding(Part.ENVELOPE, "content", "un seul contenu est permis", "only one content is allowed")
    if isinstance(message, dict):
        known = set(models.types) | models.header_shape.by_name.keys()
        yield from _extra(message, known, Part.CONTENT, "")


def contradictions(tree: Mapping[str, Any], form: Form) -> Iterator[Finding]:
    """Where the envelope and the header of a message disagree, and a distributionID that is not its sender's."""
    if form is not Form.ENVELOPE:
        return
    sender, identifier = tree.get("senderID"), tree.get("distributionID")
    if isinstance(identifier, str) and identifier.split("_")[0] != sender:
        text = "doit être l’identifiant de l’expéditeur, « _ », puis une suite unique (refusé par le hub : 300)"
        yield Finding(Part.ENVELOPE, "distributionID", text)
    message = first_message(tree, form)
    if not isinstance(message, dict) or "messageId" not in message:
        return
    for outer, inner in _PAIRS:
        if tree.get(outer) != message.get(inner):
            yield Finding(Part.HEADER, inner, f"différent de {outer} de l’enveloppe")


def _extra(node: Mapping[str, Any], known: set[str], part: Part, trail: str) -> Iterator[Finding]:
    for key in node:
        if key not in known:
            path = f"{trail}.{key[:80]}".removeprefix(".")
            yield Finding(part, path, "clé inconnue : le hub ne sait pas la lire", "unrecognized field", UNMAPPABLE)
