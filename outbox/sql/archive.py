"""What has ended, on PostgreSQL: bodies, and what was last sent and answered, in one table a day and kind.

A settlement puts them there by the instant it ended, so a table never holds anything that still waits, nothing has to be
carried over, and a day that is old enough goes whole: one statement that touches no row and leaves nothing to be vacuumed.

Cutting and dropping wait for a lock `PATIENCE` at most, since whoever settles waits behind them; then they give way, and try
again a little later, and in the end with the next sweep. It refuses to be needed: without a table for its day, a message is
settled into the rest, which is emptied by slices as on SQLite.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import psycopg
from sqlalchemy import bindparam, select, text
from sqlalchemy.exc import DBAPIError

from outbox.sql.rows import ENDED, micros
from outbox.sql.tables import outbox_archive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from outbox.database.database import Database
    from outbox.message import Kind
    from outbox.sql.rows import Named

log: Final = logging.getLogger(__name__)

PATIENCE: Final = 100
"""Milliseconds that a change of the tables waits for a lock; nobody waits longer behind it."""

TRIES: Final = 5
PAUSE: Final = 0.2
"""Seconds before the second try; each pause is twice the one before."""

AHEAD: Final = 3
"""Days for which there is a table before they begin: so long may no sweep have run."""

MOOT: Final = (psycopg.errors.CheckViolation, psycopg.errors.DuplicateTable, psycopg.errors.UndefinedTable)

SLICE: Final = 200
"""Rows of the rest that one transaction removes."""

_A: Final = outbox_archive.c
_PARTS: Final = text(
    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass(:parent)"
)
_WHERE: Final = (
    _A.kind.in_(bindparam("kinds", expanding=True)),
    _A.settled_at.between(bindparam("first"), bindparam("last")),  # So that other days are not even opened.
    _A.message.in_(bindparam("messages", expanding=True)),
)
_BODIES: Final = select(_A.message, _A.body).where(*_WHERE)
_EVIDENCE: Final = select(_A.message, _A.fence, _A.sent, _A.answered).where(*_WHERE)


@dataclass(frozen=True, slots=True)
class Day:
    """One table: what ended on this day, of one kind."""

    kind: Kind
    day: date

    @property
    def parent(self) -> str:
        """The table of all days of this kind."""
        return f"outbox_archive_{self.kind.value}"

    @property
    def name(self) -> str:
        """Says the day, and is how it is found again."""
        return f"{self.parent}_{self.day:%Y%m%d}"

    @property
    def span(self) -> tuple[int, int]:
        """Its first instant, and the first of the next day."""
        begin = datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC)
        return micros(begin), micros(begin + timedelta(days=1))


async def turn(database: Database, now: datetime, horizon: Mapping[Kind, datetime]) -> tuple[int, int]:
    """Cut the tables of the days to come and drop those that are old enough: how many went, and how many rows of the rest."""
    went = rows = 0
    for kind, until in horizon.items():
        known = await database.read(lambda c, kind=kind: days(c, kind))  # type: ignore[misc]
        for number in range(AHEAD + 1):
            day = Day(kind, (now + timedelta(days=number)).astimezone(UTC).date())
            if day not in known and not await _patiently(database, tuple(cut(day)), day.name):
                log.warning("outbox.archive_not_cut table=%s", day.name)
        for day in known:
            if day.span[1] <= micros(until):
                went += await _patiently(database, (f"DROP TABLE {day.name}",), day.name)
        while removed := await database.write(lambda c, k=kind, u=until: _remove(c, k, u)):  # type: ignore[misc]
            rows += removed
    return went, rows


def days(connection: Connection, kind: Kind) -> list[Day]:
    """The tables there are, the oldest first."""
    parent = Day(kind, date.min).parent
    names = [str(row[0]).removeprefix(f"{parent}_") for row in connection.execute(_PARTS, {"parent": parent})]
    cut_for = sorted(datetime.strptime(name, "%Y%m%d").replace(tzinfo=UTC).date() for name in names if name.isdigit())
    return [Day(kind, day) for day in cut_for]


def cut(day: Day) -> Iterator[str]:
    """Make the table first and attach it then, which holds up neither those who settle nor those who read."""
    first, after = day.span
    yield f"CREATE TABLE {day.name} (LIKE {day.parent} INCLUDING ALL)"
    yield f"ALTER TABLE {day.parent} ATTACH PARTITION {day.name} FOR VALUES FROM ({first}) TO ({after})"


async def _patiently(database: Database, statements: Sequence[str], name: str) -> bool:
    """Change the tables in one short transaction, giving way to traffic; says whether it is done."""
    for number in range(TRIES):
        if number:
            await asyncio.sleep(PAUSE * 2 ** (number - 1))
        if (done := await database.write(lambda c: _changed(c, statements))) is not None:
            return done
    log.warning("outbox.archive_busy table=%s", name)
    return False


def _changed(connection: Connection, statements: Sequence[str]) -> bool | None:
    """Whether the tables are changed; None where the lock was not had in time, which is worth another try.

    They are not where another node was first, or where the rest has rows of that day already.
    """
    try:
        with connection.begin_nested():
            connection.execute(text(f"SET LOCAL lock_timeout = {PATIENCE}"))
            for statement in statements:
                connection.execute(text(statement))
    except DBAPIError as error:
        if isinstance(error.orig, psycopg.errors.LockNotAvailable):
            return None
        if isinstance(error.orig, MOOT):
            return False
        raise
    return True


def _remove(connection: Connection, kind: Kind, until: datetime) -> int:
    """Some rows of the rest; one sweeps at a time, and nobody else ever changes them."""
    rest = f"outbox_archive_{kind.value}_rest"
    chosen = f"SELECT settled_at, message FROM {rest} WHERE settled_at < :until ORDER BY 1, 2 LIMIT {SLICE}"  # noqa: S608 - ours
    statement = f"DELETE FROM {rest} WHERE (settled_at, message) IN ({chosen})"  # noqa: S608 - ours
    return connection.execute(text(statement), {"until": micros(until)}).rowcount


def bodies(connection: Connection, rows: Sequence[Named]) -> Mapping[int, bytes]:
    """By number: the bodies that the archive has of these rows of `rows.RECORD`."""
    ended = [row for row in rows if not row.body and row.status in ENDED]
    if not ended or connection.dialect.name != "postgresql":
        return {}
    return dict(connection.execute(_BODIES, _about(ended)).all())


def evidence(connection: Connection, record: Named) -> dict[int, Any]:
    """By fence: what the last attempt of one message sent and was answered, where the archive has it."""
    if connection.dialect.name != "postgresql" or record.status not in ENDED:
        return {}
    return {row.fence: row for row in connection.execute(_EVIDENCE, _about([record]))}


def _about(ended: Sequence[Named]) -> dict[str, Any]:
    at = [row.settled_at for row in ended]
    return {
        "kinds": sorted({row.kind for row in ended}),
        "first": min(at),
        "last": max(at),
        "messages": [row.seq for row in ended],
    }
