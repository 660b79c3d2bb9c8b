"""When to try again, as a table."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outbox.errors import PermanentDeliveryError, TransientDeliveryError, UnreachableError
from outbox.retry import PARK, RAMP, SPREAD, next_attempt
from tests.outbox.bench import START

SLOW = TransientDeliveryError("x.lent", "Lent")
ASKED = TransientDeliveryError("x.lent", "Lent", retry_after=90)
ABSENT = UnreachableError("x.absent", "Absent")


@pytest.mark.parametrize(
    ("attempts", "error", "seconds"),
    [
        (1, SLOW, 5),
        (2, SLOW, 30),
        (3, SLOW, 120),
        (4, SLOW, None),
        (1, ASKED, 90),
        (3, ASKED, 120),
        (4, ASKED, None),
        (1, ABSENT, RAMP[0]),
        (2, ABSENT, RAMP[1]),
        (10_000, ABSENT, RAMP[-1]),
        (1, PermanentDeliveryError("x.non", "Non"), None),
        (1, ValueError("?"), None),
    ],
)
def test_the_schedule_is_followed(attempts: int, error: Exception, seconds: float | None) -> None:
    """Each failure waits its line of the schedule; after the last, or for good, it is parked."""
    at = next_attempt((5, 30, 120), attempts, error, START, 0)
    assert at == (PARK if seconds is None else START + timedelta(seconds=seconds))


@settings(deadline=None)
@given(attempts=st.integers(1, 3), jitter=st.floats(0, 1), asked=st.none() | st.floats(0, 1000))
def test_jitter_only_lengthens(attempts: int, jitter: float, asked: float | None) -> None:
    """Never before the schedule, never before what the neighbour asked, at most a fifth later."""
    schedule = (5.0, 30.0, 120.0)
    error = TransientDeliveryError("x.lent", "Lent", retry_after=asked)
    at = next_attempt(schedule, attempts, error, START, jitter)
    assert at is not PARK
    delay = (at - START).total_seconds()
    floor = max(schedule[attempts - 1], asked or 0)
    assert floor - 1e-6 <= delay <= max(schedule[attempts - 1] * (1 + SPREAD), asked or 0) + 1e-6
