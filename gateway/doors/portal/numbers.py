"""The door of the decision on a number that a neighbour had first. An operator may use it: it shows no person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.doors.http.reply import Reply
from gateway.doors.portal.operations import OPERATIONS, stamp_of
from gateway.flow.accept import accept
from gateway.flow.compartments import event_for

if TYPE_CHECKING:
    from gateway.doors.http.door import Call
    from gateway.register import Register


async def decide(call: Call) -> Reply:
    """The same person, another, or not decided after all; what the neighbour refused is then replaced by what was decided."""
    patient_id = call.path["patient_id"]
    command = OPERATIONS["decide_number"].command(patient_id, call.body)

    def work(register: Register) -> Reply:
        event = event_for(register, call.path["event_id"], call.principal)
        stamp = stamp_of(call, call.body)
        accepted = accept(register, call.runtime.house, event, patient_id, command, stamp, if_match=call.if_match)
        decided = {
            "patient_id": patient_id,
            "choice": call.body.choice,
            "changed": bool(accepted.observations),
            "revision": accepted.victim.revision,
        }
        return Reply(200, decided, etag=accepted.victim.revision)

    return await call.change(work)
