"""What the receiver saw, held against what the store promised: pure, and it trusts nobody's clock but the two that are right.

The receiver and the conductor share the machine's clock with PostgreSQL; a trigger of the suite's own notes when PostgreSQL
saw a message expire. The nodes' clocks lie and are asked nothing.

A state may leave when the first state that it replaced might have, although it says itself that it is due later: `due_at` of a
state is the debounce (250 ms, at most 1 s), not a promise to anybody. Were each newer one to wait for its own, a stream of changes
would put the news off for ever, and the rule that counts are never more than a second old would break. It stops where it must:
the chain of replacement is the store's own trace, a state that has left once lends its time to nobody (its retry is not a
debounce), a delivered one was never replaced, so nothing is lent across an acknowledged value, and an expiry is never moved: each
message is judged by its own.

One thing no sender can exclude: a node that is frozen between its last look and the write wakes up and writes. Such an
arrival may be stale or late for `WAKING` seconds after its own sender woke; it is counted apart, never hidden, and the
receiver, which compares versions as the neighbours do, gives it no effect.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from outbox.message import Kind, MessageStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.chaos.traffic import Sent

TOLERANCE = 0.25
"""Seconds between a sender's last look at its clock and the receiver's line: the way through a proxy on a busy machine."""
WAKING = 0.5


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request that the receiver worked on."""

    key: str
    at: float
    node: str
    effect: bool
    destination: str
    lane: str
    kind: Kind
    number: int


@dataclass(slots=True)
class Evidence:
    """All that is known at the end of a run."""

    sent: Sequence[Sent]
    arrivals: Sequence[Arrival]
    """In the order the receiver took them."""
    ends: Mapping[str, MessageStatus]
    """What the store says of each id."""
    replaced_by: Mapping[str, str] = field(default_factory=dict)
    """Which newer state the store says made an older one needless."""
    expired_at: Mapping[str, float] = field(default_factory=dict)
    """When PostgreSQL saw a message become expired."""
    woken: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """When each node was let go on after a freeze."""

    def waking(self, arrival: Arrival) -> bool:
        """Whether its sender had just been frozen."""
        return any(0 <= arrival.at - woke <= WAKING for woke in self.woken.get(arrival.node, ()))


@dataclass(slots=True)
class Judgement:
    """What is wrong, and what is worth knowing."""

    violations: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def judge(evidence: Evidence) -> Judgement:
    """Every rule, over the whole history."""
    verdict = Judgement()
    by_key: dict[str, list[Arrival]] = defaultdict(list)
    for arrival in evidence.arrivals:
        by_key[arrival.key].append(arrival)
    lanes: dict[tuple[str, str], list[Sent]] = defaultdict(list)
    for sent in evidence.sent:
        lanes[sent.destination, sent.lane].append(sent)
    arrived = frozenset(by_key)
    due = {key: at for lane in lanes.values() for key, at in _due(lane, evidence, arrived)}
    for sent in evidence.sent:
        verdict.violations += _kept(sent, evidence, by_key[sent.id])
        verdict.violations += _in_time(sent, due.get(sent.id), evidence, by_key[sent.id], verdict.counts)
        verdict.counts[evidence.ends.get(sent.id, "unknown")] += 1
    verdict.counts["repeated on the wire"] = sum(len(found) - 1 for found in by_key.values() if found)
    for lane in lanes.values():
        verdict.violations += _needless(lane, evidence)
    verdict.violations += _once(evidence)
    verdict.violations += _in_order(evidence, verdict.counts)
    return verdict


def _kept(sent: Sent, evidence: Evidence, arrivals: list[Arrival]) -> Iterator[str]:
    """Nothing is lost: what was promised is delivered, needless, or rightly too late; nothing waits or is parked."""
    match evidence.ends.get(sent.id):
        case None:
            yield f"{sent.id}: promised, and not in the store"
        case MessageStatus.DELIVERED if not any(one.effect or sent.kind is Kind.STATE for one in arrivals):
            yield f"{sent.id}: said to be delivered, and never in effect"
        case MessageStatus.EXPIRED if sent.expires_at is None:
            yield f"{sent.id}: expired, and had no expiry"
        case MessageStatus.EXPIRED if evidence.expired_at[sent.id] < (sent.expires_at or 0) - TOLERANCE:
            early = (sent.expires_at or 0) - evidence.expired_at[sent.id]
            yield f"{sent.id}: given up {early:.2f} s before its expiry"
        case MessageStatus.SUPERSEDED if sent.kind is Kind.COMMAND:
            yield f"{sent.id}: a command was superseded"
        case MessageStatus.DISCARDED if sent.expires_at is not None:
            return  # Left, never answered, and too late to be asked again: a person gave it up.
        case MessageStatus.PENDING | MessageStatus.SENDING | MessageStatus.PARKED | MessageStatus.DISCARDED as end:
            yield f"{sent.id}: ended {end}"


def _due(lane: list[Sent], evidence: Evidence, arrived: frozenset[str]) -> Iterator[tuple[str, float]]:
    """From when each message may leave: a state from when the first of those that it replaced, and that never left, might have."""
    waited: dict[str, float] = {}
    for one in lane:
        if one.due_at is None:
            continue
        due = min(one.due_at, waited.get(one.id, one.due_at))
        yield one.id, due
        if (newer := evidence.replaced_by.get(one.id)) is not None and one.id not in arrived:
            waited[newer] = min(due, waited.get(newer, due))


def _in_time(
    sent: Sent, due: float | None, evidence: Evidence, arrivals: list[Arrival], counts: Counter[str]
) -> Iterator[str]:
    """Nothing arrives after its expiry, nor before it was due."""
    for one in arrivals:
        if sent.expires_at is not None and one.at > sent.expires_at + TOLERANCE:
            if evidence.waking(one):
                counts["late, from a node just woken"] += 1
            else:
                yield f"{sent.id}: arrived {one.at - sent.expires_at:.2f} s after its expiry, from {one.node}"
        if due is not None and one.at < due - TOLERANCE:
            yield f"{sent.id}: arrived {due - one.at:.2f} s before it was due, from {one.node}"


def _needless(lane: list[Sent], evidence: Evidence) -> Iterator[str]:
    """A state is skipped only for a newer one."""
    states = [one for one in lane if one.kind is Kind.STATE]
    if states and evidence.ends.get(states[-1].id) is MessageStatus.SUPERSEDED:
        yield f"{states[-1].id}: superseded, and nothing newer exists"


def _once(evidence: Evidence) -> Iterator[str]:
    """Whatever the keys say, the thing itself is in effect once, and a key is always the same thing."""
    effects = Counter((one.destination, one.lane, one.number) for one in evidence.arrivals if one.effect)
    yield from (f"{thing}: in effect {times} times" for thing, times in effects.items() if times > 1)
    things = {(one.key, one.destination, one.lane, one.number) for one in evidence.arrivals}
    keys = Counter(key for key, *_ in things)
    yield from (f"{key}: one key, {number} contents" for key, number in keys.items() if number > 1)


def _in_order(evidence: Evidence, counts: Counter[str]) -> Iterator[str]:
    """Commands take effect in the order of their lane; a state never first arrives after a newer one."""
    newest: dict[tuple[str, str, Kind], int] = {}
    known: set[str] = set()
    for one in evidence.arrivals:
        if one.key in known:
            continue
        known.add(one.key)
        lane = (one.destination, one.lane, one.kind)
        before = newest.get(lane, -1)
        newest[lane] = max(before, one.number)
        if one.number >= before:
            continue
        if evidence.waking(one):
            counts["stale, from a node just woken"] += 1
        else:
            yield f"{one.key}: first arrived after number {before} of its lane, from {one.node}"
