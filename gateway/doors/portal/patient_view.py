"""A patient, as the portal's doors show it: the current record, what names it, what a person should look at, and what is offered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.numbers.sinus_number import UnreadNumber, read_sinus_number
from domain.victim.banner import banner, display_name
from domain.victim.offers import Offer, offers
from domain.victim.snapshot import victim_canon

if TYPE_CHECKING:
    from domain.event import Event
    from domain.numbers.identifier import Identifier
    from domain.rules import Rules
    from domain.victim.victim import Victim


def patient_view(victim: Victim, event: Event, rules: Rules) -> dict[str, Any]:
    """The document of topic `patient.view`, its record on the same level."""
    return {
        **victim_canon(victim, event, rules),
        "revision": victim.revision,
        "display_name": display_name(victim, rules),
        "banner": banner(victim, rules),
        "status_label": victim.status.label,
        "identifiers": [_identifier(identifier) for identifier in victim.identifiers],
        "flags": list(victim.flags),
        "offers": [_offer(offer) for offer in offers(victim)],
    }


def _identifier(identifier: Identifier) -> dict[str, Any]:
    return {
        "kind": identifier.kind,
        "value": identifier.value,
        "source": identifier.source,
        "valid_from": identifier.valid_from.isoformat(),
        "valid_to": identifier.valid_to.isoformat() if identifier.valid_to else None,
        "ended_because": identifier.ended_because,
        "unread": identifier.unread,
        "suggestion": _suggestion(identifier),
    }


def _suggestion(identifier: Identifier) -> str | None:
    """What a mistyped number may have meant, as a bracelet shows it: a person types it, nobody else does."""
    if not identifier.quarantined:
        return None
    unread = read_sinus_number(identifier.value)
    suggested = read_sinus_number(unread.suggestion or "") if isinstance(unread, UnreadNumber) else None
    return None if suggested is None or isinstance(suggested, UnreadNumber) else suggested.display()


def _offer(offer: Offer) -> dict[str, Any]:
    value = offer.value
    text = f"{value.get('name', '')} ({value.get('finess', '')})" if offer.field == "destination" else _text(value)
    return {"field": offer.field, "value": text, "source": offer.source, "happened_at": offer.happened_at.isoformat()}


def _text(value: Any) -> str:  # noqa: ANN401 - a JSON value of the record
    if isinstance(value, dict):
        return ", ".join(str(part) for part in value.values() if part is not None)
    return str(value)
