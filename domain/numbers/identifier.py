"""The names that systems give to a victim, each with who gave it and from when to when it holds.

A person may have two valid SINUS numbers at once, one of the field (TR) and one of a hospital (HP). Nothing here merges two people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from domain.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class IdentifierKind(StrEnum):
    """Whose name for a victim it is."""

    SINUS_TR = "sinus_tr"
    SINUS_HP = "sinus_hp"
    UNREAD = "unread"
    """A text given as a SINUS number that is not one: in quarantine, kept raw."""
    CATA = "cata"
    PORTAL = "portal"
    SIVIC = "sivic"
    LRM = "lrm"
    HOSPITAL = "hospital"
    """An établissement's own: its FINESS, a bar, its record number."""
    SINUS = "sinus"
    """SINUS's own identifier of its record, heard once a person said that its bearer of a number is this victim."""
    JOINED = "joined"
    """A SINUS number of which a person said: whoever a neighbour has under it is this victim."""


SINUS_KINDS: Final = (IdentifierKind.SINUS_TR, IdentifierKind.SINUS_HP)
NUMBER_KINDS: Final = (*SINUS_KINDS, IdentifierKind.UNREAD)
"""All that stands in the field of the SINUS number."""
SET_ASIDE: Final = "set_aside"
"""`ended_because` of a name that never held: a neighbour gave it where a person had just decided otherwise."""
TAKEN_BY_HAND: Final = frozenset({"emptied", "rebound"})
"""`ended_because` of a number that a person took away from a victim."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """One name, its giver, its validity."""

    kind: IdentifierKind
    value: str
    source: Source
    valid_from: datetime
    valid_to: datetime | None = None
    after: int = 0
    """The victim's revision at which it was given: tells apart two gifts of one instant."""
    ended_because: str | None = None
    """`emptied`, `changed`, `rebound` or `deleted`; `set_aside` for what a neighbour gave and a person's own act kept out."""
    unread: str | None = None
    """Why it could not be read, for what is in quarantine: a key of `sinus_number.REASONS`."""

    @property
    def holds(self) -> bool:
        """Whether it names the victim now."""
        return self.valid_to is None

    @property
    def quarantined(self) -> bool:
        """Whether a person must look at it."""
        return self.unread is not None

    @property
    def gift(self) -> tuple[str, str, str, datetime, int]:
        """What makes it one and the same, whether it still holds or not."""
        return (self.kind.value, self.value, self.source.value, self.valid_from, self.after)


def merge(known: tuple[Identifier, ...], additions: Iterable[Identifier]) -> tuple[Identifier, ...]:
    """What is known with what was said, the same in any order: an end, once said, stays; the earliest end counts."""
    by_gift = {identifier.gift: identifier for identifier in known}
    for identifier in additions:
        before = by_gift.get(identifier.gift)
        if before is None or _end(identifier) < _end(before):
            by_gift[identifier.gift] = identifier
    return tuple(sorted(by_gift.values(), key=_age))


def identifier_to_json(identifier: Identifier) -> list[Any]:
    """Compact and JSON-safe."""
    ended = identifier.valid_to
    return [
        identifier.kind.value,
        identifier.value,
        identifier.source.value,
        identifier.valid_from.isoformat(),
        ended.isoformat() if ended else None,
        identifier.after,
        identifier.ended_because,
        identifier.unread,
    ]


def identifier_from_json(row: list[Any]) -> Identifier:
    """The identifier that a row was made from."""
    kind, value, source, valid_from, ended, after, because, unread = row
    return Identifier(
        IdentifierKind(kind),
        value,
        Source(source),
        datetime.fromisoformat(valid_from),
        datetime.fromisoformat(ended) if ended else None,
        after,
        because,
        unread,
    )


def current(identifiers: tuple[Identifier, ...]) -> Mapping[IdentifierKind, Identifier]:
    """Kind → the one that holds; of several, the last given."""
    return {identifier.kind: identifier for identifier in identifiers if identifier.valid_to is None}


def _age(identifier: Identifier) -> tuple[datetime, int, str, str, str]:
    kind, value, source, valid_from, after = identifier.gift
    return (valid_from, after, kind, value, source)


def _end(identifier: Identifier) -> tuple[bool, datetime, str]:
    ended = identifier.valid_to
    return (ended is None, ended or identifier.valid_from, identifier.ended_because or "")
