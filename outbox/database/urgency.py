"""How urgent a work on the database is, and how long its caller will wait for it to begin.

A caller says it once, where it comes in (`urgent`); everything it asks of the database below that carries it. Whoever says
nothing settles deliveries or runs a job: it waits as long as it takes, after the emergencies and before the rest.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


class Urgency(IntEnum):
    """Who goes first; a smaller number before a greater one."""

    INTERVENTION = 0
    """A request for a SAMU."""
    SETTLEMENT = 1
    """What became of deliveries, and the jobs."""
    STATE = 2
    """A change of an event or of a victim, and whatever else a person asks at a door."""
    BULK = 3
    """A slice of a batch: alone in its transaction, when nothing else waits."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms a caller waits."""

    urgency: Urgency = Urgency.SETTLEMENT
    patience: float | None = None
    """Seconds until a work that has not begun is given up; None: never."""


class OverloadedError(RuntimeError):
    """The work was not begun in time, or could not have been: nothing of it is in the database, nor will be."""


_ORDINARY: Final = Terms()
_TERMS: Final[ContextVar[Terms]] = ContextVar("terms", default=_ORDINARY)


def terms() -> Terms:
    """The terms of the caller under way."""
    return _TERMS.get()


@contextmanager
def urgent(urgency: Urgency, patience: float | None) -> Iterator[None]:
    """Within this, works on the database are of that urgency and are given up after `patience` seconds of waiting."""
    token = _TERMS.set(Terms(urgency, patience))
    try:
        yield
    finally:
        _TERMS.reset(token)
