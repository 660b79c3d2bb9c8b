"""How each event stood with each neighbour, over time: one row for as long as nothing changes, so that a curve is exact and small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, select, update

from gateway.register.instants import from_column, to_column
from gateway.register.tables import agreement as table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

NUMBERS = ("portal", "held", "missing", "extra", "different", "waiting", "undecided")
LAST = (
    select(table)
    .where(table.c.event_id == bindparam("event_id"), table.c.destination == bindparam("destination"))
    .order_by(table.c.seq.desc())
    .limit(1)
)
SINCE = (
    select(table.c.since)
    .where(
        table.c.event_id == bindparam("event_id"),
        table.c.destination == bindparam("destination"),
        table.c.seq
        > select(table.c.seq)
        .where(
            table.c.event_id == bindparam("event_id"),
            table.c.destination == bindparam("destination"),
            table.c.state != bindparam("state"),
        )
        .order_by(table.c.seq.desc())
        .limit(1)
        .scalar_subquery(),
    )
    .order_by(table.c.seq)
    .limit(1)
)
FIRST = (
    select(table.c.since)
    .where(table.c.event_id == bindparam("event_id"), table.c.destination == bindparam("destination"))
    .order_by(table.c.seq)
    .limit(1)
)
ADD = insert(table)
SEEN = update(table).where(table.c.seq == bindparam("row")).values(seen=bindparam("at"))
OF_EVENT = select(table).where(table.c.event_id == bindparam("event_id")).order_by(table.c.seq)
FORGET = delete(table).where(table.c.seen < bindparam("before"))


@dataclass(frozen=True, slots=True)
class Stand:
    """How one event stood with one neighbour, from `since` to `seen`."""

    destination: str
    state: str
    numbers: dict[str, int]
    """`NUMBERS` → persons or messages."""
    since: datetime
    seen: datetime


class Agreements:
    """The history of agreement."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def last(self, event_id: str, destination: str) -> Stand | None:
        """How it stood at the last look."""
        row = self._connection.execute(LAST, {"event_id": event_id, "destination": destination}).first()
        return None if row is None else _stand(row)

    def since(self, event_id: str, destination: str) -> tuple[str, datetime] | None:
        """The state of the last look, and since when it has stood so without a break."""
        wanted = {"event_id": event_id, "destination": destination}
        last = self.last(event_id, destination)
        if last is None:
            return None
        began = self._connection.execute(SINCE, {**wanted, "state": last.state}).scalar()
        if began is None:  # It never stood otherwise.
            began = self._connection.execute(FIRST, wanted).scalar()
        return last.state, last.since if began is None else from_column(began)

    def note(self, event_id: str, destination: str, state: str, numbers: dict[str, int], at: datetime) -> None:
        """Write down one look; a look that sees the same only says that it still stands so."""
        row = self._connection.execute(LAST, {"event_id": event_id, "destination": destination}).first()
        same = row is not None and row.state == state and all(getattr(row, name) == numbers[name] for name in NUMBERS)
        if row is not None and same:
            self._connection.execute(SEEN, {"row": row.seq, "at": to_column(at)})
            return
        entry = {"event_id": event_id, "destination": destination, "state": state, **numbers}
        self._connection.execute(ADD, {**entry, "since": to_column(at), "seen": to_column(at)})

    def of_event(self, event_id: str) -> list[Stand]:
        """The whole curve, the oldest first."""
        return [_stand(row) for row in self._connection.execute(OF_EVENT, {"event_id": event_id})]

    def forget(self, before: datetime) -> int:
        """Drop what was last seen before that; returns how many."""
        return self._connection.execute(FORGET, {"before": to_column(before)}).rowcount


def _stand(row: Any) -> Stand:  # noqa: ANN401 - a row of the table
    numbers = {name: int(getattr(row, name)) for name in NUMBERS}
    return Stand(row.destination, row.state, numbers, from_column(row.since), from_column(row.seen))
