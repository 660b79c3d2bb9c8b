"""What a DemandeFault means, and what is done next. Every code of the contract has its line; a test reads the XSD and walks them all."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree

from outbox.errors import DeliveryError, PermanentDeliveryError, TransientDeliveryError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.wire.soap.client import FaultAnswerError


class FaultReason(StrEnum):
    """The codes of the contract: type CodeFaute."""

    SCHEMA = "SCHEMA"
    NOT_AUTHENTICATED = "NON_AUTHENTIFIE"
    STALE_TOKEN = "JETON_PERIME"  # noqa: S105 - a code of the contract
    MODE = "MODE"
    CONFLICT = "CONFLIT"
    OTHER_CRRA = "AUTRE_CRRA"
    UNKNOWN_REQUEST = "DEMANDE_INCONNUE"
    NOT_CANCELLABLE = "NON_ANNULABLE"
    UNAVAILABLE = "INDISPONIBLE"
    INTERNAL = "ERREUR_INTERNE"

    @property
    def retryable(self) -> bool:
        """Whether the same request may pass later: the token is made anew at each attempt, the software may come back."""
        return self in {FaultReason.STALE_TOKEN, FaultReason.UNAVAILABLE, FaultReason.INTERNAL}


TITLES: dict[FaultReason, str] = {
    FaultReason.SCHEMA: "Le logiciel du CRRA juge la demande non conforme au contrat.",
    FaultReason.NOT_AUTHENTICATED: "Le logiciel du CRRA ne nous reconnaît pas : vérifier l’identifiant et le mot de passe.",
    FaultReason.STALE_TOKEN: "Le logiciel du CRRA juge notre jeton périmé ou déjà vu : vérifier les deux horloges.",
    FaultReason.MODE: "Le CRRA refuse ce mode : exercice et réel ne se mélangent jamais.",
    FaultReason.CONFLICT: "Le CRRA a déjà reçu un autre contenu sous cet identifiant de demande.",
    FaultReason.OTHER_CRRA: "La demande est adressée à un autre CRRA : vérifier le routage.",
    FaultReason.UNKNOWN_REQUEST: "Le CRRA ne connaît pas cette demande.",
    FaultReason.NOT_CANCELLABLE: "La demande ne peut plus être annulée : appeler le CRRA.",
    FaultReason.UNAVAILABLE: "Le logiciel du CRRA est momentanément indisponible.",
    FaultReason.INTERNAL: "Le logiciel du CRRA est en difficulté.",
}
"""The French sentence a person reads."""


@cache
def _element_names() -> frozenset[str]:
    xsd = Path(__file__).parent / "contract" / "intervention-v1.xsd"
    return frozenset(element.get("name", "") for element in etree.parse(xsd).iter("{*}*"))


def _told(detail: Mapping[str, Any]) -> str:
    """Fields and correlation, as far as they can only be that: a careless editor may answer with the patient's name."""
    fields = [path for path in detail.get("champ", []) if set(path.split(".")) <= _element_names()]
    correlation = detail.get("correlation", "")
    return ", ".join([*fields, f"correlation {correlation}"] if re.fullmatch(r"[\w:.-]{1,80}", correlation) else fields)


def refused_by_lrm(fault: FaultAnswerError) -> DeliveryError:
    """The error of a soap:Fault. One without a detail of the contract is judged by SOAP's own code: Server may pass later."""
    code = fault.detail.get("code")
    if code not in set(FaultReason):
        if fault.code == "Server":
            return TransientDeliveryError(
                "lrm.serveur",
                "Le logiciel du CRRA est en difficulté.",
                retry_after=fault.retry_after,
                sent=fault.sent,
                answered=fault.answered,
                uncertain=True,
            )
        return PermanentDeliveryError(
            "lrm.faute", "Le logiciel du CRRA refuse le message.", sent=fault.sent, answered=fault.answered
        )
    reason = FaultReason(code)
    name = f"lrm.{reason.value.lower()}"
    detail = _told(fault.detail)
    if reason.retryable:
        return TransientDeliveryError(
            name,
            TITLES[reason],
            detail,
            retry_after=fault.retry_after,
            sent=fault.sent,
            answered=fault.answered,
            # It broke at work: how far it had come, it does not say.
            uncertain=reason is FaultReason.INTERNAL,
        )
    return PermanentDeliveryError(name, TITLES[reason], detail, sent=fault.sent, answered=fault.answered)


def unknown_topic(topic: str) -> DeliveryError:
    """No mapping says how to tell a CRRA about this."""
    return PermanentDeliveryError("lrm.sujet", "Aucun mapping du CRRA pour ce sujet.", topic)


def unmapped(path: str, reason: str) -> DeliveryError:
    """The mapping could not be applied to this document."""
    return PermanentDeliveryError(
        "lrm.mapping", "Le mapping du CRRA ne s’applique pas au message.", f"{path}: {reason}"
    )


def other_answer(field: str, sent: bytes, answered: bytes) -> DeliveryError:
    """The answer is of the contract but speaks of another request or another mode: believed by nobody."""
    return PermanentDeliveryError(
        "lrm.accuse",
        "Le logiciel du CRRA répond pour une autre demande.",
        field,
        sent=sent,
        answered=answered,
        uncertain=True,
    )
