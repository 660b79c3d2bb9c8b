"""What SINUS's refusals mean for a message: to be tried again, or to be read by a person. One translation, exhaustive.

Titles are ours: the neighbour's own words may quote a value, and never enter an error.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from adapters.sinus.client import NAME, RefusalError, UnreadableAnswerError
from adapters.wire.http import refused
from outbox.errors import PermanentDeliveryError, TransientDeliveryError

if TYPE_CHECKING:
    from outbox.errors import DeliveryError

_FIELD = re.compile(r"[A-Za-z@/]{1,80}")
Foreign = RefusalError | UnreadableAnswerError


class Code(StrEnum):
    """The error codes of the contract (`CodeErreur` of the schema)."""

    XML_ILLISIBLE = "xml_illisible"
    NON_CONFORME = "non_conforme"
    CHAMP_REQUIS = "champ_requis"
    TOTAL_INCOHERENT = "total_incoherent"
    TROP_GROS = "trop_gros"
    CLE_ABSENTE = "cle_absente"
    CLE_REUTILISEE = "cle_reutilisee"
    MODE_DIFFERENT = "mode_different"
    EVENEMENT_INCONNU = "evenement_inconnu"
    EVENEMENT_DEJA_LIE = "evenement_deja_lie"
    NUMERO_DEJA_ATTRIBUE = "numero_deja_attribue"
    INDISPONIBLE = "indisponible"


TITLES = {
    Code.XML_ILLISIBLE: "SINUS ne lit pas notre document : ce n’est pas du XML admis.",
    Code.NON_CONFORME: "Le document ne respecte pas le contrat SINUS.",
    Code.CHAMP_REQUIS: "Un champ que SINUS exige ici est absent.",
    Code.TOTAL_INCOHERENT: "Les totaux du dénombrement ne sont pas la somme des catégories.",
    Code.TROP_GROS: "Le document dépasse la taille admise par le contrat SINUS.",
    Code.CLE_ABSENTE: "La clé d’idempotence n’est pas arrivée jusqu’à SINUS : un intermédiaire l’a peut-être retirée.",
    Code.CLE_REUTILISEE: "SINUS a déjà pris ce message sous une autre forme : comparer avant de renvoyer.",
    Code.MODE_DIFFERENT: "SINUS n’est pas dans le mode du message : exercice et réel ne se mélangent jamais.",
    Code.EVENEMENT_INCONNU: "SINUS ne connaît pas cet événement : vérifier le lien.",
    Code.EVENEMENT_DEJA_LIE: "L’événement est déjà lié à un autre : un événement SINUS n’a qu’un événement du portail.",
    Code.NUMERO_DEJA_ATTRIBUE: "SINUS a déjà une fiche sous ce numéro : dire si c’est la même personne.",
    Code.INDISPONIBLE: "SINUS est momentanément indisponible.",
}


def translate(error: Foreign, sent: bytes = b"") -> DeliveryError:
    """What a foreign error means; `sent` is kept as evidence when it may have left."""
    match error:
        case RefusalError():
            return _refusal(error, sent)
        case UnreadableAnswerError():
            # Every door is idempotent, and a page of a proxy passes as it came: worth asking again.
            return TransientDeliveryError(
                f"{NAME}.reponse_illisible",
                "La réponse n’est pas celle du contrat SINUS.",
                error.code,
                sent=sent,
                answered=error.answered,
                uncertain=True,
            )
        case _:
            assert_never(error)


def _refusal(refusal: RefusalError, sent: bytes) -> DeliveryError:
    if refusal.code not in TITLES:
        return refused(refusal.status, NAME, retry_after=refusal.wait, sent=sent, answered=refusal.answered)
    code = Code(refusal.code)
    field = refusal.field if _FIELD.fullmatch(refusal.field) else ""
    match code:
        case Code.INDISPONIBLE:
            return TransientDeliveryError(
                f"{NAME}.{code}", TITLES[code], field, retry_after=refusal.wait, sent=sent, answered=refusal.answered
            )
        case (
            Code.XML_ILLISIBLE
            | Code.NON_CONFORME
            | Code.CHAMP_REQUIS
            | Code.TOTAL_INCOHERENT
            | Code.TROP_GROS
            | Code.CLE_ABSENTE
            | Code.CLE_REUTILISEE
            | Code.MODE_DIFFERENT
            | Code.EVENEMENT_INCONNU
            | Code.EVENEMENT_DEJA_LIE
            # Time frees no number, unless our own detachment of it is on its way: the outbox knows that, not this adapter.
            | Code.NUMERO_DEJA_ATTRIBUE
        ):
            return PermanentDeliveryError(f"{NAME}.{code}", TITLES[code], field, sent=sent, answered=refusal.answered)
        case _:
            assert_never(code)
