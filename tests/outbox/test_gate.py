"""The way to one destination: when it closes, how it opens again, how fast it may be used."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from outbox.gate import LONG, THRESHOLD, WIDE, Breaker, Gate, News, admit, learn, spend
from outbox.retry import RAMP
from tests.outbox.bench import START

SECOND = timedelta(seconds=1)


def opened(after: int = 0) -> Gate:
    """A gate that opened at START, and saw so many probes fail at once."""
    gate = learn(Gate("sivic"), News(ill=THRESHOLD), START)
    for _ in range(after):
        assert gate.step_at is not None
        _, gate = admit(gate, 8, 0, None, gate.step_at)
        gate = learn(gate, News(ill=1), START)
    return gate


def test_failures_in_a_row_open_it_and_an_answer_between_does_not() -> None:
    """Only failures that nothing interrupts count; a crowd that fails at once is not many outages."""
    gate = Gate("sivic")
    for _ in range(THRESHOLD - 1):
        gate = learn(gate, News(ill=1), START)
    assert gate.breaker is Breaker.CLOSED
    assert learn(gate, News(reached=1, ill=5), START) == Gate("sivic")
    gate = learn(gate, News(ill=40), START)
    assert (gate.breaker, gate.failures, gate.step_at) == (Breaker.OPEN, THRESHOLD, START + timedelta(seconds=RAMP[0]))


def test_one_message_that_fails_for_ever_opens_nothing() -> None:
    """Its second and later refusals say nothing of the neighbour."""
    gate = Gate("sivic")
    for _ in range(20):
        gate = learn(gate, News(again=1), START)
    assert gate == Gate("sivic")


def test_probes_follow_the_ramp() -> None:
    """One at a time, each later than the one before, for ever at the last step."""
    waits = []
    for failed in range(len(RAMP) + 2):
        gate = opened(failed)
        assert gate.step_at is not None
        waits.append((gate.step_at - START).total_seconds())
    assert waits == [*RAMP, RAMP[-1], RAMP[-1]]
    assert admit(gate, 8, 0, None, gate.step_at - SECOND)[0] == 0
    admitted, probing = admit(gate, 8, 0, None, gate.step_at)
    assert (admitted, probing.breaker) == (1, Breaker.HALF_OPEN)
    assert admit(probing, 8, 1, None, gate.step_at)[0] == 0, "its probe is under way"


def test_a_probe_whose_process_died_is_made_again_at_once() -> None:
    """No other wait hides behind the lease."""
    _, probing = admit(opened(), 8, 0, None, START + SECOND)
    assert admit(learn(probing, News(lost=1), START + SECOND), 8, 0, None, START + SECOND)[0] == 1


def test_a_probe_that_is_refused_for_now_has_failed() -> None:
    """Even when its message was refused before."""
    _, probing = admit(opened(), 8, 0, None, START + SECOND)
    again = learn(probing, News(again=1), START + SECOND)
    assert (again.breaker, again.failures) == (Breaker.OPEN, THRESHOLD + 1)


def test_the_way_back_is_slow_after_a_long_outage_and_quick_after_a_short_one() -> None:
    """After a minute of outage it doubles once a second, whatever arrives; after seconds, with every delivery."""

    def widths(outage: timedelta) -> list[int | None]:
        now, found = START + outage, []
        _, gate = admit(opened(), 99, 0, None, now)
        for _ in range(14):
            gate = learn(gate, News(reached=1), now)
            found.append(gate.width)
            now += SECOND / 2
        return found

    assert widths(SECOND)[:6] == [1, 2, 4, 8, 16, 32]
    assert widths(LONG) == [1, 1, 2, 2, 4, 4, 8, 8, 16, 16, 32, 32, None, None]
    assert WIDE == 64


def test_a_failure_on_the_narrow_way_opens_it_again() -> None:
    """The outage goes on: its beginning is kept, and the ramp begins anew."""
    _, gate = admit(opened(), 8, 0, None, START + SECOND)
    gate = learn(learn(gate, News(reached=1), START + SECOND), News(ill=1), START + 2 * SECOND)
    assert (gate.breaker, gate.opened_at, gate.step_at) == (Breaker.OPEN, START, START + 3 * SECOND)


def test_the_narrow_way_counts_what_is_under_way_everywhere() -> None:
    """Width is for all nodes together."""
    gate = replace(Gate("sivic"), width=4)
    assert [admit(gate, 8, sending, None, START)[0] for sending in (0, 3, 4, 9)] == [4, 1, 0, 0]


@settings(deadline=None)
@given(
    rate=st.floats(0.2, 500),
    drain=st.none() | st.floats(0.2, 500),
    waits=st.lists(st.floats(0, 2), min_size=1, max_size=60),
)
def test_no_more_leave_than_the_rate_allows(rate: float, drain: float | None, waits: list[float]) -> None:
    """Over any length of time: the rate, and at most a tenth of a second's worth at once, or one."""
    gate, now, times = replace(Gate("sivic"), drain_rate=drain), START, []
    for wait in waits:
        now += timedelta(seconds=wait)
        admitted, gate = admit(gate, 1000, 0, rate, now)
        gate = spend(gate, admitted, rate, now)
        times += [now] * admitted
    slowest = min(one for one in (rate, drain) if one is not None)
    for first in range(len(times)):
        for last in range(first, len(times)):
            elapsed = (times[last] - times[first]).total_seconds()
            assert last - first + 1 <= slowest * elapsed + max(1, slowest * 0.1) + 1e-3


def test_a_rate_says_when_the_next_may_leave() -> None:
    """At that instant one is admitted, and not a millisecond before."""
    gate = spend(Gate("sivic"), 1, 4.0, START)
    assert gate.free_at == START + SECOND / 4
    assert admit(gate, 9, 0, 4.0, START + SECOND / 4)[0] == 1
    assert admit(gate, 9, 0, 4.0, START + SECOND / 4 - timedelta(milliseconds=1))[0] == 0
