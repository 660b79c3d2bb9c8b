"""What is looked at regularly: does each neighbour hold what the portal said, and what may be forgotten by now."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from gateway.agreement.reconcile import reconcile
from gateway.interventions.watch import Watch
from gateway.mappings.versions import follow_decisions, keep_unknown
from gateway.operations.alarms import look
from gateway.operations.jobs import follow_orders
from gateway.operations.read_news import read_news
from gateway.operations.unreadable import look_for_unreadable
from gateway.register.interventions.sweeping import sweep_requests
from outbox.message import Kind
from outbox.sql.retention import Horizon, SweepCounts, sweep
from scheduler.jobs import Job

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.register import Register
    from gateway.runtime import Runtime
    from gateway.settings.settings import Store

log = logging.getLogger("gateway.jobs")

HOUR = 3600.0
UNREADABLE = 30.0  # seconds between two counts of what nobody can read
HUB = 1.0  # seconds between two looks at what waits for its case
ORDERS = 1.0  # seconds between two looks at what a person asked to be run now
DECISIONS = 2.0  # seconds between two looks at what integrators decided


def jobs(runtime: Runtime) -> list[Job]:
    """The regular work of this house."""
    watch = runtime.settings.watch
    return [
        Job("reconcile", watch.reconcile_seconds, lambda: reconcile(runtime), alone=True),
        Job("forget", HOUR, lambda: forget(runtime)),
        Job("retain", HOUR, lambda: retain(runtime), alone=True),
        Job("alarms", watch.look_seconds, lambda: look(runtime)),
        Job("unreadable", UNREADABLE, lambda: look_for_unreadable(runtime), alone=True),
        Job("orders", ORDERS, lambda: follow_orders(runtime)),
        Job("mappings", DECISIONS, lambda: follow_mappings(runtime)),
        *news_jobs(runtime),
        *heartbeat_jobs(runtime),
        *([Job("hub", HUB, runtime.hub.look)] if runtime.hub else []),
        Job("interventions", runtime.settings.interventions.follow_seconds, Watch(runtime).look),
    ]


async def follow_mappings(runtime: Runtime) -> None:
    """Take in what an integrator decided on another node, and write down the codes that no table had."""
    if await follow_decisions(runtime.versions, runtime.database):
        log.info("mapping.in_force changed")
    await keep_unknown(runtime.versions, runtime.database, runtime.clock())


def news_jobs(runtime: Runtime) -> list[Job]:
    """Asking each neighbour for its own news, where the settings say how often."""
    every = {name: getattr(runtime.settings, name).poll_seconds for name in runtime.tellers}
    return [
        Job(f"news.{name}", seconds, partial(_read_news, runtime, name), alone=True)
        for name, seconds in every.items()
        if seconds
    ]


async def _read_news(runtime: Runtime, neighbour: str) -> None:
    if heard := await read_news(runtime, neighbour):
        log.info("news.heard neighbour=%s words=%d", neighbour, heard)


def heartbeat_jobs(runtime: Runtime) -> list[Job]:
    """What every node does, whatever its role."""
    watch = runtime.settings.watch
    return [
        Job("heartbeat", watch.heartbeat_seconds, runtime.heartbeat.beat),
        Job("links", watch.link_seconds, runtime.heartbeat.knock),
    ]


async def retain(runtime: Runtime) -> None:
    """Let go of what was kept long enough, on one node."""
    if not await runtime.heartbeat.leads():
        return
    now, store = runtime.clock(), runtime.settings.store
    days = {Kind.STATE: store.state_days, Kind.COMMAND: store.command_days}
    bodies = {kind: now - timedelta(days=number) for kind, number in days.items()}
    swept = await sweep(runtime.database, Horizon(bodies, now - timedelta(days=store.attempts_days)), now)
    if swept != SweepCounts():
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


async def forget(runtime: Runtime) -> None:
    """Drop answers, feed lines and sessions that have served."""
    now, store = runtime.clock(), runtime.settings.store

    def work(register: Register) -> None:
        register.replies.forget(now - timedelta(days=store.replies_days))
        register.feed.forget(now - timedelta(days=store.feed_days))
        register.keys.close_old_sessions(now)
        register.agreements.forget(now - timedelta(days=store.attempts_days))
        register.alarms.forget(now - timedelta(days=store.attempts_days))
        register.audit.forget(now - timedelta(days=store.audit_days))

    await runtime.write(work)
