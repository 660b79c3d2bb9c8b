"""The EDXL-DE envelope and the RC-DE header as typed values: what the client and the simulator hold in hand.

Read from either form with nothing but the standard namespaces, so that an answer can be sent even to a message whose
content no schema admits. Written in the hub's form: dates with an offset, one recipient, one content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.lrm.hubsante.wire.dates import read_date, write_date
from adapters.lrm.hubsante.wire.layout import EDXL, ENVELOPE_DATES, ENVELOPE_TEXTS, Form, first_message

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from lxml import etree

ACK = "Ack"
ERROR = "Error"
_IDENTIFIER = re.compile(rb"distributionID\"?\s*[:>]\s*\"?([\w._-]{1,1023})")


class EnvelopeError(ValueError):
    """The envelope lacks something without which nothing can be answered; `fields` are the paths it lacks or cannot be read at."""

    def __init__(self, text: str, fields: tuple[str, ...] = ()) -> None:
        """`text` is French; `fields` are dotted, as the sender writes them."""
        super().__init__(f"{text} : {', '.join(fields)}" if fields else text)
        self.fields = fields


_ADDRESS = "descriptor.explicitAddress.explicitAddressValue"


@dataclass(frozen=True, slots=True)
class Party:
    """A sender or a recipient as the header names it."""

    name: str
    uri: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who sends what to whom, until when."""

    distribution_id: str
    sender: str
    recipient: str
    sent_at: datetime
    expires_at: datetime
    status: str
    """`Actual` or `Exercise`."""
    kind: str
    """`Report`, `Update`, `Cancel`, `Ack` or `Error`."""
    language: str = "fr-FR"
    scheme: str = "hubex"

    @property
    def calls_for_ack(self) -> bool:
        """An RC-REF answers every functional message, never an Ack or an Error."""
        return self.kind not in {ACK, ERROR}


def write_envelope(envelope: Envelope, message: dict[str, Any]) -> dict[str, Any]:
    """The complete JSON document."""
    return {
        "distributionID": envelope.distribution_id,
        "senderID": envelope.sender,
        "dateTimeSent": write_date(envelope.sent_at),
        "dateTimeExpires": write_date(envelope.expires_at),
        "distributionStatus": envelope.status,
        "distributionKind": envelope.kind,
        "descriptor": {
            "language": envelope.language,
            "explicitAddress": {
                "explicitAddressScheme": envelope.scheme,
                "explicitAddressValue": envelope.recipient,
            },
        },
        "content": [{"jsonContent": {"embeddedJsonContent": {"message": message}}}],
    }


def write_header(envelope: Envelope, sender: Party, *recipients: Party) -> dict[str, Any]:
    """The RC-DE header that goes with an envelope: same id, kind and status."""
    if not recipients:
        raise EnvelopeError("un en-tête nomme au moins un destinataire")
    return {
        "messageId": envelope.distribution_id,
        "sender": {"name": sender.name, "URI": sender.uri},
        "sentAt": write_date(envelope.sent_at),
        "kind": envelope.kind,
        "status": envelope.status,
        "recipient": [{"name": recipient.name, "URI": recipient.uri} for recipient in recipients],
    }


def read_envelope(tree: dict[str, Any]) -> Envelope:
    """The envelope of a JSON document. Raises EnvelopeError, which names every field that is absent or unreadable."""
    descriptor = tree.get("descriptor")
    descriptor = descriptor if isinstance(descriptor, dict) else {}
    address = descriptor.get("explicitAddress")
    address = address if isinstance(address, dict) else {}
    texts = {name: tree.get(name) for name in ENVELOPE_TEXTS} | {_ADDRESS: address.get("explicitAddressValue")}
    return _envelope(texts, descriptor.get("language"), address.get("explicitAddressScheme"))


_DESCRIPTOR = f"{{{EDXL}}}descriptor"
_DESCRIBED = tuple(f"{{{EDXL}}}{name}" for name in ("language", "explicitAddressValue", "explicitAddressScheme"))


def read_envelope_xml(root: etree._Element) -> Envelope:
    """The envelope of an XML document; the first address counts. Raises EnvelopeError, as `read_envelope`."""
    texts: dict[Any, str | None] = {child.tag: child.text for child in root}
    descriptor = root.find(_DESCRIPTOR)
    if descriptor is not None:
        for part in descriptor.iter(*_DESCRIBED):
            texts.setdefault(part.tag, part.text)

    def text(name: str) -> str | None:
        value = texts.get(f"{{{EDXL}}}{name}")
        return None if value is None else value.strip()

    named = {name: text(name) for name in ENVELOPE_TEXTS} | {_ADDRESS: text("explicitAddressValue")}
    return _envelope(named, text("language"), text("explicitAddressScheme"))


def _envelope(texts: Mapping[str, object], language: object, scheme: object) -> Envelope:
    absent = tuple(name for name, value in texts.items() if value is None or value == "")
    if absent:
        raise EnvelopeError("enveloppe incomplète", absent)
    dates: dict[str, datetime] = {}
    unreadable = [name for name, value in texts.items() if not isinstance(value, str)]
    for name in ENVELOPE_TEXTS:
        if name in ENVELOPE_DATES and name not in unreadable:
            try:
                dates[name] = read_date(str(texts[name]))
            except ValueError:
                unreadable.append(name)
    if unreadable:
        raise EnvelopeError("enveloppe illisible", tuple(unreadable))
    return Envelope(
        distribution_id=str(texts["distributionID"]),
        sender=str(texts["senderID"]),
        recipient=str(texts[_ADDRESS]),
        sent_at=dates["dateTimeSent"],
        expires_at=dates["dateTimeExpires"],
        status=str(texts["distributionStatus"]),
        kind=str(texts["distributionKind"]),
        language=str(language or "fr-FR"),
        scheme=str(scheme or "hubex"),
    )


def read_parties(tree: dict[str, Any]) -> tuple[Party, tuple[Party, ...]]:
    """Sender and recipients of the RC-DE header; URIs are kept as given, their prefixes mean nothing."""
    message = first_message(tree, Form.ENVELOPE)
    try:
        if not isinstance(message, dict):
            raise EnvelopeError("aucun message")
        sender = message["sender"]
        parties = [Party(str(party["name"]), str(party["URI"])) for party in (sender, *message["recipient"])]
    except (KeyError, TypeError) as error:
        raise EnvelopeError("en-tête incomplet") from error
    return parties[0], tuple(parties[1:])


def extracted_identifier(raw: bytes) -> str | None:
    """The distributionID of a body that could not be read, as the hub seeks it; None when there is none."""
    match = _IDENTIFIER.search(raw)
    return match[1].decode("ascii", "replace") if match else None
