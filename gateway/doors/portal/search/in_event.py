"""The search of a patient: by who bears a SINUS number or a CATA code now, or by how a name begins.

A POST, because an address is written down on its way and a name must not be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.decisions.number import may_create_with
from domain.numbers.identifier import IdentifierKind
from domain.numbers.sinus_number import SinusNumber, read_sinus_number
from domain.victim.search.name_search import begins
from gateway.doors.http.reply import Reply
from gateway.doors.portal.patient_view import views
from gateway.flow.accept import surroundings
from gateway.flow.compartments import event_for
from gateway.register.victims.numbers import plain

if TYPE_CHECKING:
    from domain.event import Event
    from domain.numbers.identifier import Identifier
    from domain.victim.victim import Victim
    from gateway.doors.http.door import Call
    from gateway.register import Register

NAMES = ("used_name", "birth_name", "given_name")
BY_NUMBER = (IdentifierKind.SINUS_TR, IdentifierKind.SINUS_HP, IdentifierKind.UNREAD, IdentifierKind.CATA)


async def search(call: Call) -> Reply:
    """The patients who match, all of them when nothing is sought; for a number, also who bore it and whether it is free (R-10)."""
    rules = call.runtime.deployment.rules
    number, name = call.body.number or "", call.body.name or ""

    def work(register: Register) -> Reply:
        event = event_for(register, call.path["event_id"], call.principal)
        victims = list(register.victims.of_event(event.id))
        matching = [
            victim
            for victim in victims
            if (not number or _bears(victim, number)) and (not name or begins(map(victim.value, NAMES), name))
        ]
        content: dict[str, Any] = {"patients": views(register, event, matching, rules)}
        if number:
            content["number"] = _about(register, event, victims, number)
        return Reply(200, content)

    return await call.runtime.read_noted(call.principal.author, "patients.searched", call.path["event_id"], work)


def _bears(victim: Victim, sought: str) -> bool:
    return any(known.holds and _same(known, sought) for known in victim.identifiers)


def _same(known: Identifier, sought: str) -> bool:
    if known.kind not in BY_NUMBER:
        return False
    return plain(known.value) == plain(sought)


def _about(register: Register, event: Event, victims: list[Victim], sought: str) -> dict[str, Any]:
    """What a person at the search box needs to know of the text: is it a number, is it free, who bore it before."""
    number = read_sinus_number(sought)
    readable = isinstance(number, SinusNumber)
    suggested = None if isinstance(number, SinusNumber) else read_sinus_number(number.suggestion or "")
    return {
        "sinus_number": number.canonical if isinstance(number, SinusNumber) else None,
        "may_create": readable and event.status == "open" and may_create_with(sought, surroundings(register, event)),
        "former_bearers": [victim.id for victim in victims if _bore(victim, sought)],
        "suggestion": suggested.display() if isinstance(suggested, SinusNumber) else None,
    }


def _bore(victim: Victim, sought: str) -> bool:
    return not _bears(victim, sought) and any(
        not known.holds and known.ended_because != "set_aside" and _same(known, sought) for known in victim.identifiers
    )
