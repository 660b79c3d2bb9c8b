"""The machine's ceiling: what one would write by hand on asyncpg. Leases, SKIP LOCKED, batched acknowledgements, no order.

It is a yardstick, not a product: no retries, no lanes, no expiry, no evidence.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import asyncpg

from contenders.shape import ROW, packed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from contenders.shape import Deliver, Enqueue

TABLES = """
CREATE TABLE job (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text NOT NULL, body bytea NOT NULL,
  status text NOT NULL DEFAULT 'pending', lease_until timestamptz);
CREATE INDEX ON job (id) WHERE status = 'pending';
CREATE INDEX ON job (lease_until) WHERE status = 'sending';
"""
CLAIM = """
UPDATE job SET status = 'sending', lease_until = clock_timestamp() + interval '5 s' WHERE id IN (
  SELECT id FROM job WHERE status = 'pending' ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING id, key, body
"""
RELEASE = "UPDATE job SET status = 'pending' WHERE status = 'sending' AND lease_until < clock_timestamp()"
SETTLE = "UPDATE job SET status = 'done' WHERE id = ANY($1)"


class Handwritten:
    """About eighty lines."""

    async def install(self, dsn: str) -> None:
        """One table."""
        connection = await asyncpg.connect(dsn)
        await connection.execute(TABLES)
        await connection.close()

    @asynccontextmanager
    async def producer(self, dsn: str) -> AsyncIterator[Enqueue]:
        """Two statements and a notification."""
        connection = await asyncpg.connect(dsn)

        async def enqueue(keys: list[str]) -> None:
            async with connection.transaction():
                await connection.execute(
                    "INSERT INTO business (key, body) SELECT key, $2 FROM unnest($1::text[]) AS key", keys, ROW
                )
                await connection.execute(
                    "INSERT INTO job (key, body) SELECT * FROM unnest($1::text[], $2::bytea[])",
                    keys,
                    [packed(key) for key in keys],
                )
                await connection.execute("SELECT pg_notify('job', '')")

        yield enqueue
        await connection.close()

    async def work(self, dsn: str, deliver: Deliver, concurrency: int, stop: asyncio.Event) -> None:
        """Claim what there is room for, deliver, acknowledge together."""
        connection, listener = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
        word, done, busy, flying = asyncio.Event(), list[int](), 0, set[asyncio.Task[None]]()
        await listener.add_listener("job", lambda *_: word.set())

        async def one(number: int, key: str) -> None:
            await deliver(key)
            done.append(number)
            word.set()

        released = 0.0
        while not stop.is_set():
            word.clear()
            if (now := asyncio.get_running_loop().time()) - released > 1:
                released = now
                await connection.execute(RELEASE)
            if done:
                settled, done = done, []
                await connection.execute(SETTLE, settled)
                busy -= len(settled)
            claimed = await connection.fetch(CLAIM, concurrency - busy) if busy < concurrency else []
            busy += len(claimed)
            for row in claimed:
                task = asyncio.ensure_future(one(row["id"], row["key"]))
                flying.add(task)
                task.add_done_callback(flying.discard)
            with suppress(TimeoutError):
                await asyncio.wait_for(word.wait(), 1)
            await asyncio.sleep(0)
            if flying:
                await asyncio.sleep(0.002)  # Others end just after.
        await connection.close()
        await listener.close()
