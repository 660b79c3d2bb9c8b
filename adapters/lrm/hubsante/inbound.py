"""What the hub hands over: read, judged, its identifiers found, and what it calls for in answer. Pure; keeping it is the gateway's.

Any bytes give a `ReceivedMessage`: what cannot be read is kept as it came, with the reason. A message that is not quite of the
contract is refused with a code of the contract; nothing is dropped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from adapters.lrm.hubsante.faults import Code
from adapters.lrm.hubsante.judge.findings import Finding, Part
from adapters.lrm.hubsante.reading.content import shipped_reading
from adapters.lrm.hubsante.reading.contract import messages
from adapters.lrm.hubsante.reading.fitting import fit, plain_tree
from adapters.lrm.hubsante.reading.judging import judged
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
from adapters.lrm.hubsante.wire.layout import HEADER_FIELDS, Form, first_message, local_name

if TYPE_CHECKING:
    from datetime import datetime

    from lxml import etree

    from adapters.lrm.hubsante.client import Delivery
    from adapters.lrm.hubsante.judge.judgement import Judge
    from adapters.lrm.hubsante.reading.content import Content, Reading

HEALTH_CREATION = "createCaseHealth"
CREATIONS = (HEALTH_CREATION, "createCase")
UPDATES = ("createCaseHealthUpdate",)
REFERENCE, HUB_ERROR = "reference", "error"
_SHOWN = 3
_LONGEST = 255
"""Characters of a case id that can be kept as such; the official pattern sets no end to it."""
_HEALTH = "fr.health"
"""Before the identifiers of health organisations; who has another is of another ministry, and is transcoded."""


@dataclass(frozen=True, slots=True)
class Ids:
    """What ties a message to what is known here."""

    case: str | None = None
    patients: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    request: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class ReceivedMessage:
    """One message as it came."""

    vhost: str
    box: str
    content_type: str
    raw: bytes
    at: datetime
    identifier: str
    """Its distributionID; for what has none, the digest of its bytes: the same bytes are the same message."""
    envelope: Envelope | None = None
    key: str | None = None
    body: Mapping[str, Any] | None = None
    faults: tuple[Finding, ...] = ()
    ids: Ids = Ids()
    content: Content | None = None
    """What it says, as canon; None when it is of no message that is read here."""
    remarks: tuple[Finding, ...] = ()
    """What a person should see and what refuses nothing: a value of another release, a field that no model of ours has."""

    @property
    def late(self) -> bool:
        """Whether it came after its own expiry."""
        return self.envelope is not None and self.envelope.expires_at < self.at

    @property
    def told(self) -> str:
        """Its faults for an answer: paths and rules, no value."""
        return " ; ".join(str(fault) for fault in self.faults[:_SHOWN])


class Move(Enum):
    """What a message calls for."""

    ACKNOWLEDGE = "acknowledge"
    REFUSE = "refuse"
    HOLD = "hold"
    """An update that came before its case: it waits a moment."""
    KEEP = "keep"
    """Nothing is answered: an Ack, an Error, or what names nobody to answer."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, and why."""

    move: Move
    code: Code | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True)
class InboundContext:
    """What is known here when a message comes."""

    mode: str
    sender: bool
    """Whether its sender is in our directory."""
    case: bool
    opened_by: str | None = None
    """The partner who shared it first; None for a case of ours."""
    waited: bool = False
    """Whether it already waited for its case."""


def read_delivery(
    delivery: Delivery, judge: Judge | None, at: datetime, reading: Reading | None = None
) -> ReceivedMessage:
    """The message of a delivery, by its content type, read by our own schema and mappings. Never raises on bad input."""
    try:
        form = Format(delivery.content_type)
        root = read_xml(delivery.body) if form is Format.XML else None
        tree = read_json(delivery.body) if root is None else {}
        envelope = read_envelope(tree) if root is None else read_envelope_xml(root)
    except (UnreadableError, EnvelopeError, ValueError, AttributeError, TypeError) as error:
        known = str(error) if isinstance(error, UnreadableError | EnvelopeError) else "type de contenu inconnu"
        return _bare(delivery, at, Finding(Part.DOCUMENT, "", known))
    key, body = _content(tree) if root is None else _content_xml(root)
    faults, remarks = judged(judge, tree if root is None else root, key)
    if len(tree.get("content") or ()) > 1:  # Taking the first alone would lose the others without a word.
        faults = (*faults, Finding(Part.ENVELOPE, "content", "plusieurs contenus : en envoyer un par message"))
    if key is None and not faults:
        faults = (Finding(Part.CONTENT, "", "aucun cas d’usage, ou plusieurs"),)
    content = None
    if (message := messages().get(key or "")) is not None and body is not None:
        fitted = fit(body, message.node)
        misfits = tuple(Finding(Part.CONTENT, f"{key}.{path}", f"{kind} attendu") for path, kind in fitted.misfits)
        faults, remarks = (faults, (*remarks, *misfits)) if judge else ((*faults, *misfits), remarks)
        content, body = (reading or shipped_reading()).read(message, fitted), fitted.tree
    return ReceivedMessage(
        vhost=delivery.vhost,
        box=delivery.box,
        content_type=delivery.content_type,
        raw=delivery.body,
        at=at,
        identifier=envelope.distribution_id,
        envelope=envelope,
        key=key,
        body=body,
        faults=faults,
        ids=ids_of(body or {}),
        content=content,
        remarks=remarks,
    )


def _bare(delivery: Delivery, at: datetime, fault: Finding) -> ReceivedMessage:
    unsealed = extracted_identifier(delivery.body[:4096])
    identifier = unsealed or f"sha256:{hashlib.sha256(delivery.body).hexdigest()}"
    return ReceivedMessage(
        delivery.vhost, delivery.box, delivery.content_type, delivery.body, at, identifier, faults=(fault,)
    )


def _content(tree: Mapping[str, Any]) -> tuple[str | None, dict[str, Any] | None]:
    message = first_message(tree, Form.ENVELOPE)
    if not isinstance(message, dict):
        return None, None
    keys = [key for key in message if key not in HEADER_FIELDS]
    if len(keys) != 1 or not isinstance(message[keys[0]], dict):
        return None, None
    return keys[0], message[keys[0]]


_TO_MESSAGE = ("content", "contentObject", "contentXML", "embeddedXMLContent", "message")


def _content_xml(root: etree._Element) -> tuple[str | None, dict[str, Any] | None]:
    """By the direct path alone: an error may hold the whole envelope that it speaks of, messages and all."""
    holders = [root]
    for name in _TO_MESSAGE:
        holders = [child for holder in holders for child in holder if local_name(child) == name]
    uses = [child for holder in holders for child in holder if local_name(child) not in HEADER_FIELDS]
    if len(holders) != 1 or len(uses) != 1:
        return None, None
    return local_name(uses[0]), plain_tree(uses[0])


def ids_of(body: Mapping[str, Any]) -> Ids:
    """The shared identifiers of a content, wherever its message type puts them, of the expected type only."""
    patients = [_text(body.get("patientId"))]
    resources = [_text(body.get("resourceId"))]
    request = _text(body.get("requestId")) or _text(_inside(body, "request").get("requestId"))
    for item in _items(body, "patient"):
        patients += [_text(item.get("patientId")), _text(item.get("idPat"))]
    for name in ("resource", "position", "mobilizedResource"):
        for item in _items(body, name):
            resources.append(_text(item.get("resourceId")))
            patients.append(_text(item.get("patientId")))
            request = request or _text(item.get("requestId"))
    case = _text(body.get("caseId")) or _text(_inside(body, "EVENT").get("MAIN_EVENT_ID"))
    return Ids(case, _unique(patients), _unique(resources), request)


def decide(received: ReceivedMessage, known: InboundContext) -> Decision:
    """The answer of the contract: an RC-REF, or an RS-ERROR of ours before a refused one, or nothing."""
    envelope = received.envelope
    if envelope is None or envelope.kind in {ACK, ERROR}:
        return Decision(Move.KEEP)
    return _refusal(received, envelope, known) or _place(received, known)


def _refusal(received: ReceivedMessage, envelope: Envelope, known: InboundContext) -> Decision | None:
    """Why it cannot be taken, whatever it says."""
    if not known.sender:
        return Decision(Move.REFUSE, Code.UNKNOWN_SENDER, "expéditeur absent de notre annuaire")
    if envelope.status != known.mode:
        return Decision(Move.REFUSE, Code.INTERNAL_CLIENT_ERROR, "exercice et réel ne se mélangent pas sur ce lien")
    if received.late:
        return Decision(Move.REFUSE, Code.INTERNAL_CLIENT_ERROR, "message reçu après son expiration : dateTimeExpires")
    if len(received.ids.case or "") > _LONGEST:
        return Decision(Move.REFUSE, Code.INTERNAL_CLIENT_ERROR, f"caseId de plus de {_LONGEST} caractères")
    if received.faults:
        missing = all("absent" in fault.text for fault in received.faults)
        code = Code.INSUFFICIENT_DATA if missing else Code.INTERNAL_CLIENT_ERROR
        return Decision(Move.REFUSE, code, received.told)
    return None


def _place(received: ReceivedMessage, known: InboundContext) -> Decision:
    """Whether it comes where it should among the messages of its case."""
    if known.case and _creates_again(received, known):
        return Decision(Move.REFUSE, Code.CASE_ALREADY_EXISTS, "caseId déjà connu")
    if received.key in CREATIONS and not known.case and _says_nothing(received.body or {}):
        return Decision(Move.REFUSE, Code.INSUFFICIENT_DATA, "ni qualification, ni lieu, ni patient")
    if received.key in UPDATES and not known.case:
        if known.waited:
            return Decision(Move.REFUSE, Code.WRONG_MESSAGE_SEQUENCE, "caseId inconnu : envoyer d’abord le dossier")
        return Decision(Move.HOLD)
    return Decision(Move.ACKNOWLEDGE)


def _creates_again(received: ReceivedMessage, known: InboundContext) -> bool:
    """The same SAMU shares a case as new that it shared before: it has updates for that.

    An affair of the firefighters has no message of update: its first message comes again, transcoded or not. Who shares a case
    that another shared first, or that is ours, adds to it.
    """
    sender = received.envelope.sender if received.envelope else ""
    return received.key == HEALTH_CREATION and sender.startswith(_HEALTH) and sender == known.opened_by


def _says_nothing(body: Mapping[str, Any]) -> bool:
    return not any(body.get(name) for name in ("qualification", "location", "patient", "medicalNote"))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value and "\0" not in value else None


def _inside(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = body.get(name)
    return inner if isinstance(inner, dict) else {}


def _items(body: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = body.get(name)
    listed = value if isinstance(value, list) else [value]
    return [item for item in listed if isinstance(item, Mapping)]


def _unique(identifiers: list[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(identifier for identifier in identifiers if identifier))
