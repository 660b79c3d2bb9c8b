"""What a delivery's end means for its message: pure functions from a receipt or an error to a `Settlement`.

They refuse to guess: an exception that is not a `DeliveryError` is unknown, unknown is permanent, and its text, which may
hold anything, is not kept: only the name of its class.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from outbox.errors import DeliveryError, PermanentDeliveryError, RefusedError, TransientDeliveryError, UnreachableError
from outbox.message import Cause, MessageStatus, Outcome, Settlement
from outbox.retry import PARK, Policy, next_attempt

if TYPE_CHECKING:
    from datetime import datetime

    from outbox.message import ClaimedMessage, Receipt

AFTERMATH_FAILED: Final = Cause(
    "outbox.aftermath_failed",
    "Envoyé, mais la suite n'a pas pu être enregistrée ; à rejouer après correction",
)
LEASE_LOST: Final = Cause("outbox.lease_lost", "Le processus d'envoi s'est arrêté pendant l'envoi")
EXPIRED: Final = Cause("outbox.expired", "Délai dépassé : le message n'a pas été envoyé")
EXPIRED_UNCERTAIN: Final = Cause(
    "outbox.expired_uncertain",
    "Délai dépassé : le message a été envoyé, sans réponse lisible ; il n'est plus redemandé",
)
EVIDENCE: Final = 64 * 1024
"""Bytes kept of one answer."""
DEATHS: Final = 20
"""A message that was being sent each time its process died is parked after so many attempts: it may be the killer."""


def delivered(claimed: ClaimedMessage, receipt: Receipt, started: datetime, now: datetime) -> Settlement:
    """The destination took it."""
    return Settlement(
        claimed,
        MessageStatus.DELIVERED,
        Outcome.DELIVERED,
        now,
        started,
        receipt=receipt,
        sent=receipt.sent,
        answered=_evidence(receipt.answered),
    )


def failed(  # noqa: PLR0913 - every fact of one failure
    claimed: ClaimedMessage, error: Exception, started: datetime, now: datetime, *, policy: Policy, jitter: float
) -> Settlement:
    """No receipt: pending again, parked or uncertain with its cause, or discarded by a rule laid down beforehand."""
    known = error if isinstance(error, DeliveryError) else unknown(error)
    outcome = _outcome(known)
    attempts = claimed.unreachable + 1 if outcome is Outcome.UNREACHABLE else claimed.attempt
    at = next_attempt(policy.schedule, attempts, known, now, jitter)
    over = MessageStatus.UNCERTAIN if known.uncertain or claimed.uncertain_since else MessageStatus.PARKED
    status = over if at is PARK else MessageStatus.PENDING
    return Settlement(
        claimed,
        MessageStatus.DISCARDED if isinstance(known, RefusedError) else status,
        outcome,
        now,
        started,
        next_at=None if at is PARK else at,
        cause=known.cause,
        sent=known.sent,
        answered=_evidence(known.answered),
        uncertain=known.uncertain,
    )


def timed_out(seconds: float) -> TransientDeliveryError:
    """The destination said nothing for too long."""
    return TransientDeliveryError(
        "outbox.timeout", "Le destinataire n'a pas répondu dans le délai", f"{seconds:g} secondes", uncertain=True
    )


def expired(claimed: ClaimedMessage, now: datetime) -> Settlement:
    """It waited past its `expires_at` and is never sent; uncertain where an earlier try had left without a readable answer."""
    if claimed.uncertain_since:
        return Settlement(claimed, MessageStatus.UNCERTAIN, Outcome.EXPIRED, now, cause=EXPIRED_UNCERTAIN)
    return Settlement(claimed, MessageStatus.EXPIRED, Outcome.EXPIRED, now, cause=EXPIRED)


def lease_lost(claimed: ClaimedMessage, now: datetime) -> Settlement:
    """Its process died, perhaps after the bytes had left: pending again at once, unless it has seen too many of them die."""
    status = MessageStatus.PENDING if claimed.attempt < DEATHS else MessageStatus.UNCERTAIN
    return Settlement(claimed, status, Outcome.LEASE_LOST, now, next_at=now, cause=LEASE_LOST, uncertain=True)


def begun_too_late(claimed: ClaimedMessage, now: datetime) -> Settlement:
    """Its lease was over before anything of it was sent: pending again at once."""
    return Settlement(claimed, MessageStatus.PENDING, Outcome.LEASE_LOST, now, next_at=now, cause=LEASE_LOST)


def discarded(claimed: ClaimedMessage, now: datetime, reason: str) -> Settlement:
    """A person gave it up."""
    cause = Cause("outbox.discarded", "Abandonné par un opérateur", reason)
    return Settlement(claimed, MessageStatus.DISCARDED, Outcome.DISCARDED, now, cause=cause)


def late(refused: Settlement) -> Settlement:
    """Evidence of a delivery that ended after its lease was lost."""
    return replace(refused, outcome=Outcome.LATE)


def not_repeatable() -> PermanentDeliveryError:
    """A person asked for the bytes of the last attempt, and this destination only maps anew."""
    return PermanentDeliveryError(
        "outbox.not_repeatable",
        "Cette destination ne sait pas renvoyer à l'identique ; rejouer avec la correspondance du jour",
    )


def unreadable() -> PermanentDeliveryError:
    """Its body could not be read here: nothing of it leaves, and a replay once the key is back sends it."""
    return PermanentDeliveryError(
        "outbox.illisible",
        "Contenu illisible : aucune clé de store.seal_keys ne l'ouvre. Remettre la clé, puis rejouer",
    )


def unknown(error: Exception) -> PermanentDeliveryError:
    """What nobody declared: permanent, named by its class alone; nobody knows whether anything had left."""
    title = "Erreur imprévue pendant l'envoi"
    return PermanentDeliveryError("outbox.unknown_error", title, type(error).__name__, uncertain=True)


def _evidence(answered: bytes) -> bytes:
    """What is kept of an answer: the whole, or its beginning with its length. What was sent is kept whole, to be sent again as it was."""
    if len(answered) <= EVIDENCE:
        return answered
    return answered[:EVIDENCE] + f"\n[coupé : {len(answered)} octets reçus]".encode()


def _outcome(error: DeliveryError) -> Outcome:
    match error:
        case DeliveryError(uncertain=True):
            return Outcome.UNCERTAIN
        case UnreachableError():
            return Outcome.UNREACHABLE
        case TransientDeliveryError():
            return Outcome.TRANSIENT
        case _:
            return Outcome.PERMANENT
