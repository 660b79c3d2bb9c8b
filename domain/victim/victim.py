"""A victim as the current record says, with every word it was made of.

The record is a projection: each described field shows the word of the first source, in the order of precedence, that has
spoken. It judges nothing and changes nothing: `domain.decisions.decide` judges, `domain.victim.projection` folds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from domain.numbers.identifier import SET_ASIDE, Identifier, IdentifierKind, current
from domain.numbers.sinus_number import SinusNumber, read_sinus_number
from domain.severity import Severity
from domain.victim.age import unread
from domain.victim.care_path import CANCELS, CareStatus, Step

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from domain.source import Source
    from domain.victim.observation import Stamp


A_DAY: Final = timedelta(days=1)
"""What a birth date may be ahead of the first word on a victim: days do not end everywhere at once."""


@dataclass(frozen=True, slots=True)
class Word:
    """What one source last said of one field; None when it emptied it."""

    value: Any
    stamp: Stamp
    after: int = 0
    """Of its observation."""


@dataclass(frozen=True, slots=True)
class TriageEntry:
    """One act of triage."""

    stage: str
    """`entry` or `exit`."""
    severity: Severity | None
    """None when it takes back what was said."""
    stamp: Stamp
    after: int = 0


@dataclass(frozen=True, slots=True)
class StepTaken:
    """One move on the care path, in the order of receipt, with its own time."""

    n: int
    """Its rank among the steps of the victim, from 0."""
    step: Step
    moved_from: CareStatus
    moved_to: CareStatus
    stamp: Stamp
    facts: Mapping[str, Any]
    """What was decided: any of `orientation`, `destination`, `vector`, `reason`."""


@dataclass(frozen=True, slots=True)
class Care:
    """Where the victim is on the care path, and what was decided on the way."""

    status: CareStatus
    status_at: datetime
    orientation: str | None = None
    destination: Mapping[str, Any] | None = None
    vector: str | None = None
    evacuation_requested_at: datetime | None = None
    evacuated_at: datetime | None = None
    decided_at: datetime | None = None
    """When the établissement was last decided."""


@dataclass(frozen=True, slots=True)
class Victim:
    """One person of one event, named or not, with or without a bracelet."""

    id: str
    event_id: str
    revision: int
    """Grows by one at each observation that teaches something."""
    created: Stamp
    """Of the creation; of the earliest observation, as long as the creation itself was not received."""
    creation_known: bool
    words: Mapping[str, tuple[Word, ...]]
    """Field → the last word of each source, in the order of precedence: the first is shown."""
    identifiers: tuple[Identifier, ...] = ()
    triage: tuple[TriageEntry, ...] = ()
    """Every act of triage, in the order they happened."""
    steps: tuple[StepTaken, ...] = ()

    def value(self, name: str) -> Any:  # noqa: ANN401 - a JSON value, as `domain.victim.fields` normalised it
        """What the record shows for a described field."""
        words = self.words.get(name)
        return words[0].value if words else None

    def word(self, name: str) -> Word | None:
        """The word that is shown for a field, with whose it is."""
        words = self.words.get(name)
        return words[0] if words else None

    def said_by(self, source: Source, name: str) -> Word | None:
        """The last word of one source on a field."""
        for word in self.words.get(name, ()):
            if word.stamp.source is source:
                return word
        return None

    @property
    def current(self) -> Mapping[str, Any]:
        """Every described field that is known."""
        return {name: words[0].value for name, words in self.words.items() if words[0].value is not None}

    @property
    def severity_entry(self) -> Severity:
        """At entry; NC when nobody said."""
        return Severity(self.value("severity_entry") or "NC")

    @property
    def severity_exit(self) -> Severity | None:
        """At exit, once said."""
        severity = self.value("severity_exit")
        return Severity(severity) if severity else None

    @property
    def severity(self) -> Severity:
        """The current one, exactly one: at exit, else at entry."""
        return self.severity_exit or self.severity_entry

    @property
    def localisation_id(self) -> str | None:
        """Where the victim is, when known."""
        place: str | None = self.value("localisation_id")
        return place

    @property
    def status(self) -> CareStatus:
        """One of the seven."""
        return self.steps[-1].moved_to if self.steps else CareStatus.ATTENTE_SOINS

    @property
    def deleted(self) -> bool:
        """Whether the patient was deleted; everything that was said is kept."""
        return self.status is CareStatus.PATIENT_SUPPRIME

    @property
    def care(self) -> Care:
        """The care path as it stands."""
        return care_of(self.steps, self.created)

    @property
    def sinus_number(self) -> str | None:
        """The number that names the victim now: of the field, else of a hospital."""
        held = current(self.identifiers)
        number = held.get(IdentifierKind.SINUS_TR) or held.get(IdentifierKind.SINUS_HP)
        return number.value if number else None

    @property
    def flags(self) -> tuple[str, ...]:
        """What a person should look at.

        Any of `sinus_number_unread`, `sinus_number_offered`, `sinus_year_0000`, `age_unread`, `birth_date_future`.
        """
        flags = [
            "sinus_number_unread" for identifier in self.identifiers if identifier.holds and identifier.quarantined
        ]
        held = {identifier.value for identifier in self.identifiers if identifier.holds}
        if any(
            identifier.ended_because == SET_ASIDE and identifier.value not in held for identifier in self.identifiers
        ):
            flags.append("sinus_number_offered")
        number = read_sinus_number(self.sinus_number or "")
        if isinstance(number, SinusNumber):
            flags.extend(f"sinus_{flag}" for flag in number.flags)
        if unread(self.value("age")):
            flags.append("age_unread")
        if (self.value("birth_date") or "") > (self.created.happened_at + A_DAY).date().isoformat():
            flags.append("birth_date_future")
        return tuple(flags)


def standing(steps: tuple[StepTaken, ...]) -> list[StepTaken]:
    """The forward steps that no later step took back."""
    kept: list[StepTaken] = []
    for step in steps:
        if step.step in CANCELS:
            kept.append(step)
        elif kept:
            kept.pop()
    return kept


def care_of(steps: tuple[StepTaken, ...], created: Stamp) -> Care:
    """What the steps say together: a cancelled step leaves no trace in what was decided, and one in the times."""
    if not steps:
        return Care(CareStatus.ATTENTE_SOINS, created.happened_at)
    decided: dict[str, Any] = {"orientation": None, "destination": None, "vector": None}
    requested = evacuated = decided_at = None
    for step in standing(steps):
        place = step.facts.get("destination")
        if place is not None and place != decided["destination"]:
            decided_at = step.stamp.counts_from
        decided.update(step.facts)
        if step.step is Step.REQUEST_EVACUATION:
            requested = step.stamp.happened_at
        elif step.step is Step.CONFIRM_EVACUATION:
            evacuated = step.stamp.happened_at
    # A step may stay where it is (a destination decided, a request renewed): the status began at the last real move.
    moved_at = next((step.stamp.happened_at for step in reversed(steps) if step.moved_from is not step.moved_to), None)
    return Care(
        steps[-1].moved_to,
        moved_at or created.happened_at,
        decided["orientation"],
        decided["destination"],
        decided["vector"],
        requested,
        evacuated,
        decided_at,
    )


def disagreements(victim: Victim) -> dict[str, tuple[Word, ...]]:
    """Field → the words of the sources that say different things: for a person to see, never settled by a mean."""
    return {
        name: words
        for name, words in victim.words.items()
        if any(word.value is not None and word.value != words[0].value for word in words[1:])
    }
