"""One search for a person, over every event of the caller: a number typed or scanned, a code, a neighbour's identifier, a name.

A POST, because an address is written down on its way and a name must not be; it changes nothing, so a page's session may ask it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.decisions.number import may_create_with
from domain.victim.banner import display_name
from domain.victim.search.finding import RANK, reason_of, sought
from gateway.doors.http.reply import Reply
from gateway.flow.accept import surroundings
from gateway.flow.compartments import events_for

if TYPE_CHECKING:
    from domain.event import Event
    from domain.rules import Rules
    from domain.victim.search.finding import FoundBy, SoughtText
    from domain.victim.victim import Victim
    from gateway.doors.http.door import Call
    from gateway.register import Register

MOST = 50
"""Persons in an answer; whoever finds more types one letter more."""


async def find(call: Call) -> Reply:
    """The persons whom the text may name, the surest first; for a number nobody bears, the events where one may be created."""
    what, rules = sought(call.body.text), call.runtime.deployment.rules

    def work(register: Register) -> Reply:
        events = events_for(register, call.principal)
        matches = [
            (RANK[reason], event, victim, reason)
            for event in events
            for victim in _candidates(register, event, what)
            if (reason := reason_of(victim, what)) is not None
        ]
        matches.sort(key=lambda match: match[0])
        shown = [_person(event, victim, reason, rules) for _, event, victim, reason in matches[:MOST]]
        content: dict[str, Any] = {"persons": shown, "more": max(0, len(matches) - MOST)}
        if what.number is not None:
            content["number"] = {
                "sinus_number": what.number.canonical,
                "may_create_in": _open_for(register, events, what),
            }
        return Reply(200, content)

    return await call.runtime.read_noted(call.principal.author, "patients.searched", "search", work)


def _candidates(register: Register, event: Event, what: SoughtText) -> list[Victim]:
    """By the index for a number that somebody bears; all victims where the text may be anything, or a former number."""
    if what.number is not None and (bearer := register.numbers.bearer(event.id, what.number.canonical)):
        victim = register.victims.find(event.id, bearer)
        return [victim] if victim is not None else []
    return list(register.victims.of_event(event.id))


def _open_for(register: Register, events: list[Event], what: SoughtText) -> list[str]:
    return [
        event.id
        for event in events
        if event.status == "open" and may_create_with(what.text, surroundings(register, event))
    ]


def _person(event: Event, victim: Victim, reason: FoundBy, rules: Rules) -> dict[str, Any]:
    return {
        "event_id": event.id,
        "event_name": event.name,
        "patient_id": victim.id,
        "display_name": display_name(victim, rules),
        "sinus_number": victim.sinus_number,
        "severity": victim.severity,
        "status": victim.status,
        "status_label": victim.status.label,
        "found_by": reason.value,
    }
