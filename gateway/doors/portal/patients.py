"""Doors of patients: the record, and the care path step by step. Each is one command to `intake`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.errors import UnknownError
from gateway.doors.http.reply import Reply
from gateway.doors.portal.operations import OPERATIONS, stamp_of
from gateway.doors.portal.patient_view import views
from gateway.flow.accept import accept, refuse_other_mode
from gateway.flow.compartments import event_for
from gateway.ids import new_id

if TYPE_CHECKING:
    from domain.decisions.commands import PatientCommand
    from domain.event import Event
    from domain.victim.victim import Victim
    from gateway.doors.http.door import Call, Handler
    from gateway.register import Register


def operate(name: str) -> Handler:
    """The door of one operation on a known patient."""
    operation = OPERATIONS[name]

    async def handler(call: Call) -> Reply:
        patient_id = call.path["patient_id"]
        return await _apply(call, patient_id, operation.command(patient_id, call.body))

    return handler


async def create(call: Call) -> Reply:
    """A patient enters the event (R-09 to R-27)."""
    patient_id = call.body.id or new_id(call.now)
    return await _apply(call, patient_id, OPERATIONS["create"].command(patient_id, call.body), 201)


async def replace(call: Call) -> Reply:
    """The whole record is said again; a patient that is not known enters the event under this id."""
    patient_id = call.path["patient_id"]

    def work(register: Register) -> Reply:
        event = _event(call, register)
        known = register.victims.find(event.id, patient_id) is not None
        command = OPERATIONS["replace" if known else "create"].command(patient_id, call.body)
        stamp = stamp_of(call, call.body)
        accepted = accept(register, call.runtime.deployment, event, patient_id, command, stamp, if_match=call.if_match)
        return _shown(call, register, accepted.victim, accepted.event, 200 if known else 201)

    return await call.change(work)


async def read_one(call: Call) -> Reply:
    """One patient."""

    def work(register: Register) -> Reply:
        event = _event(call, register)
        return _shown(call, register, _known(register, event, call.path["patient_id"]), event)

    return await call.runtime.read_noted(call.principal.author, "patient.read", call.path["patient_id"], work)


async def read_all(call: Call) -> Reply:
    """The patients of an event."""
    rules = call.runtime.deployment.rules

    def work(register: Register) -> Reply:
        event = _event(call, register)
        return Reply(200, {"patients": views(register, event, register.victims.of_event(event.id), rules)})

    return await call.runtime.read_noted(call.principal.author, "patients.read", call.path["event_id"], work)


async def history(call: Call) -> Reply:
    """Everything that was said of a patient, by whom, when it happened and when it was received."""

    def work(register: Register) -> Reply:
        event = _event(call, register)
        victim = _known(register, event, call.path["patient_id"])
        lines = [
            {
                "seq": observation.seq,
                "kind": observation.kind,
                "source": observation.stamp.source,
                "author": observation.stamp.author,
                "happened_at": observation.stamp.happened_at.isoformat(),
                "received_at": observation.stamp.received_at.isoformat(),
                "facts": observation.facts,
            }
            for observation in register.observations.of_victim(victim.id)
        ]
        return Reply(200, {"observations": lines})

    return await call.runtime.read_noted(call.principal.author, "patient.history_read", call.path["patient_id"], work)


async def _apply(call: Call, patient_id: str, command: PatientCommand, status: int = 200) -> Reply:
    """Hand one command to intake, in one transaction, and show the patient as it now is."""
    stamp = stamp_of(call, call.body)
    deployment = call.runtime.deployment

    def work(register: Register) -> Reply:
        event = _event(call, register)
        accepted = accept(register, deployment, event, patient_id, command, stamp, if_match=call.if_match)
        return _shown(call, register, accepted.victim, accepted.event, status)

    return await call.change(work)


def _event(call: Call, register: Register) -> Event:
    event = event_for(register, call.path["event_id"], call.principal)
    refuse_other_mode(event, getattr(call.body, "mode", None))
    return event


def _known(register: Register, event: Event, patient_id: str) -> Victim:
    victim = register.victims.find(event.id, patient_id)
    if victim is None:
        raise UnknownError("patient_inconnu", "patient_id", "Ce patient n’est pas connu dans cet événement.", "")
    return victim


def _shown(call: Call, register: Register, victim: Victim, event: Event, status: int = 200) -> Reply:
    location = f"/v1/events/{event.id}/patients/{victim.id}" if status == 201 else None  # noqa: PLR2004 - Created
    (view,) = views(register, event, [victim], call.runtime.deployment.rules)
    return Reply(status, view, etag=victim.revision, location=location)
