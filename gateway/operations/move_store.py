"""A database carried from SQLite to PostgreSQL while stopped: every table, row by row, in one transaction, then compared.

It refuses to begin while a process holds the SQLite file or a node lives, and to write into tables that hold anything: nothing
is merged, and a second try begins from the same emptiness. The SQLite file is left as it was.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, MetaData, create_engine, func, inspect, make_url, select, text

from gateway import migrations
from outbox.database import engines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine, Table

PORTION = 1000
OURS_ALONE = {"alembic_version", "outbox_node"}
"""What belongs to the place, not to the content."""


class MovingError(Exception):
    """Why nothing was moved; in French, for the terminal."""


@dataclass(frozen=True, slots=True)
class MovedTable:
    """One table that is there now."""

    table: str
    rows: int


def move(source: str, target: str, *, progress: Callable[[MovedTable], None]) -> int:
    """Carry everything; returns the number of rows. Raises `MovingError`, and then the target is as it was."""
    if make_url(source).get_backend_name() != "sqlite" or make_url(target).get_backend_name() != "postgresql":
        raise MovingError("--from attend sqlite:///chemin, --to attend postgresql+psycopg://…")
    if inspect(old := create_engine(source)).get_table_names() == []:
        raise MovingError("La base d’origine est vide ou n’existe pas.")
    old.dispose()
    migrations.upgrade(source)
    migrations.upgrade(target)
    old, new = create_engine(source), create_engine(target)
    lock = engines.lock_file(old)
    if lock is None:
        raise MovingError("La base d’origine sert encore : arrêter la passerelle d’abord.")
    try:
        return _move(old, new, progress)
    finally:
        old.dispose()
        new.dispose()
        os.close(lock)


def _move(old: Engine, new: Engine, progress: Callable[[MovedTable], None]) -> int:
    tables = MetaData()
    tables.reflect(new)
    held = MetaData()
    held.reflect(old)
    # A table cut in parts is listed with them; the rows go to the whole.
    chosen = [
        chosen_table
        for name, chosen_table in sorted(tables.tables.items())
        if name in held.tables and name not in OURS_ALONE
    ]
    if missing := {name for name in held.tables if not name.startswith("sqlite_")} - set(tables.tables):
        raise MovingError(f"Tables inconnues de la base d’arrivée : {', '.join(sorted(missing))}.")
    total = 0
    with old.connect() as reading, new.begin() as writing:
        for table in chosen:
            if writing.execute(select(table).limit(1)).first() is not None:
                raise MovingError(f"La base d’arrivée n’est pas vide (table {table.name}).")
        for table in chosen:
            rows = _carry(reading, writing, table)
            _advance(reading, writing, table)
            _compare(reading, writing, table)
            progress(MovedTable(table.name, rows))
            total += rows
    return total


def _carry(reading: Connection, writing: Connection, table: Table) -> int:
    rows = 0
    for portion in _portions(reading, table):
        writing.execute(table.insert(), portion)
        rows += len(portion)
    return rows


def _portions(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """The rows in the order of their key, with the types of the new table."""
    wanted = select(table).order_by(*table.primary_key)
    copied = connection.execute(wanted, execution_options={"stream_results": True})
    for rows in copied.partitions(PORTION):
        yield [dict(zip(copied.keys(), row, strict=True)) for row in rows]


def _advance(reading: Connection, writing: Connection, table: Table) -> None:
    """Numbers go on after the last ever given, those of rows that were removed since included."""
    (key, *others) = table.primary_key.columns
    if others or not isinstance(key.type, Integer):
        return
    sequence = writing.scalar(
        text("SELECT pg_get_serial_sequence(:table, :key)"), {"table": table.name, "key": key.name}
    )
    if sequence is None:
        return
    given = reading.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
    highest = max(given or 0, reading.scalar(select(func.max(key))) or 0)
    if highest:
        writing.execute(text("SELECT setval(:sequence, :highest)"), {"sequence": sequence, "highest": highest})


def _compare(reading: Connection, writing: Connection, table: Table) -> None:
    if _digest(reading, table) != _digest(writing, table):
        raise MovingError(f"La table {table.name} n’est pas arrivée telle quelle : rien n’a été gardé.")


def _digest(connection: Connection, table: Table) -> bytes:
    """Of every value of every row, in the order of the key, whatever the order the database sorts texts in."""
    digest = 0
    for portion in _portions(connection, table):
        for row in portion:
            line = repr([bytes(value) if isinstance(value, memoryview) else value for value in row.values()])
            digest += int.from_bytes(hashlib.sha256(line.encode()).digest())
    return digest.to_bytes(64)
