"""The regular work for requests under way: ask the CRRA where they are, alarm when nobody answers, take the second route in time."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from domain.intervention.status import Status
from gateway.interventions.follow import FOLLOWED, NOT_KNOWN_THERE, alarm, hear, heard_in, is_late, not_taken
from gateway.interventions.routes import lane_of, take_second_route
from outbox.errors import DeliveryError
from outbox.sql import free_lane

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gateway.flow.deployment_rules import House
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
        for one in under_way:
            try:
                await self._keep_time(one, now)
            except Exception as error:  # noqa: BLE001 - see below
                # Whatever is wrong with one request, the others are kept in time; its text may hold a patient.
                log.error("intervention.not_kept reference=%s error=%s", one.reference, type(error).__name__)  # noqa: TRY400
        await self._ask_all(self._due(under_way, now), now)
        live = {one.id for one in under_way}
        self._again = {key: at for key, at in self._again.items() if key in live}

    async def _keep_time(self, one: Intervention, now: datetime) -> None:
        house = self._runtime.house
        if (
            one.second is not None
            and one.delivered_at is None
            and now - one.sent_at >= house.interventions.second_after
        ):
            await self._runtime.write(partial(_second, house=house, reference=one.reference, now=now))
        if one.status is Status.INCERTAINE:
            await self._runtime.write(partial(_make_way, one=one, now=now))
        if is_late(one, house, now):
            await self._runtime.write(partial(_alarm, house=house, reference=one.reference, now=now))

    def _due(self, under_way: Sequence[Intervention], now: datetime) -> list[Intervention]:
        """What to ask after in this round."""
        due: dict[str, list[tuple[datetime, Intervention]]] = {}
        for one in under_way:
            at = self._again.get(one.id) or self._first(one)
            if at is not None and at <= now:
                due.setdefault(one.destination, []).append((at, one))
        return [one for each in due.values() for _, one in sorted(each, key=lambda pair: pair[0])[:A_ROUND]]

    def _first(self, one: Intervention) -> datetime | None:
        """When to ask for the first time: the receipt has just said where the request is. None: it cannot be asked for."""
        left = one.delivered_at or (one.since if one.status is Status.INCERTAINE else None)
        if left is None or one.destination not in self._runtime.followers:
            return None
        return left + timedelta(seconds=self._runtime.settings.interventions.follow_seconds)

    async def _ask_all(self, chosen: Sequence[Intervention], now: datetime) -> None:
        gate = asyncio.Semaphore(AT_ONCE)

        async def ask(one: Intervention) -> None:
            async with gate:
                await self._ask(one, now)

        await asyncio.gather(*(ask(one) for one in chosen))

    async def _ask(self, one: Intervention, now: datetime) -> None:
        runtime = self._runtime
        quiet = max((now - one.since) / SLOWER, timedelta(seconds=runtime.settings.interventions.follow_seconds))
        self._again[one.id] = now + min(quiet, SLOWEST)
        try:
            said = heard_in(await runtime.followers[one.destination].status(one.reference))
        except DeliveryError as error:
            log.warning("intervention.not_followed destination=%s cause=%s", one.destination, error.cause.code)
            if one.status is Status.INCERTAINE and error.cause.code.endswith(NOT_KNOWN_THERE):
                await self._not_there(one, error.cause.title)
            return
        if said is not None:
            house = runtime.house
            await runtime.write(
                lambda register: hear(register, house, one.reference, said, runtime.clock(), one.destination)
            )

    async def _not_there(self, one: Intervention, reason: str) -> None:
        """The CRRA says in so many words that it never had the request whose answer could not be read."""
        runtime = self._runtime
        house, now = runtime.house, runtime.clock()
        await runtime.write(lambda register: not_taken(register, house, one.reference, reason, now, one.destination))


def _make_way(register: Register, *, one: Intervention, now: datetime) -> None:
    """A cancellation or a new version does not wait behind a request that the CRRA may be acting on."""
    free_lane(
        register.connection,
        one.destination,
        lane_of(one),
        by="passerelle",
        reason="Suivie d’une annulation ou d’une nouvelle version, qui n’attend pas.",
        now=now,
        if_followed=True,
    )


def _second(register: Register, *, house: House, reference: str, now: datetime) -> bool:
    return take_second_route(register, house, reference, now)


def _alarm(register: Register, *, house: House, reference: str, now: datetime) -> bool:
    return alarm(register, house, reference, now)
