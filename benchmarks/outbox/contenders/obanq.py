"""oban for Python on psycopg."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from oban import Oban, worker
from oban.schema import install
from psycopg_pool import AsyncConnectionPool

from contenders.shape import ROW, body

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator

    from contenders.shape import Deliver, Enqueue


class _Deliveries:
    deliver: Deliver


@worker(queue="default")
class One:
    """The job."""

    async def process(self, job: Any) -> None:
        """One key."""
        await _Deliveries.deliver(job.args["key"])


class ObanQueue:
    """oban."""

    async def install(self, dsn: str) -> None:
        """Its tables."""
        async with AsyncConnectionPool(dsn, min_size=1, max_size=2, open=False) as pool:
            await install(pool)

    @asynccontextmanager
    async def producer(self, dsn: str) -> AsyncIterator[Enqueue]:
        """On the caller's connection."""
        async with (
            AsyncConnectionPool(dsn, min_size=1, max_size=2, open=False) as pool,
            await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection,
        ):
            oban = Oban(pool=pool)

            async def enqueue(keys: list[str]) -> None:
                async with connection.transaction():
                    await connection.execute(
                        "INSERT INTO business (key, body) SELECT key, %s FROM unnest(%s::text[]) AS key", (ROW, keys)
                    )
                    jobs = [One.new(body(key)) for key in keys]
                    if len(jobs) == 1:
                        await oban.enqueue(jobs[0], conn=connection)
                    else:
                        await oban.enqueue_many(jobs, conn=connection)

            yield enqueue

    async def work(self, dsn: str, deliver: Deliver, concurrency: int, stop: asyncio.Event) -> None:
        """One process."""
        _Deliveries.deliver = staticmethod(deliver)
        async with (
            AsyncConnectionPool(dsn, min_size=2, max_size=10, open=False) as pool,
            Oban(pool=pool, queues={"default": concurrency}, shutdown_grace_period=1.0),
        ):
            await stop.wait()
