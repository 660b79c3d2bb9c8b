"""Whom a text typed or scanned in a search box may name: by number first, then by code or key, then by a name's beginning.

A text that reads as a SINUS number names its bearer and nobody else; nothing here ever joins two people.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from domain.numbers.identifier import IdentifierKind
from domain.numbers.sinus_number import NOISE, SinusNumber, read_sinus_number
from domain.victim.search.name_search import begins

if TYPE_CHECKING:
    from domain.numbers.identifier import Identifier
    from domain.victim.victim import Victim

NAMES: Final = ("used_name", "birth_name", "given_name")


class FoundBy(StrEnum):
    """Why somebody is among the results, the surest first."""

    NUMBER = "number"
    """Bears this SINUS number now."""
    FORMER_NUMBER = "former_number"
    """Bore it before."""
    CODE = "code"
    """A CATA code, or a neighbour's own identifier of the person."""
    NAME = "name"
    DESTINATION = "destination"
    """Oriented or admitted to an établissement whose name begins so."""


RANK: Final = {reason: rank for rank, reason in enumerate(FoundBy)}


@dataclass(frozen=True, slots=True)
class SoughtText:
    """The text, read once."""

    text: str
    number: SinusNumber | None

    @property
    def plain(self) -> str:
        """Without spaces and the noise of a scanner."""
        return NOISE.sub("", self.text).upper()


def sought(text: str) -> SoughtText:
    """Read what was typed."""
    number = read_sinus_number(text)
    return SoughtText(text.strip(), number if isinstance(number, SinusNumber) else None)


def reason_of(victim: Victim, what: SoughtText) -> FoundBy | None:
    """Why the victim answers the search; None when it does not."""
    reasons = [reason for known in victim.identifiers if (reason := _named(known, what))]
    if what.number is None:
        if begins(map(victim.value, NAMES), what.text):
            reasons.append(FoundBy.NAME)
        place = victim.value("destination") or victim.care.destination or {}
        if begins([place.get("name")], what.text):
            reasons.append(FoundBy.DESTINATION)
    return min(reasons, key=RANK.__getitem__, default=None)


def _named(known: Identifier, what: SoughtText) -> FoundBy | None:
    if what.number is not None:
        if known.value != what.number.canonical or known.ended_because == "set_aside":
            return None
        return FoundBy.NUMBER if known.holds else FoundBy.FORMER_NUMBER
    if not known.holds or known.kind is IdentifierKind.PORTAL:
        return None
    value = NOISE.sub("", known.value).upper()
    # An establishment's number is typed without the FINESS that tells it apart.
    own = value.rpartition("|")[2] if known.kind is IdentifierKind.HOSPITAL else value
    return FoundBy.CODE if what.plain and what.plain == own else None
