"""Whether a number that a neighbour refuses is being freed by ourselves: the one refusal of a number that time mends."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from outbox.database.sealing import UNSEALED
from outbox.desk import Filter
from outbox.message import Status
from outbox.sql.desk import SqlDesk

if TYPE_CHECKING:
    from datetime import datetime

    from outbox.database.database import Database
    from outbox.message import Envelope

TOPIC: Final = "identifier.detached"
NUMBERS: Final = ("sinus_number", "sinus_number_hp")
LOOKED_AT: Final = 500
"""Detachments of one event that may wait at one destination; more of them, and the refused one is asked after by a person."""
JUST_LEFT: Final = timedelta(seconds=5)
"""A detachment that was taken while the record was being refused; clocks of two nodes differ less."""


async def freed_by_us(database: Database, refused: Envelope, began: datetime) -> bool:
    """Whether a number of the refused record is detached from another record by a message on its way, or taken since `began`."""
    victim = refused.body.get("victim") or {}
    numbers = {victim[name] for name in NUMBERS if victim.get(name)}
    desk = SqlDesk(database, clock=lambda: began, aftermath=None, seal=database.options.get("seal", UNSEALED))
    for status in (Status.PENDING, Status.SENDING, Status.DELIVERED):
        wanted = Filter(status=status, destination=refused.destination, topic=TOPIC, scope=refused.scope)
        for record in await desk.find(wanted, limit=LOOKED_AT):
            if record.envelope.lane == refused.lane or record.envelope.body.get("sinus_number") not in numbers:
                continue
            if status is not Status.DELIVERED or (record.settled_at and record.settled_at >= began - JUST_LEFT):
                return True
    return False
