"""One database for a process: synchronous SQLAlchemy on threads of its own, awaited from the event loop.

SQLite has ONE writer thread. It takes whatever works are waiting and commits them together (`BEGIN IMMEDIATE`, WAL,
`synchronous=FULL`), so that sixteen callers pay for one sync of the disk; each work runs in its own savepoint. PostgreSQL
has a few such threads, one transaction per work, and the server groups their commits.

`write` returns after the commit is durable. It refuses to hide an uncertain commit: a connection lost while committing is
raised to the caller, whose message ids make a second try harmless.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, TypeVar

import psycopg
from sqlalchemy import make_url

from outbox.database import engines
from outbox.database.urgency import Urgency, terms
from outbox.database.writers import TRIES, Writer, innocent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection, Engine

    from outbox.database.sealing import Seal

T = TypeVar("T")

URGENT_READERS: Final = 2
"""Threads that read for emergencies, settlements and keys; as many connections more than `readers`."""


class Database:
    """Writes and reads of one process, and the word that something was enqueued.

    `changed` has one waiter, the process's dispatcher: who waits takes the word.
    """

    def __init__(self, writer: Engine, reader: Engine, *, writers: int, readers: int, group: int) -> None:
        self.owner: Final = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        """Who leases messages: this object in this process."""
        self._engines = (writer, reader)
        self._reader = reader
        self._readers = ThreadPoolExecutor(readers, "outbox-read")
        # Who is asked before anything may begin (keys, routes, settlements) must not stand behind boards and lists.
        self._urgent_readers = ThreadPoolExecutor(URGENT_READERS, "outbox-read-urgent")
        self._writer = Writer(writer, threads=writers, group=group, enqueued=self.wake)
        self._word: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listening: asyncio.Task[None] | None = None
        self._lock: int | None = None

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._reader.dialect.name

    @property
    def options(self) -> Mapping[str, Any]:
        """What its connections tell: `seal`, where payloads are sealed."""
        return self._reader.get_execution_options()

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction and return what it returned once that is durable.

        When it raises, only its own changes are undone, and the exception is the caller's. It may run a second time, after
        its first was rolled back whole, when PostgreSQL chose it to break a dead-lock or the connection was found dead.
        It must not commit, roll back or keep the connection. It goes in the order of `urgency.urgent`, and raises
        `OverloadedError` when it was not begun within the caller's patience.
        """
        return await self._writer.write(work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on committed data; it must not write. It runs again where its connection was found dead."""
        readers = self._readers if terms().urgency >= Urgency.STATE else self._urgent_readers
        return await asyncio.get_running_loop().run_in_executor(readers, self._read, work)

    def _read(self, work: Callable[[Connection], T], tries: int = TRIES) -> T:
        """Found out by using it: asking first whether a connection is alive would double every question."""
        with self._reader.connect() as connection:
            try:
                return work(connection)
            except Exception as error:
                if tries == 1 or not innocent(error):
                    raise
                connection.invalidate()
        return self._read(work, tries - 1)

    def wake(self) -> None:
        """Say that something may be claimable; from any thread."""
        loop, word = self._loop, self._word
        if loop is not None and word is not None:
            with contextlib.suppress(RuntimeError):  # The loop is closed: nobody waits.
                loop.call_soon_threadsafe(word.set)

    async def changed(self, timeout: float) -> bool:  # noqa: ASYNC109 - a wait that ends is what this verb is
        """Wait for a commit that enqueued something, at most `timeout` seconds; the word of an earlier one counts."""
        if self._word is None or self._loop is not asyncio.get_running_loop():
            self._loop = asyncio.get_running_loop()
            self._word = asyncio.Event()
            self._word.set()  # What was enqueued before anybody waited.
            if self.dialect == "postgresql":
                self._listening = self._loop.create_task(self._listen())
        try:
            async with asyncio.timeout(timeout):
                await self._word.wait()
        except TimeoutError:
            return False
        self._word.clear()
        return True

    async def _listen(self) -> None:
        """Hear the commits of other nodes; polling stays the truth, so a broken line is only slower."""
        dsn = self._reader.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while True:
            with contextlib.suppress(psycopg.Error, OSError):
                async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
                    await connection.execute("LISTEN outbox")
                    self.wake()  # What was said while nobody heard.
                    async for _ in connection.notifies():
                        self.wake()
            await asyncio.sleep(1)

    def alone(self) -> bool:
        """Whether this process has a SQLite database to itself; asked once, held until it ends, however it ends."""
        if self._lock is None and self.dialect == "sqlite":
            self._lock = engines.lock_file(self._reader)
        return self._lock is not None

    async def close(self) -> None:
        """Finish what was accepted, then let go of threads, connections and the lock."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait([self._listening])
        await asyncio.to_thread(self._writer.close)
        await asyncio.to_thread(self._readers.shutdown)
        await asyncio.to_thread(self._urgent_readers.shutdown)
        for engine in self._engines:
            engine.dispose()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def open_database(
    url: str, *, writers: int = 4, readers: int = 4, group: int = 128, seal: Seal | None = None
) -> Database:
    """Open `sqlite:////path/to/file` or `postgresql+psycopg://…`; the tables must exist (see the migrations).

    `writers` is for PostgreSQL, SQLite has one; `group` is the most works that SQLite commits together; `seal` is what
    connections tell whoever writes a payload (`outbox.sql.rows.seal_of`).
    """
    parsed = make_url(url)
    options = {"seal": seal} if seal is not None else {}
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise ValueError("base SQLite : un chemin de fichier est attendu (sqlite:////var/lib/passerelle.sqlite3)")
        writer, reader = engines.sqlite(parsed, readers + URGENT_READERS)
        _tell(options, writer, reader)
        return Database(writer, reader, writers=1, readers=readers, group=group)
    if parsed.drivername != "postgresql+psycopg":
        raise ValueError(f"base inconnue : {parsed.drivername} ; attendu sqlite ou postgresql+psycopg")
    writer, reader = engines.postgresql(parsed, writers, readers + URGENT_READERS)
    _tell(options, writer, reader)
    return Database(writer, reader, writers=writers, readers=readers, group=1)


def _tell(options: dict[str, Any], *chosen: Engine) -> None:
    for engine in chosen:
        engine.update_execution_options(**options)
