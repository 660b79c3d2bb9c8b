"""What answers a message: the functional acknowledgement (RC-REF) and the error (RS-ERROR) with its refused RC-REF.

It builds documents and decides nothing: when to answer, and with what, belongs to those who stored the message first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from adapters.lrm.hubsante.faults import EMITTED, Code, HubError
from adapters.lrm.hubsante.wire.envelope import ACK, ERROR, Envelope, EnvelopeError, Party, write_envelope, write_header

if TYPE_CHECKING:
    from collections.abc import Mapping

LIFE = timedelta(days=1)
_STEPS_SINCE = 3


class Step(Enum):
    """How far a message went at the receiver; several acknowledgements may follow one another (model 3)."""

    RECEIVED = "RECU"
    IN_ERROR = "ERREUR"
    INTEGRATED = "INTEGRE"
    READ = "CONSULTE"
    DELETED = "SUPPRIME"


@dataclass(frozen=True, slots=True)
class Answerer:
    """Who answers: our client id on this link, our names in the header, the model of the vhost."""

    client_id: str
    party: Party
    version: int


@dataclass(frozen=True, slots=True)
class Reference:
    """An RC-REF as received."""

    about: str
    refused: bool
    error_id: str | None
    step: Step | None


def acknowledge(  # noqa: PLR0913 - one document, named field by field
    received: Envelope,
    to: Party,
    answerer: Answerer,
    distribution_id: str,
    now: datetime,
    *,
    step: Step | None = None,
    error_id: str | None = None,
) -> dict[str, Any]:
    """The RC-REF of a message; refused when `error_id` names the RS-ERROR that says why. `step` exists from model 3."""
    if not received.calls_for_ack:
        raise EnvelopeError("ni un accusé ni une erreur ne s’acquitte")
    envelope = _answer(received, answerer, distribution_id, now, ACK)
    reference: dict[str, Any] = {"distributionID": received.distribution_id}
    if error_id is not None:
        reference |= {"refused": True, "errorDistributionID": error_id}
        step = step or Step.IN_ERROR
    if step is not None and answerer.version >= _STEPS_SINCE:
        reference["step"] = step.value
    return write_envelope(envelope, {**write_header(envelope, answerer.party, to), "reference": reference})


def refuse(  # noqa: PLR0913 - one document, named field by field
    received: Envelope, answerer: Answerer, distribution_id: str, now: datetime, code: Code, cause: str
) -> dict[str, Any]:
    """The RS-ERROR for a message, without header; `acknowledge(error_id=…)` must follow. Codes 700 to 704 only."""
    if code not in EMITTED:
        raise ValueError(f"{code.value} est un code du hub, jamais d’un client")
    if not received.calls_for_ack:
        raise EnvelopeError("ni un accusé ni une erreur ne se refuse")
    return error_document(
        _answer(received, answerer, distribution_id, now, ERROR), code, cause, received.distribution_id
    )


def error_document(
    envelope: Envelope, code: Code, cause: str, about: str, source: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """An RS-ERROR in the given envelope: ours, or the hub's in a simulator, which quotes the whole message as `source`."""
    error: dict[str, Any] = {
        "errorCode": {"statusCode": code.value, "statusString": code.name},
        "errorCause": cause,
        "referencedDistributionID": about,
    }
    if source:
        error["sourceMessage"] = source
    return write_envelope(envelope, {"error": error})


def read_reference(body: dict[str, Any]) -> Reference:
    """The content of `reference`; a step we do not know counts as none."""
    step = body.get("step")
    known = {each.value: each for each in Step}
    return Reference(
        body["distributionID"], body.get("refused") is True, body.get("errorDistributionID"), known.get(str(step))
    )


def read_error(body: dict[str, Any]) -> HubError:
    """The content of `error`."""
    code = body["errorCode"]
    return HubError(
        int(code["statusCode"]), str(code["statusString"]), body["errorCause"], body["referencedDistributionID"]
    )


def _answer(received: Envelope, answerer: Answerer, distribution_id: str, now: datetime, kind: str) -> Envelope:
    return Envelope(
        distribution_id=distribution_id,
        sender=answerer.client_id,
        recipient=received.sender,
        sent_at=now,
        expires_at=now + LIFE,
        status=received.status,
        kind=kind,
    )
