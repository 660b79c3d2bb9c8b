"""Doors of decisions on who is who: a number that a neighbour had first, two identities exchanged, a bracelet on the wrong person.

An operator may use them: they show no person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.doors.http.reply import Reply
from gateway.doors.portal.operations import OPERATIONS, stamp_of
from gateway.flow import repair
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
        accepted = accept(register, call.runtime.deployment, event, patient_id, command, stamp, if_match=call.if_match)
        decided = {
            "patient_id": patient_id,
            "choice": call.body.choice,
            "changed": bool(accepted.observations),
            "revision": accepted.victim.revision,
        }
        return Reply(200, decided, etag=accepted.victim.revision)

    return await call.change(work)


async def swap(call: Call) -> Reply:
    """F7: the two patients exchange their identities; the same once more undoes it."""
    body = call.body

    def work(register: Register) -> Reply:
        event = event_for(register, call.path["event_id"], call.principal)
        stamp = stamp_of(call, body)
        deployment, first, second = call.runtime.deployment, body.patient_id, body.other_patient_id
        return _mended(repair.swap(register, deployment, event, first, second, body.reason, stamp))

    return await call.change(work)


async def rebind(call: Call) -> Reply:
    """F14: the number leaves the one it was wrongly on, for the one who wears it; the other way round undoes it."""
    body = call.body

    def work(register: Register) -> Reply:
        event = event_for(register, call.path["event_id"], call.principal)
        stamp = stamp_of(call, body)
        giver, taker = body.from_patient_id, body.to_patient_id
        return _mended(
            repair.rebind(register, call.runtime.deployment, event, body.number, giver, taker, body.reason, stamp)
        )

    return await call.change(work)


def _mended(mended: repair.MendedPair) -> Reply:
    both = (mended.first, mended.second)
    return Reply(200, {"patients": [{"patient_id": each.id, "revision": each.revision} for each in both]})
