"""Where things sit in an EDXL-DE envelope, in JSON and in XML. The envelope is the same in the three releases."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml import etree

    from adapters.lrm.hubsante.models.models import Models

EDXL = "urn:oasis:names:tc:emergency:EDXL:DE:2.0"
XLINK = "http://www.w3.org/1999/xlink"

ENVELOPE_TEXTS = (
    "distributionID",
    "senderID",
    "dateTimeSent",
    "dateTimeExpires",
    "distributionStatus",
    "distributionKind",
)
"""In the order of the XSD."""
ENVELOPE_DATES = frozenset({"dateTimeSent", "dateTimeExpires"})
ENVELOPE_ADDRESS = ("explicitAddressScheme", "explicitAddressValue")
HEADER_FIELDS = ("messageId", "sender", "sentAt", "kind", "status", "recipient")
"""Of RC-DE, in the order of its schema."""
MESSAGE_PATH = ("content", 0, "jsonContent", "embeddedJsonContent", "message")


class CodecError(ValueError):
    """The document cannot be said in the other form. The path says where, never what."""

    def __init__(self, path: str, reason: str) -> None:
        """`path` is dotted; `reason` is French."""
        super().__init__(f"{path} : {reason}" if path else reason)
        self.path = path
        self.reason = reason


class Form(Enum):
    """How much of a message a document holds."""

    ENVELOPE = "enveloppe"
    MESSAGE = "message"
    USE_CASE = "cas d’usage"


def form_of_json(tree: Mapping[str, Any], models: Models) -> Form | None:
    """What a JSON object is; None when it is no part of a message."""
    if isinstance(tree.get("message"), dict) and len(tree) == 1:
        return Form.MESSAGE
    if "content" in tree or "descriptor" in tree or "senderID" in tree:
        return Form.ENVELOPE
    if any(key in models.types for key in tree):
        return Form.MESSAGE if any(key in models.header_shape.by_name for key in tree) else Form.USE_CASE
    if "messageId" in tree:
        return Form.MESSAGE
    return Form.ENVELOPE if any(name in tree for name in ENVELOPE_TEXTS) else None


def form_of_xml(root: etree._Element, models: Models) -> Form | None:
    """What an XML root is, by its local name; None when it is no part of a message."""
    name = str(root.tag).rpartition("}")[2]
    if name == "edxlDistribution":
        return Form.ENVELOPE
    if name == "message":
        return Form.MESSAGE
    return Form.USE_CASE if name in models.types else None


def keys_of(message: Mapping[str, Any], form: Form, models: Models) -> list[str]:
    """The use cases a document holds: one when it is right."""
    keys = [key for key in message if key in models.types]
    return keys if form is Form.USE_CASE else [key for key in keys if models.types[key].in_json_envelope]


def first_message(tree: Mapping[str, Any], form: Form) -> object:
    """The message of a JSON document, or what sits in its place; the use case and its key count as one."""
    if form is Form.USE_CASE:
        return tree
    if form is Form.MESSAGE:
        return tree.get("message", tree)
    node: Any = tree
    for step in MESSAGE_PATH:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            return None
    return node


def xml_messages(root: etree._Element, form: Form) -> list[etree._Element]:
    """The `message` elements of an XML document, whatever their namespace; those of an envelope quoted inside are not its own."""
    if form is Form.USE_CASE:
        return []
    if form is Form.MESSAGE:
        return [root]
    return [
        message
        for content in _named(root, "content")
        for item in _named(content, "contentObject")
        for message in messages_within(item)
    ]


def messages_within(item: etree._Element) -> list[etree._Element]:
    """The `message` elements of one `contentObject`, by the direct path: an RS-ERROR may quote a whole envelope."""
    return [
        message
        for holder in _named(item, "contentXML")
        for embedded in _named(holder, "embeddedXMLContent")
        for message in _named(embedded, "message")
    ]


def _named(parent: etree._Element, name: str) -> list[etree._Element]:
    return [child for child in parent if local_name(child) == name]


def local_name(element: etree._Element) -> str:
    """The name without its namespace."""
    return str(element.tag).rpartition("}")[2]
