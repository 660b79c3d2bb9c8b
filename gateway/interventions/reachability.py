"""Whether the SAMU of a request can be reached now, for those who would wait for it in vain: known in seconds, before any delay is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.intervention.status import InterventionStatus
from gateway.interventions.tell import instruction
from outbox.sql.gates import stopped

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.register import Register
    from gateway.register.interventions.requests import Intervention

UNREACHABLE = "SAMU injoignable, appelez le 15."
"""The request is kept and tried again; its sender does not wait for that."""


def waits_in_vain(register: Register, intervention: Intervention) -> bool:
    """Whether a request has not left, and nothing leaves for its SAMU at this moment: the link is cut, or a person paused it."""
    waiting = intervention.status is InterventionStatus.TRANSMISE and intervention.delivered_at is None
    return waiting and intervention.destination in stopped(register.connection)


def instruction_now(register: Register, intervention: Intervention) -> str | None:
    """What the sender should do now, a cut link included."""
    return UNREACHABLE if waits_in_vain(register, intervention) else instruction(intervention)


def samu_phone(register: Register, intervention: Intervention, now: datetime) -> str | None:
    """The number of the SAMU that a request goes to, from the routes in force; None when they give none, or several."""
    ways = (
        way
        for way in register.routes.all()
        if way.in_force(now) and intervention.destination in {way.destination, way.second}
    )
    numbers = {way.phone for way in ways if way.phone and way.label == intervention.crra}
    return numbers.pop() if len(numbers) == 1 else None
