"""Portals are apart: each sees the events that it opened and those that were shared with it, at every door.

What is another's is answered exactly as what does not exist. Who watches, and who has a right to numbers, see every event of their mode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.errors import ConflictError, InvalidError, UnknownError
from gateway.flow.accept import known_event, unknown_event
from gateway.security.keys import Scope

if TYPE_CHECKING:
    from datetime import datetime

    from domain.event import Event
    from gateway.register import Register
    from gateway.register.victims.access import Access
    from gateway.security.keys import Principal


def event_for(register: Register, event_id: str, caller: Principal, *, for_change: bool = False) -> Event:
    """The event, if this caller may see it. Raises `UnknownError` for another portal's as for none, `ConflictError` for another mode."""
    if not may_see(register, event_id, caller):
        raise unknown_event()
    return known_event(register, event_id, caller.mode, for_change=for_change)


def may_see(register: Register, event_id: str, caller: Principal) -> bool:
    """Whether the event is in this caller's compartment; also of one that does not exist, for those who see all."""
    return caller.scope is not Scope.PORTAL or register.access.may_see(event_id, caller.name)


def events_for(register: Register, caller: Principal) -> list[Event]:
    """Every event that the caller sees, the newest first."""
    events = register.events.all(caller.mode)
    if caller.scope is not Scope.PORTAL:
        return events
    seen = register.access.seen_by(caller.name)
    return [event for event in events if event.id in seen]


def share(register: Register, event: Event, key_name: str, by: str, now: datetime) -> list[Access]:
    """Let another portal see and change the event; gives who sees it now. Raises `InvalidError` for what is no portal of this mode."""
    kept = register.keys.find(key_name)
    if kept is None or kept.principal.scope is not Scope.PORTAL or kept.principal.mode != event.mode:
        raise InvalidError(
            "portail_inconnu", "key", "Aucune clé de portail en vigueur ne porte ce nom.", "le nom d’une clé de portail"
        )
    if register.access.give(event.id, key_name, by, now):
        register.audit.note(by, "event.shared", event.id, now, {"with": key_name})
    return register.access.of_event(event.id)


def take_back(register: Register, event: Event, key_name: str, by: str, now: datetime) -> None:
    """The portal sees the event no longer. Raises `ConflictError` for the one that opened it, `UnknownError` where nothing was shared."""
    if register.access.take_back(event.id, key_name):
        register.audit.note(by, "event.share_ended", event.id, now, {"with": key_name})
        return
    if register.access.may_see(event.id, key_name):
        raise ConflictError("portail_d_origine", "key", "Ce portail a ouvert l’événement : il le garde.", "un autre")
    raise UnknownError("partage_inconnu", "key", "L’événement n’est pas partagé avec ce portail.", "")


def refuse_unless_opened_by(register: Register, event: Event, caller: Principal) -> None:
    """Only the portal that opened an event, and who watches, say with whom it is shared. Raises `ConflictError`."""
    if caller.scope is not Scope.PORTAL:
        return
    if not any(access.opened and access.key_name == caller.name for access in register.access.of_event(event.id)):
        raise ConflictError(
            "partage_refuse", "event_id", "Seul le portail qui a ouvert l’événement le partage.", "lui demander"
        )
