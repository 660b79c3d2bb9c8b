"""What a decision looks at: the event, the victim as known, whose word it is, and two questions to what lies around.

It asks the world nothing else, and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from domain.numbers.identifier import Identifier, IdentifierKind, identifier_to_json
from domain.source import BY_HAND
from domain.victim.observation import Observation, ObservationKind, Stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from domain.event import Event
    from domain.rules import Rules
    from domain.victim.victim import Victim


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a decision about one victim must know of the others of the event."""

    holder_of_number: Callable[[str], str | None]
    """Canonical SINUS number → the id of the victim of this event that holds it now."""
    next_cata_serial: Callable[[str], int]
    """Letter → the next serial never given in this event, from 1."""


@dataclass(frozen=True, slots=True)
class Situation:
    """The ground of one decision."""

    event: Event
    victim_id: str
    victim: Victim | None
    stamp: Stamp
    around: Surroundings
    rules: Rules

    @property
    def after(self) -> int:
        """The revision that is decided upon."""
        return self.victim.revision if self.victim else 0

    @property
    def by_hand(self) -> bool:
        """Whether it is a person's word, and not a neighbour's."""
        return self.stamp.source in BY_HAND

    @property
    def known(self) -> tuple[Identifier, ...]:
        """Every name that the victim has, had, or was offered."""
        return self.victim.identifiers if self.victim else ()

    def holding(self, *kinds: IdentifierKind) -> tuple[Identifier, ...]:
        """The identifiers of these kinds that name the victim now."""
        return tuple([known for known in self.known if known.valid_to is None and known.kind in kinds])

    def gift(self, kind: IdentifierKind, value: str, unread: str | None = None) -> Identifier:
        """An identifier given now."""
        stamp = self.stamp
        return Identifier(kind, value, stamp.source, stamp.happened_at, after=self.after, unread=unread)

    def end(self, identifier: Identifier, because: str) -> Identifier:
        """The same identifier, ended now."""
        return Identifier(
            identifier.kind,
            identifier.value,
            identifier.source,
            identifier.valid_from,
            max(identifier.valid_from, self.stamp.happened_at),
            identifier.after,
            because,
            identifier.unread,
        )

    def observed(self, kind: ObservationKind, facts: dict[str, Any]) -> Observation:
        """The decision, as an observation not yet in the register."""
        return Observation(self.victim_id, self.event.id, kind, facts, self.stamp, after=self.after)


def identifiers_fact(identifiers: list[Identifier]) -> list[list[Any]]:
    """As an observation says them."""
    return [identifier_to_json(identifier) for identifier in identifiers]
