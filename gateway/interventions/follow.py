"""What comes back: the word of a CRRA, of its link, or of the clock. Each is appended; what moves the status is told at once.

A word that cannot follow the present one (it came late, or nobody knows it) is kept and moves nothing.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from domain.intervention.request import CALL_15, CANCEL_CALL_15, CANCEL_UNCERTAIN_CALL_15, UNCERTAIN_CALL_15
from domain.intervention.status import InterventionStatus, heard, may_follow, refusal_code
from gateway.interventions.routes import CANCEL, LANE, REQUEST, lane_of
from gateway.interventions.tell import tell
from gateway.operations.alarms import UNANSWERED, end, sound
from gateway.register.interventions.requests import Word
from outbox.message import MessageStatus, Outcome
from outbox.sql import free_lane

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.register import Register
    from gateway.register.interventions.requests import Intervention
    from outbox.message import Envelope, Settlement

log = logging.getLogger("gateway.interventions")

FOLLOWED = timedelta(hours=48)
"""After this nobody asks for a request any more."""
NOT_KNOWN_THERE = "demande_inconnue"
NOT_SENT_IN_TIME = "Délai dépassé : la demande n’a pas été envoyée."
UPDATE_LOST = "La mise à jour n’est pas transmise, appelez le 15."
UPDATE_UNCERTAIN = "La mise à jour est peut-être reçue par le SAMU, appelez le 15."
ASKED_AGAIN = "envoyée, sans réponse lisible ; redemandée sous la même clé"
UNCERTAIN = "Envoyée, sans réponse lisible."
CONFIRMED = "Le logiciel du SAMU tient cette demande."


@dataclass(frozen=True, slots=True)
class LrmAnswer:
    """What a CRRA's software says of a request."""

    etat: str
    """Its word, as `domain.intervention.status.heard` reads it."""
    at: datetime | None = None
    case_id: str | None = None
    reason: str | None = None


def heard_in(facts: Mapping[str, Any]) -> LrmAnswer | None:
    """The word in the facts of a receipt or of a consultation; None when there is none."""
    word, at = facts.get("etat"), facts.get("etat_le")
    if not isinstance(word, str):
        return None
    when = datetime.fromisoformat(at) if isinstance(at, str) else None
    return LrmAnswer(word, when if when and when.tzinfo else None, facts.get("dossier"), facts.get("motif_refus"))


def hear(  # noqa: PLR0913 - of which request, what, when, by whom
    register: Register,
    deployment: DeploymentRules,
    reference: str,
    answer: LrmAnswer,
    now: datetime,
    source: str = "lrm",
) -> bool:
    """Append a CRRA's word, and move the request when it may follow; whether it moved."""
    intervention = register.interventions.by_reference(reference, for_change=True)
    status = heard(answer.etat)
    if intervention is None or status is None:
        log.warning("intervention.word_unknown destination=%s", source)
        return False
    if answer.case_id and answer.case_id != intervention.case_id:
        intervention = replace(intervention, case_id=answer.case_id[:80])
        register.interventions.change(intervention)
    if status is intervention.status:
        return False
    if intervention.status is InterventionStatus.INCERTAINE and intervention.delivered_at is None:
        intervention = _confirmed(register, intervention, now)
    happened = answer.at or now
    reason = answer.reason[:255] if answer.reason else None
    word = Word(
        source, status, reason, moved=may_follow(intervention.status, status), happened_at=happened, received_at=now
    )
    if not word.moved and _said_before(register, intervention, word):
        return False
    register.interventions.hear(intervention, word)
    if word.moved:
        # Its own words are for the operator: a sender learns a reason by its code, which holds nothing clinical.
        intervention = replace(intervention, status=status, since=happened, reason=refusal_code(status, answer.reason))
        register.interventions.change(intervention)
        if status.is_accepted:
            end(register, f"{UNANSWERED}:{intervention.id}", intervention.mode, now)
        tell(register, deployment, intervention, now)
    return word.moved


def _confirmed(register: Register, intervention: Intervention, now: datetime) -> Intervention:
    """The CRRA speaks of a request whose receipt was never read: it has it, and nobody need decide about the message."""
    free_lane(
        register.connection,
        intervention.destination,
        lane_of(intervention),
        by=intervention.destination,
        reason=CONFIRMED,
        now=now,
    )
    intervention = replace(intervention, delivered_at=now)
    register.interventions.change(intervention)
    return intervention


def _said_before(register: Register, intervention: Intervention, word: Word) -> bool:
    """A CRRA that is asked every few seconds repeats itself."""
    earlier = register.interventions.words(intervention.id)
    return any(
        (each.source, each.status, each.happened_at) == (word.source, word.status, word.happened_at) for each in earlier
    )


def settled(register: Register, deployment: DeploymentRules, settlement: Settlement) -> None:
    """What follows when a message of a request was delivered, refused, or too late; in that very transaction."""
    envelope = settlement.claimed.envelope
    if envelope.topic not in {REQUEST, CANCEL}:
        return  # What a platform was told is not told to it again.
    intervention = _request_of(register, envelope)
    if intervention is None:
        return
    if settlement.status is MessageStatus.DELIVERED:
        _delivered(register, deployment, intervention, settlement)
    elif settlement.outcome is Outcome.DISCARDED and intervention.status in {
        InterventionStatus.ERREUR,
        InterventionStatus.INCERTAINE,
    }:
        return  # Its sender was told when it was parked.
    elif envelope.topic == REQUEST:
        _not_sent(register, deployment, intervention, settlement)
    else:
        _not_cancelled(register, deployment, intervention, settlement)


def _delivered(
    register: Register, deployment: DeploymentRules, intervention: Intervention, settlement: Settlement
) -> None:
    receipt, now, destination = settlement.receipt, settlement.at, settlement.claimed.envelope.destination
    if intervention.delivered_at is None:
        intervention = replace(
            intervention, delivered_at=now, case_id=(receipt.reference if receipt else None) or intervention.case_id
        )
        if intervention.status in {InterventionStatus.ERREUR, InterventionStatus.INCERTAINE}:
            intervention = replace(intervention, status=InterventionStatus.TRANSMISE, since=now, reason=None)
        register.interventions.change(intervention)
        # The hub only carries: the SAMU's own word comes later.
        carried = "confiée au Hub Santé" if destination == "hub" else "reçue par le logiciel du SAMU"
        word = Word(destination, intervention.status, carried, moved=True, happened_at=now, received_at=now)
        register.interventions.hear(intervention, word)
        tell(register, deployment, intervention, now)
    answer = heard_in(receipt.facts) if receipt else None
    if answer is not None:
        hear(register, deployment, intervention.reference, answer, now, destination)


def _request_of(register: Register, envelope: Envelope) -> Intervention | None:
    """The request that a message is about, to be changed: by its lane, which says it even where the body cannot be read."""
    return register.interventions.by_id(envelope.lane.removeprefix(LANE), for_change=True)


def asked_again(register: Register, settlement: Settlement) -> None:
    """A message of a request left for the first time without a readable answer: noted for the operator; tries are left."""
    first = settlement.uncertain and settlement.claimed.uncertain_since is None
    envelope, now = settlement.claimed.envelope, settlement.at
    if not first or envelope.topic not in {REQUEST, CANCEL}:
        return
    intervention = _request_of(register, envelope)
    if intervention is not None:
        word = Word(
            envelope.destination, intervention.status, ASKED_AGAIN, moved=False, happened_at=now, received_at=now
        )
        register.interventions.hear(intervention, word)


def _not_sent(
    register: Register, deployment: DeploymentRules, intervention: Intervention, settlement: Settlement
) -> None:
    """No receipt of the request, or of a new version of it: its sender must telephone, and the operator sees it.

    It is told as not sent only where nothing of it left or the neighbour refused it readably; else as uncertain.
    """
    envelope, now = settlement.claimed.envelope, settlement.at
    uncertain = settlement.uncertain_since is not None
    expired = settlement.status is MessageStatus.EXPIRED
    cause = settlement.cause.title if settlement.cause else ""
    reason = f"{UNCERTAIN} {cause}" if uncertain else NOT_SENT_IN_TIME if expired else cause
    status = InterventionStatus.INCERTAINE if uncertain else InterventionStatus.ERREUR
    of_now = not envelope.readable or envelope.body.get("version") == intervention.version
    first = intervention.delivered_at is None and of_now
    lost = first and may_follow(intervention.status, status)
    word = Word(envelope.destination, status, reason[:255], moved=lost, happened_at=now, received_at=now)
    register.interventions.hear(intervention, word)
    log.warning(
        "intervention.%s id=%s destination=%s status=%s",
        "uncertain" if uncertain else "not_sent",
        intervention.id,
        envelope.destination,
        settlement.status.value,
    )
    if lost:
        intervention = replace(intervention, status=status, since=now, reason=reason[:255])
        register.interventions.change(intervention)
    words = (CALL_15, UPDATE_LOST) if not uncertain else (UNCERTAIN_CALL_15, UPDATE_UNCERTAIN)
    tell(register, deployment, intervention, now, reason=words[0] if lost else words[1])


def not_taken(  # noqa: PLR0913 - of which request, why, when, by whom
    register: Register, deployment: DeploymentRules, reference: str, reason: str, now: datetime, source: str
) -> None:
    """What carried the request says later that it was not taken: its sender must telephone."""
    intervention = register.interventions.by_reference(reference, for_change=True)
    if intervention is None:
        return
    lost = may_follow(intervention.status, InterventionStatus.ERREUR)
    word = Word(source, InterventionStatus.ERREUR, reason[:255], moved=lost, happened_at=now, received_at=now)
    register.interventions.hear(intervention, word)
    log.warning("intervention.not_taken id=%s destination=%s", intervention.id, source)
    if lost:
        intervention = replace(intervention, status=InterventionStatus.ERREUR, since=now, reason=reason[:255])
        register.interventions.change(intervention)
    tell(register, deployment, intervention, now, reason=CALL_15 if lost else UPDATE_LOST)


def _not_cancelled(
    register: Register, deployment: DeploymentRules, intervention: Intervention, settlement: Settlement
) -> None:
    """The cancellation did not get through, unless the CRRA never had the request."""
    now, cause, destination = settlement.at, settlement.cause, settlement.claimed.envelope.destination
    unknown = (
        cause is not None
        and cause.code.endswith(NOT_KNOWN_THERE)
        and may_follow(intervention.status, InterventionStatus.ANNULEE)
    )
    reason = cause.title[:255] if cause else None
    word = Word(destination, InterventionStatus.ANNULEE, reason, moved=unknown, happened_at=now, received_at=now)
    register.interventions.hear(intervention, word)
    if unknown:
        intervention = replace(intervention, status=InterventionStatus.ANNULEE, since=now, reason=None)
        register.interventions.change(intervention)
    lost = CANCEL_CALL_15 if settlement.uncertain_since is None else CANCEL_UNCERTAIN_CALL_15
    tell(register, deployment, intervention, now, reason=None if unknown else lost)


def alarm(register: Register, deployment: DeploymentRules, reference: str, now: datetime) -> bool:
    """Say once that nobody answered in time; whether it was so."""
    intervention = register.interventions.by_reference(reference, for_change=True)
    if intervention is None or not is_late(intervention, deployment, now):
        return False
    intervention = replace(intervention, alarmed_at=now)
    register.interventions.change(intervention)
    reason = "sans réponse du SAMU dans le délai"
    register.interventions.hear(
        intervention, Word("passerelle", intervention.status, reason, moved=False, happened_at=now, received_at=now)
    )
    log.warning("intervention.no_answer id=%s destination=%s", intervention.id, intervention.destination)
    facts = {"destination": intervention.destination, "reference": intervention.reference, "crra": intervention.crra}
    sound(register, f"{UNANSWERED}:{intervention.id}", facts, intervention.mode, now)
    tell(register, deployment, intervention, now)
    return True


def is_late(intervention: Intervention, deployment: DeploymentRules, now: datetime) -> bool:
    """Whether the CRRA should have answered by now, and nobody was told yet."""
    waiting = intervention.status in {InterventionStatus.TRANSMISE, InterventionStatus.AFFICHEE}
    return waiting and intervention.alarmed_at is None and now - intervention.sent_at >= deployment.interventions.alarm
