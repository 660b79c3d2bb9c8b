"""Two patients mended as one act: identities exchanged (F7), a bracelet given to the one who wears it (F14).

Both records, their messages and the audit line are written in the caller's transaction, or none is. Each act is undone by the
same act the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.decisions.repair import rebind_number, swap_identities
from domain.errors import UnknownError
from gateway.flow.accept import plausible, record

if TYPE_CHECKING:
    from datetime import datetime

    from domain.event import Event
    from domain.victim.observation import Observation, Stamp
    from domain.victim.victim import Victim
    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.register import Register


@dataclass(frozen=True, slots=True)
class MendedPair:
    """The two patients as they now are, in the order they were named."""

    first: Victim
    second: Victim


def swap(  # noqa: PLR0913 - where, who, why, when
    register: Register, deployment: DeploymentRules, event: Event, first: str, second: str, reason: str, stamp: Stamp
) -> MendedPair:
    """Exchange the identities of two patients. Raises RuleError, and then nothing was written."""
    plausible(stamp)
    event = register.events.held(event)
    a, b = _two(register, event, first, second)
    mended = _write(register, deployment, event, (a, b), swap_identities(event, a, b, reason, stamp), stamp.received_at)
    register.audit.note(stamp.author, "patient.identity_swapped", f"{event.id} {first} {second}", stamp.received_at)
    return mended


def rebind(  # noqa: PLR0913 - what, where, who, why, when
    register: Register,
    deployment: DeploymentRules,
    event: Event,
    number: str,
    giver: str,
    taker: str,
    reason: str,
    stamp: Stamp,
) -> MendedPair:
    """Give a SINUS number to the patient who wears it. Raises RuleError, and then nothing was written."""
    plausible(stamp)
    event = register.events.held(event)
    a, b = _two(register, event, giver, taker)
    observations = rebind_number(event, number, a, b, reason, stamp)
    mended = _write(register, deployment, event, (a, b), observations, stamp.received_at)
    register.audit.note(stamp.author, "patient.number_rebound", f"{event.id} {giver} {taker}", stamp.received_at)
    return mended


def _two(register: Register, event: Event, first: str, second: str) -> tuple[Victim, Victim]:
    """Both records, locked in one order whoever was named first, so that two such acts never wait for each other."""
    victims = {name: register.victims.find(event.id, name, for_change=True) for name in sorted({first, second})}
    for name in (first, second):
        if victims[name] is None:
            raise UnknownError("patient_inconnu", "patient_id", "Ce patient n’est pas connu dans cet événement.", "")
    return victims[first], victims[second]  # type: ignore[return-value]  # neither is None: see above


def _write(  # noqa: PLR0913 - what, of whom, when
    register: Register,
    deployment: DeploymentRules,
    event: Event,
    pair: tuple[Victim, Victim],
    observations: tuple[Observation, Observation],
    now: datetime,
) -> MendedPair:
    """The giver first: a number is free before it is given."""
    first, second = (
        record(register, deployment, event, victim, [observation], now).victim
        for victim, observation in zip(pair, observations, strict=True)
    )
    return MendedPair(first, second)
