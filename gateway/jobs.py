"""What is looked at regularly: does each neighbour hold what the portal said, and what may be forgotten by now."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from domain.counts import counts_document
from gateway.doors.portal.sync import SEVERITIES
from gateway.interventions.watch import Watch
from gateway.mappings.versions import follow_decisions, keep_unknown
from gateway.operations.alarms import look
from gateway.register.interventions.sweeping import sweep_requests
from outbox.errors import DeliveryError
from outbox.message import Kind
from outbox.sql.retention import Horizon, Swept, sweep
from scheduler.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping
    from datetime import datetime

    from domain.event import Event
    from gateway.register import Register
    from gateway.runtime import Runtime
    from gateway.settings.settings import Store

log = logging.getLogger("gateway.jobs")

HOUR = 3600.0
HUB = 1.0  # seconds between two looks at what waits for its case
DECISIONS = 2.0  # seconds between two looks at what integrators decided


def jobs(runtime: Runtime) -> list[Job]:
    """The regular work of this house."""
    watch = runtime.settings.watch
    return [
        Job("reconcile", watch.reconcile_seconds, lambda: reconcile(runtime)),
        Job("forget", HOUR, lambda: forget(runtime)),
        Job("retain", HOUR, lambda: retain(runtime)),
        Job("alarms", watch.look_seconds, lambda: look(runtime)),
        Job("mappings", DECISIONS, lambda: follow_mappings(runtime)),
        *pulse_jobs(runtime),
        *([Job("hub", HUB, runtime.hub.look)] if runtime.hub else []),
        Job("interventions", runtime.settings.interventions.follow_seconds, Watch(runtime).look),
    ]


async def follow_mappings(runtime: Runtime) -> None:
    """Take in what an integrator decided on another node, and write down the codes that no table had."""
    if await follow_decisions(runtime.versions, runtime.database):
        log.info("mapping.in_force changed")
    await keep_unknown(runtime.versions, runtime.database, runtime.clock())


def pulse_jobs(runtime: Runtime) -> list[Job]:
    """What every node does, whatever its role."""
    watch = runtime.settings.watch
    return [
        Job("heartbeat", watch.heartbeat_seconds, runtime.pulse.beat),
        Job("links", watch.link_seconds, runtime.pulse.knock),
    ]


async def retain(runtime: Runtime) -> None:
    """Let go of what was kept long enough, on one node."""
    if not await runtime.pulse.leads():
        return
    now, store = runtime.clock(), runtime.settings.store
    days = {Kind.STATE: store.state_days, Kind.COMMAND: store.command_days}
    bodies = {kind: now - timedelta(days=number) for kind, number in days.items()}
    swept = await sweep(runtime.database, Horizon(bodies, now - timedelta(days=store.attempts_days)), now)
    if swept != Swept():
        log.info("outbox.swept days=%d bodies=%d messages=%d", swept.days, swept.bodies, swept.messages)
    await runtime.write(lambda register: _sweep_requests(register, store, now))


def _sweep_requests(register: Register, store: Store, now: datetime) -> None:
    """The content of old requests goes, and that it went is written down."""
    files, sheets = now - timedelta(days=store.document_days), now - timedelta(days=store.request_days)
    gone = sweep_requests(register.connection, files, sheets)
    if gone.documents or gone.messages or gone.requests:
        register.audit.note("passerelle", "interventions.swept", "retention", now, asdict(gone))
        log.info(
            "interventions.swept documents=%d messages=%d requests=%d", gone.documents, gone.messages, gone.requests
        )


async def reconcile(runtime: Runtime) -> None:
    """Compare, for every open event, what is counted here and there; a difference that nothing on its way explains is told."""
    if not await runtime.pulse.leads():
        return  # Said once, whatever the number of nodes.
    events = await runtime.read(lambda register: register.events.all(runtime.settings.mode))
    for event in events:
        if event.status == "open":
            for name, mirror in runtime.mirrors.items():
                link = event.links.get(name)
                if link is not None and link.state == "linked" and link.external_id is not None:
                    await _look(runtime, event, name, mirror.held(link.external_id))


async def _look(runtime: Runtime, event: Event, name: str, asked: Awaitable[Mapping[str, int]]) -> None:
    """Compare with one neighbour; one that does not answer keeps nobody from being compared with the others."""
    before = await _said(runtime, event, name)
    try:
        held = dict(await asked)
    except DeliveryError as error:
        log.warning("reconcile.unanswered destination=%s event=%s cause=%s", name, event.id, error.cause.code)
        return
    said, quiet = await _said(runtime, event, name)
    differs = [severity for severity in SEVERITIES if said[severity] != held.get(severity, 0)]
    # What changed or was on its way while the neighbour was being asked explains a difference.
    if not differs or not quiet or (said, quiet) != before:
        return
    log.warning("reconcile.differs destination=%s event=%s categories=%s", name, event.id, ",".join(differs))
    body = {"destination": name, "said": said, "held": held}
    now = runtime.clock()
    await runtime.write(lambda register: register.feed.tell(event.id, event.mode, "difference", body, now))


async def _said(runtime: Runtime, event: Event, name: str) -> tuple[dict[str, int], bool]:
    """What is counted here, and whether nothing of the event is on its way there."""
    now = runtime.clock()

    def work(register: Register) -> tuple[dict[str, int], bool]:
        totals = counts_document(event, register.victims.cells(event.id), event.revision, now, "portal")["totals"]
        states = register.deliveries.of_event(event.id, now)
        quiet = all(state.waiting == 0 for state in states if state.destination == name)
        return {severity: totals[severity] for severity in SEVERITIES}, quiet  # type: ignore[literal-required]

    return await runtime.read(work)


async def forget(runtime: Runtime) -> None:
    """Drop answers, feed lines and sessions that have served."""
    now, store = runtime.clock(), runtime.settings.store

    def work(register: Register) -> None:
        register.replies.forget(now - timedelta(days=store.replies_days))
        register.feed.forget(now - timedelta(days=store.feed_days))
        register.keys.close_old_sessions(now)
        register.alarms.forget(now - timedelta(days=store.attempts_days))
        register.audit.forget(now - timedelta(days=store.audit_days))

    await runtime.write(work)
