"""The threads that write: they take the works that wait, run each in its own savepoint, and commit them together.

A group forms by itself while the one before it is being synced to disk: no timer, no added latency. An exception undoes
its own work alone; a commit that fails fails everybody in it. A work alone in its group needs no savepoint.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, Any, Final, TypeVar

import psycopg
from sqlalchemy.exc import DBAPIError

from outbox.database.urgency import OverloadedError, terms
from outbox.database.waiting import WaitingWorks, Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

T = TypeVar("T")

ENQUEUED: Final = "outbox.enqueued"
"""Set in `Connection.info` by whoever made something claimable in the transaction."""

TRIES: Final = 5
"""How often a work is run that PostgreSQL rolled back for no fault of its own."""


class Writer:
    """Runs works in groups on `threads` threads of its own."""

    def __init__(self, engine: Engine, *, threads: int, group: int, enqueued: Callable[[], None]) -> None:
        self._engine = engine
        self._group = group
        self._enqueued = enqueued
        self._waiting = WaitingWorks()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._serve, name=f"outbox-write-{n}", daemon=True) for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    async def write(self, run: Callable[[Connection], T]) -> T:
        """Hand over a work, on the terms of the caller under way, and wait until it is durable.

        Raises `OverloadedError` when it has not begun within the caller's patience: then nothing of it is in the database.
        """
        if self._closed:
            raise RuntimeError("the database is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        asked = terms()
        work = Work(run, loop, future, asked.urgency)
        self._waiting.put(work)
        timer = loop.call_later(asked.patience, self._give_up, work) if asked.patience is not None else None
        try:
            return await future
        except asyncio.CancelledError:
            self._waiting.withdraw(work)  # Its caller has left; what has begun is finished all the same.
            raise
        finally:
            if timer is not None:
                timer.cancel()

    def _give_up(self, work: Work) -> None:
        if self._waiting.withdraw(work) and not work.future.done():
            work.future.set_exception(OverloadedError("not begun in time"))

    def close(self) -> None:
        """Finish what was handed over, then end the threads."""
        if self._closed:
            return
        self._closed = True
        self._waiting.close()
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        while (works := self._waiting.take(self._group)) is not None:
            error = self._commit(works)
            for work in works:
                work.error = work.error or error
            _answer(works)

    def _commit(self, works: list[Work]) -> BaseException | None:
        """Commit a group; the exception returned is everybody's, one of a single work is in that work."""
        for _ in range(TRIES):
            try:
                self._commit_once(works)
            except _RolledBackError as again:
                error = again.__cause__
            except BaseException as fatal:  # noqa: BLE001 - whatever it is belongs to the callers
                return fatal
            else:
                return None
        return error

    def _commit_once(self, works: list[Work]) -> None:
        with self._engine.connect() as connection:
            connection.info.pop(ENQUEUED, None)
            with connection.begin():
                _run(connection, works)
            enqueued = connection.info.pop(ENQUEUED, False)
        if enqueued:
            self._enqueued()


class _RolledBackError(Exception):
    """Nothing of the group is in the database, and it was not the works' fault: they may simply run again."""


def _run(connection: Connection, works: list[Work]) -> None:
    for work in works:
        work.result = work.error = None
    try:
        if len(works) == 1:
            works[0].result = works[0].run(connection)
        else:
            for work in works:
                _attempt(connection, work)
    except Exception as error:
        if innocent(error):
            connection.invalidate()  # It may be dead; then even a rollback would raise, and hide this.
            raise _RolledBackError from error
        raise


def _attempt(connection: Connection, work: Work) -> None:
    """Run one work of a group so that its failure is its own."""
    # SQLAlchemy's work around a savepoint costs more than the savepoint.
    raw: Any = connection.connection.driver_connection
    raw.execute("SAVEPOINT one_work")
    try:
        work.result = work.run(connection)
    except Exception as error:  # noqa: BLE001 - it is raised to the caller of this work
        work.error = error
        raw.execute("ROLLBACK TO SAVEPOINT one_work")
    raw.execute("RELEASE SAVEPOINT one_work")


def innocent(error: Exception) -> bool:
    """Whether PostgreSQL ended the transaction by itself: a dead-lock broken, or a connection that was dead before commit."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, psycopg.OperationalError)  # Dead-locks and serialization failures are of this class too.


def _answer(works: list[Work]) -> None:
    """Give each caller its result, in one call into each event loop."""
    for loop in {id(work.loop): work.loop for work in works}.values():
        mine = [work for work in works if work.loop is loop]
        with contextlib.suppress(RuntimeError):  # The loop is closed: nobody waits for the answer.
            loop.call_soon_threadsafe(_resolve, mine)


def _resolve(works: list[Work]) -> None:
    for work in works:
        if work.future.done():
            continue  # The caller was cancelled; what it asked is done all the same.
        if work.error is None:
            work.future.set_result(work.result)
        else:
            work.future.set_exception(work.error)
