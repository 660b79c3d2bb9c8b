"""The house under load: commands and states on many lanes, some that expire, some not yet due, enqueued whatever fails.

A message is said to be sent only when the store has answered that it is durable; until then it is offered again under the
same id, as a door does whose caller repeats itself. One producer owns a lane, so the order of its messages is known.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from outbox.message import Envelope, Kind, Priority

if TYPE_CHECKING:
    import random

    from outbox.sql import SqlStore

DESTINATIONS = ("nord", "sud")
LANES = 48
EXPIRING = 0.25
LATER = 0.1


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that the store promised to keep."""

    id: str
    destination: str
    lane: str
    kind: Kind
    number: int
    """Its rank in the lane."""
    expires_at: float | None
    due_at: float | None


def now() -> datetime:
    """The conductor's clock, which is right."""
    return datetime.now(UTC)  # noqa: TID251 - a process of its own


@dataclass(slots=True)
class Traffic:
    """Every producer, and what they got promised."""

    store: SqlStore
    chance: random.Random
    sent: list[Sent] = field(default_factory=list)
    refused: int = 0
    """Enqueues that raised and were offered again."""

    async def flow(self, stop: asyncio.Event) -> None:
        """Produce until told to stop; every message begun is promised before this returns."""
        lanes = [(name, f"voie-{number}") for name in DESTINATIONS for number in range(LANES // len(DESTINATIONS))]
        await asyncio.gather(*(self._produce(*lane, stop) for lane in lanes))

    async def _produce(self, destination: str, lane: str, stop: asyncio.Event) -> None:
        number = 0
        while not stop.is_set():
            batch = [
                self._make(destination, lane, number + turn) for turn in range(self.chance.choice((1, 1, 1, 2, 4)))
            ]
            number += len(batch)
            await self._promise(batch)
            self.sent += [_facts(one) for one in batch]
            await asyncio.sleep(self.chance.uniform(0.3, 1.5))

    async def _promise(self, batch: list[Envelope]) -> None:
        while True:
            try:
                await self.store.enqueue(batch)
            except Exception:  # noqa: BLE001 - whatever the database died of, the caller comes again
                self.refused += 1
                await asyncio.sleep(0.1)
            else:
                return

    def _make(self, destination: str, lane: str, number: int) -> Envelope:
        at = now()
        owned = int(lane.rsplit("-", 1)[1]) % 3
        kind = (Kind.COMMAND, Kind.STATE, self.chance.choice(list(Kind)))[owned]
        due = at + timedelta(seconds=self.chance.uniform(0.5, 3)) if self.chance.random() < LATER else None
        expires = (
            (due or at) + timedelta(seconds=self.chance.uniform(0.5, 6)) if self.chance.random() < EXPIRING else None
        )
        return Envelope(
            id=f"{destination}-{lane}-{number}",
            destination=destination,
            lane=lane,
            topic="etat" if kind is Kind.STATE else "ordre",
            kind=kind,
            mode="Exercise",
            body={"lane": lane, "kind": kind.value, "number": number, "nom": "ESSAI" * 40},
            created_at=at,
            priority=self.chance.choice(list(Priority)),
            due_at=due,
            expires_at=expires,
        )


def _facts(one: Envelope) -> Sent:
    due, expires = (None if at is None else at.timestamp() for at in (one.due_at, one.expires_at))
    return Sent(one.id, one.destination, one.lane, one.kind, int(one.body["number"]), expires, due)
