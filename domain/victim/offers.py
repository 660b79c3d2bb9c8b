"""What a neighbour says otherwise than the record shows: kept beside it, with its source, for a person to take or to leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from domain.numbers.identifier import SET_ASIDE, IdentifierKind
from domain.source import BY_HAND
from domain.victim.victim import disagreements

if TYPE_CHECKING:
    from datetime import datetime

    from domain.source import Source
    from domain.victim.victim import Victim, Word

NUMBER_FIELDS: Final = {IdentifierKind.SINUS_TR: "sinus_number", IdentifierKind.SINUS_HP: "sinus_number_hp"}
CARE_FIELDS: Final = ("status", "orientation", "destination", "vector")


@dataclass(frozen=True, slots=True)
class Offer:
    """One value that the record does not show."""

    field: str
    value: Any
    """A JSON value, in the form that the field has in the record."""
    source: Source
    happened_at: datetime


def offers(victim: Victim) -> tuple[Offer, ...]:
    """Every word of a neighbour that differs from what is shown; one that a person takes over is no longer offered."""
    return (*_numbers(victim), *_words(victim), *_steps(victim))


def _numbers(victim: Victim) -> list[Offer]:
    held = {identifier.value for identifier in victim.identifiers if identifier.holds}
    return [
        Offer(NUMBER_FIELDS[identifier.kind], identifier.value, identifier.source, identifier.valid_from)
        for identifier in victim.identifiers
        if identifier.ended_because == SET_ASIDE and identifier.value not in held
    ]


def _words(victim: Victim) -> list[Offer]:
    return [
        _offer(name, word)
        for name, words in disagreements(victim).items()
        for word in words[1:]
        if word.stamp.source not in BY_HAND and word.value is not None and word.value != words[0].value
    ]


def _steps(victim: Victim) -> list[Offer]:
    care = victim.care
    shown = {
        "status": care.status.value,
        "orientation": care.orientation,
        "destination": dict(care.destination) if care.destination else None,
        "vector": care.vector,
    }
    return [
        _offer(name, word)
        for name in CARE_FIELDS
        for word in victim.words.get(f"aside_{name}", ())
        if word.value is not None and word.value != shown[name]
    ]


def _offer(name: str, word: Word) -> Offer:
    return Offer(name, word.value, word.stamp.source, word.stamp.happened_at)
