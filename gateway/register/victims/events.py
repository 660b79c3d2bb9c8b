"""Events: the record, and how each neighbour knows it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import orjson
from sqlalchemy import bindparam, insert, select, update

from domain.event_record import event_from_record, event_to_record
from gateway.register.instants import to_column
from gateway.register.readable import each_readable, read_whole
from gateway.register.statement import Statement
from gateway.register.tables import event as table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from domain.event import Event
    from domain.mode import Mode

_FIND = select(table.c.record).where(table.c.id == bindparam("id"))
FIND = Statement(_FIND)
FIND_FOR_CHANGE = Statement(_FIND.with_for_update())
FIND_AND_HOLD = Statement(_FIND.with_for_update(read=True))
OF_MODE = select(table.c.record).where(table.c.mode == bindparam("mode")).order_by(table.c.created_at.desc())
ADD = insert(table)
CHANGE = (
    update(table)
    .where(table.c.id == bindparam("event_id"))
    .values(
        status=bindparam("new_status"),
        revision=bindparam("new_revision"),
        record=bindparam("new_record"),
        updated_at=bindparam("new_updated_at"),
    )
)


@lru_cache(maxsize=64)
def _read(record: bytes) -> Event:
    """Every change of a victim reads its event, which rarely changes."""
    return event_from_record(orjson.loads(record))


class Events:
    """The events."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, event_id: str, *, for_change: bool = False) -> Event | None:
        """One event; locked until the end of the transaction when it is to be changed."""
        statement = FIND_FOR_CHANGE if for_change else FIND
        record = statement.one(self._connection, {"id": event_id})
        return read_whole(_read, bytes(record)) if record is not None else None

    def held(self, event: Event) -> Event:
        """The same event as it is now, kept from changing until the end of the transaction, while others may hold it too.

        A victim is told to the neighbours that know the event; without this one that is being linked at that very instant
        would learn neither of a victim who is not there yet, nor of it by the link. On SQLite the writer is alone.
        """
        if self._connection.dialect.name == "sqlite":
            return event
        record = FIND_AND_HOLD.one(self._connection, {"id": event.id})
        return event if record is None else _read(bytes(record))

    def all(self, mode: Mode) -> list[Event]:
        """Every event of one mode, the newest first."""
        return list(each_readable("event", _read, self._connection.execute(OF_MODE, {"mode": mode}).scalars()))

    def add(self, event: Event, now: datetime) -> None:
        """A new event."""
        at = to_column(now)
        row = {
            "id": event.id,
            "mode": event.mode,
            "status": event.status,
            "revision": event.revision,
            "record": orjson.dumps(event_to_record(event)),
            "created_at": at,
            "updated_at": at,
        }
        self._connection.execute(ADD, row)

    def change(self, event: Event, now: datetime) -> None:
        """The event as it now is."""
        row = {
            "event_id": event.id,
            "new_status": event.status,
            "new_revision": event.revision,
            "new_record": orjson.dumps(event_to_record(event)),
            "new_updated_at": to_column(now),
        }
        self._connection.execute(CHANGE, row)
