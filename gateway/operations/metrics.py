"""The measures of the outbox at one moment, as gauges of few labels: destination, state, priority, node. Never an id of a thing or a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from domain.agreement import Gap, Verdict
from gateway.flow.routing import EVENT_DESTINATIONS
from gateway.operations.unreadable import KINDS, alarmed
from gateway.runtime import heartbeat
from gateway.security.admission import Load
from outbox.gate import Breaker, Gate
from outbox.message import UNDECIDED, MessageStatus
from outbox.sql import nodes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import Metric

    from gateway.register import Register
    from gateway.register.victims.agreements import Stand
    from gateway.runtime import Runtime
    from outbox.desk import Node

LIVE = (MessageStatus.PENDING, MessageStatus.SENDING, *UNDECIDED)


class Measures:
    """Gives the registry what was measured before it asked."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = tuple(families)

    def collect(self) -> Iterable[Metric]:
        """Every family."""
        return self._families


async def measure(runtime: Runtime) -> CollectorRegistry:
    """Everything there is to measure, now."""
    now = runtime.clock()
    living = heartbeat.alive(await runtime.database.read(nodes.nodes), now, runtime.settings.watch.heartbeat_seconds)
    families = [
        *await _messages(runtime),
        *await _gates(runtime),
        *_nodes(living),
        *_jobs(living),
        await _alarms(runtime),
        await _unreadable(runtime),
        _refused(runtime),
        *await _agreements(runtime),
    ]
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Measures(families))
    return registry


async def _messages(runtime: Runtime) -> list[Metric]:
    waiting = GaugeMetricFamily(
        "passerelle_outbox_messages", "Messages not finished.", labels=("destination", "status")
    )
    known = {(row.destination, row.status): row.messages for row in await runtime.desk.backlog()}
    for name in runtime.deployment.destinations:
        for status in LIVE:
            waiting.add_metric((name, status.value), known.get((name, status), 0))
    lag = GaugeMetricFamily(
        "passerelle_outbox_lag_seconds", "Age of the oldest due message.", labels=("destination", "priority")
    )
    for late in await runtime.desk.lags():
        lag.add_metric((late.destination, late.priority.name.lower()), late.seconds)
    return [waiting, lag]


async def _gates(runtime: Runtime) -> list[Metric]:
    breaker = GaugeMetricFamily(
        "passerelle_outbox_breaker", "1 for the state it is in.", labels=("destination", "state")
    )
    paused = GaugeMetricFamily("passerelle_outbox_paused", "1 where a person stopped it.", labels=("destination",))
    gates, pauses = await runtime.desk.gates(), await runtime.desk.paused()
    for name in runtime.deployment.destinations:
        gate = gates.get(name, Gate(name))
        for state in Breaker:
            breaker.add_metric((name, state.value), float(gate.breaker is state))
        paused.add_metric((name,), float(name in pauses))
    return [breaker, paused]


def _nodes(living: list[Node]) -> list[Metric]:
    alive = GaugeMetricFamily("passerelle_nodes", "Nodes that live.", labels=("role",))
    down = GaugeMetricFamily("passerelle_link_down", "1 where the node is not let in.", labels=("node", "destination"))
    tried = CounterMetricFamily(
        "passerelle_outbox_attempts", "Attempts since the node started.", labels=("node", "destination", "outcome")
    )
    for role in ("serve", "work"):
        alive.add_metric((role,), sum(node.role == role for node in living))
    for node in living:
        name = ":".join(node.name.split(":")[:2])
        for destination in node.facts.get("down_since", {}):
            down.add_metric((name, destination), 1)
        for destination, outcomes in node.facts.get("attempts", {}).items():
            for outcome, number in outcomes.items():
                tried.add_metric((name, destination, outcome), number)
    return [alive, down, tried]


def _refused(runtime: Runtime) -> Metric:
    family = CounterMetricFamily(
        "passerelle_requests_shed", "Requests answered 503 for lack of room since the node started.", labels=("load",)
    )
    for load in Load:
        family.add_metric((load.value,), runtime.admission.refused[load])
    return family


def _jobs(living: list[Node]) -> list[Metric]:
    failed = GaugeMetricFamily("passerelle_job_failed", "1 when the last run of a job failed.", labels=("job", "node"))
    seconds = GaugeMetricFamily("passerelle_job_seconds", "Duration of the last run of a job.", labels=("job", "node"))
    for node in living:
        for name, facts in node.facts.get("jobs", {}).items():
            if facts["seconds"] is not None:
                failed.add_metric((name, node.name), 1 if facts["error"] else 0)
                seconds.add_metric((name, node.name), facts["seconds"])
    return [failed, seconds]


async def _alarms(runtime: Runtime) -> Metric:
    family = GaugeMetricFamily("passerelle_alarms", "Alarms under way.", labels=("kind",))
    under_way = [alarm.kind for alarm in await runtime.read(lambda register: register.alarms.under_way())]
    for kind in ("lag", "breaker", "node", "link", "parked", "uncertain", "expired", "difference", "unreadable"):
        family.add_metric((kind,), under_way.count(kind))
    return family


async def _unreadable(runtime: Runtime) -> Metric:
    family = GaugeMetricFamily(
        "passerelle_unreadable_rows", "Rows kept that no key opens, or that are not what was written.", labels=("kind",)
    )
    counted = await runtime.read(alarmed)
    for kind in KINDS:
        family.add_metric((kind,), counted.get(kind, 0))
    return family


async def _agreements(runtime: Runtime) -> list[Metric]:
    """How the open events stand with each neighbour, as the last comparison saw it. Numbers of events and persons, never who."""
    events = GaugeMetricFamily(
        "passerelle_agreement_events", "Open events by verdict.", labels=("destination", "state")
    )
    persons = GaugeMetricFamily(
        "passerelle_agreement_persons", "Persons that differ with nothing on its way.", labels=("destination", "gap")
    )
    names = [name for name in EVENT_DESTINATIONS if name in runtime.deployment.destinations]

    def read(register: Register) -> list[Stand]:
        known = [event.id for event in register.events.all(runtime.settings.mode) if event.status == "open"]
        stands = (register.agreements.last(event, name) for event in known for name in names)
        return [stand for stand in stands if stand is not None]

    stands = await runtime.read(read)
    for name in names:
        mine = [stand for stand in stands if stand.destination == name]
        for verdict in Verdict:
            events.add_metric((name, verdict), sum(stand.state == verdict for stand in mine))
        for gap in Gap:
            persons.add_metric((name, gap), sum(stand.numbers[gap] for stand in mine if stand.state == Verdict.GAP))
    return [events, persons]
