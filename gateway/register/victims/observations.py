"""What each source said, in its own words, in the order we heard it. Rows are added, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from sqlalchemy import bindparam, insert, select

from domain.source import Source
from domain.victim.observation import Observation, ObservationKind, Stamp
from gateway.register.instants import from_column, to_column
from gateway.register.readable import each_readable
from gateway.register.statement import Statement
from gateway.register.tables import observation as table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Row

APPENDED = ("event_id", "victim_id", "kind", "source", "author", "happened_at", "received_at", "facts", "after")
APPEND = Statement(insert(table).returning(table.c.seq), APPENDED)
OF_VICTIM = select(table).where(table.c.victim_id == bindparam("victim_id")).order_by(table.c.seq)
OF_EVENT_UNTIL = (
    select(table)
    .where(table.c.event_id == bindparam("event_id"), table.c.received_at <= bindparam("until"))
    .order_by(table.c.seq)
)


class Observations:
    """The log."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, observation: Observation) -> int:
        """Write one down; returns its number, which grows with the order of arrival."""
        row = {
            "event_id": observation.event_id,
            "victim_id": observation.victim_id,
            "kind": observation.kind.value,
            "source": observation.stamp.source.value,
            "author": observation.stamp.author,
            "happened_at": to_column(observation.stamp.happened_at),
            "received_at": to_column(observation.stamp.received_at),
            "facts": orjson.dumps(observation.facts),
            "after": observation.after,
        }
        return int(APPEND.one(self._connection, row))

    def of_victim(self, victim_id: str) -> list[Observation]:
        """All that was said of one victim."""
        return list(each_readable("observation", _read, self._connection.execute(OF_VICTIM, {"victim_id": victim_id})))

    def of_event(self, event_id: str, until: datetime) -> Iterator[Observation]:
        """All that had been received of an event at an instant: what any past count is recomputed from."""
        rows = self._connection.execute(OF_EVENT_UNTIL, {"event_id": event_id, "until": to_column(until)})
        return each_readable("observation", _read, rows)


def _read(row: Row[tuple[object, ...]]) -> Observation:
    return Observation(
        victim_id=row.victim_id,
        event_id=row.event_id,
        kind=ObservationKind(row.kind),
        facts=orjson.loads(row.facts),
        stamp=Stamp(Source(row.source), row.author, from_column(row.happened_at), from_column(row.received_at)),
        seq=row.seq,
        after=row.after,
    )
