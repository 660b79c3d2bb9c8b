"""procrastinate on psycopg."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import psycopg
from procrastinate import App, PsycopgConnector

from contenders.shape import ROW, body

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from contenders.shape import Deliver, Enqueue


class Procrastinate:
    """procrastinate."""

    async def install(self, dsn: str) -> None:
        """Its schema."""
        app = App(connector=PsycopgConnector(conninfo=dsn))
        async with app.open_async():
            await app.schema_manager.apply_schema_async()

    @asynccontextmanager
    async def producer(self, dsn: str) -> AsyncIterator[Enqueue]:
        """On the caller's connection."""
        app = App(connector=PsycopgConnector(conninfo=dsn))
        async with app.open_async(), await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
            task = app.task(name="one")(_never)

            async def enqueue(keys: list[str]) -> None:
                async with connection.transaction():
                    await connection.execute(
                        "INSERT INTO business (key, body) SELECT key, %s FROM unnest(%s::text[]) AS key", (ROW, keys)
                    )
                    deferrer = task.configure(connection=connection)
                    if len(keys) == 1:
                        await deferrer.defer_async(**body(keys[0]))
                    else:
                        await deferrer.batch_defer_async(*(body(key) for key in keys))

            yield enqueue

    async def work(self, dsn: str, deliver: Deliver, concurrency: int, stop: asyncio.Event) -> None:
        """One process."""
        app = App(connector=PsycopgConnector(conninfo=dsn, max_size=10))

        async def one(key: str, texte: str) -> None:  # noqa: ARG001 - the job has both
            await deliver(key)

        app.task(name="one")(one)
        async with app.open_async():
            running = asyncio.ensure_future(
                app.run_worker_async(
                    concurrency=concurrency, install_signal_handlers=False, shutdown_graceful_timeout=1.0
                )
            )
            await stop.wait()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def _never(key: str, texte: str) -> None:
    raise NotImplementedError(key)
