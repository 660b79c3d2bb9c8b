"""A patient, as the portal's doors show it: the current record, what names it, what a person should look at, and what is offered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.numbers.sinus_number import UnreadNumber, read_sinus_number
from domain.victim.banner import banner, display_name
from domain.victim.offers import Offer, offers
from domain.victim.snapshot import victim_canon
from gateway.register.victims.numbers import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from domain.event import Event
    from domain.numbers.identifier import Identifier
    from domain.rules import Rules
    from domain.victim.victim import Victim
    from gateway.register import Register


def views(register: Register, event: Event, victims: Iterable[Victim], rules: Rules) -> list[dict[str, Any]]:
    """The documents of these victims, each with what it shares with others of the event by mistake."""
    shown = list(victims)
    unread = any(known.holds and known.quarantined for victim in shown for known in victim.identifiers)
    twice = register.numbers.unread_twice(event.id) if unread else frozenset()
    return [patient_view(victim, event, rules, twice) for victim in shown]


def patient_view(
    victim: Victim, event: Event, rules: Rules, unread_twice: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The document of topic `patient.view`, its record on the same level.

    `unread_twice`: the unreadable numbers that several victims of the event bear, as `register.victims.numbers.plain` writes them.
    """
    unread = {plain(known.value) for known in victim.identifiers if known.holds and known.quarantined}
    return {
        **victim_canon(victim, event, rules),
        "revision": victim.revision,
        "display_name": display_name(victim, rules),
        "banner": banner(victim, rules),
        "status_label": victim.status.label,
        "identifiers": [_identifier(identifier) for identifier in victim.identifiers],
        "flags": [*victim.flags, *(["sinus_number_unread_twice"] if unread & unread_twice else [])],
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
