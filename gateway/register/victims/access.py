"""Which portals may see which event: the one that opened it, and those it was shared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, select

from gateway.register.instants import from_column, to_column
from gateway.register.statement import Statement
from gateway.register.tables import event, event_access

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

C = event_access.c
MAY_SEE = Statement(select(C.event_id).where(C.event_id == bindparam("event_id"), C.key_name == bindparam("key_name")))
SEEN_BY = select(C.event_id).where(C.key_name == bindparam("key_name"))
OF_MODE = select(event.c.id).where(event.c.mode == bindparam("mode"))
OF_EVENT = select(event_access).where(C.event_id == bindparam("event_id")).order_by(C.given_at, C.key_name)
GIVE = insert(event_access)
TAKE = delete(event_access).where(
    C.event_id == bindparam("event_id"), C.key_name == bindparam("key_name"), C.opened.is_(False)
)


@dataclass(frozen=True, slots=True)
class Access:
    """One portal that may see an event."""

    key_name: str
    opened: bool
    """It opened the event: it may share it, and is never shut out of it."""
    given_by: str
    given_at: datetime


class EventAccess:
    """Who sees which event."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def may_see(self, event_id: str, key_name: str) -> bool:
        """Whether this portal opened the event, or it was shared with it."""
        return MAY_SEE.one(self._connection, {"event_id": event_id, "key_name": key_name}) is not None

    def seen_by(self, key_name: str) -> frozenset[str]:
        """The identifiers of the events that this portal sees."""
        return frozenset(self._connection.execute(SEEN_BY, {"key_name": key_name}).scalars())

    def of_mode(self, mode: str) -> frozenset[str]:
        """The identifiers of every event of a mode."""
        return frozenset(self._connection.execute(OF_MODE, {"mode": mode}).scalars())

    def of_event(self, event_id: str) -> list[Access]:
        """The portals that see the event, the first one first."""
        rows = self._connection.execute(OF_EVENT, {"event_id": event_id})
        return [Access(row.key_name, row.opened, row.given_by, from_column(row.given_at)) for row in rows]

    def give(self, event_id: str, key_name: str, by: str, now: datetime, *, opened: bool = False) -> bool:
        """Let a portal see the event; False when it does already."""
        if self.may_see(event_id, key_name):
            return False
        row = {"event_id": event_id, "key_name": key_name, "opened": opened}
        self._connection.execute(GIVE, {**row, "given_by": by[:80], "given_at": to_column(now)})
        return True

    def take_back(self, event_id: str, key_name: str) -> bool:
        """It was shared, and is no longer; False when it was not shared. Who opened the event keeps it."""
        parameters = {"event_id": event_id, "key_name": key_name}
        return self._connection.execute(TAKE, parameters).rowcount == 1
