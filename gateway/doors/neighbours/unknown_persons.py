"""Doors of the persons that a neighbour speaks of and nobody here knows: link, create, dismiss. Each is one act, audited."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from domain.errors import ConflictError, UnknownError
from domain.source import Source
from domain.victim.observation import Stamp
from gateway.doors.http.reply import Reply
from gateway.flow.accept import accept
from gateway.flow.compartments import event_for, may_see
from gateway.flow.neighbour_words import Speaker, creation_of, moment_of, tell_of
from gateway.ids import new_id

if TYPE_CHECKING:
    from domain.event import Event
    from gateway.doors.http.door import Call
    from gateway.register import Register
    from gateway.register.victims.unknown_persons import UnknownPerson

LIKENESS = ("birth_name", "used_name", "given_name", "birth_date", "sex")
"""What may be compared by a person; nothing is ever joined on it."""


async def waiting(call: Call) -> Reply:
    """Those of one event, and those of no event that is known, the longest waiting first."""

    def work(register: Register) -> Reply:
        event = event_for(register, call.path["event_id"], call.principal)
        persons = register.unknown_persons.of(call.principal.mode, [event.id, ""])
        return Reply(200, {"unknown_persons": [_view(register, event, person) for person in persons]})

    return await call.runtime.read(work)


async def link(call: Call) -> Reply:
    """The person is this patient: every word that waited is heard, oldest first, as its speaker's."""

    def work(register: Register) -> Reply:
        person = _open(call, register)
        event = event_for(register, call.body.event_id, call.principal)
        outcomes = _told(call, register, event, person, call.body.patient_id)
        return _decided(
            call, register, replace(person, event_id=event.id, state="linked", victim_id=call.body.patient_id), outcomes
        )

    return await call.change(work)


async def create(call: Call) -> Reply:
    """The person is a new patient of the event, with what was said so far."""

    def work(register: Register) -> Reply:
        person = _open(call, register)
        event = event_for(register, call.body.event_id, call.principal)
        patient_id = new_id(call.now)
        first = person.words[0]
        stamp = Stamp(person.source, person.author, moment_of(first, person.first_at), call.now)
        command = creation_of(person.source, event, patient_id, first, stamp)
        accept(register, call.runtime.deployment, event, patient_id, command, stamp)
        outcomes = _told(call, register, event, person, patient_id)
        return _decided(
            call, register, replace(person, event_id=event.id, state="created", victim_id=patient_id), outcomes, 201
        )

    return await call.change(work)


async def dismiss(call: Call) -> Reply:
    """The person is nobody of ours."""

    def work(register: Register) -> Reply:
        return _decided(call, register, replace(_open(call, register), state="dismissed"), [])

    return await call.change(work)


def _open(call: Call, register: Register) -> UnknownPerson:
    person = register.unknown_persons.find(call.path["task_id"])
    # A person of no event that is known is for whichever portal knows better.
    hidden = person is not None and person.event_id and not may_see(register, person.event_id, call.principal)
    if person is None or hidden or person.mode != call.principal.mode:
        raise UnknownError("personne_inconnue", "task_id", "Cette tâche n’est pas connue.", "")
    if person.state != "open":
        raise ConflictError("deja_decide", "task_id", "Une décision a déjà été prise.", person.state)
    return person


def _told(call: Call, register: Register, event: Event, person: UnknownPerson, patient_id: str) -> list[str]:
    outcomes = []
    speaker = Speaker(person.source, person.author, person.mode)
    for word in person.words:
        victim = register.victims.find(event.id, patient_id, for_change=True)
        if victim is None or victim.deleted:
            raise UnknownError("patient_inconnu", "patient_id", "Ce patient n’est pas connu dans cet événement.", "")
        stamp = Stamp(person.source, person.author, moment_of(word, person.first_at), call.now)
        hearing = tell_of(register, call.runtime.deployment, speaker, event, victim, word, stamp)
        outcomes.append(hearing.outcome.value)
    return outcomes


def _decided(call: Call, register: Register, person: UnknownPerson, outcomes: list[str], status: int = 200) -> Reply:
    kept = replace(person, by=call.principal.author, reason=call.body.reason)
    register.unknown_persons.decide(kept)
    facts = {"state": kept.state, "source": kept.source.value, "patient_id": kept.victim_id, "outcomes": outcomes}
    register.audit.note(call.principal.author, f"unknown_person.{kept.state}", kept.id, call.now, facts)
    register.feed.tell(kept.event_id, kept.mode, "unknown_person", {"task_id": kept.id, "state": kept.state}, call.now)
    return Reply(status, {"task_id": kept.id, "state": kept.state, "patient_id": kept.victim_id, "outcomes": outcomes})


def _view(register: Register, event: Event, person: UnknownPerson) -> dict[str, Any]:
    last = person.words[-1]
    return {
        "task_id": person.id,
        "event_id": person.event_id or None,
        "source": person.source,
        "author": person.author,
        "why": person.why,
        "first_at": person.first_at.isoformat(),
        "last_at": person.last_at.isoformat(),
        "words": [dict(word) for word in person.words],
        "resembles": _resembling(register, event, last) if person.source is not Source.SINUS or _named(last) else [],
    }


def _named(word: Any) -> bool:  # noqa: ANN401 - a PersonDocument as it was kept
    return any(word.get(name) for name in LIKENESS)


def _resembling(register: Register, event: Event, word: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - same
    """Patients that a person may want to compare, with what agrees and what does not. Two traits at least, never a name alone."""
    likely = []
    for victim in register.victims.of_event(event.id):
        traits = {name: (_plain(word.get(name)), _plain(victim.value(name))) for name in LIKENESS}
        same = [name for name, (theirs, ours) in traits.items() if theirs and theirs == ours]
        other = [name for name, (theirs, ours) in traits.items() if theirs and ours and theirs != ours]
        if len(same) > 1:
            likely.append({"patient_id": victim.id, "same": same, "other": other})
    return sorted(likely, key=lambda each: len(each["other"]) - len(each["same"]))[:5]


def _plain(value: object) -> str:
    return "".join(character for character in str(value or "").casefold() if character.isalnum())
