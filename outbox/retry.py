"""When to try again: a pure function of schedule, attempts, error and now. No clock, no I/O, no randomness of its own.

A schedule is a list of seconds one can read aloud: `(5, 30, 120)` is three more tries after the first, 5 s, 30 s and
2 min after the one before. When it is exhausted the message is parked.

A neighbour that is not there at all (`UnreachableError`) says nothing about the message: no attempt is spent, and the
message comes back by a slow ramp that never ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final, Literal

from outbox.errors import TransientDeliveryError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class _Park(Enum):
    PARK = "park"


PARK: Final = _Park.PARK
"""No further attempt: a person decides."""

SCHEDULE: Final = (2.0, 10.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 7200.0, 14400.0)
"""Nine more tries over about eight hours."""

RAMP: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0)
"""Seconds between knocks at a closed door; the last one repeats."""

SPREAD: Final = 0.2
"""Jitter lengthens a delay by up to this share of it, so that what failed together does not come back together."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How one destination is treated."""

    concurrency: int = 8
    """Deliveries at the same time; also the most that can be sent twice after a crash."""
    schedule: Sequence[float] = SCHEDULE
    timeout: float = 60.0
    """Seconds after which a delivery that says nothing is given up as transient."""
    rate: float | None = None
    """Messages a second at most, over all nodes."""


def next_attempt(
    schedule: Sequence[float], attempts: int, error: Exception, now: datetime, jitter: float
) -> datetime | Literal[_Park.PARK]:
    """Return the instant of the next attempt, or `PARK`.

    `attempts` counts the failures of this sort so far, this one included: spent attempts, or for an `UnreachableError`
    how many times in a row nobody was there. `jitter` is drawn by the caller from 0 to 1. What the neighbour asked by
    `retry_after` is never undercut.
    """
    if isinstance(error, UnreachableError):
        delay = RAMP[min(attempts, len(RAMP)) - 1]
    elif not isinstance(error, TransientDeliveryError) or attempts > len(schedule):
        return PARK
    else:
        delay = schedule[attempts - 1]
    delay *= 1 + SPREAD * jitter
    return now + timedelta(seconds=max(delay, error.retry_after or 0.0))
