"""One delivery, from the last look before the wire to what became of it; whatever happens becomes a settlement."""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from outbox import verdict
from outbox.message import MessageStatus
from outbox.ports import Repeater

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from outbox.message import ClaimedMessage, Receipt, Settlement
    from outbox.ports import Destination
    from outbox.retry import Policy

log: Final = logging.getLogger("outbox.dispatcher")


@dataclass(frozen=True, slots=True)
class Way:
    """How to one destination."""

    destination: Destination
    policy: Policy
    clock: Callable[[], datetime]
    chance: Callable[[], float] = random.random

    async def deliver(self, claimed: ClaimedMessage, until: datetime) -> Settlement:
        """Send one message, whose lease is ours until then at the least.

        The last look before the wire: a node that was frozen since its claim, or between two instructions, may wake up when
        others have long sent newer messages of the lane, or when this one is too old.
        """
        started = self.clock()
        expires = claimed.envelope.expires_at
        if started >= until:
            return verdict.begun_too_late(claimed, started)
        if expires is not None and started >= expires:
            return verdict.expired(claimed, started)
        return await self._send(claimed, started)

    async def _send(self, claimed: ClaimedMessage, started: datetime) -> Settlement:
        policy, expires = self.policy, claimed.envelope.expires_at
        # A connection that is slow to come must not carry it when it is too old.
        left = policy.timeout if expires is None else (expires - started).total_seconds()
        try:
            limit = asyncio.timeout(min(policy.timeout, left))
            async with limit:
                receipt = await self._give(claimed)
        except Exception as error:  # noqa: BLE001 - unknown means permanent, parked, seen by a human
            known = verdict.timed_out(policy.timeout) if isinstance(error, TimeoutError) and limit.expired() else error
            return verdict.failed(claimed, known, started, self.clock(), policy=policy, jitter=self.chance())
        return verdict.delivered(claimed, receipt, started, self.clock())

    async def _give(self, claimed: ClaimedMessage) -> Receipt:
        """The message as today's mapping says it, or the bytes of its last attempt where a person asked for these."""
        if not claimed.envelope.readable:
            raise verdict.unreadable()
        if not claimed.exact:
            return await self.destination.deliver(claimed)
        if not isinstance(self.destination, Repeater):
            raise verdict.not_repeatable()
        return await self.destination.resend(claimed)


def lease(claimed: ClaimedMessage) -> tuple[str, int]:
    """Which one: whoever lost it may hold the same message again while the first try is still under way."""
    return claimed.envelope.id, claimed.fence


def tell(settlement: Settlement, *, refused: bool) -> None:
    """Log what a person may look for; nothing of the body."""
    level = logging.DEBUG if settlement.status is MessageStatus.DELIVERED and not refused else logging.WARNING
    if not log.isEnabledFor(level):
        return
    envelope, cause = settlement.claimed.envelope, settlement.cause
    log.log(
        level,
        "outbox.%s destination=%s id=%s topic=%s attempts=%d cause=%s",
        "refused_late" if refused else settlement.status.value,
        envelope.destination,
        envelope.id,
        envelope.topic,
        settlement.claimed.attempt,
        cause.code if cause else "-",
    )
