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
from domain.intervention.status import Status
from gateway.ids import new_id
from gateway.interventions.messages import Answer, Message, again, answer_of, known, message_of
from gateway.interventions.routes import CANCEL, REQUEST, Picked, lane_of, pick, queue
from gateway.interventions.tell import tell
from gateway.register.interventions.requests import Intervention, NewMessage, Word
from outbox.sql import free_lane, withdraw_lane

if TYPE_CHECKING:
    from datetime import datetime

    from domain.intervention.reading import Reading
    from domain.intervention.request import Cancellation, InterventionRequest
    from domain.remark import Remark
    from gateway.flow.deployment_rules import House
    from gateway.register import Register
    from gateway.security.keys import Principal

__all__ = ["Answer", "cancel", "submit"]

log = logging.getLogger("gateway.interventions")


@dataclass(frozen=True, slots=True)
class _Turn:
    """One message being accepted."""

    register: Register
    house: House
    sender: Principal
    now: datetime
    message: Message


def submit(  # noqa: PLR0913 - a request, whose, when, and what it supposes
    register: Register,
    house: House,
    request: InterventionRequest,
    sender: Principal,
    now: datetime,
    *,
    if_match: int | None = None,
) -> Answer:
    """Accept a request, or a new version of one. Raises a RuleError, StaleError among them when `if_match` is not its version."""
    refuse_other_mode(request.mode, sender, CALL_15)
    turn = _Turn(register, house, sender, now, message_of(request, CALL_15))
    one, stored = known(register, sender.name, turn.message)
    if stored is not None:
        return again(stored, turn.message)
    refuse_stale(one, if_match, CALL_15)
    if one is not None and one.status.is_final:
        raise closed(one, CALL_15)
    reading = read(request, sender.mode, now, sender.name)
    if reading.incident:
        log.warning("intervention.trial_ins sender=%s", sender.name)
    picked = pick(register, house, reading, request.crra, sender, now)
    return _update(turn, one, reading, picked) if one else _create(turn, reading, picked)


def cancel(  # noqa: PLR0913 - a cancellation, whose, when, and what it supposes
    register: Register,
    house: House,
    cancellation: Cancellation,
    sender: Principal,
    now: datetime,
    *,
    if_match: int | None = None,
) -> Answer:
    """The sender takes a request back. What never left is not sent; else the CRRA is asked, and answers by a status."""
    refuse_other_mode(cancellation.mode, sender, CANCEL_CALL_15)
    turn = _Turn(register, house, sender, now, message_of(cancellation, CANCEL_CALL_15))
    one, stored = known(register, sender.name, turn.message)
    if stored is not None:
        return again(stored, turn.message)
    if one is None:
        sentence = f"Cette demande n’est pas connue. {CANCEL_CALL_15}"
        raise UnknownError("DEMANDE_INCONNUE", "request_id", sentence)
    refuse_stale(one, if_match, CANCEL_CALL_15)
    if one.status is Status.ANNULEE:
        return replace(answer_of(one, ()), duplicate=True)
    if one.status.is_final:
        raise closed(one, CANCEL_CALL_15)
    reason = " ".join((cancellation.reason or "").split())[:255] or None
    said = Word(f"platform:{sender.name}", Status.ANNULEE, reason, moved=False, happened_at=now, received_at=now)
    if _withdrawn(turn, one, "annulée par son émetteur"):
        one = replace(one, status=Status.ANNULEE, since=now, reason=reason)
        said = replace(said, moved=True)
    else:
        one = replace(one, expires_at=now + house.interventions.expiry)
        body = {"mode": one.mode, "request_id": one.reference, "cancelled_at": now.isoformat(), "reason": reason}
        queue(register, house, one, CANCEL, body, now)
    register.interventions.hear(one, said)
    register.interventions.change(one)
    return _kept(turn, one, "cancel", ())


def _create(turn: _Turn, reading: Reading, picked: Picked) -> Answer:
    now = turn.now
    name = _new_reference(turn.register)
    one = Intervention(
        id=new_id(now),
        sender=turn.sender.name,
        request_id=turn.message.request_id,
        reference=name,
        mode=turn.sender.mode.value,
        status=Status.TRANSMISE,
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
    turn.register.interventions.add(one)
    return _sent(turn, one, reading, (*reading.remarks, *picked.remarks))


def _update(turn: _Turn, one: Intervention, reading: Reading, picked: Picked) -> Answer:
    """A new version, by the route of the first where that may have been told, else by the route that now fits."""
    version = one.version + 1
    if _withdrawn(turn, one, f"remplacée par la version {version}"):
        route = picked.route
        one = replace(one, destination=route.destination, second=route.second, crra=route.label)
    if one.status in {Status.ERREUR, Status.INCERTAINE}:
        one = replace(one, status=Status.TRANSMISE, since=turn.now, reason=None)
    one = replace(
        one,
        version=version,
        document=_document(reading, one.reference, version, picked),
        sent_at=turn.now,
        expires_at=turn.now + picked.expiry,
        alarmed_at=None,
        ins_digest=_digest(reading.ins_key),
        person_digest=_digest(reading.person_key),
    )
    turn.register.interventions.change(one)
    remarks = (*reading.remarks, *picked.remarks, remark("MISE_A_JOUR", "request_id"))
    return _sent(turn, one, reading, remarks)


def _withdrawn(turn: _Turn, one: Intervention, reason: str) -> bool:
    """Whether nothing of this request ever left; then nothing will. Else what is parked makes way for what comes now."""
    connection, lane = turn.register.connection, lane_of(one)
    by, now = turn.sender.name, turn.now
    if withdraw_lane(connection, one.destination, lane, one.id, by=by, reason=reason, now=now):
        return True
    free_lane(connection, one.destination, lane, by=by, reason=reason, now=now)
    return False


def _sent(turn: _Turn, one: Intervention, reading: Reading, remarks: tuple[Remark, ...]) -> Answer:
    """Queue a version, keep its files and its message, and answer."""
    interventions = turn.register.interventions
    interventions.keep_documents(one, reading.documents)
    source = f"platform:{one.sender}"
    interventions.hear(one, Word(source, one.status, None, moved=True, happened_at=turn.now, received_at=turn.now))
    queue(turn.register, turn.house, one, REQUEST, one.document, turn.now)
    return _kept(turn, one, "new" if one.version == 1 else "update", remarks)


def _kept(turn: _Turn, one: Intervention, kind: str, remarks: tuple[Remark, ...]) -> Answer:
    """Keep a message with its answer, tell those who follow, and give the answer."""
    answer = answer_of(one, remarks)
    message = turn.message
    kept = NewMessage(message.key(one.version), kind, message.content, message.said, orjson.dumps(answer))
    turn.register.interventions.keep_message(one, kept, turn.now)
    tell(turn.register, turn.house, one, turn.now, answered=True)
    return replace(answer, created=kind == "new")


def _document(reading: Reading, name: str, version: int, picked: Picked) -> dict[str, Any]:
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


def refuse_stale(one: Intervention | None, if_match: int | None, sentence: str) -> None:
    """Raise StaleError when what the sender has read is not what the request is now."""
    if if_match is not None and (one is None or one.version != if_match):
        raise StaleError("VERSION", "revision", f"La demande a changé depuis sa lecture. {sentence}")


def closed(one: Intervention, sentence: str) -> ConflictError:
    """Nothing follows the end of a request."""
    title = f"{one.status.label} : la demande est close. {sentence}"
    return ConflictError("DEMANDE_CLOSE", "request_id", title, "une nouvelle demande")
