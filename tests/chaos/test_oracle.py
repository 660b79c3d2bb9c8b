"""The oracle can say no: each broken promise, alone in a history that is otherwise right, is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from outbox.message import Kind, MessageStatus
from tests.chaos.oracle import Arrival, Evidence, judge
from tests.chaos.traffic import Sent

COMMANDS = [Sent(f"c{n}", "nord", "a", Kind.COMMAND, n, None, None) for n in range(3)]
STATES = [Sent(f"s{n}", "nord", "b", Kind.STATE, n, None, None) for n in range(3)]
HASTY = Sent("h", "sud", "a", Kind.COMMAND, 0, expires_at=110.0, due_at=104.0)


def arrival(sent: Sent, at: float, **changes: Any) -> Arrival:
    """As it should be."""
    plain = Arrival(
        sent.id,
        at,
        "noeud-0",
        effect=True,
        destination=sent.destination,
        lane=sent.lane,
        kind=sent.kind,
        number=sent.number,
    )
    return replace(plain, **changes)


def right() -> Evidence:
    """A history without fault: a repeat on the wire, a skipped state, a message just in time."""
    arrivals = [arrival(one, 100.0 + one.number) for one in COMMANDS]
    arrivals += [arrival(COMMANDS[0], 103.0, effect=False)]
    arrivals += [arrival(STATES[0], 104.0), arrival(STATES[2], 105.0), arrival(HASTY, 109.9)]
    ends = {one.id: MessageStatus.DELIVERED for one in (*COMMANDS, *STATES, HASTY)} | {"s1": MessageStatus.SUPERSEDED}
    return Evidence([*COMMANDS, *STATES, HASTY], arrivals, ends, {"s1": "s2"}, {}, {"noeud-0": [50.0]})


def test_a_right_history_passes() -> None:
    """What the contract allows is no violation."""
    judgement = judge(right())
    assert judgement.violations == []
    assert judgement.counts["repeated on the wire"] == 1


def _without(key: str) -> Evidence:
    fine = right()
    return replace(fine, arrivals=[one for one in fine.arrivals if one.key != key])


def _ending(key: str, end: MessageStatus | None, **more: Any) -> Evidence:
    fine = right()
    ends = {known: status for known, status in fine.ends.items() if known != key}
    return replace(fine, ends=ends if end is None else {**ends, key: end}, **more)


def _arriving(*arrivals: Arrival) -> Evidence:
    fine = right()
    return replace(fine, arrivals=[*fine.arrivals, *arrivals])


def _swapped(first: Sent, second: Sent) -> Evidence:
    order = {first.id: second, second.id: first}
    known = {one.id: one for one in (*COMMANDS, *STATES, HASTY)}
    return replace(
        right(),
        arrivals=[arrival(order.get(one.key, known[one.key]), one.at) for one in right().arrivals if one.effect],
    )


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (_without("c2"), "c2: said to be delivered, and never in effect"),
        (_ending("c2", None), "c2: promised, and not in the store"),
        (_ending("c2", MessageStatus.PARKED), "c2: ended parked"),
        (_ending("c2", MessageStatus.SENDING), "c2: ended sending"),
        (_ending("c2", MessageStatus.SUPERSEDED), "c2: a command was superseded"),
        (_ending("c2", MessageStatus.EXPIRED), "c2: expired, and had no expiry"),
        (_ending("h", MessageStatus.EXPIRED, expired_at={"h": 108.0}), "h: given up 2.00 s before its expiry"),
        (_ending("s2", MessageStatus.SUPERSEDED), "s2: superseded, and nothing newer exists"),
        (_arriving(arrival(HASTY, 111.0, effect=False)), "h: arrived 1.00 s after its expiry, from noeud-0"),
        (_arriving(arrival(HASTY, 103.0, effect=False)), "h: arrived 1.00 s before it was due, from noeud-0"),
        (_arriving(arrival(COMMANDS[0], 106.0, key="other")), "('nord', 'a', 0): in effect 2 times"),
        (_arriving(arrival(COMMANDS[1], 106.0, key="c0", effect=False)), "c0: one key, 2 contents"),
        (_swapped(COMMANDS[0], COMMANDS[1]), "c0: first arrived after number 1 of its lane, from noeud-0"),
        (_swapped(STATES[0], STATES[2]), "s0: first arrived after number 2 of its lane, from noeud-0"),
    ],
)
def test_a_broken_promise_is_named(evidence: Evidence, said: str) -> None:
    """The violation is in the oracle's list."""
    assert said in judge(evidence).violations


def test_only_its_own_sleep_excuses_a_sender() -> None:
    """What a node writes as it wakes is counted apart; another node's sleep, or one long past, excuses nothing."""
    late = _arriving(arrival(HASTY, 111.0, effect=False))
    woken = judge(replace(late, woken={"noeud-0": [110.8]}))
    assert (woken.violations, woken.counts["late, from a node just woken"]) == ([], 1)
    for woke in ({"noeud-1": [110.8]}, {"noeud-0": [109.0]}, {"noeud-0": [111.2]}):
        assert len(judge(replace(late, woken=woke)).violations) == 1


def test_a_state_may_leave_when_the_first_it_replaces_might_have() -> None:
    """A stream of changes puts nothing off for ever; but a state that replaces nothing waits for its own time."""
    states = [replace(STATES[0], due_at=101.0), STATES[1], replace(STATES[2], due_at=104.0)]
    arrivals = [arrival(states[2], 102.0)]
    ends = {"s0": MessageStatus.SUPERSEDED, "s1": MessageStatus.SUPERSEDED, "s2": MessageStatus.DELIVERED}
    assert judge(Evidence(states, arrivals, ends, {"s0": "s2", "s1": "s2"})).violations == []
    tried = [arrival(states[0], 101.5), *arrivals]
    assert len(judge(Evidence(states, tried, ends, {"s0": "s2", "s1": "s2"})).violations) == 1, (
        "one that left lends nothing"
    )
    early = ["s2: arrived 2.00 s before it was due, from noeud-0"]
    ends["s0"] = MessageStatus.DELIVERED
    assert judge(Evidence(states, [arrival(states[0], 101.0), *arrivals], ends, {"s1": "s2"})).violations == early
