"""What must not stay unseen: thresholds that raise one alarm, and one end-of-alarm when it is over.

`conditions` is pure: from what is known to the alarms that should be under way. A look compares them with those that are, and
writes the difference in one transaction: alarm, feed line and log line, once, whatever number of nodes looks. An alarm ends
below half of what raised it, so that a value which wavers says so once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gateway.operations.jobs import failing
from gateway.register import Register
from gateway.runtime import heartbeat
from outbox.desk import Filter
from outbox.gate import Breaker
from outbox.message import UNDECIDED, Kind, MessageStatus, Priority
from outbox.sql import nodes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from gateway.runtime import Runtime
    from gateway.settings.settings import Watch
    from outbox.desk import Lag, Node, Record
    from outbox.gate import Gate
    from outbox.message import Settlement
    from outbox.ports import Aftermath, Transaction

log = logging.getLogger("gateway.operations.alarms")

ENDS_BELOW = 0.5
MOST = 100
"""Undecided commands of each status that have an alarm each; beyond, they are counted."""
EXPIRED = "expired"
UNANSWERED = "unanswered"
"""A request that its CRRA has not answered in time; the answer ends it."""
LASTING = frozenset(
    {EXPIRED, UNANSWERED, "difference", "hub", "certificate", "perimeter", "unreadable", "news", "news_refused"}
)
"""Kinds that no look ends: a person does, or what raised them."""


@dataclass(frozen=True, slots=True)
class SystemState:
    """What a look sees."""

    now: datetime
    lags: Sequence[Lag]
    gates: Mapping[str, Gate]
    nodes: Sequence[Node]
    undecided: Sequence[Record]
    """Commands that are parked, which hold their lane, or uncertain."""


def conditions(known: SystemState, watch: Watch, under_way: set[str]) -> dict[str, dict[str, Any]]:
    """Name → facts of every alarm that should be under way."""

    def over(name: str, seconds: float, threshold: float) -> bool:
        return seconds >= (threshold * ENDS_BELOW if name in under_way else threshold)

    alarms_found: dict[str, dict[str, Any]] = {}
    for lag in known.lags:
        name = f"lag:{lag.destination}:{lag.priority.name.lower()}"
        threshold = watch.alarm_lag_urgent_seconds if lag.priority <= Priority.URGENT else watch.alarm_lag_seconds
        if over(name, lag.seconds, threshold):
            alarms_found[name] = {"destination": lag.destination, "seconds": round(lag.seconds), "waiting": lag.waiting}
    for name, gate in known.gates.items():
        if gate.breaker is not Breaker.CLOSED and gate.opened_at is not None:
            alarms_found[f"breaker:{name}"] = {"destination": name, "since": gate.opened_at.isoformat()}
    for node in heartbeat.missing(list(known.nodes), known.now, watch.alarm_node_seconds):
        alarms_found[f"node:{node.name}"] = {"role": node.role, "seen_at": node.seen_at.isoformat()}
    for name, since in _down(known.nodes, known.now, watch).items():
        if over(f"link:{name}", (known.now - since).total_seconds(), watch.alarm_link_seconds):
            alarms_found[f"link:{name}"] = {"destination": name, "since": since.isoformat()}
    living = heartbeat.alive(list(known.nodes), known.now, watch.heartbeat_seconds)
    alarms_found |= {f"job:{name}": facts for name, facts in failing(living).items()}
    for record in known.undecided:
        envelope, cause = record.envelope, record.cause
        alarms_found[f"{record.status.value}:{envelope.id}"] = {
            "destination": envelope.destination,
            "topic": envelope.topic,
            "cause_code": cause.code if cause else None,
        }
    return alarms_found


def _down(known: Sequence[Node], now: datetime, watch: Watch) -> dict[str, datetime]:
    """Destination → since when some living node does not reach it."""
    since: dict[str, datetime] = {}
    for node in heartbeat.alive(list(known), now, watch.heartbeat_seconds):
        for name, at in node.facts.get("down_since", {}).items():
            began = now.__class__.fromisoformat(at)
            since[name] = min(began, since.get(name, began))
    return since


async def look(runtime: Runtime) -> None:
    """Raise what should be raised and end what is over."""
    desk, now = runtime.desk, runtime.clock()
    known = SystemState(
        now,
        await desk.lags(),
        await desk.gates(),
        await runtime.database.read(nodes.nodes),
        [
            record
            for status in UNDECIDED
            for record in await desk.find(Filter(status=status), limit=MOST)
            if record.envelope.kind is Kind.COMMAND
        ],
    )
    alarms = await runtime.read(lambda register: register.alarms.under_way())
    names = {alarm.name for alarm in alarms if alarm.kind not in LASTING}
    wanted = conditions(known, runtime.settings.watch, names)
    if set(wanted) != names:
        mode = runtime.settings.mode
        await runtime.write(lambda register: _write(register, wanted, names, mode, now))


def _write(register: Register, wanted: Mapping[str, dict[str, Any]], names: set[str], mode: str, now: datetime) -> None:
    for name in sorted(set(wanted) - names):
        sound(register, name, wanted[name], mode, now)
    for name in sorted(names - set(wanted)):
        end(register, name, mode, now)


def sound(register: Register, name: str, facts: dict[str, Any], mode: str, now: datetime) -> bool:
    """Raise one alarm, unless it is under way; says whether it was raised."""
    raised = register.alarms.sound(name, facts, now)
    if raised:
        log.error("alarm.raised name=%s", name)
        register.feed.tell("", mode, "alarm", {"name": name, **facts}, now)
    return raised


def end(register: Register, name: str, mode: str, now: datetime, by: str | None = None) -> bool:
    """End one alarm; says whether it was under way."""
    ended = register.alarms.end(name, now, by)
    if ended:
        log.warning("alarm.ended name=%s", name)
        register.feed.tell("", mode, "alarm.end", {"name": name}, now)
    return ended


def with_expiry_alarm(follow: Callable[[Transaction, Settlement], None]) -> Aftermath:
    """The same aftermath, and an alarm in the same transaction for each message that was never sent; a person ends it."""

    def aftermath(transaction: Transaction, settlement: Settlement) -> None:
        follow(transaction, settlement)
        if settlement.status is MessageStatus.EXPIRED:
            envelope = settlement.claimed.envelope
            facts = {"destination": envelope.destination, "topic": envelope.topic, "lane": envelope.lane}
            register = Register(transaction.connection)
            sound(register, f"{EXPIRED}:{envelope.id}", facts, envelope.mode, settlement.at)

    return aftermath
