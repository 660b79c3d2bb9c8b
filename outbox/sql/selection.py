"""Which rows a sweep is about. Conditions are written out, word for word as the partial indexes say them, never bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Select, and_, bindparam, literal_column, select, text

from outbox.sql.dialects.statements import session
from outbox.sql.rows import CLAIM
from outbox.sql.tables import outbox_lane, outbox_message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Row

Key = tuple[str, str, str]
"""(id, destination, lane)."""

_M = outbox_message.c
_WITH_LANE = outbox_message.outerjoin(
    outbox_lane, and_(outbox_lane.c.destination == _M.destination, outbox_lane.c.lane == _M.lane)
)
_LANES: Final = select(_M.destination, _M.lane).where(_M.id.in_(bindparam("ids", expanding=True)))


class Choice:
    """A condition on live rows, with its two statements built once: who is concerned, and who still is, under lock."""

    def __init__(self, condition: str, order: str) -> None:
        self._keys = (
            select(_M.id, _M.destination, _M.lane)
            .where(text(condition))
            .order_by(literal_column(order))
            .limit(bindparam("most"))
        )
        self._rows: Select[Any] = (
            select(*(_M[name] for name in CLAIM), outbox_lane.c.reference, _M.place)
            .select_from(_WITH_LANE)
            .where(text(condition), _M.id.in_(bindparam("ids", expanding=True)))
            .order_by(_M.seq)
            .with_for_update(of=outbox_message, skip_locked=True)
        )

    def keys(self, connection: Connection, facts: Mapping[str, object], most: int) -> Sequence[Key]:
        """Who seems concerned, read without a lock."""
        rows = connection.execute(self._keys, {**facts, "most": most})
        return [(row[0], row[1], row[2]) for row in rows]

    def locked(self, connection: Connection, ids: Sequence[str]) -> Sequence[Row[Any]]:
        """Those of these ids that are concerned, with their lanes locked, for a condition that needs no facts."""
        if not ids:
            return []
        lanes = {(row[0], row[1]) for row in connection.execute(_LANES, {"ids": list(ids)})}
        here = session(connection)
        here.engine.lock(here.raw, lanes)
        return self.rows(connection, {}, ids)

    def rows(self, connection: Connection, facts: Mapping[str, object], ids: Sequence[str]) -> Sequence[Row[Any]]:
        """Who still is, once their lanes are locked: `rows.CLAIM`, `reference`, `place`.

        A row that somebody is claiming or settling at this instant is not: he has it before the lane, so nobody waits for him.
        """
        return connection.execute(self._rows, {**facts, "ids": list(ids)}).all()
