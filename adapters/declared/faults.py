"""What an answer that is not a yes means: the neighbour's own document first, then what was agreed on its statuses, then HTTP.

It refuses to repeat a text of the neighbour that does not look like a code or the name of a field.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from adapters.wire.http import BEFORE_WORK, LONGEST_WAIT
from outbox.errors import DeliveryError, PermanentDeliveryError, TransientDeliveryError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from adapters.declared.agreement import Agreement
    from adapters.wire.exchange import Reply

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")
_FIELD = re.compile(r"/?[A-Za-z@][\w@/.\[\]-]{0,79}")
REFUSED = "Le voisin refuse le message."
LATER = "Le voisin demande de recommencer plus tard."


def said_no(name: str, heard: Mapping[str, Any], answer: Reply, now: datetime) -> DeliveryError:
    """The neighbour's own word: `later`, else `refused`."""
    answer_code = str(heard.get("code") or "")
    known = _CODE.fullmatch(answer_code) is not None
    field = str(heard.get("field") or "")
    detail = field if _FIELD.fullmatch(field) else ""
    if heard.get("outcome") == "later":
        code = f"{name}.{answer_code.lower() if known else 'plus_tard'}"
        asked = heard.get("retry_after")
        wait = answer.wait(now) if asked is None else min(float(asked), LONGEST_WAIT)
        return TransientDeliveryError(code, LATER, detail, retry_after=wait, sent=answer.sent, answered=answer.answered)
    code = f"{name}.{answer_code.lower() if known else 'refus'}"
    return PermanentDeliveryError(code, REFUSED, detail, sent=answer.sent, answered=answer.answered)


def by_status(name: str, agreement: Agreement, answer: Reply, now: datetime) -> DeliveryError:
    """What the status means, as agreed, else as HTTP says."""
    code = f"{name}.http_{answer.status}"
    if answer.status in agreement.transient:
        return TransientDeliveryError(
            code,
            LATER,
            retry_after=answer.wait(now),
            sent=answer.sent,
            answered=answer.answered,
            uncertain=answer.status >= 500 and answer.status not in BEFORE_WORK,  # noqa: PLR2004 - HTTP's own number
        )
    if answer.status in agreement.permanent:
        return PermanentDeliveryError(code, REFUSED, sent=answer.sent, answered=answer.answered)
    return answer.refusal(name, now)


def soap_fault(name: str, code: str, answer: Reply, now: datetime) -> DeliveryError:
    """SOAP 1.1 section 4.4.1: `Server` may succeed later, `Client` must not be sent again without change."""
    if code == "Server":
        return TransientDeliveryError(
            f"{name}.soap_server",
            "Le voisin est en difficulté.",
            retry_after=answer.wait(now),
            sent=answer.sent,
            answered=answer.answered,
            uncertain=True,
        )
    return PermanentDeliveryError(f"{name}.soap_client", REFUSED, sent=answer.sent, answered=answer.answered)


def unreadable(name: str, answer: Reply, place: str = "") -> DeliveryError:
    """A success that is not the contract's: nothing tells that the message landed, so it is sent again under the same key."""
    return TransientDeliveryError(
        f"{name}.illisible",
        "La réponse n’est pas celle du contrat : un intermédiaire a pu répondre à la place du voisin.",
        place,
        sent=answer.sent,
        answered=answer.answered,
        uncertain=True,
    )


def unheard(name: str, answer: Reply, path: str, reason: str) -> DeliveryError:
    """The neighbour answered by its contract, and our own mapping cannot read it: a person mends the file."""
    return PermanentDeliveryError(
        f"{name}.reponse",
        "Le voisin a répondu, mais la correspondance ne sait pas lire sa réponse.",
        f"{path} : {reason}",
        sent=answer.sent,
        answered=answer.answered,
        uncertain=True,
    )


def outside_contract(name: str, place: str, reason: str) -> DeliveryError:
    """What the mapping made is not of the neighbour's contract: it stays here, for a person to mend the mapping."""
    title = "Le message produit n’est pas conforme au contrat du voisin : il n’est pas parti."
    return PermanentDeliveryError(f"{name}.contrat", title, f"{place} : {reason}")


def unknown_topic(name: str, topic: str) -> DeliveryError:
    """Nothing was agreed on this topic."""
    return PermanentDeliveryError(f"{name}.sujet", "Rien n’est convenu avec ce voisin pour ce sujet.", topic)


def unmapped(name: str, path: str, reason: str) -> DeliveryError:
    """The mapping could not be applied to this document."""
    title = "La correspondance ne s’applique pas au message."
    return PermanentDeliveryError(f"{name}.mapping", title, f"{path} : {reason}")


def no_address(name: str, place: str) -> DeliveryError:
    """The address needs an identifier that the document does not have."""
    title = "L’adresse du voisin demande un identifiant que le document n’a pas."
    return PermanentDeliveryError(f"{name}.adresse", title, place)
