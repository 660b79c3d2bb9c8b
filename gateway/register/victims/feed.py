"""What happened, for those who follow live: one short line per change, numbered, without a person's data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import bindparam, delete, func, insert, select

from gateway.register.instants import to_column
from gateway.register.readable import each_readable
from gateway.register.statement import Statement
from gateway.register.tables import feed as table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

TELL = Statement(insert(table).inline(), ("event_id", "mode", "kind", "body", "at"))
AFTER = (
    select(table)
    .where(table.c.seq > bindparam("seq"), table.c.mode == bindparam("mode"))
    .order_by(table.c.seq)
    .limit(bindparam("limit"))
)
LAST = select(func.max(table.c.seq))
FORGET = delete(table).where(table.c.at < bindparam("before"))


@dataclass(frozen=True, slots=True)
class FeedLine:
    """One thing that happened."""

    seq: int
    event_id: str
    kind: str
    """`victim`, `event`, `delivery`, `link`."""
    body: dict[str, Any]


class Feed:
    """The lines."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def tell(self, event_id: str, mode: str, kind: str, body: dict[str, Any], at: datetime) -> None:
        """Add a line. Ids, codes and numbers only."""
        row = {"event_id": event_id, "mode": str(mode), "kind": kind, "body": orjson.dumps(body), "at": to_column(at)}
        TELL.run(self._connection, row)

    def after(self, seq: int, mode: str, limit: int = 500) -> list[FeedLine]:
        """The lines that follow one, oldest first."""
        rows = self._connection.execute(AFTER, {"seq": seq, "mode": mode, "limit": limit})
        return list(each_readable("feed", _line, rows))

    def last(self) -> int:
        """The number of the newest line; 0 when there is none."""
        return int(self._connection.execute(LAST).scalar() or 0)

    def forget(self, before: datetime) -> int:
        """Drop lines older than that; returns how many."""
        return self._connection.execute(FORGET, {"before": to_column(before)}).rowcount


def _line(row: Any) -> FeedLine:  # noqa: ANN401 - a row of the table
    return FeedLine(row.seq, row.event_id, row.kind, orjson.loads(row.body))
