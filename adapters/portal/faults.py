"""What a refusal of the portal means: its own codes first, then what HTTP itself says.

Every code of the contract's `problem` has its line; a test reads the contract and walks them all.
"""

from __future__ import annotations

from enum import StrEnum

from adapters.wire.http import refused
from outbox.errors import DeliveryError, PermanentDeliveryError, TransientDeliveryError


class Refusal(StrEnum):
    """The codes a receiver may answer with."""

    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_INVALID = "signature_invalid"
    TIMESTAMP_STALE = "timestamp_stale"
    BODY_UNREADABLE = "body_unreadable"
    BODY_TOO_LARGE = "body_too_large"
    MEDIA_TYPE = "media_type"
    SCHEMA_INVALID = "schema_invalid"
    MODE_MISMATCH = "mode_mismatch"
    ID_CONFLICT = "id_conflict"


TITLES: dict[Refusal, str] = {
    Refusal.SIGNATURE_MISSING: "Le portail n’a pas vu notre signature : un intermédiaire l’a peut-être retirée.",
    Refusal.SIGNATURE_INVALID: "Le portail refuse notre signature : vérifier le secret partagé.",
    Refusal.TIMESTAMP_STALE: "Le portail juge la notification trop ancienne : vérifier les deux horloges.",
    Refusal.BODY_UNREADABLE: "Le portail n’a pas pu lire la notification.",
    Refusal.BODY_TOO_LARGE: "Le portail juge la notification trop grosse.",
    Refusal.MEDIA_TYPE: "Le portail refuse le format de la notification.",
    Refusal.SCHEMA_INVALID: "Le portail juge la notification non conforme au contrat.",
    Refusal.MODE_MISMATCH: "Le portail refuse ce mode : exercice et réel ne se mélangent jamais.",
    Refusal.ID_CONFLICT: "Le portail a déjà reçu un autre contenu sous cet identifiant.",
}
"""The French sentence a person reads."""


def refused_by_portal(  # noqa: PLR0913 - a status, what was said, and the evidence
    status: int,
    code: object,
    fields: list[str],
    *,
    retry_after: float | None,
    sent: bytes,
    answered: bytes,
) -> DeliveryError:
    """The error of an answer that is not a success. An unknown code is no code: the HTTP status speaks."""
    if not isinstance(code, str) or code not in set(Refusal):
        return refused(status, "portal", retry_after=retry_after, sent=sent, answered=answered)
    refusal = Refusal(code)
    name, title, detail = f"portal.{refusal.value}", TITLES[refusal], ", ".join(fields)
    # Each attempt is signed anew, so a stale one may pass at the next.
    if refusal is Refusal.TIMESTAMP_STALE:
        return TransientDeliveryError(name, title, detail, retry_after=retry_after, sent=sent, answered=answered)
    return PermanentDeliveryError(name, title, detail, sent=sent, answered=answered)


def not_the_portal(sent: bytes, answered: bytes) -> DeliveryError:
    """A success whose body does not acknowledge our notification: something between us and the portal answered."""
    return TransientDeliveryError(
        "portal.accuse",
        "La réponse n’est pas un accusé de réception du portail.",
        "received",
        sent=sent,
        answered=answered,
        uncertain=True,
    )


def outside_contract(paths: list[str]) -> DeliveryError:
    """What the mapping made is not what the contract allows: it stays here, for a person to mend the mapping."""
    return PermanentDeliveryError(
        "portal.contrat", "Le message produit n’est pas conforme au contrat du portail.", ", ".join(paths)
    )


def unknown_topic(topic: str) -> DeliveryError:
    """No mapping says how to tell the portal about this."""
    return PermanentDeliveryError("portal.sujet", "Aucun mapping du portail pour ce sujet.", topic)


def unmapped(path: str, reason: str) -> DeliveryError:
    """The mapping could not be applied to this document."""
    return PermanentDeliveryError(
        "portal.mapping", "Le mapping du portail ne s’applique pas au message.", f"{path}: {reason}"
    )
