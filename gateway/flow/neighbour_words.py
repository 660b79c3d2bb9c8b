"""What a neighbour says of a person, of its own accord: matched by number or key, never by name, and heard as that neighbour's word.

A word about somebody whom nobody here knows is kept as a task for a person, who links it, creates the patient, or dismisses it.
The same word said twice changes nothing; words that come late or out of order give the same record (`domain.victim.projection`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from domain.canon.people import PersonNews
from domain.decisions.commands import ChangePatient, CreatePatient, Triage
from domain.decisions.decide import decide
from domain.errors import InvalidError, RuleError
from domain.numbers.identifier import IdentifierKind
from domain.numbers.sinus_number import SinusNumber, read_sinus_number
from domain.source import Source
from domain.victim.observation import Stamp
from gateway.flow.accept import plausible, record, surroundings
from gateway.flow.outgoing import news_message
from gateway.ids import new_id
from gateway.register.victims.unknown_persons import UnknownPerson
from outbox.sql import enqueue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domain.canon.people import PersonDocument
    from domain.decisions.commands import PatientCommand
    from domain.event import Event
    from domain.mode import Mode
    from domain.victim.observation import Observation
    from domain.victim.victim import Victim
    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.register import Register

SYSTEM: Final = {Source.SINUS: "sinus", Source.SIVIC: "sivic", Source.HOSPITAL: "hospital"}
"""Whose own word it is → the destination that need not be told of it."""
KEYS: Final = {Source.SIVIC: "sivic_id", Source.HOSPITAL: "hospital_id"}
"""Source → the field that keeps its own identifier of a person."""
KINDS: Final = {Source.SIVIC: IdentifierKind.SIVIC, Source.HOSPITAL: IdentifierKind.HOSPITAL}
DESCRIBED: Final = ("birth_name", "used_name", "given_name", "birth_date", "sex", "age", "nationality")
ARRIVALS: Final = frozenset({PersonNews.ADMISSION, PersonNews.REGISTRATION, PersonNews.TRANSFER})
PLACING: Final = ARRIVALS | {PersonNews.PRESENCE}
"""News that says where the person is; of the others the establishment is only who speaks."""
WITHDRAWN: Final = ("admitted_at", "destination", "hospital_care")


class Outcome(StrEnum):
    """What became of a word."""

    TAKEN = "taken"
    """The record says something new, or keeps the word beside what a better source says."""
    KNOWN = "known"
    """Nothing new."""
    UNKNOWN_PERSON = "unknown_person"
    """Nobody here bears the number or the key: a task for a person."""
    AMBIGUOUS = "ambiguous"
    """The number is one person's and the key another's: a task for a person."""
    REFUSED = "refused"
    """The rules do not allow it: kept as a task, with the reason."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """One word, heard."""

    outcome: Outcome
    event_id: str | None
    patient_id: str | None = None
    task_id: str | None = None
    """Of the person nobody knows, where a person must look."""
    beside: tuple[str, ...] = ()
    """The fields whose word is kept beside another that is shown."""
    code: str | None = None
    field: str | None = None
    title: str | None = None
    """Why it was refused, French."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who says it."""

    source: Source
    author: str
    """The system or the establishment, as an opaque reference."""
    mode: Mode


def hear(
    register: Register, deployment: DeploymentRules, speaker: Speaker, word: PersonDocument, now: datetime
) -> Hearing:
    """Hear one word, in the caller's transaction. Raises `InvalidError` only for a date that cannot be one."""
    stamp = Stamp(speaker.source, speaker.author, moment_of(word, now), now)
    plausible(stamp)
    event, victim, ambiguous = _sought(register, speaker, word)
    if victim is None or event is None:
        outcome = Outcome.AMBIGUOUS if ambiguous else Outcome.UNKNOWN_PERSON
        return _as_task(register, speaker, event, word, now, outcome)
    return tell_of(register, deployment, speaker, event, victim, word, stamp)


def keep_refused(
    register: Register, speaker: Speaker, word: PersonDocument, now: datetime, refusal: RuleError
) -> Hearing:
    """A word that cannot be heard at all, such as one of a date that is not readable: kept as a task, nothing is lost."""
    kept = _as_task(register, speaker, None, word, now, Outcome.REFUSED, refusal.code)
    return Hearing(Outcome.REFUSED, None, None, kept.task_id, (), refusal.code, refusal.field, refusal.title)


def tell_of(  # noqa: PLR0913 - of whom, by whom, when
    register: Register,
    deployment: DeploymentRules,
    speaker: Speaker,
    event: Event,
    victim: Victim,
    word: PersonDocument,
    stamp: Stamp,
) -> Hearing:
    """The word of a known victim, as observations of its speaker; what the rules refuse becomes a task."""
    observations: list[Observation] = []
    try:
        for command in commands_of(speaker.source, event, victim, word, stamp):
            observations += decide(event, victim, command, stamp, surroundings(register, event), deployment.rules)
    except RuleError as refusal:
        kept = _as_task(register, speaker, event, word, stamp.received_at, Outcome.REFUSED, refusal.code)
        return Hearing(
            Outcome.REFUSED, event.id, victim.id, kept.task_id, (), refusal.code, refusal.field, refusal.title
        )
    accepted = record(register, deployment, event, victim, observations, stamp.received_at, but=SYSTEM[speaker.source])
    if accepted.victim.revision == victim.revision:
        return Hearing(Outcome.KNOWN, event.id, victim.id)
    fields = sorted({name for each in observations for name in each.facts.get("fields", {})})
    beside = tuple(name for name in fields if _beside(accepted.victim, speaker.source, name))
    _inform_portal(register, deployment, event, accepted.victim, speaker, word, fields, beside, stamp)
    return Hearing(Outcome.TAKEN, event.id, victim.id, None, beside)


def commands_of(
    source: Source, event: Event, victim: Victim | None, word: PersonDocument, stamp: Stamp
) -> list[PatientCommand]:
    """What the word asks of the record: fields of that source, and the triage that it names."""
    fields = fields_of(source, event, word, stamp)
    commands: list[PatientCommand] = [ChangePatient(fields)] if fields else []
    if word["news"] == PersonNews.WITHDRAWAL:
        retracted = victim.said_by(source, "severity_exit") if victim else None
        return [*commands, Triage("exit", None)] if retracted and retracted.value else commands
    severity = "DCD" if _dead(word) else word.get("severity")
    word_before = victim.said_by(source, "severity_exit") if victim else None
    if severity and not (word_before and word_before.value == severity):
        commands.append(Triage("exit", severity))
    return commands


def fields_of(source: Source, event: Event, word: PersonDocument, stamp: Stamp) -> dict[str, Any]:
    """The fields that the word sets or, for a withdrawal, takes back."""
    news: str = word["news"]
    fields: dict[str, Any] = {name: value for name, value in word.items() if name in DESCRIBED and value}
    if (own := KEYS.get(source)) and (key := _own_key(source, word)):
        fields[own] = key
    if news == PersonNews.WITHDRAWAL:
        return dict.fromkeys(WITHDRAWN)
    if number := word.get("sinus_number"):
        read = read_sinus_number(number)
        hospital = isinstance(read, SinusNumber) and read.origin == "HP"
        fields["sinus_number_hp" if hospital else "sinus_number"] = number
    if (finess := word.get("finess")) and news in PLACING:
        name = word.get("establishment") or finess
        fields["destination"] = {"finess": finess, "name": name, "service": word.get("service")}
    if news in ARRIVALS:
        fields["admitted_at"] = stamp.happened_at.isoformat()
    home = "RETOUR_DOMICILE" if news == PersonNews.DISCHARGE else None
    if where := "DECES" if _dead(word) else home or word.get("hospital_care"):
        fields["hospital_care"] = where
    place = next((each for each in event.open_localisations if each.name == word.get("localisation")), None)
    if place is not None:
        fields["localisation_id"] = place.id
    return fields


def _dead(word: Mapping[str, Any]) -> bool:
    return bool(word.get("dead")) or word.get("hospital_care") == "DECES" or word["news"] == PersonNews.DEATH


def creation_of(source: Source, event: Event, patient_id: str, word: PersonDocument, stamp: Stamp) -> CreatePatient:
    """A patient made of what a neighbour said of somebody nobody knew."""
    fields = fields_of(source, event, word, stamp)
    return CreatePatient(patient_id, fields | {"severity_entry": word.get("severity") or "NC"})


def moment_of(word: Mapping[str, Any], now: datetime) -> datetime:
    """When it happened; `now` where the word does not say. Raises `InvalidError` for what is no instant."""
    hour = word.get("happened_at")
    if hour is None:
        return now
    try:
        moment = datetime.fromisoformat(hour)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidError("R-37", "happened_at", "Cette date-heure n’est pas lisible.", "ISO 8601 avec décalage")
    return moment


def _sought(register: Register, speaker: Speaker, word: PersonDocument) -> tuple[Event | None, Victim | None, bool]:
    """The event and the victim that the word is about, and whether its names point at two people."""
    events = _events(register, speaker, word)
    candidates = {
        (event.id, patient) for event in events for patient in _bearers(register, speaker.source, event, word)
    }
    known = {event.id: event for event in events}
    if len(candidates) > 1:
        return (events[0] if len(events) == 1 else None), None, True
    for event_id, patient_id in candidates:
        victim = register.victims.find(event_id, patient_id, for_change=True)
        if victim is not None and not victim.deleted:
            return known[event_id], victim, False
    return (events[0] if len(events) == 1 else None), None, False


def _events(register: Register, speaker: Speaker, word: PersonDocument) -> list[Event]:
    """The event that the word names, by our identifier or the speaker's; all that are open when it names none."""
    named, own = word.get("event_id"), SYSTEM[speaker.source]
    events = register.events.all(speaker.mode)
    if named is None:
        return [event for event in events if event.status != "closed"]
    return [
        event
        for event in events
        if event.id == named
        or any(link.external_id == named for name, link in event.links.items() if own in {name, "hospital"})
    ]


def _bearers(register: Register, source: Source, event: Event, word: PersonDocument) -> set[str]:
    """Whom the word's names point at in one event; a name that nobody bears points at nobody."""
    bearers: set[str] = set()
    if (patient_id := word.get("patient_id")) and register.victims.find(event.id, patient_id) is not None:
        bearers.add(patient_id)
    number = read_sinus_number(word.get("sinus_number") or "")
    if isinstance(number, SinusNumber) and (bearer := register.numbers.bearer(event.id, number.canonical)):
        bearers.add(bearer)
    kind = KINDS.get(source)
    if kind is not None:
        for name in ("key", "merged_key"):
            if key := _own_key(source, word, name):
                bearers |= register.numbers.keyed(event.id, kind, key)
    return bearers


def _own_key(source: Source, word: Mapping[str, Any], name: str = "key") -> str | None:
    """The speaker's identifier of the person; an établissement's is told apart from the same number of another one."""
    key = word.get(name)
    return f"{word.get('finess') or ''}|{key}" if key and source is Source.HOSPITAL else key


def _as_task(  # noqa: PLR0913 - what, by whom, why
    register: Register,
    speaker: Speaker,
    event: Event | None,
    word: PersonDocument,
    now: datetime,
    outcome: Outcome,
    code: str | None = None,
) -> Hearing:
    person = UnknownPerson(
        id=new_id(now),
        event_id=event.id if event else "",
        mode=speaker.mode,
        source=speaker.source,
        author=speaker.author,
        why=code or outcome.value,
        words=(word,),
        first_at=now,
        last_at=now,
    )
    kept = register.unknown_persons.keep(person)
    if kept is None:
        return Hearing(Outcome.KNOWN, event.id if event else None)
    body = {"task_id": kept, "source": speaker.source, "why": person.why}
    register.feed.tell(person.event_id, speaker.mode, "unknown_person", body, now)
    return Hearing(outcome, event.id if event else None, None, kept)


def _beside(victim: Victim, source: Source, name: str) -> bool:
    word = victim.said_by(source, name)
    return word is not None and victim.value(name) != word.value


def _inform_portal(  # noqa: PLR0913 - what, of whom, by whom
    register: Register,
    deployment: DeploymentRules,
    event: Event,
    victim: Victim,
    speaker: Speaker,
    word: PersonDocument,
    fields: list[str],
    beside: tuple[str, ...],
    stamp: Stamp,
) -> None:
    """The portal hears that a record changed by a neighbour's word, in codes; it reads the record at our door."""
    body = {
        "mode": event.mode,
        "event_id": event.id,
        "patient_id": victim.id,
        "revision": victim.revision,
        "source": speaker.source.value,
        "news": word["news"],
        "happened_at": stamp.happened_at.isoformat(),
        "fields": fields,
        "beside": list(beside),
    }
    messages = [
        news_message(event, victim.id, deployment.restrict(name, "patient.news", body), stamp.received_at, name)
        for name in deployment.takers("patient.news")
    ]
    enqueue(register.connection, messages, stamp.received_at)
