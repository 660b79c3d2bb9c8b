"""Up to where the news of each neighbour were read: written in the transaction that takes a page, so that none is lost or skipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, select, update

from gateway.register.instants import from_column, to_column
from gateway.register.tables import news_cursor as table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from domain.mode import Mode

C = table.c
_OF = (C.neighbour == bindparam("of_neighbour"), C.mode == bindparam("of_mode"))
FIND = select(table).where(*_OF)
HOLD = FIND.with_for_update()
CHANGE = update(table).where(*_OF)


@dataclass(frozen=True, slots=True)
class NewsCursor:
    """How the reading of one neighbour stands."""

    cursor: str | None = None
    read_at: datetime | None = None
    """When a page was last taken."""
    fault: str | None = None
    """Code of why the last page was not taken."""
    fault_field: str | None = None
    fault_since: datetime | None = None


class NewsCursors:
    """The cursors."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, neighbour: str, mode: Mode, *, for_change: bool = False) -> NewsCursor:
        """How the reading stands; an empty one before the first page."""
        query = HOLD if for_change else FIND
        row = self._connection.execute(query, {"of_neighbour": neighbour, "of_mode": mode.value}).first()
        if row is None:
            return NewsCursor()
        return NewsCursor(
            row.cursor,
            from_column(row.read_at) if row.read_at is not None else None,
            row.fault,
            row.fault_field,
            from_column(row.fault_since) if row.fault_since is not None else None,
        )

    def keep(self, neighbour: str, mode: Mode, state: NewsCursor) -> None:
        """Write it down."""
        columns = {
            "cursor": state.cursor,
            "read_at": to_column(state.read_at) if state.read_at else None,
            "fault": state.fault,
            "fault_field": state.fault_field,
            "fault_since": to_column(state.fault_since) if state.fault_since else None,
        }
        key = {"of_neighbour": neighbour, "of_mode": mode.value}
        if not self._connection.execute(CHANGE.values(columns), key).rowcount:
            self._connection.execute(insert(table), {**columns, "neighbour": neighbour, "mode": mode.value})
