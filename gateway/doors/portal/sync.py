"""Doors of agreement: what the portal said beside what each neighbour holds, how late each one is, and what waits or is parked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from domain.counts import counts_document
from gateway.doors.http.reply import Reply
from gateway.flow.accept import known_event
from gateway.flow.routing import EVENT_DESTINATIONS, takers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domain.event import Event
    from gateway.doors.http.door import Call
    from gateway.register import Register
    from gateway.register.victims.deliveries import DestinationState
    from gateway.runtime import Mirror

PATIENCE = 2.0  # seconds given to a neighbour to say what it holds
SEVERITIES = ("UA", "UR", "IMP", "DCD", "NC")


async def event_sync(call: Call) -> Reply:
    """The columns of the page: the portal, then each neighbour that keeps victims."""
    return Reply(200, await columns(call))


async def columns(call: Call) -> dict[str, Any]:
    """What the portal said and what each neighbour holds, with its lag."""

    def work(register: Register) -> tuple[Event, dict[str, Any], list[DestinationState]]:
        event = known_event(register, call.path["event_id"], call.principal.mode)
        document = counts_document(event, register.victims.cells(event.id), event.revision, call.now, "portal")
        return event, dict(document["totals"]), register.deliveries.of_event(event.id, call.now)

    event, totals, states = await call.runtime.read(work)
    names = [name for name in takers("victim", call.runtime.house.destinations) if name in EVENT_DESTINATIONS]
    held = await asyncio.gather(*(_held(call.runtime.mirrors.get(name), event, name) for name in names))
    by_name = {state.destination: state for state in states}
    return {
        "event_id": event.id,
        "portal": totals,
        "destinations": [
            _column(event, name, totals, found, by_name.get(name)) for name, found in zip(names, held, strict=True)
        ],
        "at": call.now.isoformat(),
    }


async def patient_sync(call: Call) -> Reply:
    """Where one patient's record stands at each destination."""

    def work(register: Register) -> list[dict[str, Any]]:
        event = known_event(register, call.path["event_id"], call.principal.mode)
        return register.deliveries.of_lane(event.id, f"victim:{call.path['patient_id']}")

    return Reply(200, {"patient_id": call.path["patient_id"], "destinations": await call.runtime.read(work)})


async def _held(mirror: Mirror | None, event: Event, name: str) -> dict[str, int] | None:
    """What the neighbour says it holds; None when it cannot be asked or does not answer: never a guess."""
    link = event.links.get(name)
    if mirror is None or link is None or link.external_id is None:
        return None
    try:
        async with asyncio.timeout(PATIENCE):
            found: Mapping[str, int] = await mirror.held(link.external_id)
    except Exception:  # noqa: BLE001 - whatever it is, the column says that the neighbour does not answer
        return None
    tally = {severity: found.get(severity, 0) for severity in SEVERITIES}
    total = sum(tally.values())
    return {**tally, "total": total, "total_without_imp": total - tally["IMP"]}


def _column(
    event: Event, name: str, totals: dict[str, Any], held: dict[str, int] | None, state: DestinationState | None
) -> dict[str, Any]:
    link = event.links.get(name)
    return {
        "name": name,
        "link": {"state": link.state, "action": link.action, "external_id": link.external_id} if link else None,
        "held": held,
        "agrees": held is not None and all(held[severity] == totals[severity] for severity in SEVERITIES),
        "waiting": state.waiting if state else 0,
        "parked": state.parked if state else 0,
        "delivered": state.delivered if state else 0,
        "lag_ms": state.lag_ms if state else None,
        "oldest_waiting_ms": state.oldest_waiting_ms if state else None,
    }
