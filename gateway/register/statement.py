"""A statement compiled once per database, then run on the driver's own connection inside the transaction SQLAlchemy opened.

Why: a change runs some ten small statements, and SQLAlchemy's work around each costs three times what the driver's does
(docs/performance.md). Only the hot ones are said this way; the words stay SQLAlchemy's, so both databases are written once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection
    from sqlalchemy.sql.elements import ClauseElement

DIALECTS = {
    "sqlite": sqlite.dialect(paramstyle="named"),
    "postgresql": postgresql.psycopg.dialect(),  # type: ignore[no-untyped-call]
}


class Statement:
    """One hot statement."""

    __slots__ = ("_clause", "_columns", "_compiled")

    def __init__(self, clause: ClauseElement, columns: Sequence[str] | None = None) -> None:
        """`columns` names those an insert gives; absent, all of its table."""
        self._clause = clause
        self._columns = columns
        self._compiled: dict[str, str] = {}

    def run(self, connection: Connection, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - the driver's cursor
        """Run it; gives the driver's cursor, whose rows are plain tuples in the order of the clause."""
        name = connection.dialect.name
        text = self._compiled.get(name) or self._compile(name)
        return connection.connection.driver_connection.execute(text, values)  # type: ignore[union-attr] # open

    def one(self, connection: Connection, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a column's value
        """The first column of the first row, or None."""
        row = self.run(connection, values).fetchone()
        return row[0] if row is not None else None

    def _compile(self, name: str) -> str:
        compiled = self._clause.compile(dialect=DIALECTS[name], column_keys=self._columns)
        text = self._compiled[name] = str(compiled)
        return text
