"""What an OperationOutcome means, and what is done next. Every IssueType of FHIR R4 has its line; a test walks them all.

A text of the neighbour is never repeated: a careless one may name the patient. Its code, and a place that can only be a place, are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from adapters.wire.http import refused
from outbox.errors import DeliveryError, PermanentDeliveryError, TransientDeliveryError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAME = "lrm_fhir"

TRANSIENT: Mapping[str, str] = {
    "transient": "Le logiciel du CRRA est momentanément en difficulté.",
    "lock-error": "Le logiciel du CRRA traite déjà cette demande.",
    "no-store": "Le logiciel du CRRA ne peut pas enregistrer pour l’instant.",
    "exception": "Le logiciel du CRRA est en difficulté.",
    "timeout": "Le logiciel du CRRA n’a pas fini à temps.",
    "incomplete": "Le logiciel du CRRA n’a répondu qu’en partie.",
    "throttled": "Le logiciel du CRRA demande d’attendre.",
}
"""IssueType → the French sentence: the same message may pass later."""

AT_WORK = frozenset({"exception", "timeout", "incomplete"})
"""Of these, those that came while the message was being worked on: nobody knows how far."""

PERMANENT: Mapping[str, str] = {
    "invalid": "Le logiciel du CRRA juge le message non conforme.",
    "structure": "Le logiciel du CRRA ne sait pas lire le message.",
    "required": "Il manque un élément que le logiciel du CRRA exige.",
    "value": "Le logiciel du CRRA refuse une valeur.",
    "invariant": "Le logiciel du CRRA juge que deux éléments se contredisent.",
    "security": "Le logiciel du CRRA refuse notre accès.",
    "login": "Le logiciel du CRRA ne nous reconnaît pas : vérifier le certificat ou le jeton.",
    "unknown": "Le logiciel du CRRA ne connaît pas notre compte.",
    "expired": "Notre accès au logiciel du CRRA est périmé.",
    "forbidden": "Le logiciel du CRRA nous interdit cette opération.",
    "suppressed": "Le logiciel du CRRA retient sa réponse.",
    "processing": "Le logiciel du CRRA n’a pas pu traiter le message.",
    "not-supported": "Le logiciel du CRRA ne connaît pas cette opération.",
    "duplicate": "Le logiciel du CRRA a déjà reçu cette demande sous un autre message.",
    "multiple-matches": "Plusieurs dossiers du CRRA répondent à cette demande.",
    "not-found": "Le logiciel du CRRA ne connaît pas cette demande.",
    "deleted": "Le CRRA a effacé cette demande.",
    "too-long": "Le logiciel du CRRA juge un texte trop long.",
    "code-invalid": "Le logiciel du CRRA ne connaît pas un code.",
    "extension": "Le logiciel du CRRA ne connaît pas une extension.",
    "too-costly": "Le logiciel du CRRA juge le message trop gros.",
    "business-rule": "Le logiciel du CRRA refuse la demande par une règle à lui.",
    "conflict": "Le CRRA a déjà reçu un autre contenu sous cet identifiant.",
    "informational": "Le logiciel du CRRA refuse sans dire pourquoi.",
}
"""IssueType → the French sentence: a person must look."""

OUR_WORDS: Mapping[str, str] = {"not-found": "demande_inconnue"}
"""IssueType → the word by which the house knows it, whatever the wire."""

_PLACE = re.compile(r"[A-Z][A-Za-z]{1,40}(\.[a-zA-Z]{1,40}(\[[0-9]{1,4}\])?){0,12}")


def refused_by_lrm(
    outcome: Mapping[str, Any], status: int, *, retry_after: float | None, sent: bytes, answered: bytes
) -> DeliveryError:
    """The error of an OperationOutcome: its gravest issue decides; one that may pass later only if nothing else is wrong."""
    issues = [issue for issue in _list(outcome.get("issue")) if isinstance(issue, dict)]
    wrong = [issue for issue in issues if issue.get("severity") in {"fatal", "error"}]
    codes = [str(issue.get("code")) for issue in wrong]
    permanent = next((code for code in codes if code in PERMANENT), None)
    transient = next((code for code in codes if code in TRANSIENT), None)
    detail = _told(wrong)
    if permanent is not None:
        name = f"{NAME}.{OUR_WORDS.get(permanent, permanent)}"
        return PermanentDeliveryError(name, PERMANENT[permanent], detail, sent=sent, answered=answered)
    if transient is not None:
        return TransientDeliveryError(
            f"{NAME}.{transient}",
            TRANSIENT[transient],
            detail,
            retry_after=retry_after,
            sent=sent,
            answered=answered,
            uncertain=transient in AT_WORK,
        )
    return refused(status, NAME, detail=detail, retry_after=retry_after, sent=sent, answered=answered)


def refuses(outcome: Mapping[str, Any]) -> bool:
    """Whether an issue of it is an error; one that only informs refuses nothing."""
    issues = [issue for issue in _list(outcome.get("issue")) if isinstance(issue, dict)]
    return any(issue.get("severity") in {"fatal", "error"} for issue in issues)


def _told(issues: Sequence[Mapping[str, Any]]) -> str:
    """The places that are at fault, where they can only be places."""
    places = [place for issue in issues for place in _list(issue.get("expression")) if isinstance(place, str)]
    return ", ".join(place for place in places if _PLACE.fullmatch(place))[:500]


def _list(value: Any) -> list[Any]:  # noqa: ANN401 - JSON as it comes
    return value if isinstance(value, list) else []


def unknown_topic(topic: str) -> DeliveryError:
    """No mapping says how to tell a CRRA about this."""
    return PermanentDeliveryError(f"{NAME}.sujet", "Aucune correspondance du CRRA pour ce sujet.", topic)


def unmapped(path: str, reason: str) -> DeliveryError:
    """The mapping could not be applied to this document."""
    return PermanentDeliveryError(
        f"{NAME}.mapping", "La correspondance du CRRA ne s’applique pas au message.", f"{path}: {reason}"
    )


def other_answer(field: str, sent: bytes, answered: bytes) -> DeliveryError:
    """The answer is FHIR but speaks of something else: believed by nobody."""
    return PermanentDeliveryError(
        f"{NAME}.reponse",
        "Le logiciel du CRRA répond pour une autre demande.",
        field,
        sent=sent,
        answered=answered,
        uncertain=True,
    )


def not_ours() -> DeliveryError:
    """Bytes to be sent again that are no message of ours."""
    return PermanentDeliveryError(f"{NAME}.relecture", "Ce qui était parti ne se relit pas.")


def unreadable(sent: bytes, answered: bytes) -> DeliveryError:
    """A success that is not FHIR, as a captive portal gives: nothing tells that the message landed, so it is sent again."""
    return TransientDeliveryError(
        f"{NAME}.illisible",
        "La réponse du CRRA n’est pas celle du contrat.",
        sent=sent,
        answered=answered,
        uncertain=bool(sent),
    )
