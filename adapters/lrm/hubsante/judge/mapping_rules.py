"""What passes the schemas and fails, or jars, afterwards: the hub's object mapping, and envelope against header.

The schema leaves keys open beside the use case and around the message; the hub's mapping does not (102). An envelope and
a header that contradict each other pass everywhere: a person is told, nobody is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.lrm.hubsante.faults import Code
from adapters.lrm.hubsante.judge.findings import Finding, Part
from adapters.lrm.hubsante.wire.layout import Form, first_message, local_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lxml import etree

    from adapters.lrm.hubsante.models.models import Models

UNMAPPABLE = 102
_PAIRS = (("distributionID", "messageId"), ("distributionKind", "kind"), ("distributionStatus", "status"))


def unmappable(tree: Mapping[str, Any], form: Form, models: Models) -> Iterator[Finding]:
    """The keys the schema lets through and the mapping refuses, and an error that is no pair of the contract."""
    if form is Form.USE_CASE:
        yield from _unpaired(tree.get("error"))
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
    if isinstance(message, dict):
        yield from _unpaired(message.get("error"))
        known = set(models.types) | models.header_shape.by_name.keys()
        yield from _extra(message, known, Part.CONTENT, "")


def unpaired_root(message: etree._Element) -> Iterator[Finding]:
    """The same rule for an RS-ERROR in XML: in a `message`, or alone."""
    errors = [each for each in (message, *message) if local_name(each) == "error"]
    for error in errors[:1]:
        code = next((child for child in error if local_name(child) == "errorCode"), None)
        code_fields = {local_name(child): (child.text or "").strip() for child in (code if code is not None else ())}
        yield from _unpaired({"errorCode": code_fields})


def _unpaired(error: object) -> Iterator[Finding]:
    """An RS-ERROR whose code and string are not one pair of the contract: the hub's mapping has them as one value."""
    code = error.get("errorCode") if isinstance(error, dict) else None
    if not isinstance(code, dict):
        return
    try:
        known = Code(float(code.get("statusCode", 0))).name  # type: ignore[arg-type] # 500.0 is 500; 500.5 is none
    except (ValueError, OverflowError, TypeError):
        known = None
    if known != code.get("statusString"):
        text = "statusCode et statusString ne sont pas une paire du contrat"
        hub = "statusCode and statusString are not one pair of the contract"
        yield Finding(Part.CONTENT, "error.errorCode", text, hub, UNMAPPABLE)


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
