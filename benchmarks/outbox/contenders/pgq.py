"""pgqueuer on asyncpg: with as many tasks as the others, and without a limit, as it is fastest."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries

from contenders.shape import ROW, packed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pgqueuer.models import Job

    from contenders.shape import Deliver, Enqueue


class PgQueuerQueue:
    """pgqueuer."""

    def __init__(self, *, limited: bool) -> None:
        self._limited = limited

    async def install(self, dsn: str) -> None:
        """Its schema."""
        connection = await asyncpg.connect(dsn)
        await Queries(AsyncpgDriver(connection)).install()
        await connection.close()

    @asynccontextmanager
    async def producer(self, dsn: str) -> AsyncIterator[Enqueue]:
        """On the caller's connection, so in the caller's transaction."""
        connection = await asyncpg.connect(dsn)
        queries = Queries(AsyncpgDriver(connection))

        async def enqueue(keys: list[str]) -> None:
            async with connection.transaction():
                await connection.execute(
                    "INSERT INTO business (key, body) SELECT key, $2 FROM unnest($1::text[]) AS key", keys, ROW
                )
                many = len(keys)
                await queries.enqueue(["one"] * many, [packed(key) for key in keys], [0] * many)

        yield enqueue
        await connection.close()

    async def work(self, dsn: str, deliver: Deliver, concurrency: int, stop: asyncio.Event) -> None:
        """One process."""
        connection = await asyncpg.connect(dsn)
        queue = PgQueuer(AsyncpgDriver(connection))

        @queue.entrypoint("one")
        async def one(job: Job) -> None:
            await deliver(json.loads(job.payload or b"")["key"])

        # It wants at least twice its batch as its limit.
        limit = {"max_concurrent_tasks": concurrency} if self._limited else {}
        running = asyncio.ensure_future(
            queue.run(batch_size=concurrency // 2 if self._limited else concurrency, **limit)
        )
        running.add_done_callback(lambda _: stop.set())
        await stop.wait()
        queue.shutdown.set()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
