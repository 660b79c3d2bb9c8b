"""The regular comparison of every event with every neighbour: history, alarm, and the repair of what was lost on the way."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from domain.agreement import Gap, Verdict, tally
from gateway.agreement.resend import resend
from gateway.agreement.standing import Look, look_at, neighbours_of_event
from gateway.operations.alarms import end, sound

if TYPE_CHECKING:
    from datetime import datetime

    from domain.event import Event
    from gateway.register import Register
    from gateway.runtime import Runtime

log = logging.getLogger("gateway.agreement")

ALARM = "difference"
"""The kind of the alarm: a neighbour does not hold what was said, and nothing on its way explains it."""
BY = "passerelle"


async def reconcile(runtime: Runtime) -> None:
    """Compare every event that is open, or that does not agree yet, with every neighbour; on one node.

    One event or neighbour that cannot be looked at keeps no other from being looked at; it is logged.
    """
    if not await runtime.heartbeat.leads():
        return  # Said once, whatever the number of nodes.
    for event in await runtime.read(lambda register: register.events.all(runtime.settings.mode)):
        for name in neighbours_of_event(runtime):
            if event.status == "open" or await _unsettled(runtime, event, name):
                try:
                    await look_and_note(runtime, event, name)
                except Exception as error:
                    log.exception("reconcile.failed destination=%s event=%s", name, event.id, exc_info=error)


async def look_and_note(runtime: Runtime, event: Event, name: str) -> Look:
    """Look once, write down what was seen, raise or end the alarm, and send again by itself what was lost on the way."""
    look = await look_at(runtime, event, name, patience=None, anew=True)
    if look.verdict is Verdict.UNKNOWN:
        fault = look.census.fault if look.census else None
        log.warning("reconcile.unanswered destination=%s event=%s cause=%s", name, event.id, fault)
    await runtime.write(lambda register: _note(register, runtime, look))
    return look


def _note(register: Register, runtime: Runtime, look: Look) -> None:
    event, name, now = look.event, look.name, look.at
    verdict, numbers = look.verdict, numbers_of(look)
    register.agreements.note(event.id, name, verdict, numbers, now)
    alarm = f"{ALARM}:{name}:{event.id}"
    if verdict is Verdict.AGREED:
        end(register, alarm, event.mode, now)
    if verdict is not Verdict.GAP:
        return
    facts = {"destination": name, "event_id": event.id, **numbers}
    if sound(register, alarm, facts, event.mode, now):
        held = tally(look.held) if look.held is not None else None
        body = {**numbers, "destination": name, "said": tally(look.here.values()), "held": held}
        register.feed.tell(event.id, event.mode, "difference", body, now)
        log.warning("reconcile.differs destination=%s event=%s %s", name, event.id, _fields(numbers))
        return
    repair(register, runtime, look, now)


def repair(register: Register, runtime: Runtime, look: Look, now: datetime) -> None:
    """Send again, once per gap, the persons whom the neighbour had acknowledged and no longer holds.

    What it holds with another value, and whom it alone knows, is a person's affair: two values, no winner.
    """
    since = look.standing.since
    if since is None or (now - since).total_seconds() < runtime.settings.watch.repair_seconds:
        return
    again = [
        gap
        for gap in look.lost
        if gap.gap is Gap.MISSING and gap.person in look.transfers.taken and not _sent_since(look, gap.person, since)
    ]
    if not again or look.standing.forgotten:
        return
    mended = resend(register, runtime.deployment, _only(look, again), BY, now, frozenset({Gap.MISSING}))
    log.warning("reconcile.repaired destination=%s event=%s records=%d", look.name, look.event.id, mended.records)


def _sent_since(look: Look, person: str | None, since: datetime) -> bool:
    """Whether something of this person was settled since the gap was seen: sending it once more would change nothing."""
    movement = look.transfers.movements.get(person or "")
    return movement is not None and movement.settled_at is not None and movement.settled_at >= since


def _only(look: Look, lost: list[Any]) -> Look:
    return replace(look, lost=tuple(lost))


async def _unsettled(runtime: Runtime, event: Event, name: str) -> bool:
    last = await runtime.read(lambda register: register.agreements.last(event.id, name))
    return last is not None and last.state in {Verdict.GAP, Verdict.ON_THE_WAY, Verdict.UNKNOWN}


def numbers_of(look: Look) -> dict[str, int]:
    """What one look is written down as."""
    gaps = look.standing.gaps
    return {
        "portal": len(look.here),
        "held": len(look.held) if look.held is not None else 0,
        **{kind.value: gaps.get(kind, 0) for kind in Gap},
        "waiting": look.standing.waiting,
        "undecided": look.standing.parked + look.standing.uncertain,
    }


def _fields(numbers: dict[str, int]) -> str:
    return " ".join(f"{name}={number}" for name, number in numbers.items())
