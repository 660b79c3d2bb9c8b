"""Which SAMU a request goes to: a table of dated rows that an operator edits, read from the most precise word to the least.

A named CRRA, else the commune's INSEE code, else its department, else what was agreed with the platform. Two rows that fit alike: the
one that came into force last. No row: no guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime


class RouteKind(StrEnum):
    """What a row goes by, the most precise first."""

    CRRA = "crra"
    INSEE = "insee"
    DEPARTMENT = "department"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Route:
    """One row."""

    id: str
    kind: RouteKind
    key: str
    """`fr.health.samu077`, `77288`, `2A`, or the name of a platform's key."""
    destination: str
    label: str
    """As people say it: SAMU 77."""
    valid_from: datetime
    valid_to: datetime | None = None
    """Not from this instant on."""
    second: str | None = None
    """Taken instead when the first is down; never both."""
    crra: str | None = None
    """The code that the CRRA's software expects in the request."""
    expiry_seconds: int | None = None
    """How long a request may wait for this SAMU; absent, the platform's agreement or the house says."""
    phone: str | None = None
    """The SAMU's telephone number for professionals, told when a request cannot leave."""

    def in_force(self, at: datetime) -> bool:
        """Whether it counts at this instant."""
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


def keys_of(crra: str | None, insee: str | None, department: str | None, platform: str) -> list[tuple[RouteKind, str]]:
    """What a request may be routed by, the most precise first."""
    sentence = (
        (RouteKind.CRRA, crra),
        (RouteKind.INSEE, insee),
        (RouteKind.DEPARTMENT, department),
        (RouteKind.PLATFORM, platform),
    )
    return [(kind, key) for kind, key in sentence if key]


def choose(routes: Iterable[Route], keys: Sequence[tuple[RouteKind, str]], at: datetime) -> Route | None:
    """The row in force that fits best; None when there is none."""
    fitting = [route for route in routes if route.in_force(at) and (route.kind, route.key) in keys]
    return min(
        fitting,
        key=lambda route: (keys.index((route.kind, route.key)), -route.valid_from.timestamp(), route.id),
        default=None,
    )
