"""What may leave for one destination now: breaker, slow return, rate, pause. Pure, and shared by every node through its row.

```
            THRESHOLD failures in a row            step_at is past
   closed ───────────────────────────▶ open ───────────────────────▶ half-open: one probe
     ▲                                   ▲        the probe failed        │
     │ twice as wide at each step        └────────────────────────────────┤
     └──────────────── closed, one at a time ◀────────────────────────────┘ the probe reached the neighbour
```

A failure is a neighbour that was not there, or the first transient refusal or unreadable answer of a message: a single message that fails again
and again opens nothing, and cannot keep the others waiting. An answer of any other kind, a refusal included, says that the
neighbour is there. It refuses to know a clock, a store, or what was sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from math import floor
from typing import TYPE_CHECKING, Final

from outbox.message import Outcome
from outbox.retry import RAMP

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from outbox.message import Settlement

THRESHOLD: Final = 3
"""Failures in a row, none of them answered between, that open the breaker."""

PROBE: Final = timedelta(seconds=30)
"""How long a probe that says nothing keeps another from being made; a probe whose process died is made again at once."""

LONG: Final = timedelta(seconds=60)
"""After an outage of this length the way back widens once a `STEP`; after a shorter one, with each delivery that arrives."""

STEP: Final = timedelta(seconds=1)

WIDE: Final = 64
"""A way this wide is open."""

BURST: Final = 0.1
"""Seconds' worth of a rate that may leave together."""


class Breaker(StrEnum):
    """Whether messages leave; the words of the column, the metrics and the console."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Gate:
    """The state of the way to one destination."""

    destination: str
    breaker: Breaker = Breaker.CLOSED
    failures: int = 0
    """In a row; once open, `THRESHOLD` and the failed probes."""
    opened_at: datetime | None = None
    """When this outage was noticed; kept until the way is wide again."""
    step_at: datetime | None = None
    """Open: when the next probe may be made. Closed and narrow: when the way may widen."""
    width: int | None = None
    """How many deliveries at once, over all nodes, while the way is narrow."""
    drain_rate: float | None = None
    """Messages a second since a person resumed it so, until nothing due is left."""
    free_at: datetime | None = None
    """When the next message may leave under a rate."""

    @property
    def plain(self) -> bool:
        """Whether nothing here limits anything."""
        return self.breaker is Breaker.CLOSED and not self.failures and self.width is None and self.drain_rate is None


@dataclass(frozen=True, slots=True)
class News:
    """What a group of settlements says of one neighbour."""

    reached: int = 0
    ill: int = 0
    again: int = 0
    """Transient refusals of messages that were refused before: they open nothing, but a probe among them has failed."""
    lost: int = 0
    """Deliveries whose process died: they say nothing, but a probe among them is no more under way."""


def news(settlements: Iterable[Settlement]) -> dict[str, News]:
    """By destination; those that nothing is said of are absent."""
    news_of: dict[str, News] = {}
    for settlement in settlements:
        name = settlement.claimed.envelope.destination
        known = news_of.get(name, News())
        match settlement.outcome:
            case Outcome.DELIVERED | Outcome.PERMANENT:
                news_of[name] = replace(known, reached=known.reached + 1)
            case Outcome.UNREACHABLE:
                news_of[name] = replace(known, ill=known.ill + 1)
            case Outcome.TRANSIENT | Outcome.UNCERTAIN if settlement.claimed.attempt == 1:
                news_of[name] = replace(known, ill=known.ill + 1)
            case Outcome.TRANSIENT | Outcome.UNCERTAIN:
                news_of[name] = replace(known, again=known.again + 1)
            case Outcome.LEASE_LOST:
                news_of[name] = replace(known, lost=known.lost + 1)
            case _:
                pass
    return news_of


def learn(gate: Gate, signals: News, now: datetime) -> Gate:
    """The gate after a group of settlements."""
    if signals.reached:
        return _reached(gate, now)
    if gate.breaker is Breaker.OPEN:
        return gate  # What was already under way when it opened says nothing new.
    if gate.breaker is Breaker.HALF_OPEN:
        return _probed(gate, signals, now)
    if not signals.ill:
        return gate
    failures = gate.failures + signals.ill
    if failures >= THRESHOLD or gate.width is not None:
        return _open(gate, THRESHOLD, now)
    return replace(gate, failures=failures)


def _probed(gate: Gate, signals: News, now: datetime) -> Gate:
    if signals.ill or signals.again:
        return _open(gate, gate.failures + 1, now)
    return replace(gate, breaker=Breaker.OPEN, step_at=now) if signals.lost else gate


def _open(gate: Gate, failures: int, now: datetime) -> Gate:
    delay = RAMP[min(failures - THRESHOLD, len(RAMP) - 1)]
    return replace(
        gate,
        breaker=Breaker.OPEN,
        failures=failures,
        opened_at=gate.opened_at or now,
        step_at=now + timedelta(seconds=delay),
        width=None,
    )


def _reached(gate: Gate, now: datetime) -> Gate:
    if gate.breaker is not Breaker.CLOSED:
        return replace(gate, breaker=Breaker.CLOSED, failures=0, width=1, step_at=now + _pace(gate, now))
    if gate.width is None:
        return replace(gate, failures=0)
    if gate.step_at is not None and now < gate.step_at:
        return gate
    width = gate.width * 2
    if width >= WIDE:
        return replace(gate, failures=0, width=None, step_at=None, opened_at=None)
    return replace(gate, failures=0, width=width, step_at=now + _pace(gate, now))


def _pace(gate: Gate, now: datetime) -> timedelta:
    outage = timedelta(0) if gate.opened_at is None else now - gate.opened_at
    return STEP if outage >= LONG else timedelta(0)


def admit(gate: Gate, limit: int, sending: int, rate: float | None, now: datetime) -> tuple[int, Gate]:
    """How many of `limit` may leave now, with `sending` under way on all nodes, and the gate once they have."""
    if gate.breaker is not Breaker.CLOSED:
        if gate.step_at is not None and now < gate.step_at:
            return 0, gate
        limit = min(limit, 1)
        gate = replace(gate, breaker=Breaker.HALF_OPEN, step_at=now + PROBE)
    elif gate.width is not None:
        limit = min(limit, gate.width - sending)
    allowed = min((each_rate for each_rate in (rate, gate.drain_rate) if each_rate is not None), default=None)
    if allowed is None or limit <= 0:
        return max(limit, 0), gate
    return _paced(gate, limit, allowed, now)


def spend(gate: Gate, taken: int, rate: float | None, now: datetime) -> Gate:
    """The gate after `taken` have left, which moves the instant of the next one under a rate."""
    allowed = min((limit for limit in (rate, gate.drain_rate) if limit is not None), default=None)
    if allowed is None or not taken:
        return gate
    interval = timedelta(seconds=1 / allowed)
    earliest = now - interval * (_together(allowed) - 1)
    return replace(gate, free_at=max(gate.free_at or earliest, earliest) + interval * taken)


def _paced(gate: Gate, limit: int, rate: float, now: datetime) -> tuple[int, Gate]:
    together = _together(rate)
    free = together if gate.free_at is None else 1 + floor((now - gate.free_at) / timedelta(seconds=1 / rate))
    return max(min(limit, together, free), 0), gate


def _together(rate: float) -> int:
    return max(1, floor(rate * BURST))
