"""faststream-outbox on SQLAlchemy and asyncpg, with its batched acknowledgements and quick polls."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from faststream_outbox import OutboxBroker, make_outbox_table
from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine

from contenders.shape import ROW, body

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator

    from contenders.shape import Deliver, Enqueue

metadata = MetaData()
table = make_outbox_table(metadata)
BUSINESS = text("INSERT INTO business (key, body) SELECT key, :row FROM unnest(CAST(:keys AS text[])) AS key")


def url(dsn: str) -> str:
    """The same database, for SQLAlchemy on asyncpg."""
    return dsn.replace("postgresql://", "postgresql+asyncpg://")


class FastStreamOutbox:
    """faststream-outbox."""

    async def install(self, dsn: str) -> None:
        """Its table."""
        engine = create_async_engine(url(dsn))
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        await engine.dispose()

    @asynccontextmanager
    async def producer(self, dsn: str) -> AsyncIterator[Enqueue]:
        """In the caller's transaction."""
        engine = create_async_engine(url(dsn), pool_size=1)
        broker = OutboxBroker(engine, outbox_table=table, logger=None)

        async def enqueue(keys: list[str]) -> None:
            async with engine.begin() as connection:
                await connection.execute(BUSINESS, {"row": ROW, "keys": keys})
                if len(keys) == 1:
                    await broker.publish(body(keys[0]), queue="one", session=connection)
                else:
                    await broker.publish_batch(*(body(key) for key in keys), queue="one", session=connection)

        yield enqueue
        await engine.dispose()

    async def work(self, dsn: str, deliver: Deliver, concurrency: int, stop: asyncio.Event) -> None:
        """One process."""
        engine = create_async_engine(url(dsn), pool_size=60)
        broker = OutboxBroker(engine, outbox_table=table, logger=None, log_level=logging.ERROR)

        @broker.subscriber(
            "one", max_workers=concurrency, fetch_batch_size=2 * concurrency, terminal_flush_batch_size=20
        )
        async def one(message: dict[str, Any]) -> None:
            await deliver(message["key"])

        await broker.start()
        await stop.wait()
        await broker.stop()
        await engine.dispose()
