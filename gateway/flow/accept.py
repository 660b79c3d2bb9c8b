"""The one way in: rules, then observation, projection and outbox in one transaction. Doors answer after it, neighbours learn after it.

Everything here runs inside the caller's transaction and asks nobody: it decides, writes down, and queues.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from domain.decisions.commands import CreatePatient, DecideNumber
from domain.decisions.decide import Surroundings, decide
from domain.errors import ConflictError, InvalidError, StaleError, UnknownError
from domain.event import Link, links_at_creation
from domain.victim.projection import observe
from gateway.flow.outgoing import (
    count_messages,
    detachment_messages,
    evacuation_messages,
    event_messages,
    victim_messages,
)
from gateway.flow.routing import EVENT_DESTINATIONS
from outbox.sql import enqueue

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from domain.decisions.commands import PatientCommand
    from domain.event import Event
    from domain.mode import Mode
    from domain.victim.observation import Observation, Stamp
    from domain.victim.victim import Victim
    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.register import Register

FUTURE = 300  # seconds by which a neighbour's clock may run ahead of ours


@dataclass(frozen=True, slots=True)
class AcceptedChange:
    """What a change made."""

    event: Event
    victim: Victim
    observations: tuple[Observation, ...]


def known_event(register: Register, event_id: str, mode: Mode, *, for_change: bool = False) -> Event:
    """The event, if this caller's mode may speak of it. Another mode is refused, never silently hidden."""
    event = register.events.find(event_id, for_change=for_change)
    if event is None:
        raise unknown_event()
    refuse_other_mode(event, mode)
    return event


def unknown_event() -> UnknownError:
    """No such event; also what is said of one that is another's."""
    return UnknownError("evenement_inconnu", "event_id", "Cet événement n’est pas connu de la passerelle.", "")


def refuse_other_mode(event: Event, mode: Mode | None) -> None:
    """A document that says a mode says the event's."""
    if mode is not None and event.mode != mode:
        raise ConflictError(
            "mode", "mode", "Exercice et réel ne se mélangent jamais.", f"cet événement est « {event.mode} »"
        )


def plausible(stamp: Stamp) -> None:
    """Refuse what has not happened yet. The past is free: back-entry is normal."""
    if (stamp.happened_at - stamp.received_at).total_seconds() > FUTURE:
        raise InvalidError(
            "date_future", "happened_at", "Cette date est dans le futur.", "au plus cinq minutes d’avance"
        )


def accept(  # noqa: PLR0913 - where, who, what, when
    register: Register,
    deployment: DeploymentRules,
    event: Event,
    victim_id: str,
    command: PatientCommand,
    stamp: Stamp,
    *,
    if_match: int | None = None,
) -> AcceptedChange:
    """Apply one command to one victim. Raises RuleError, and then nothing was written."""
    plausible(stamp)
    event = register.events.held(event)
    victim = register.victims.find(event.id, victim_id, for_change=True)
    if victim is None:
        _refuse_unless_new(register, victim_id, command)
    _refuse_stale(victim, if_match)
    observations = decide(event, victim, command, stamp, surroundings(register, event), deployment.rules)
    accepted = record(register, deployment, event, victim, observations, stamp.received_at)
    if isinstance(command, DecideNumber) and observations:
        facts = {"choice": command.choice, "event": event.id}
        register.audit.note(stamp.author, "patient.number_decided", victim_id, stamp.received_at, facts)
    return accepted


def surroundings(register: Register, event: Event) -> Surroundings:
    """What the rules may ask of the rest of the event."""
    return Surroundings(
        holder_of_number=lambda number: register.numbers.bearer(event.id, number),
        next_cata_serial=lambda letter: register.victims.next_cata_serial(event.id, letter),
    )


def record(  # noqa: PLR0913 - what, of whom, by which rules
    register: Register,
    deployment: DeploymentRules,
    event: Event,
    victim: Victim | None,
    observations: Sequence[Observation],
    now: datetime,
    tell: Collection[str] | None = None,
    but: str = "",
) -> AcceptedChange:
    """Write down what was decided or heard, project it, and queue what must be told.

    `tell` names the only destinations that need to learn of it; absent, all that take it. `but` is the one whose own word it
    is: it is told of no record, while the counts are anew for all.
    """
    before = victim
    written = []
    for observation in observations:
        numbered = replace(observation, seq=register.observations.append(observation))
        victim = observe(victim, numbered, deployment.rules)
        written.append(numbered)
    if victim is None:
        raise ConflictError("rien_a_faire", "patient_id", "Cette demande ne change rien : patient inconnu.")
    if not written:
        return AcceptedChange(event, victim, ())
    if before is None:
        register.victims.add(victim, now, deployment.rules)
    else:
        register.victims.change(before, victim, now, deployment.rules)
    if but and tell is None:
        others = [name for name in deployment.destinations if name != but]
        _tell(register, deployment, event, before, victim, written, now, others)
        enqueue(register.connection, count_messages(deployment, event, now), now)
    else:
        _tell(register, deployment, event, before, victim, written, now, tell)
    return AcceptedChange(event, victim, tuple(written))


def _tell(  # noqa: PLR0913 - what, of whom, to whom
    register: Register,
    deployment: DeploymentRules,
    event: Event,
    before: Victim | None,
    victim: Victim,
    written: Sequence[Observation],
    now: datetime,
    only: Collection[str] | None,
) -> None:
    messages = [
        message
        for observation in written
        for message in detachment_messages(deployment, event, before, victim, observation, now)
    ]
    messages += victim_messages(deployment, event, before, victim, written[-1].stamp, now, only)
    messages += evacuation_messages(deployment, event, before, victim, written[-1].stamp, now, only)
    if only is None:
        messages += count_messages(deployment, event, now)
    enqueue(register.connection, messages, now)
    body = {"patient_id": victim.id, "revision": victim.revision, "status": victim.status, "severity": victim.severity}
    register.feed.tell(event.id, event.mode, "victim", body, now)


def _refuse_unless_new(register: Register, victim_id: str, command: PatientCommand) -> None:
    if not isinstance(command, CreatePatient):
        raise UnknownError("patient_inconnu", "patient_id", "Ce patient n’est pas connu dans cet événement.", "")
    # The identifier goes to neighbours that keep persons of every event: it names one person, everywhere.
    if register.victims.knows(victim_id):
        raise ConflictError(
            "patient_existe", "patient_id", "Cet identifiant désigne un patient d’un autre événement.", "un autre"
        )


def _refuse_stale(victim: Victim | None, if_match: int | None) -> None:
    if if_match is not None and (victim is None or victim.revision != if_match):
        current = f"révision actuelle : {victim.revision}" if victim else "le patient n’existe pas encore"
        raise StaleError(
            "fiche_modifiee",
            "revision",
            "La fiche a changé depuis sa lecture.",
            current,
            advice="Relire la fiche, puis recommencer.",
        )


def linked_at_creation(event: Event, deployment: DeploymentRules, wanted: bool | None = None) -> Event:  # noqa: FBT001 - as its portal says
    """A new event with the links that are asked for at once: those of its type (R-51), unless its portal wants them or not."""
    if not (links_at_creation(event.type, deployment.rules) if wanted is None else wanted):
        return event
    named = [name for name in deployment.destinations if name in EVENT_DESTINATIONS]
    return replace(event, links={name: Link("create", None, "requested") for name in named})


def keep_event(
    register: Register, deployment: DeploymentRules, event: Event, stamp: Stamp, *, new: bool = False
) -> Event:
    """Write an event down and tell the neighbours it is linked with. Never waits for them (R-52)."""
    now = stamp.received_at
    if new:
        register.events.add(event, now)
    else:
        register.events.change(event, now)
    enqueue(register.connection, event_messages(deployment, event, stamp, now), now)
    register.feed.tell(event.id, event.mode, "event", {"revision": event.revision, "status": event.status}, now)
    return event
