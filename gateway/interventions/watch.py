"""The regular work for requests under way: ask the CRRA where they are, alarm when nobody answers, take the second route in time."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from domain.intervention.status import InterventionStatus
from gateway.interventions.follow import FOLLOWED, NOT_KNOWN_THERE, alarm, hear, heard_in, is_late, not_taken
from gateway.interventions.routes import lane_of, take_second_route
from outbox.errors import DeliveryError
from outbox.sql import free_lane

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.register import Register
    from gateway.register.interventions.requests import Intervention
    from gateway.runtime import Runtime

log = logging.getLogger("gateway.interventions")

AT_ONCE = 8
"""Questions to one CRRA at the same time: its own work comes first."""
A_ROUND = 40
"""Questions to one CRRA in one round, those due the longest first: a rush of requests is not made worse by asking after all of them."""
SLOWER = 20
"""A request that has not moved for a time is asked for again after a twentieth of it."""
SLOWEST = timedelta(minutes=5)


class Watch:
    """Looks after what is under way; remembers only when to ask again, so that any node may do it."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._again: dict[str, datetime] = {}

    async def look(self) -> None:
        """One round: second routes, alarms, then questions."""
        runtime = self._runtime
        now = runtime.clock()
        under_way = await runtime.read(lambda register: register.interventions.open(now - FOLLOWED))
        for intervention in under_way:
            try:
                await self._keep_time(intervention, now)
            except Exception as error:  # noqa: BLE001 - see below
                # Whatever is wrong with one request, the others are kept in time; its text may hold a patient.
                log.error("intervention.not_kept reference=%s error=%s", intervention.reference, type(error).__name__)  # noqa: TRY400
        await self._ask_all(self._due(under_way, now), now)
        live = {intervention.id for intervention in under_way}
        self._again = {key: at for key, at in self._again.items() if key in live}

    async def _keep_time(self, intervention: Intervention, now: datetime) -> None:
        deployment = self._runtime.deployment
        if (
            intervention.second is not None
            and intervention.delivered_at is None
            and now - intervention.sent_at >= deployment.interventions.second_after
        ):
            await self._runtime.write(
                partial(_second, deployment=deployment, reference=intervention.reference, now=now)
            )
        if intervention.status is InterventionStatus.INCERTAINE:
            await self._runtime.write(partial(_make_way, intervention=intervention, now=now))
        if is_late(intervention, deployment, now):
            await self._runtime.write(partial(_alarm, deployment=deployment, reference=intervention.reference, now=now))

    def _due(self, under_way: Sequence[Intervention], now: datetime) -> list[Intervention]:
        """What to ask after in this round."""
        due: dict[str, list[tuple[datetime, Intervention]]] = {}
        for intervention in under_way:
            at = self._again.get(intervention.id) or self._first(intervention)
            if at is not None and at <= now:
                due.setdefault(intervention.destination, []).append((at, intervention))
        return [
            intervention
            for each in due.values()
            for _, intervention in sorted(each, key=lambda pair: pair[0])[:A_ROUND]
        ]

    def _first(self, intervention: Intervention) -> datetime | None:
        """When to ask for the first time: the receipt has just said where the request is. None: it cannot be asked for."""
        left = intervention.delivered_at or (
            intervention.since if intervention.status is InterventionStatus.INCERTAINE else None
        )
        if left is None or intervention.destination not in self._runtime.followers:
            return None
        return left + timedelta(seconds=self._runtime.settings.interventions.follow_seconds)

    async def _ask_all(self, chosen: Sequence[Intervention], now: datetime) -> None:
        gate = asyncio.Semaphore(AT_ONCE)

        async def ask(intervention: Intervention) -> None:
            async with gate:
                await self._ask(intervention, now)

        await asyncio.gather(*(ask(intervention) for intervention in chosen))

    async def _ask(self, intervention: Intervention, now: datetime) -> None:
        runtime = self._runtime
        quiet = max(
            (now - intervention.since) / SLOWER, timedelta(seconds=runtime.settings.interventions.follow_seconds)
        )
        self._again[intervention.id] = now + min(quiet, SLOWEST)
        try:
            answer = heard_in(await runtime.followers[intervention.destination].status(intervention.reference))
        except DeliveryError as error:
            log.warning("intervention.not_followed destination=%s cause=%s", intervention.destination, error.cause.code)
            if intervention.status is InterventionStatus.INCERTAINE and error.cause.code.endswith(NOT_KNOWN_THERE):
                await self._not_there(intervention, error.cause.title)
            return
        if answer is not None:
            deployment = runtime.deployment
            await runtime.write(
                lambda register: hear(
                    register, deployment, intervention.reference, answer, runtime.clock(), intervention.destination
                )
            )

    async def _not_there(self, intervention: Intervention, reason: str) -> None:
        """The CRRA says in so many words that it never had the request whose answer could not be read."""
        runtime = self._runtime
        deployment, now = runtime.deployment, runtime.clock()
        await runtime.write(
            lambda register: not_taken(
                register, deployment, intervention.reference, reason, now, intervention.destination
            )
        )


def _make_way(register: Register, *, intervention: Intervention, now: datetime) -> None:
    """A cancellation or a new version does not wait behind a request that the CRRA may be acting on."""
    free_lane(
        register.connection,
        intervention.destination,
        lane_of(intervention),
        by="passerelle",
        reason="Suivie d’une annulation ou d’une nouvelle version, qui n’attend pas.",
        now=now,
        if_followed=True,
    )


def _second(register: Register, *, deployment: DeploymentRules, reference: str, now: datetime) -> bool:
    return take_second_route(register, deployment, reference, now)


def _alarm(register: Register, *, deployment: DeploymentRules, reference: str, now: datetime) -> bool:
    return alarm(register, deployment, reference, now)
