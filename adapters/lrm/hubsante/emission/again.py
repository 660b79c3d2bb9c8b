"""A message said before, read back from its own bytes: to whom it went, of which case, until when.

It refuses what is no message of ours, and what has become too old to be said again: the hub would drop it without a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.lrm.hubsante.codec.into_json import to_json
from adapters.lrm.hubsante.wire.documents import Format, UnreadableError, read_json, read_xml, told_format
from adapters.lrm.hubsante.wire.envelope import EnvelopeError, read_envelope
from adapters.lrm.hubsante.wire.layout import HEADER_FIELDS, CodecError, Form, first_message
from outbox.errors import PermanentDeliveryError

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.lrm.hubsante.judge.judgement import Judge


@dataclass(frozen=True, slots=True)
class SentMessage:
    """What its bytes tell of it."""

    identifier: str
    content_type: str
    recipient: str
    key: str
    case: str | None


def read_again(exact: bytes, judge: Judge | None, now: datetime) -> SentMessage:
    """Who, what and which case; a `PermanentDeliveryError` where it cannot be said again."""
    try:
        tree = _tree(exact, judge)
        edxl, message = read_envelope(tree), first_message(tree, Form.ENVELOPE)
        content: dict[str, Any] = message if isinstance(message, dict) else {}
        key = next(key for key in content if key not in HEADER_FIELDS)
    except (UnreadableError, EnvelopeError, CodecError, StopIteration, AttributeError) as error:
        reason = str(error) if isinstance(error, UnreadableError | EnvelopeError) else ""
        raise PermanentDeliveryError("hub.relecture", "Ce qui était parti ne se relit pas.", reason) from None
    if edxl.expires_at <= now:
        title = "Le message d’alors a dépassé sa date de fin : le rejouer avec la correspondance du jour."
        raise PermanentDeliveryError("hub.perime", title, "dateTimeExpires")
    case = content[key].get("caseId") if isinstance(content[key], dict) else None
    return SentMessage(edxl.distribution_id, told_format(exact).value, edxl.recipient, key, case)


def _tree(exact: bytes, judge: Judge | None) -> dict[str, Any]:
    if told_format(exact) is Format.JSON:
        return dict(read_json(exact))
    if judge is None:
        raise UnreadableError("le modèle officiel de ce message n’est plus là")
    return to_json(read_xml(exact), judge.models).tree
