"""What a scenario is: a title, its acts in time, and the questions asked at its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from random import Random

    from gateway.cli.play.stage import Stage


@dataclass(frozen=True, slots=True)
class Act:
    """Something that somebody does at an instant of the scenario."""

    at: float
    """Seconds since the scenario began."""
    do: Callable[[Stage], Awaitable[None]]
    about: str = ""
    """Acts of one key follow one another in order, each after the end of the one before; the others don't wait."""


@dataclass(frozen=True, slots=True)
class Question:
    """What must be true once everything has settled, under the number that the failure mode has in the field's literature."""

    number: str
    """`F1` to `F26`."""
    asks: str
    """In French, for the report."""
    answer: Callable[[Stage], Awaitable[bool]]


@dataclass(slots=True)
class Script:
    """The acts and questions of one play, drawn from its seed."""

    acts: list[Act] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def at(self, seconds: float, do: Callable[[Stage], Awaitable[None]], about: str = "") -> None:
        """Add an act."""
        self.acts.append(Act(seconds, do, about))

    def ask(self, number: str, asks: str, answer: Callable[[Stage], Awaitable[bool]]) -> None:
        """Add a question."""
        self.questions.append(Question(number, asks, answer))


@dataclass(frozen=True, slots=True)
class Scenario:
    """A crisis that can be played."""

    name: str
    title: str
    """In French, for who chooses."""
    places: tuple[str, ...]
    """Names of the localisations."""
    write: Callable[[Script, Stage, Random], None]
    """Fills the script. The stage is given for its crowd; nothing is played yet."""
    patience: float = 120.0
    """Seconds of real time that every side has to agree, once the last act is over."""
