"""What comes back about our own messages: acknowledgements and errors become steps, and each error what happens next.

An answer about an id that nobody here sent is kept and moves nothing: the hub's own converter makes such ids.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from adapters.lrm.hubsante.faults import HubError, Next, what_next, why
from domain.source import Source
from domain.victim.observation import Stamp
from gateway.flow.outgoing import victim_messages
from gateway.hub.effects import REQUEST
from gateway.interventions.follow import LrmAnswer, hear, not_taken
from gateway.operations.alarms import sound
from gateway.register.hub.messages import HubCase, HubStep, Step, fits
from outbox.message import MessageStatus
from outbox.sql import enqueue
from outbox.sql.changes.withdraw import forget_lane
from outbox.sql.reading.progress import status_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from adapters.lrm.hubsante.inbound import ReceivedMessage
    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.register import Register

log = logging.getLogger("gateway.hub")

MOST_ERRORS = 5
"""A case that was refused so many times is a person's."""
AGAIN_AFTER = timedelta(minutes=1)
REFERENCE, ERROR = "hub_reference", "hub_error"
ANSWERS = frozenset({REFERENCE, ERROR})
"""Canon documents that speak of a message of ours."""
STEPS = {step.value: step for step in (Step.RECEIVED, Step.INTEGRATED, Step.READ, Step.DELETED, Step.REFUSED)}
SHOWN = {Step.INTEGRATED, Step.READ}
"""Steps after which a request is on somebody's screen."""


def answers(received: ReceivedMessage) -> bool:
    """Whether it speaks of a message of ours, and asks for nothing."""
    return received.content is not None and received.content.kind in ANSWERS


def early(register: Register, received: ReceivedMessage) -> bool:
    """Whether it answers a message that the hub has and that we have not written down yet: it waits, and is not lost."""
    about = _about(received)
    if received.faults or not answers(received) or about is None:
        return False
    return not register.hub.steps(about) and _on_its_way(register, about)


def _on_its_way(register: Register, about: str) -> bool:
    """Whether a message of ours is published perhaps, and not yet written down as such."""
    status = status_of(register.connection, about.rpartition("_")[2])
    return status in {MessageStatus.PENDING, MessageStatus.SENDING}


def heard(register: Register, deployment: DeploymentRules, received: ReceivedMessage, mode: str) -> None:
    """An answer to a message of ours; one that names no message moves nothing."""
    content, about = received.content, _about(received)
    if content is None or about is None:
        return
    if content.kind == REFERENCE:
        heard_reference(register, deployment, received, about)
    else:
        heard_error(register, deployment, received, about, mode)


def heard_reference(register: Register, deployment: DeploymentRules, received: ReceivedMessage, about: str) -> None:
    """How far the message it speaks of went; a step that we do not know counts as received."""
    canon = received.content.canon if received.content else {}
    step = Step.REFUSED if canon.get("refused") else STEPS.get(canon.get("step", ""), Step.RECEIVED)
    case = _note(register, received, about, step, None)
    if case is not None and case.topic == REQUEST and case.reference and step in SHOWN:
        hear(register, deployment, case.reference, LrmAnswer("AFFICHEE"), received.at, "hub")


def heard_error(
    register: Register, deployment: DeploymentRules, received: ReceivedMessage, about: str, mode: str
) -> None:
    """What an error means for the message it speaks of, and what happens next."""
    canon = received.content.canon if received.content else {}
    code = canon.get("code", 0)
    reason = why(HubError(code, canon.get("name", ""), canon.get("cause", ""), about))
    steps = register.hub.steps(about)
    resent = any(step.step is Step.PUBLISHED and (step.code or 1) > 1 for step in steps)
    following = what_next(code, resent=resent)
    if following is Next.DELIVERED:
        _note(register, received, about, Step.RECEIVED, code)
        return
    case = _note(register, received, about, Step.ERROR, code)
    if case is None:
        if steps:  # Of ours, and of no case: nobody else would tell a person.
            unknown = {"destination": "hub", "cause_code": f"hub.{code}", "why": reason}
            sound(register, f"hub:{about[:200]}", unknown, mode, received.at)
        return
    log.warning("hub.error code=%d next=%s topic=%s", code, following.value, case.topic)
    if case.topic == REQUEST and case.reference:
        not_taken(register, deployment, case.reference, reason, received.at, "hub")
    if following in {Next.AGAIN, Next.CREATE_FIRST} and _say_again(register, deployment, case, following, received.at):
        return
    facts: dict[str, Any] = {"destination": "hub", "topic": case.topic, "lane": case.lane}
    facts |= {"cause_code": f"hub.{code}", "why": reason}
    sound(register, f"hub:{about[:200]}", facts, mode, received.at)


def _about(received: ReceivedMessage) -> str | None:
    return received.content.canon.get("about") if received.content else None


def _note(register: Register, received: ReceivedMessage, about: str, step: Step, code: int | None) -> HubCase | None:
    """Append the step to the timeline of the message; its case, or None when we never sent that."""
    steps = register.hub.steps(about)
    if not steps:
        log.info("hub.unknown_reference vhost=%s step=%s", received.vhost, step.value)
        return None
    case_id = steps[0].case_id
    by = fits(received.envelope.sender if received.envelope else None)
    register.hub.add(HubStep(about, case_id, step, code, by, received.at))
    return register.hub.case(case_id) if case_id else None


def _say_again(register: Register, deployment: DeploymentRules, case: HubCase, following: Next, now: datetime) -> bool:
    """Queue the victim's present record: whole, when its case is not known there. Whether that could be done."""
    errors = [step for step in register.hub.steps_of_case(case.case_id) if step.step is Step.ERROR]
    victims: Sequence[str] = [case.lane.removeprefix("victim:")] if case.topic == "victim" and case.lane else []
    event = register.events.find(case.scope) if case.scope else None
    victim = register.victims.find(case.scope, victims[0]) if event and case.scope and victims else None
    if event is None or victim is None or case.lane is None or len(errors) >= MOST_ERRORS:
        return False
    if following is Next.CREATE_FIRST:
        forget_lane(register.connection, "hub", case.lane)
    due = now + AGAIN_AFTER if following is Next.AGAIN else None
    stamp = Stamp(Source.GATEWAY, "passerelle", now, now)
    messages = victim_messages(deployment, event, None, victim, stamp, now, ("hub",))
    enqueue(register.connection, [replace(message, due_at=due) for message in messages], now)
    return True
