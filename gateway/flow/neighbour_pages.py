"""A page of a neighbour's own news: each word heard by itself, the cursor moved once all of them are.

The same page twice changes nothing; a cursor that goes back gives words that are known already. What nobody here knows is a
task, or a new patient where the deployment says so and the neighbour gives a number.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, cast

from domain.decisions.commands import DecideNumber
from domain.errors import RuleError
from domain.numbers.sinus_number import SinusNumber, read_sinus_number
from domain.source import Source
from domain.victim.observation import Stamp
from gateway.flow.accept import accept
from gateway.flow.neighbour_words import SYSTEM, Outcome, Speaker, creation_of, hear, keep_refused, moment_of
from gateway.ids import new_id
from gateway.register.victims.news_cursors import NewsCursor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from domain.canon.people import PersonDocument
    from domain.event import Event
    from domain.mode import Mode
    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.flow.neighbour_words import Hearing
    from gateway.register import Register

SOURCES: Final = {neighbour: source for source, neighbour in SYSTEM.items()}
"""Neighbour → whose word its news is."""
BY: Final = "passerelle"
REASON: Final = "Vu d’abord par un voisin : créé par la règle du déploiement (unknown_persons)."


@dataclass(frozen=True, slots=True)
class PageResult:
    """What became of a page."""

    outcomes: Mapping[str, int]
    """`Outcome` → how many words."""
    created: int = 0
    """Patients made by the rule of the deployment."""
    tasks: tuple[str, ...] = field(default_factory=tuple)
    """Identifiers of the tasks that wait for a person."""


def together(parts: Sequence[PageResult]) -> PageResult:
    """What became of a page that was taken in slices."""
    outcomes: Counter[str] = Counter()
    for part in parts:
        outcomes.update(part.outcomes)
    tasks = tuple(task for part in parts for task in part.tasks)
    return PageResult(dict(outcomes), sum(part.created for part in parts), tasks)


def take_words(  # noqa: PLR0913 - whose words, by which rule, when
    register: Register,
    deployment: DeploymentRules,
    neighbour: str,
    mode: Mode,
    words: Sequence[Mapping[str, Any]],
    now: datetime,
    *,
    create: bool,
) -> PageResult:
    """Hear every word of a page, in the caller's transaction."""
    speaker = Speaker(SOURCES[neighbour], neighbour, mode)
    outcomes: Counter[str] = Counter()
    tasks: list[str] = []
    created = 0
    for page_word in words:
        word = cast("PersonDocument", page_word)
        hearing = _heard(register, deployment, speaker, word, now)
        if (
            create
            and hearing.outcome is Outcome.UNKNOWN_PERSON
            and _create(register, deployment, speaker, hearing, word, now)
        ):
            created += 1
            continue
        outcomes[hearing.outcome.value] += 1
        if hearing.task_id:
            tasks.append(hearing.task_id)
    return PageResult(outcomes, created, tuple(tasks))


def move_cursor(register: Register, neighbour: str, mode: Mode, cursor: str | None, now: datetime) -> None:
    """The page was taken: the next one is asked for by its cursor; a neighbour that gives none is asked as before."""
    before = register.news_cursors.of(neighbour, mode, for_change=True)
    register.news_cursors.keep(neighbour, mode, NewsCursor(cursor or before.cursor, now))


def note_fault(  # noqa: PLR0913 - whose, why, where
    register: Register, neighbour: str, mode: Mode, code: str, place: str, now: datetime
) -> NewsCursor:
    """The page was not taken: the cursor stays, and it is said why and since when."""
    before = register.news_cursors.of(neighbour, mode, for_change=True)
    since = before.fault_since if before.fault == code else now
    after = replace(before, fault=code, fault_field=place[:200], fault_since=since)
    register.news_cursors.keep(neighbour, mode, after)
    return after


def _heard(
    register: Register, deployment: DeploymentRules, speaker: Speaker, word: PersonDocument, now: datetime
) -> Hearing:
    # A savepoint a word: what a refused one had begun to write goes away with it.
    savepoint = register.connection.begin_nested()
    try:
        hearing = hear(register, deployment, speaker, word, now)
    except RuleError as refusal:
        savepoint.rollback()
        return keep_refused(register, speaker, word, now, refusal)
    savepoint.commit()
    return hearing


def _create(  # noqa: PLR0913 - of what, by whom, when
    register: Register,
    deployment: DeploymentRules,
    speaker: Speaker,
    hearing: Hearing,
    word: PersonDocument,
    now: datetime,
) -> bool:
    """Make a patient of a person whom the neighbour gives a number of; whether it could be."""
    number = read_sinus_number(word.get("sinus_number") or "")
    event = register.events.find(hearing.event_id) if hearing.event_id else None
    person = register.unknown_persons.find(hearing.task_id) if hearing.task_id else None
    if not isinstance(number, SinusNumber) or event is None or event.status == "closed" or person is None:
        return False
    savepoint = register.connection.begin_nested()
    try:
        patient_id = _made(register, deployment, speaker, event, word, number, now)
    except RuleError:
        savepoint.rollback()
        return False
    decided = replace(person, state="created", victim_id=patient_id, by=BY, reason=REASON)
    register.unknown_persons.decide(decided)
    register.audit.note(BY, "unknown_person.created", person.id, now, {"source": speaker.source.value})
    facts = {"task_id": person.id, "state": "created"}
    register.feed.tell(event.id, speaker.mode, "unknown_person", facts, now)
    savepoint.commit()
    return True


def _made(  # noqa: PLR0913 - same
    register: Register,
    deployment: DeploymentRules,
    speaker: Speaker,
    event: Event,
    word: PersonDocument,
    number: SinusNumber,
    now: datetime,
) -> str:
    """The new patient, who is the neighbour's own person: its record becomes ours instead of standing against it."""
    patient_id = new_id(now)
    stamp = Stamp(speaker.source, speaker.author, moment_of(word, now), now)
    accept(register, deployment, event, patient_id, creation_of(speaker.source, event, patient_id, word, stamp), stamp)
    rule = Stamp(Source.GATEWAY, BY, now, now)
    same = DecideNumber("same_person", REASON, number.canonical)
    accept(register, deployment, event, patient_id, same, rule)
    return patient_id
