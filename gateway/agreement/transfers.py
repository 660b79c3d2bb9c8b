"""What was sent of an event to one neighbour, person by person, as the outbox knows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from domain.agreement import Movement
from outbox.sql.reading.lanes import lanes_of

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

LANE = "victim:"


@dataclass(slots=True)
class Transfers:
    """What one neighbour was told of an event."""

    waiting: int = 0
    parked: int = 0
    uncertain: int = 0
    """Neither waiting, nor ended, nor parked: nobody knows whether it arrived."""
    oldest: datetime | None = None
    """When the oldest message that waits was made."""
    movements: dict[str, Movement] = field(default_factory=dict)
    """Victim → what moves."""
    sent: set[str] = field(default_factory=set)
    """Victims whose record was made for this neighbour."""
    taken: set[str] = field(default_factory=set)
    """Victims whose record it has acknowledged at least once."""


def transfers_of(connection: Connection, event_id: str, destination: str) -> Transfers:
    """What moves, was sent and was acknowledged at one neighbour."""
    lanes = lanes_of(connection, event_id, destination, "victim")
    transfers = Transfers(
        waiting=sum(lane.waiting for lane in lanes),
        parked=sum(lane.parked for lane in lanes),
        uncertain=sum(lane.uncertain for lane in lanes),
        oldest=min((lane.oldest for lane in lanes if lane.oldest is not None), default=None),
    )
    for lane in lanes:
        if not lane.lane.startswith(LANE):
            continue
        person = lane.lane.removeprefix(LANE)
        transfers.movements[person] = Movement(lane.waiting, lane.parked + lane.uncertain, lane.settled_at)
        if lane.queued:
            transfers.sent.add(person)
        if lane.delivered:
            transfers.taken.add(person)
    return transfers
