"""What the hub's dispatcher checks of a message, in its order, and the error of each (dossier, sections 1.9 and 1.10). Pure.

The texts are the hub's own, in English, as its clients read them. It converts no version and transcodes no case: what the
national converter does to a message is not simulated here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.lrm.hubsante.codec.into_json import to_json
from adapters.lrm.hubsante.faults import Code
from adapters.lrm.hubsante.judge.findings import hub_report
from adapters.lrm.hubsante.wire.documents import Format, UnreadableError, read_json, read_xml
from adapters.lrm.hubsante.wire.envelope import (
    ACK,
    ERROR,
    Envelope,
    EnvelopeError,
    extracted_identifier,
    read_envelope,
    read_envelope_xml,
)
from adapters.lrm.hubsante.wire.layout import HEADER_FIELDS, CodecError, Form, first_message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from adapters.lrm.hubsante.judge.judgement import Judge

HEALTH = "fr.health"
NO_IDENTIFIER = "distributionID_could_not_be_extracted"
EVERYWHERE = frozenset({"reference", "error"})
_GEO = frozenset({"geoPositionsUpdate", "geoResourcesRequest", "geoResourcesDetails"})
_CASES = frozenset(
    {
        "createCaseHealth",
        "createCaseHealthUpdate",
        "resourcesInfo",
        "resourcesEngagement",
        "resourcesStatus",
        "resourcesRequest",
        "resourcesResponse",
    }
)
SUPPORTED = {
    "15-15": _CASES | _GEO,
    "15-smur": _CASES | _GEO | {"rpis", "interventionReport", "documentLink"},
    "15-nexsis": frozenset({"createCase", "emsi", "resourcesInfoCisu"}),
    "15-gps": _GEO,
    "15-sas": frozenset({"appointment"}),
}
"""Perimeter → the messages it carries, beside those that go everywhere."""


@dataclass(frozen=True, slots=True)
class Published:
    """A message as it stands in the dispatch queue."""

    vhost: str
    routing_key: str
    content_type: str
    persistent: bool
    body: bytes


@dataclass(frozen=True, slots=True)
class Passed:
    """A message to forward."""

    envelope: Envelope
    tree: dict[str, Any]
    key: str
    ttl_ms: int | None
    """Its life in the recipient's queue, when shorter than the queue's own."""

    @property
    def box(self) -> str:
        """Which queue of its recipient it goes to: its kind decides."""
        return {ACK: "ack", ERROR: "info"}.get(self.envelope.kind, "message")


@dataclass(frozen=True, slots=True)
class Refused:
    """An error for its sender."""

    code: Code
    cause: str
    about: str
    envelope: Envelope | None = None
    key: str | None = None


def check(message: Published, judge: Judge | None, now: datetime) -> Passed | Refused:
    """The checks, one after the other; the first that fails speaks."""
    read = _read(message, judge)
    if isinstance(read, Refused):
        return read
    envelope, tree = read
    key = _key(tree)

    for holds, code, cause in _rules(message, envelope, key, now):
        if not holds:
            return Refused(code, cause, envelope.distribution_id, envelope, key)
    return Passed(envelope, tree, key, int((envelope.expires_at - now).total_seconds()) * 1000)


def _rules(message: Published, envelope: Envelope, key: str, now: datetime) -> Iterator[tuple[bool, Code, str]]:
    """Each rule in its order: whether it holds, and the error when it does not."""
    sender, recipient, identifier = envelope.sender, envelope.recipient, envelope.distribution_id
    carried = SUPPORTED.get(message.vhost.partition("_")[0], _CASES) | EVERYWHERE
    unsupported = f"The received message classname {key} is not supported on the vhost {message.vhost}"
    yield key in carried, Code.UNROUTABLE_MESSAGE, unsupported
    health = sender.startswith(HEALTH) or recipient.startswith(HEALTH)
    yield health, Code.UNROUTABLE_MESSAGE, "Sender or recipient must be a health actor"
    inconsistent = f"Sender {sender} is not the routing key {message.routing_key}"
    yield sender == message.routing_key, Code.SENDER_INCONSISTENCY, inconsistent
    yield message.persistent, Code.DELIVERY_MODE_INCONSISTENCY, "Message must be published persistent (delivery mode 2)"
    named = identifier.split("_", maxsplit=1)[0] == sender
    yield named, Code.INVALID_MESSAGE, "distributionID must be <senderID>_<unique>"
    yield envelope.expires_at > now, Code.EXPIRED_MESSAGE_BEFORE_ROUTING, f"Message {identifier} has expired"


def _read(message: Published, judge: Judge | None) -> tuple[Envelope, dict[str, Any]] | Refused:
    about = extracted_identifier(message.body) or NO_IDENTIFIER
    try:
        form = Format(message.content_type)
    except ValueError:
        cause = "Unhandled content type: application/json or application/xml expected"
        return Refused(Code.NOT_ALLOWED_CONTENT_TYPE, cause, about)
    try:
        root = read_xml(message.body) if form is Format.XML else None
        tree = read_json(message.body) if root is None else {}
        envelope = read_envelope(tree) if root is None else read_envelope_xml(root)
    except (UnreadableError, EnvelopeError, AttributeError, TypeError, KeyError):
        caution = "CAUTION: distributionID has been extracted by regex. Could not read the envelope"
        return Refused(Code.INVALID_MESSAGE, caution, about)
    if judge is not None:
        verdict = judge.judge_tree(tree, flags=False) if root is None else judge.judge_root(root, flags=False)
        if not verdict.valid:
            code = Code.UNRECOGNIZED_MESSAGE_FORMAT if verdict.code == Code.UNRECOGNIZED_MESSAGE_FORMAT else None
            return Refused(
                code or Code.INVALID_MESSAGE, hub_report(verdict), envelope.distribution_id, envelope, verdict.key
            )
    if root is not None:
        try:
            tree = to_json(root, judge.models).tree if judge is not None else {}
        except (CodecError, UnreadableError):
            return Refused(Code.UNRECOGNIZED_MESSAGE_FORMAT, "Could not map the message", envelope.distribution_id)
    return envelope, tree


def _key(tree: dict[str, Any]) -> str:
    message = first_message(tree, Form.ENVELOPE)
    keys = [key for key in message if key not in HEADER_FIELDS] if isinstance(message, dict) else []
    return keys[0] if len(keys) == 1 else "unknown"
