"""What every fault of SI-VIC means for the message: try again, or show it to a person.

It refuses to repeat the words of a fault: they may quote what was sent. Codes and paths are enough, the bytes are in
the attempt log.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, assert_never

from outbox.errors import DeliveryError, PermanentDeliveryError, TransientDeliveryError

if TYPE_CHECKING:
    from adapters.wire.soap.client import Answer, FaultAnswerError


class FaultCode(StrEnum):
    """`CodeFaute` of the contract; a test keeps both lists the same."""

    SCHEMA = "SCHEMA"
    MODE = "MODE"
    CONFLIT = "CONFLIT"
    EVENEMENT_INCONNU = "EVENEMENT_INCONNU"
    EVENEMENT_SIVIC_INCONNU = "EVENEMENT_SIVIC_INCONNU"
    EVENEMENT_DEJA_LIE = "EVENEMENT_DEJA_LIE"
    PERSONNE_INCONNUE = "PERSONNE_INCONNUE"
    PERSONNE_AUTRE_EVENEMENT = "PERSONNE_AUTRE_EVENEMENT"
    NUMERO_PORTE_AILLEURS = "NUMERO_PORTE_AILLEURS"
    SERVICE_INDISPONIBLE = "SERVICE_INDISPONIBLE"


def meaning(code: FaultCode) -> tuple[type[TransientDeliveryError | PermanentDeliveryError], str]:  # noqa: C901, PLR0911 - one line per code
    """Whether the same message may be taken later, and the sentence that a person reads."""
    match code:
        case FaultCode.SCHEMA:
            return PermanentDeliveryError, "SI-VIC juge le message non conforme au contrat."
        case FaultCode.MODE:
            return PermanentDeliveryError, "SI-VIC refuse ce mode : exercice et réel ne se mélangent jamais."
        case FaultCode.CONFLIT:
            return PermanentDeliveryError, "SI-VIC a déjà pris un autre contenu sous l’identifiant de ce message."
        case FaultCode.EVENEMENT_INCONNU:
            # The opening travels in a lane of its own: it may be a second behind.
            return TransientDeliveryError, "SI-VIC ne connaît pas encore cet événement."
        case FaultCode.EVENEMENT_SIVIC_INCONNU:
            return PermanentDeliveryError, "L’événement SI-VIC désigné n’existe pas : vérifier l’identifiant saisi."
        case FaultCode.EVENEMENT_DEJA_LIE:
            return (
                PermanentDeliveryError,
                "L’événement est déjà lié à un autre événement SI-VIC, qui tient ses personnes.",
            )
        case FaultCode.PERSONNE_INCONNUE:
            return PermanentDeliveryError, "SI-VIC ne connaît pas cette personne."
        case FaultCode.PERSONNE_AUTRE_EVENEMENT:
            return PermanentDeliveryError, "SI-VIC tient cette personne dans un autre événement."
        case FaultCode.NUMERO_PORTE_AILLEURS:
            # Time frees no number, unless our own detachment of it is on its way: the outbox knows that, not this adapter.
            return PermanentDeliveryError, "SI-VIC a déjà une fiche sous ce numéro : dire si c’est la même personne."
        case FaultCode.SERVICE_INDISPONIBLE:
            return TransientDeliveryError, "SI-VIC est momentanément indisponible."
    assert_never(code)


def fault_code(fault: FaultAnswerError) -> FaultCode | None:
    """The contract's code of a fault; None where only SOAP spoke."""
    code = fault.detail.get("code")
    return FaultCode(code) if code in set(FaultCode) else None


def delivery_error(fault: FaultAnswerError) -> DeliveryError:
    """A fault of SI-VIC as the outbox understands it."""
    code = fault_code(fault)
    if code is None:
        return _only_soap_spoke(fault)
    kind, title = meaning(code)
    name, detail = f"sivic.{code.lower()}", ", ".join(fault.detail.get("champ", ()))
    if kind is TransientDeliveryError:
        return TransientDeliveryError(
            name, title, detail, retry_after=fault.retry_after, sent=fault.sent, answered=fault.answered
        )
    return kind(name, title, detail, sent=fault.sent, answered=fault.answered)


def _only_soap_spoke(fault: FaultAnswerError) -> DeliveryError:
    """SOAP 1.1 section 4.4.1: `Server` may succeed later, `Client` must not be sent again without change."""
    if fault.code == "Server":
        return TransientDeliveryError(
            "sivic.soap_server",
            "SI-VIC est en difficulté.",
            retry_after=fault.retry_after,
            sent=fault.sent,
            answered=fault.answered,
            uncertain=True,
        )
    return PermanentDeliveryError(
        "sivic.soap_client", "SI-VIC refuse le message.", fault.code[:40], sent=fault.sent, answered=fault.answered
    )


def unknown_topic(topic: str) -> PermanentDeliveryError:
    """SI-VIC is told of events, victims and detached numbers; nothing else."""
    return PermanentDeliveryError("sivic.sujet", "SI-VIC n’attend pas ce sujet.", topic)


def unmapped(path: str, reason: str) -> PermanentDeliveryError:
    """The document cannot be said in the words of the contract."""
    return PermanentDeliveryError(
        "sivic.correspondance", "Le document ne peut pas être traduit pour SI-VIC.", f"{path} : {reason}"
    )


def unheard(path: str, reason: str, answer: Answer) -> PermanentDeliveryError:
    """SI-VIC answered by its contract, and our own mapping cannot read it: a person mends the file, then replays."""
    return PermanentDeliveryError(
        "sivic.reponse",
        "SI-VIC a répondu, mais la correspondance ne sait pas lire sa réponse.",
        f"{path} : {reason}",
        sent=answer.sent,
        answered=answer.answered,
        uncertain=True,
    )


def only_taken(topic: str, answer: Answer) -> dict[str, Any]:
    """What is known where only the status says that SI-VIC took the message. An event needs more: its identifier."""
    if topic == "event":
        raise TransientDeliveryError(
            "sivic.reponse_illisible",
            "SI-VIC a pris le message sans dire l’identifiant de l’événement : il est redemandé.",
            sent=answer.sent,
            answered=answer.answered,
            uncertain=True,
        )
    return {"duplicate": False}
