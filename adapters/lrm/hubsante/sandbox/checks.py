"""What the hub's dispatcher checks of a message, in its order, and the error of each. Pure.

Source: the dossier of the contract (sections 1.9 and 1.10) and the newest public dispatcher. The texts are the hub's own words, in
English, as its clients read them. It converts no version and transcodes no case: what the national converter does to a
message is not simulated here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from adapters.lrm.hubsante.codec.free import read_free
from adapters.lrm.hubsante.codec.into_json import to_json
from adapters.lrm.hubsante.faults import Code
from adapters.lrm.hubsante.judge.findings import hub_report
from adapters.lrm.hubsante.wire.carried import EVERYWHERE, carried_on
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
from adapters.lrm.hubsante.wire.layout import (
    HEADER_FIELDS,
    CodecError,
    Form,
    first_message,
    local_name,
    xml_messages,
)
from adapters.lrm.hubsante.wire.topology import DAY_MS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from lxml import etree

    from adapters.lrm.hubsante.judge.findings import Verdict
    from adapters.lrm.hubsante.judge.judgement import Judge

HEALTH = "fr.health"
NO_IDENTIFIER = "distributionId_could_not_be_extracted"
FREE = "customContent"
"""Content of a partner's own: only a sandbox carries it, and this is one."""
QUEUE_LIFE = timedelta(milliseconds=DAY_MS)
_LONGEST_MS = 2**32 - 1
"""Of an AMQP expiration: the broker closes the channel beyond."""
_CAUTION = "CAUTION: distributionId has been extracted by regex because the envelope could not be deserialized."


@dataclass(frozen=True, slots=True)
class PublishedMessage:
    """A message as it stands in the dispatch queue."""

    vhost: str
    routing_key: str
    content_type: str
    persistent: bool
    body: bytes

    @property
    def from_health(self) -> bool:
        """Whether a client of the health side published it; another hub's clients share a technical key."""
        return self.routing_key.startswith(HEALTH)

    @property
    def format(self) -> Format | None:
        """As its content type says; anything else of another hub is XML. None: neither."""
        try:
            return Format(self.content_type)
        except ValueError:
            return None if self.from_health else Format.XML


@dataclass(frozen=True, slots=True)
class ForwardedMessage:
    """A message to forward."""

    envelope: Envelope
    tree: dict[str, Any]
    """Empty for an XML message that no models can turn into JSON: it goes on as it came."""
    key: str
    ttl_ms: int | None
    """Its life in the recipient's queue, when shorter than the queue's own."""

    @property
    def box(self) -> str:
        """Which queue of its recipient it goes to: its kind decides."""
        return {ACK: "ack", ERROR: "info"}.get(self.envelope.kind, "message")


@dataclass(frozen=True, slots=True)
class RefusedMessage:
    """An error for its sender."""

    code: Code
    cause: str
    about: str
    envelope: Envelope | None = None
    key: str | None = None


def check(
    message: PublishedMessage,
    judge: Judge | None,
    now: datetime,
    carried: Collection[str] | None = None,
    queue_life: timedelta = QUEUE_LIFE,
) -> ForwardedMessage | RefusedMessage:
    """The checks, one after the other; the first that fails speaks. `carried` overrides the public list of the virtual host."""
    read = _read(message, judge)
    if isinstance(read, RefusedMessage):
        return read
    envelope, tree, key = read
    for holds, code, cause in _rules(message, envelope, key, now, carried):
        if not holds:
            return RefusedMessage(code, cause, envelope.distribution_id, envelope, key)
    return ForwardedMessage(envelope, tree, key, _expiration(envelope, now, queue_life))


def source_of(message: PublishedMessage) -> dict[str, Any] | None:
    """The message as an object, to be quoted in the error about it; None when it is no document."""
    try:
        if message.format is Format.JSON:
            tree = read_json(message.body)
            return tree if isinstance(tree, dict) else None
        return read_free(read_xml(message.body)) if message.format is Format.XML else None
    except UnreadableError:
        return None


def _expiration(envelope: Envelope, now: datetime, queue_life: timedelta) -> int | None:
    """Milliseconds, in whole seconds: only when the message ends before its queue would end it."""
    left = _seconds_left(envelope, now)
    return left * 1000 if left < queue_life.total_seconds() and left * 1000 <= _LONGEST_MS else None


def _seconds_left(envelope: Envelope, now: datetime) -> int:
    return (envelope.expires_at.replace(microsecond=0) - now.replace(microsecond=0)) // timedelta(seconds=1)


def _rules(
    message: PublishedMessage, envelope: Envelope, key: str, now: datetime, listed: Collection[str] | None
) -> Iterator[tuple[bool, Code, str]]:
    """Each rule in its order: whether it holds, and the error when it does not."""
    sender, recipient, identifier = envelope.sender, envelope.recipient, envelope.distribution_id
    carried = carried_on(message.vhost) if listed is None else {*listed, *EVERYWHERE}
    unsupported = f"The received message classname {_class_name(key)} is not supported on the vhost {message.vhost}"
    yield carried is None or key in carried or key == FREE, Code.UNROUTABLE_MESSAGE, unsupported
    health = sender.startswith(HEALTH) or recipient.startswith(HEALTH)
    yield health, Code.UNROUTABLE_MESSAGE, f"Unable to route message with id {identifier}, no health actor involved."
    yield _sender_rule(message, sender, identifier)
    if message.from_health:  # Neither is asked of another hub, whose clients publish through one key.
        transient = f"Message {identifier} has been sent with non-persistent delivery mode"
        yield message.persistent, Code.DELIVERY_MODE_INCONSISTENCY, transient
        named = identifier.split("_", maxsplit=1)[0] == sender
        yield named, Code.INVALID_MESSAGE, f"distributionID must be <senderID>_<unique>, senderID is {sender}"
    alive = _seconds_left(envelope, now) > 0
    yield alive, Code.EXPIRED_MESSAGE_BEFORE_ROUTING, "Message has expired before reaching the recipient queue"


def _sender_rule(message: PublishedMessage, sender: str, identifier: str) -> tuple[bool, Code, str]:
    """A health sender is its routing key; one of another hub shares its first two segments."""
    key = message.routing_key
    expected = key if message.from_health else ".".join(key.split(".")[:2])
    consistent = sender == expected if message.from_health else sender.startswith(expected)
    rule = f"{'equal' if message.from_health else 'be prefixed with'} {expected}"
    cause = (
        f"Sender inconsistency for message {identifier} : message sender is {sender} "
        f"but received routing key is {key}, expected sender to {rule}"
    )
    return consistent, Code.SENDER_INCONSISTENCY, cause


def _class_name(key: str) -> str:
    """As the hub names a message: `createCase` is its `CreateCaseWrapper`."""
    return f"{key[:1].upper()}{key[1:]}Wrapper"


def _read(message: PublishedMessage, judge: Judge | None) -> tuple[Envelope, dict[str, Any], str] | RefusedMessage:
    about = extracted_identifier(message.body) or NO_IDENTIFIER
    if message.format is None:
        cause = "Unhandled Content-Type ! Message Content-Type should be set at 'application/json' or 'application/xml'"
        return RefusedMessage(Code.NOT_ALLOWED_CONTENT_TYPE, cause, about)
    try:
        root = read_xml(message.body) if message.format is Format.XML else None
        tree = read_json(message.body) if root is None else {}
    except UnreadableError:
        return RefusedMessage(Code.INVALID_MESSAGE, f"{_CAUTION}\nCould not read the message", about)
    verdict = None if judge is None else _verdict(judge, tree, root)
    try:
        envelope = _envelope(tree, root)
    except EnvelopeError as error:
        return RefusedMessage(Code.INVALID_MESSAGE, f"{_CAUTION}\n{_lacking(error, verdict)}", about)
    if verdict is not None and not verdict.valid:
        mapping = verdict.code == Code.UNRECOGNIZED_MESSAGE_FORMAT
        code = Code.UNRECOGNIZED_MESSAGE_FORMAT if mapping else Code.INVALID_MESSAGE
        return RefusedMessage(code, hub_report(verdict), envelope.distribution_id, envelope, verdict.key)
    return (envelope, tree, _key(tree)) if root is None else _mapped(envelope, root, judge)


def _mapped(
    envelope: Envelope, root: etree._Element, judge: Judge | None
) -> tuple[Envelope, dict[str, Any], str] | RefusedMessage:
    try:
        tree = to_json(root, judge.models).tree if judge is not None else {}
    except (CodecError, UnreadableError):
        return RefusedMessage(Code.UNRECOGNIZED_MESSAGE_FORMAT, "Could not map the message", envelope.distribution_id)
    return envelope, tree, _key_of_root(root)


def _verdict(judge: Judge, tree: Any, root: etree._Element | None) -> Verdict:  # noqa: ANN401 - any JSON document
    """By the folder's own lists: a hub knows one release."""
    if root is None:
        return judge.judge_tree(tree, flags=False, releases=False)
    return judge.judge_root(root, flags=False, releases=False)


def _envelope(tree: Any, root: etree._Element | None) -> Envelope:  # noqa: ANN401 - same
    if root is not None:
        return read_envelope_xml(root)
    if not isinstance(tree, dict):
        raise EnvelopeError("aucun objet")
    return read_envelope(tree)


def _lacking(error: EnvelopeError, verdict: Verdict | None) -> str:
    """What is wrong with an envelope, field by field: by the schemas where there are some."""
    report = hub_report(verdict) if verdict is not None and not verdict.valid else "Issues found on the envelope:"
    # An XSD speaks of the element that came instead of the absent one.
    unnamed = [name for name in error.fields if name not in report]
    return "\n".join([report, *(f" - $.{name}: is missing or could not be read" for name in unnamed)])


def _key(tree: dict[str, Any]) -> str:
    """The use case of the first content, the only one a hub looks at."""
    message = first_message(tree, Form.ENVELOPE)
    return _single([key for key in message if key not in HEADER_FIELDS] if isinstance(message, dict) else [])


def _key_of_root(root: etree._Element) -> str:
    messages = xml_messages(root, Form.ENVELOPE)
    names = [local_name(child) for child in messages[0]] if messages else []
    return _single([name for name in names if name not in HEADER_FIELDS])


def _single(keys: list[str]) -> str:
    return keys[0] if len(keys) == 1 else "unknown"
