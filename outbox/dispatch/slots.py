"""How many deliveries each destination may have at once, and where more may be claimable; pure book-keeping of one process.

A slot is busy from the moment it is asked to be filled until a settlement is durable, so that turns that are under way
together never hold more than a destination's concurrency.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from outbox.dispatch import shares
from outbox.ports import ClaimRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from outbox.message import Settlement
    from outbox.retry import Policy

TURNS: Final = 2
"""Turns that may be under way at once; each takes so much of a destination's slots at the most."""


class Slots:
    """The slots of all destinations."""

    def __init__(self, policies: Mapping[str, Policy]) -> None:
        self._policies = policies
        self._busy: Counter[str] = Counter()
        self._taken: Counter[str] = Counter()
        self.hungry: set[str] = set()
        """Where something may be claimable."""

    def room(self, name: str) -> int:
        """How many are free."""
        return self._policies[name].concurrency - self._busy[name]

    @property
    def waiting(self) -> bool:
        """Whether something may be claimable where there is a free slot."""
        return any(self.room(name) > 0 for name in self.hungry)

    def wish(self, name: str, most: int | None = None) -> ClaimRequest:
        """What to claim for all free slots, or for so many."""
        limit = self.room(name) if most is None else most
        return ClaimRequest(name, limit, shares.turns(self._taken[name], limit), self._policies[name].rate)

    def wishes(self, ended: Iterable[Settlement]) -> list[ClaimRequest]:
        """What to claim together with these settlements: where something may be due, and where they move lanes on."""
        freed = Counter(settlement.claimed.envelope.destination for settlement in ended)
        hungry, self.hungry = self.hungry | freed.keys(), set()
        wanted = []
        for name in sorted(hungry):
            room = min(self.room(name) + freed[name], -(-self._policies[name].concurrency // TURNS))
            if room > 0:
                wanted.append(self.wish(name, room))
        return wanted

    def ask(self, wanted: Iterable[ClaimRequest]) -> None:
        """Keep these slots for what is being asked for."""
        for want in wanted:
            self._busy[want.destination] += want.limit

    def answer(self, wanted: ClaimRequest, given: int) -> None:
        """So many of them were filled; where all were, there may be more for the other turn."""
        self._busy[wanted.destination] -= wanted.limit - given
        self._taken[wanted.destination] += given
        if given and given == wanted.limit:
            self.hungry.add(wanted.destination)

    def free(self, name: str) -> None:
        """A settlement is durable."""
        self._busy[name] -= 1
