"""Who goes first: urgent before the rest, with a share kept for the oldest, so that nothing starves. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

TURN: Final = 8
"""One place in so many goes to the message that has waited longest, whatever its priority."""

Due = tuple[int, int, int]
"""(priority, next_at, seq) of a head that is due."""


def share(due: Iterable[Due], limit: int, oldest: int) -> list[Due]:
    """Choose at most `limit`: by priority, but `oldest` of them by age alone."""
    urgent = sorted(due)
    chosen = urgent[: max(limit - oldest, 0)]
    rest = sorted(urgent[len(chosen) :], key=lambda destination: destination[1:])
    return chosen + rest[: limit - len(chosen)]


def turns(taken: int, limit: int) -> int:
    """How many of the next `limit` places fall to the oldest, when `taken` were given before."""
    return (taken + limit) // TURN - taken // TURN
