"""Alarms: each raised once, ended once, and kept. While one is under way, its name is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import bindparam, delete, select, text, update

from gateway.register.instants import from_column, to_column
from gateway.register.readable import each_readable
from gateway.register.tables import alarm as table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

# The condition is that of the partial index, so that two nodes never raise one alarm twice.
RAISE = text(
    "INSERT INTO alarm (name, kind, facts, raised_at) VALUES (:name, :kind, :facts, :at)"
    " ON CONFLICT (name) WHERE ended_at IS NULL DO NOTHING"
)
END = (
    update(table)
    .where(table.c.name == bindparam("called"), table.c.ended_at.is_(None))
    .values(ended_at=bindparam("at"), ended_by=bindparam("by"))
)
UNDER_WAY = select(table).where(text("ended_at IS NULL")).order_by(table.c.seq)
LAST = select(table).order_by(table.c.seq.desc()).limit(bindparam("most"))
ONE = select(table).where(table.c.seq == bindparam("number"))
FORGET = delete(table).where(table.c.ended_at < bindparam("before"))


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a person must know."""

    seq: int
    name: str
    """`lag:sivic:urgent`, `node:…`: what is wrong, and where."""
    kind: str
    """The first word of the name."""
    facts: dict[str, Any]
    raised_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    """Who ended it; absent when it ended by itself."""


class Alarms:
    """The alarms."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sound(self, name: str, facts: dict[str, Any], at: datetime) -> bool:
        """Raise an alarm; says whether it was not under way yet. Ids, codes and numbers only."""
        kind = name.partition(":")[0]
        row = {"name": name, "kind": kind, "facts": orjson.dumps(facts), "at": to_column(at)}
        return self._connection.execute(RAISE, row).rowcount == 1

    def end(self, name: str, at: datetime, by: str | None = None) -> bool:
        """End an alarm; says whether it was under way."""
        return self._connection.execute(END, {"called": name, "at": to_column(at), "by": by}).rowcount == 1

    def under_way(self) -> list[Alarm]:
        """The oldest first."""
        return list(each_readable("alarm", _alarm, self._connection.execute(UNDER_WAY)))

    def last(self, most: int) -> list[Alarm]:
        """The newest first, ended or not."""
        return list(each_readable("alarm", _alarm, self._connection.execute(LAST, {"most": most})))

    def find(self, number: int) -> Alarm | None:
        """One alarm by its number."""
        row = self._connection.execute(ONE, {"number": number}).first()
        return None if row is None else _alarm(row)

    def forget(self, before: datetime) -> int:
        """Drop alarms that ended before that; returns how many."""
        return self._connection.execute(FORGET, {"before": to_column(before)}).rowcount


def _alarm(row: Any) -> Alarm:  # noqa: ANN401 - a row of the table
    ended = None if row.ended_at is None else from_column(row.ended_at)
    return Alarm(row.seq, row.name, row.kind, orjson.loads(row.facts), from_column(row.raised_at), ended, row.ended_by)
