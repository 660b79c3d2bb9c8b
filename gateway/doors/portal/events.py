"""Doors of events: create, change, close, reopen, link; their localisations. A link that fails never blocks an event (R-52)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.errors import ConflictError, InvalidError
from domain.event import (
    Link,
    add_localisation,
    change_event,
    close_event,
    open_event,
    remove_localisation,
    rename_localisation,
    reopen_event,
)
from domain.victim.snapshot import event_canon
from gateway.doors.http.problems import FieldFault, ProblemError
from gateway.doors.http.reply import Reply
from gateway.doors.portal.operations import stamp_of
from gateway.flow import compartments, links
from gateway.flow.accept import keep_event, linked_at_creation, plausible
from gateway.flow.compartments import event_for, events_for
from gateway.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from domain.event import Event
    from domain.victim.observation import Stamp
    from gateway.doors.http.door import Call
    from gateway.doors.http.schemas import AuthoredBody, ChangedEvent, NewEvent, NewLink, NewLocalisation, NewShare
    from gateway.register import Register
    from gateway.register.victims.access import Access


def event_view(event: Event) -> dict[str, Any]:
    """An event, as the doors show it."""
    view: dict[str, Any] = dict(event_canon(event, None))
    view.pop("link", None)
    return {
        **view,
        "revision": event.revision,
        "particularity_groups": dict(event.particularity_groups),
        "links": {
            name: {"action": link.action, "external_id": link.external_id, "state": link.state}
            for name, link in event.links.items()
        },
    }


async def create(call: Call) -> Reply:
    """An event enters the register."""
    new_event: NewEvent = call.body
    if new_event.mode != call.principal.mode:
        raise ConflictError(
            "mode", "mode", "Exercice et réel ne se mélangent jamais.", f"cette clé est « {call.principal.mode} »"
        )
    stamp = stamp_of(call, new_event)
    plausible(stamp)
    event = open_event(
        id=new_event.id or new_id(call.now),
        name=new_event.name,
        type=new_event.type,
        mode=new_event.mode,
        started_at=new_event.started_at or stamp.happened_at,
        planned_end=new_event.planned_end,
        localisations=[
            (localisation.id or new_id(call.now), localisation.name) for localisation in new_event.localisations
        ],
        particularity_groups={str(letter): meaning for letter, meaning in new_event.particularity_groups.items()},
        rules=call.runtime.deployment.rules,
    )
    deployment = call.runtime.deployment
    event = linked_at_creation(event, deployment, new_event.link)

    def work(register: Register) -> Reply:
        if register.events.find(event.id) is not None:
            raise ConflictError("evenement_existe", "id", "Un événement porte déjà cet identifiant.", "")
        keep_event(register, deployment, event, stamp, new=True)
        register.access.give(event.id, call.principal.name, call.principal.author, call.now, opened=True)
        return _shown(event, 201)

    return await call.change(work)


async def read_all(call: Call) -> Reply:
    """Every event that the caller may see."""
    events = await call.runtime.read(lambda register: events_for(register, call.principal))
    return Reply(200, {"events": [event_view(event) for event in events]})


async def read_one(call: Call) -> Reply:
    """One event."""
    event = await call.runtime.read(lambda register: event_for(register, call.path["event_id"], call.principal))
    return _shown(event)


async def change(call: Call) -> Reply:
    """What is named changes, the rest stays."""
    changes: ChangedEvent = call.body
    named = {name: getattr(changes, name) for name in changes.model_fields_set if name not in {"happened_at", "author"}}
    empty = [name for name in ("name", "type", "started_at") if name in named and named[name] is None]
    if empty:
        raise InvalidError("champ_obligatoire", empty[0], "Ce champ ne peut pas être vidé.", "")
    return await _changed(call, changes, lambda event: change_event(event, **named))


async def close(call: Call) -> Reply:
    """The event is over."""
    stamp = stamp_of(call, call.body)
    return await _changed(call, call.body, lambda event: close_event(event, stamp.happened_at))


async def reopen(call: Call) -> Reply:
    """The event goes on."""
    return await _changed(call, call.body, reopen_event)


async def link(call: Call) -> Reply:
    """« Créer ou lier à SINUS/SI-VIC » (R-51, R-53): possible at any moment."""
    new_link: NewLink = call.body
    wanted = Link(new_link.action, new_link.external_id, "requested")

    def change(register: Register, event: Event, stamp: Stamp) -> Reply:
        changed = links.link(
            register, call.runtime.deployment, event, call.path["destination"], wanted, stamp, new_link.reason or ""
        )
        return _shown(changed.event)

    return await _relinked(call, change)


async def unlink(call: Call) -> Reply:
    """The event is no longer that one of SINUS's or SI-VIC's: what went there is withdrawn, and what stays there is said."""
    destination = call.path["destination"]

    def change(register: Register, event: Event, stamp: Stamp) -> Reply:
        changed = links.unlink(register, call.runtime.deployment, event, destination, stamp, call.body.reason)
        left = {
            "external_id": changed.left,
            "withdrawn": changed.withdrawn,
            "given_up": changed.given_up,
            "title": changed.words(destination),
        }
        return Reply(200, {"event_id": event.id, "destination": destination, "left": left}, etag=changed.event.revision)

    return await _relinked(call, change)


async def _relinked(call: Call, change: Callable[[Register, Event, Stamp], Reply]) -> Reply:
    stamp = stamp_of(call)

    def work(register: Register) -> Reply:
        return change(register, _current(call, register), stamp)

    return await call.change(work)


async def add_place(call: Call) -> Reply:
    """A localisation is declared; its letter is the next one (R-19)."""
    localisation: NewLocalisation = call.body
    place, rules = localisation.id or new_id(call.now), call.runtime.deployment.rules
    return await _changed(call, None, lambda event: add_localisation(event, place, localisation.name, rules), 201)


async def rename_place(call: Call) -> Reply:
    """A localisation has another name; its letter stays."""
    localisation: NewLocalisation = call.body
    place = call.path["localisation_id"]
    return await _changed(call, None, lambda event: rename_localisation(event, place, localisation.name))


async def remove_place(call: Call) -> Reply:
    """A localisation is no longer offered; its victims keep it."""
    place = call.path["localisation_id"]
    return await _changed(call, None, lambda event: remove_localisation(event, place))


async def _changed(call: Call, body: AuthoredBody | None, renew: Any, status: int = 200) -> Reply:  # noqa: ANN401 - Event → Event
    stamp = stamp_of(call, body)
    plausible(stamp)

    def work(register: Register) -> Reply:
        event = _current(call, register)
        renewed = renew(event)
        if renewed != event:
            keep_event(register, call.runtime.deployment, renewed, stamp)
        return _shown(renewed, status)

    return await call.change(work)


async def shares(call: Call) -> Reply:
    """The portals that see the event."""

    def work(register: Register) -> Reply:
        event = event_for(register, call.path["event_id"], call.principal)
        return _shares(event, register.access.of_event(event.id))

    return await call.runtime.read(work)


async def share(call: Call) -> Reply:
    """Another portal sees and changes the event from now on; a person says so, and it is in the audit."""
    new_share: NewShare = call.body

    def work(register: Register) -> Reply:
        event = event_for(register, call.path["event_id"], call.principal)
        compartments.refuse_unless_opened_by(register, event, call.principal)
        by = call.principal.author
        return _shares(event, compartments.share(register, event, new_share.key, by, call.now))

    return await call.change(work)


async def end_share(call: Call) -> Reply:
    """The other portal sees the event no longer, its open streams included."""

    def work(register: Register) -> Reply:
        event = event_for(register, call.path["event_id"], call.principal)
        compartments.refuse_unless_opened_by(register, event, call.principal)
        compartments.take_back(register, event, call.path["key_name"], call.principal.author, call.now)
        return Reply(204)

    return await call.change(work)


def _shares(event: Event, accesses: list[Access]) -> Reply:
    shown = [
        {
            "key": access.key_name,
            "opened": access.opened,
            "given_by": access.given_by,
            "given_at": access.given_at.isoformat(),
        }
        for access in accesses
    ]
    return Reply(200, {"event_id": event.id, "shares": shown})


def _current(call: Call, register: Register) -> Event:
    """The event to be changed, locked, if it is as the caller read it."""
    event = event_for(register, call.path["event_id"], call.principal, for_change=True)
    if call.if_match is not None and call.if_match != event.revision:
        fault = FieldFault(
            "If-Match", "L’événement a changé depuis sa lecture.", f"révision actuelle : {event.revision}"
        )
        raise ProblemError(412, "evenement_modifie", "L’événement a changé depuis sa lecture.", faults=(fault,))
    return event


def _shown(event: Event, status: int = 200) -> Reply:
    location = f"/v1/events/{event.id}" if status == 201 else None  # noqa: PLR2004 - Created
    return Reply(status, event_view(event), etag=event.revision, location=location)
