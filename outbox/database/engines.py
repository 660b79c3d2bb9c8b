"""How the two databases are opened, with the traps of their drivers cured; nothing else knows a pragma.

SQLAlchemy's default set-up of the sqlite3 driver lets a row written inside a savepoint survive the outer rollback,
because the driver begins transactions by itself, late. Here the driver begins nothing (`isolation_level = None`) and the
`begin` event says `BEGIN` aloud. A writer says `BEGIN IMMEDIATE`, so that it waits for the lock before it has read anything.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import URL, Connection, Engine

PRAGMAS = (
    "PRAGMA busy_timeout = 10000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # An answer promises durability, so each commit reaches the disk.
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -16384",
    "PRAGMA journal_size_limit = 67108864",
)

PLANS = "-c enable_seqscan=off -c jit=off"
"""Statistics of a queue are always stale: what they call an empty table holds thousands of messages a second later. Every
hot question has its index, so PostgreSQL is told to use it."""

IDLE = "-c idle_in_transaction_session_timeout=5s"
"""A node that is frozen, or cut off, in the middle of a transaction holds its lanes no longer than that."""

SILENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""Seconds (the last in ms) after which a server that is no longer there is given up; the system would wait for hours."""


def sqlite(url: URL, readers: int) -> tuple[Engine, Engine]:
    """One engine that writes, by one connection, and one that only reads."""
    writer = create_engine(url, hide_parameters=True, pool_size=1, max_overflow=0)
    reader = create_engine(url, hide_parameters=True, pool_size=readers, max_overflow=0)
    _cure(writer, "BEGIN IMMEDIATE", PRAGMAS)
    _cure(reader, "BEGIN", (*PRAGMAS, "PRAGMA query_only = ON"))
    return writer, reader


def postgresql(url: URL, writers: int, readers: int) -> tuple[Engine, Engine]:
    """Two pools, so that a slow search never keeps a message waiting."""
    common: dict[str, Any] = {"hide_parameters": True, "max_overflow": 0}
    writer = create_engine(url, pool_size=writers, connect_args={**SILENCE, "options": f"{PLANS} {IDLE}"}, **common)
    reader = create_engine(
        url,
        pool_size=readers,
        isolation_level="AUTOCOMMIT",
        connect_args=SILENCE,
        **common,
    )
    return writer, reader


def _cure(engine: Engine, begin: str, pragmas: tuple[str, ...]) -> None:
    event.listen(engine, "connect", _configure(pragmas))
    event.listen(engine, "begin", _begin(begin))


def _configure(pragmas: tuple[str, ...]) -> Callable[[Any, Any], None]:
    def configure(connection: Any, _record: Any) -> None:  # noqa: ANN401 - the driver's own object
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(pragma).close()

    return configure


def _begin(statement: str) -> Callable[[Connection], None]:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return begin


def lock_file(engine: Engine, purpose: str = "owner") -> int | None:
    """Lock the database's companion file of that purpose for this process; the kernel unlocks it however the process ends."""
    if sys.platform == "win32":
        return None  # No such lock: leases alone recover.
    import fcntl  # noqa: PLC0415 - absent on Windows

    descriptor = os.open(f"{engine.url.database}-{purpose}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
