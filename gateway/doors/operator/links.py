"""The door of the links: what waits at each destination, what its way lets through, whether it is reached, and which nodes work.

The same facts for the page, the terminal and whoever watches by machine. No body, no lane: numbers, instants, and words of the outbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.doors.http.reply import Reply
from gateway.runtime import heartbeat
from gateway.security.keys import Scope
from outbox.gate import Gate
from outbox.sql import nodes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.doors.http.door import Call
    from outbox.desk import Lag, Node, Pause


TOLD_OF_EVENTS = ("event", "victim", "counts", "outcome", "patient.news")
"""What is said of a portal's events: who takes none of it is no business of a portal."""


async def destinations(call: Call) -> Reply:
    """Every link, and every node that was not forgotten."""
    desk, every = call.runtime.desk, call.runtime.settings.watch.heartbeat_seconds
    backlog, lags = await desk.backlog(), await desk.lags()
    gates, paused = await desk.gates(), await desk.paused()
    known = await call.runtime.database.read(nodes.nodes)
    # A portal knows the neighbours that its victims are told to; platforms, dispatch softwares and nodes are the operator's.
    watches = call.principal.scope is Scope.OPERATOR
    deployment = call.runtime.deployment
    takers = {name for topic in TOLD_OF_EVENTS for name in deployment.takers(topic)}
    names = [name for name in deployment.destinations if watches or name in takers]
    living = heartbeat.alive(known, call.now, every)
    shown = [
        {
            "name": name,
            **{str(count.status): count.messages for count in backlog if count.destination == name},
            **_late([lag for lag in lags if lag.destination == name]),
            "paused": _paused(paused.get(name)),
            **_way(gates.get(name, Gate(name))),
            "link": _link(name, living),
        }
        for name in names
    ]
    return Reply(200, {"destinations": shown, "nodes": [_node(node, node in living) for node in known if watches]})


def _late(lags: Sequence[Lag]) -> dict[str, Any]:
    """How long the oldest due message has waited, over all and per priority."""
    return {
        "oldest_due_seconds": max((lag.seconds for lag in lags), default=0.0),
        "lags": [
            {"priority": lag.priority.name.lower(), "seconds": lag.seconds, "waiting": lag.waiting} for lag in lags
        ],
    }


def _paused(pause: Pause | None) -> dict[str, Any] | None:
    return {"by": pause.by, "reason": pause.reason, "at": pause.at.isoformat()} if pause else None


def _way(gate: Gate) -> dict[str, Any]:
    """The breaker, how many may leave at once while the way widens again, and the rate a person gave."""
    return {
        "breaker": {
            "state": gate.breaker.value,
            "since": _when(gate.opened_at),
            "failures": gate.failures,
            "next_step_at": _when(gate.step_at),
            "at_once": gate.width,
        },
        "drain_rate": gate.drain_rate,
    }


def _link(name: str, living: Sequence[Node]) -> dict[str, Any]:
    """Whether the living nodes are let in: each knocks now and then, and says since when nobody answers."""
    since = [node.facts["down_since"][name] for node in living if name in node.facts.get("down_since", {})]
    state = "unknown" if not living else "down" if since else "up"
    return {"state": state, "since": min(since, default=None), "nodes_down": len(since)}


def _node(node: Node, alive: bool) -> dict[str, Any]:  # noqa: FBT001 - one of its facts
    return {
        "name": node.name,
        "role": node.role,
        "alive": alive,
        "started_at": node.started_at.isoformat(),
        "seen_at": node.seen_at.isoformat(),
    }


def _when(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
