"""What comes back about our own messages: acknowledgements and errors become steps, and each error what happens next.

An answer about an id that nobody here sent is kept and moves nothing: the hub's own converter makes such ids.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from adapters.lrm.hubsante.faults import Next, what_next, why
from adapters.lrm.hubsante.inbound import HUB_ERROR, REFERENCE
from adapters.lrm.hubsante.wire import replies
from domain.source import Source
from domain.victim.observation import Stamp
from gateway.flow.outgoing import victim_messages
from gateway.hub.effects import REQUEST
from gateway.interventions.follow import Heard, hear, not_taken
from gateway.operations.alarms import sound
from gateway.register.hub.messages import HubCase, HubStep, Step, fits
from outbox.message import Status
from outbox.sql import enqueue
from outbox.sql.changes.withdraw import forget_lane
from outbox.sql.reading.progress import status_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from adapters.lrm.hubsante.inbound import Received
    from gateway.flow.deployment_rules import House
    from gateway.register import Register

log = logging.getLogger("gateway.hub")

MOST_ERRORS = 5
"""A case that was refused so many times is a person's."""
AGAIN_AFTER = timedelta(minutes=1)
STEPS = {
    None: Step.RECEIVED,
    replies.Step.RECEIVED: Step.RECEIVED,
    replies.Step.INTEGRATED: Step.INTEGRATED,
    replies.Step.READ: Step.READ,
    replies.Step.DELETED: Step.DELETED,
    replies.Step.IN_ERROR: Step.REFUSED,
}
SHOWN = {Step.INTEGRATED, Step.READ}
"""Steps after which a request is on somebody's screen."""


def early(register: Register, received: Received) -> bool:
    """Whether it answers a message that the hub has and that we have not written down yet: it waits, and is not lost."""
    if received.key not in {REFERENCE, HUB_ERROR} or received.faults:
        return False
    body = dict(received.body or {})
    about = replies.read_reference(body).about if received.key == REFERENCE else replies.read_error(body).about
    return not register.hub.steps(about) and _on_its_way(register, about)


def _on_its_way(register: Register, about: str) -> bool:
    """Whether a message of ours is published perhaps, and not yet written down as such."""
    status = status_of(register.connection, about.rpartition("_")[2])
    return status in {Status.PENDING, Status.SENDING}


def heard(register: Register, house: House, received: Received, mode: str) -> None:
    """An answer to a message of ours."""
    if received.key == REFERENCE:
        heard_reference(register, house, received)
    else:
        heard_error(register, house, received, mode)


def heard_reference(register: Register, house: House, received: Received) -> None:
    """An RC-REF: how far the message it speaks of went."""
    said = replies.read_reference(dict(received.body or {}))
    step = Step.REFUSED if said.refused else STEPS[said.step]
    case = _note(register, received, said.about, step, None)
    if case is not None and case.topic == REQUEST and case.reference and step in SHOWN:
        hear(register, house, case.reference, Heard("AFFICHEE"), received.at, "hub")


def heard_error(register: Register, house: House, received: Received, mode: str) -> None:
    """An RS-ERROR: what it means for the message it speaks of, and what happens next."""
    said = replies.read_error(dict(received.body or {}))
    steps = register.hub.steps(said.about)
    resent = any(one.step is Step.PUBLISHED and (one.code or 1) > 1 for one in steps)
    following = what_next(said.code, resent=resent)
    if following is Next.DELIVERED:
        _note(register, received, said.about, Step.RECEIVED, said.code)
        return
    case = _note(register, received, said.about, Step.ERROR, said.code)
    if case is None:
        if steps:  # Of ours, and of no case: nobody else would tell a person.
            told = {"destination": "hub", "cause_code": f"hub.{said.code}", "why": why(said)}
            sound(register, f"hub:{said.about[:200]}", told, mode, received.at)
        return
    log.warning("hub.error code=%d next=%s topic=%s", said.code, following.value, case.topic)
    if case.topic == REQUEST and case.reference:
        not_taken(register, house, case.reference, why(said), received.at, "hub")
    if following in {Next.AGAIN, Next.CREATE_FIRST} and _say_again(register, house, case, following, received.at):
        return
    facts = {"destination": "hub", "topic": case.topic, "lane": case.lane}
    facts |= {"cause_code": f"hub.{said.code}", "why": why(said)}
    sound(register, f"hub:{said.about[:200]}", facts, mode, received.at)


def _note(register: Register, received: Received, about: str, step: Step, code: int | None) -> HubCase | None:
    """Append the step to the timeline of the message; its case, or None when we never sent that."""
    steps = register.hub.steps(about)
    if not steps:
        log.info("hub.unknown_reference vhost=%s step=%s", received.vhost, step.value)
        return None
    case_id = steps[0].case_id
    by = fits(received.envelope.sender if received.envelope else None)
    register.hub.add(HubStep(about, case_id, step, code, by, received.at))
    return register.hub.case(case_id) if case_id else None


def _say_again(register: Register, house: House, case: HubCase, following: Next, now: datetime) -> bool:
    """Queue the victim's present record: whole, when its case is not known there. Whether that could be done."""
    errors = [one for one in register.hub.steps_of_case(case.case_id) if one.step is Step.ERROR]
    victims: Sequence[str] = [case.lane.removeprefix("victim:")] if case.topic == "victim" and case.lane else []
    event = register.events.find(case.scope) if case.scope else None
    victim = register.victims.find(case.scope, victims[0]) if event and case.scope and victims else None
    if event is None or victim is None or case.lane is None or len(errors) >= MOST_ERRORS:
        return False
    if following is Next.CREATE_FIRST:
        forget_lane(register.connection, "hub", case.lane)
    due = now + AGAIN_AFTER if following is Next.AGAIN else None
    stamp = Stamp(Source.GATEWAY, "passerelle", now, now)
    messages = victim_messages(house, event, victim, stamp, now, ("hub",))
    enqueue(register.connection, [replace(one, due_at=due) for one in messages], now)
    return True
