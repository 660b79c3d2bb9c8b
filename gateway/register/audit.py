"""Who did what, when, and to what: acts that change where requests go, open what holds a patient, or remove it. Only added to.

Facts are codes, counts and the names of things; a patient's data is refused by there being no place for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import bindparam, delete, insert, select

from gateway.register.instants import from_column, to_column
from gateway.register.interventions.tables import audit as table
from gateway.register.readable import each_readable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

C = table.c
LATEST = select(table).where(C.seq < bindparam("before")).order_by(C.seq.desc()).limit(bindparam("most"))
ABOUT = LATEST.where(C.about == bindparam("about"))
FORGET = delete(table).where(C.at < bindparam("horizon"))
NEWEST = 2**62


@dataclass(frozen=True, slots=True)
class Act:
    """One line."""

    seq: int
    at: datetime
    by: str
    act: str
    about: str
    facts: dict[str, Any]


class Audit:
    """The lines."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def note(self, by: str, act: str, about: str, now: datetime, facts: Mapping[str, Any] | None = None) -> None:
        """Add a line, in the transaction of the act."""
        row = {"at": to_column(now), "by": by[:80], "act": act[:40], "about": about[:160]}
        self._connection.execute(insert(table), {**row, "facts": orjson.dumps(facts or {})})

    def latest(self, *, about: str | None = None, before: int = NEWEST, most: int = 200) -> list[Act]:
        """The newest first, below the cursor; of one thing only when it is named."""
        parameters: dict[str, Any] = {"before": before, "most": most}
        rows = self._connection.execute(
            *((LATEST, parameters) if about is None else (ABOUT, {**parameters, "about": about}))
        )
        return list(each_readable("audit", _act, rows))

    def forget(self, horizon: datetime) -> None:
        """Drop the lines older than this."""
        self._connection.execute(FORGET, {"horizon": to_column(horizon)})


def _act(row: Any) -> Act:  # noqa: ANN401 - a row of the table
    return Act(row.seq, from_column(row.at), row.by, row.act, row.about, orjson.loads(row.facts))
