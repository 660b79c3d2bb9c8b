"""Refusals that time mends because our own word is on its way in another lane: a number being freed, an event being left."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from adapters.neighbours import NEIGHBOURS, kind_of
from outbox.database.sealing import UNSEALED
from outbox.desk import Filter
from outbox.message import Kind, MessageStatus
from outbox.sql.desk import SqlDesk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from outbox.database.database import Database
    from outbox.message import Envelope

NUMBERS: Final = ("sinus_number", "sinus_number_hp")
LOOKED_AT: Final = 500
"""Messages of one event and topic at one destination; more of them waiting, and the refused one is asked after by a person."""
JUST_LEFT: Final = timedelta(seconds=5)
"""What was taken while the message was being refused; clocks of two nodes differ less."""


async def awaited(database: Database, refused: Envelope, cause: str, began: datetime) -> str | None:
    """What the refused message waits for, French; None where nothing of ours mends it. `began`: when it was sent."""
    kind = NEIGHBOURS.get(kind_of(refused.destination))
    if kind is None or cause not in {kind.number_taken, kind.event_taken}:
        return None
    if cause == kind.number_taken:
        freed = await _freed(database, refused, began)
        return f"{kind.title} attend le détachement de ce numéro, qui est en route." if freed else None
    async for earlier in _on_their_way(database, refused, "victim", began):
        if earlier.kind is Kind.COMMAND:
            return f"{kind.title} tient encore des fiches de l’événement quitté : leur retrait est en route."
    return None


async def _freed(database: Database, refused: Envelope, began: datetime) -> bool:
    """Whether a number of the refused record is detached from another record by a message on its way."""
    victim = refused.body.get("victim") or {}
    numbers = {victim[name] for name in NUMBERS if victim.get(name)}
    async for earlier in _on_their_way(database, refused, "identifier.detached", began):
        if earlier.lane != refused.lane and earlier.body.get("sinus_number") in numbers:
            return True
    return False


async def _on_their_way(database: Database, refused: Envelope, topic: str, began: datetime) -> AsyncIterator[Envelope]:
    """The messages of a topic, of the same event to the same destination, that wait, are being sent, or were taken since `began`."""
    desk = SqlDesk(database, clock=lambda: began, aftermath=None, seal=database.options.get("seal", UNSEALED))
    for status in (MessageStatus.PENDING, MessageStatus.SENDING, MessageStatus.DELIVERED):
        wanted = Filter(status=status, destination=refused.destination, topic=topic, scope=refused.scope)
        for record in await desk.find(wanted, limit=LOOKED_AT):
            if status is not MessageStatus.DELIVERED or (record.settled_at and record.settled_at >= began - JUST_LEFT):
                yield record.envelope
