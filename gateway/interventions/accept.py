"""The one way in of an intervention request, whatever its door: durable first, then answered at once. Nobody waits for a CRRA.

In one transaction: the message as it came, the request as it now is, the message for the CRRA, and the answer, which a replay gets again.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from domain.errors import ConflictError, StaleError, UnknownError
from domain.intervention.reading import read
from domain.intervention.reference import ALPHABET, BODY, reference
from domain.intervention.remarks import remark
from domain.intervention.request import CALL_15, CANCEL_CALL_15
from domain.intervention.status import InterventionStatus
from gateway.ids import new_id
from gateway.interventions.messages import Answer, Message, again, answer_of, known, message_of
from gateway.interventions.routes import CANCEL, REQUEST, PickedRoute, lane_of, pick, queue
from gateway.interventions.tell import tell
from gateway.register.interventions.requests import Intervention, NewMessage, Word
from outbox.sql import free_lane, withdraw_lane

if TYPE_CHECKING:
    from datetime import datetime

    from domain.intervention.reading import Reading
    from domain.intervention.request import Cancellation, InterventionRequest
    from domain.remark import Remark
    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.register import Register
    from gateway.security.keys import Principal

__all__ = ["Answer", "cancel", "submit"]

log = logging.getLogger("gateway.interventions")


@dataclass(frozen=True, slots=True)
class _Turn:
    """One message being accepted."""

    register: Register
    deployment: DeploymentRules
    sender: Principal
    now: datetime
    message: Message


def submit(  # noqa: PLR0913 - a request, whose, when, and what it supposes
    register: Register,
    deployment: DeploymentRules,
    request: InterventionRequest,
    sender: Principal,
    now: datetime,
    *,
    if_match: int | None = None,
) -> Answer:
    """Accept a request, or a new version of one. Raises a RuleError, StaleError among them when `if_match` is not its version."""
    refuse_other_mode(request.mode, sender, CALL_15)
    turn = _Turn(register, deployment, sender, now, message_of(request, CALL_15))
    intervention, stored = known(register, sender.name, turn.message)
    if stored is not None:
        return again(stored, turn.message)
    refuse_stale(intervention, if_match, CALL_15)
    if intervention is not None and intervention.status.is_final:
        raise closed(intervention, CALL_15)
    reading = read(request, sender.mode, now, sender.name)
    if reading.incident:
        log.warning("intervention.trial_ins sender=%s", sender.name)
    picked = pick(register, deployment, reading, request.crra, sender, now)
    return _update(turn, intervention, reading, picked) if intervention else _create(turn, reading, picked)


def cancel(  # noqa: PLR0913 - a cancellation, whose, when, and what it supposes
    register: Register,
    deployment: DeploymentRules,
    cancellation: Cancellation,
    sender: Principal,
    now: datetime,
    *,
    if_match: int | None = None,
) -> Answer:
    """The sender takes a request back. What never left is not sent; else the CRRA is asked, and answers by a status."""
    refuse_other_mode(cancellation.mode, sender, CANCEL_CALL_15)
    turn = _Turn(register, deployment, sender, now, message_of(cancellation, CANCEL_CALL_15))
    intervention, stored = known(register, sender.name, turn.message)
    if stored is not None:
        return again(stored, turn.message)
    if intervention is None:
        sentence = f"Cette demande n’est pas connue. {CANCEL_CALL_15}"
        raise UnknownError("DEMANDE_INCONNUE", "request_id", sentence)
    refuse_stale(intervention, if_match, CANCEL_CALL_15)
    if intervention.status is InterventionStatus.ANNULEE:
        return replace(answer_of(intervention, ()), duplicate=True)
    if intervention.status.is_final:
        raise closed(intervention, CANCEL_CALL_15)
    reason = " ".join((cancellation.reason or "").split())[:255] or None
    source = f"platform:{sender.name}"
    word = Word(source, InterventionStatus.ANNULEE, reason, moved=False, happened_at=now, received_at=now)
    if _withdrawn(turn, intervention, "annulée par son émetteur"):
        intervention = replace(intervention, status=InterventionStatus.ANNULEE, since=now, reason=reason)
        word = replace(word, moved=True)
    else:
        intervention = replace(intervention, expires_at=now + deployment.interventions.expiry)
        queue(register, deployment, intervention, CANCEL, _cancellation(intervention, reason, now), now)
    register.interventions.hear(intervention, word)
    register.interventions.change(intervention)
    return _kept(turn, intervention, "cancel", ())


def _cancellation(intervention: Intervention, reason: str | None, now: datetime) -> dict[str, Any]:
    return {
        "mode": intervention.mode,
        "request_id": intervention.reference,
        "cancelled_at": now.isoformat(),
        "reason": reason,
    }


def _create(turn: _Turn, reading: Reading, picked: PickedRoute) -> Answer:
    now = turn.now
    name = _new_reference(turn.register)
    intervention = Intervention(
        id=new_id(now),
        sender=turn.sender.name,
        request_id=turn.message.request_id,
        reference=name,
        mode=turn.sender.mode.value,
        status=InterventionStatus.TRANSMISE,
        since=now,
        version=1,
        destination=picked.route.destination,
        second=picked.route.second,
        crra=picked.route.label,
        document=_document(reading, name, 1, picked),
        received_at=now,
        sent_at=now,
        expires_at=now + picked.expiry,
        ins_digest=_digest(reading.ins_key),
        person_digest=_digest(reading.person_key),
    )
    turn.register.interventions.add(intervention)
    return _sent(turn, intervention, reading, (*reading.remarks, *picked.remarks))


def _update(turn: _Turn, intervention: Intervention, reading: Reading, picked: PickedRoute) -> Answer:
    """A new version, by the route of the first where that may have been told, else by the route that now fits."""
    version = intervention.version + 1
    if _withdrawn(turn, intervention, f"remplacée par la version {version}"):
        route = picked.route
        intervention = replace(intervention, destination=route.destination, second=route.second, crra=route.label)
    if intervention.status in {InterventionStatus.ERREUR, InterventionStatus.INCERTAINE}:
        intervention = replace(intervention, status=InterventionStatus.TRANSMISE, since=turn.now, reason=None)
    intervention = replace(
        intervention,
        version=version,
        document=_document(reading, intervention.reference, version, picked),
        sent_at=turn.now,
        expires_at=turn.now + picked.expiry,
        alarmed_at=None,
        ins_digest=_digest(reading.ins_key),
        person_digest=_digest(reading.person_key),
    )
    turn.register.interventions.change(intervention)
    remarks = (*reading.remarks, *picked.remarks, remark("MISE_A_JOUR", "request_id"))
    return _sent(turn, intervention, reading, remarks)


def _withdrawn(turn: _Turn, intervention: Intervention, reason: str) -> bool:
    """Whether nothing of this request ever left; then nothing will. Else what is parked makes way for what comes now."""
    connection, lane = turn.register.connection, lane_of(intervention)
    by, now = turn.sender.name, turn.now
    if withdraw_lane(connection, intervention.destination, lane, intervention.id, by=by, reason=reason, now=now):
        return True
    free_lane(connection, intervention.destination, lane, by=by, reason=reason, now=now)
    return False


def _sent(turn: _Turn, intervention: Intervention, reading: Reading, remarks: tuple[Remark, ...]) -> Answer:
    """Queue a version, keep its files and its message, and answer."""
    interventions = turn.register.interventions
    interventions.keep_documents(intervention, reading.documents)
    source = f"platform:{intervention.sender}"
    interventions.hear(
        intervention, Word(source, intervention.status, None, moved=True, happened_at=turn.now, received_at=turn.now)
    )
    queue(turn.register, turn.deployment, intervention, REQUEST, intervention.document, turn.now)
    return _kept(turn, intervention, "new" if intervention.version == 1 else "update", remarks)


def _kept(turn: _Turn, intervention: Intervention, kind: str, remarks: tuple[Remark, ...]) -> Answer:
    """Keep a message with its answer, tell those who follow, and give the answer."""
    answer = answer_of(intervention, remarks)
    message = turn.message
    kept = NewMessage(message.key(intervention.version), kind, message.content, message.digest, orjson.dumps(answer))
    turn.register.interventions.keep_message(intervention, kept, turn.now)
    tell(turn.register, turn.deployment, intervention, turn.now, answered=True)
    return replace(answer, created=kind == "new")


def _document(reading: Reading, name: str, version: int, picked: PickedRoute) -> dict[str, Any]:
    return {**reading.document, "request_id": name, "version": version, "crra": picked.route.crra}


def _new_reference(register: Register) -> str:
    """One that no other request has."""
    while True:
        drawn = reference([secrets.randbelow(len(ALPHABET)) for _ in range(BODY)])
        if not register.interventions.is_taken(drawn):
            return drawn


def _digest(key: str | None) -> bytes | None:
    return hashlib.sha256(key.encode()).digest() if key else None


def refuse_other_mode(mode: str | None, sender: Principal, sentence: str) -> None:
    """Raise ConflictError when a message says another mode than its sender's key."""
    if mode is not None and mode != sender.mode:
        raise ConflictError("MODE", "mode", f"Exercice et réel ne se mélangent jamais. {sentence}", str(sender.mode))


def refuse_stale(intervention: Intervention | None, if_match: int | None, sentence: str) -> None:
    """Raise StaleError when what the sender has read is not what the request is now."""
    if if_match is not None and (intervention is None or intervention.version != if_match):
        raise StaleError("VERSION", "revision", f"La demande a changé depuis sa lecture. {sentence}")


def closed(intervention: Intervention, sentence: str) -> ConflictError:
    """Nothing follows the end of a request."""
    title = f"{intervention.status.label} : la demande est close. {sentence}"
    return ConflictError("DEMANDE_CLOSE", "request_id", title, "une nouvelle demande")
