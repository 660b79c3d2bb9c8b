"""Passerelle's store and dispatcher, as the gateway wires them: order per lane, four messages to a lane, evidence kept."""

from __future__ import annotations

import random
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import create_engine

from contenders.shape import ROW, body
from outbox.database.database import open_database
from outbox.dispatch.dispatcher import Dispatcher
from outbox.message import ClaimedMessage, Envelope, Kind, Receipt
from outbox.retry import Policy
from outbox.sql import SqlStore, enqueue
from outbox.sql.tables import metadata

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection

    from contenders.shape import Deliver, Enqueue

LANE = 4
"""Messages that must follow one another."""


def now() -> datetime:
    """This machine's clock."""
    return datetime.now(UTC)  # noqa: TID251 - a process of its own


def url(dsn: str) -> str:
    """The same database, for SQLAlchemy."""
    return dsn.replace("postgresql://", "postgresql+psycopg://")


class Destination:
    """Gives the key to what is measured."""

    name = "sivic"

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver

    async def deliver(self, claimed: ClaimedMessage) -> Receipt:
        """One job."""
        await self._deliver(claimed.envelope.id)
        return Receipt()


class Ours:
    """The outbox."""

    async def install(self, dsn: str) -> None:
        """Its tables."""
        engine = create_engine(url(dsn))
        metadata.create_all(engine)
        engine.dispose()

    @asynccontextmanager
    async def producer(self, dsn: str) -> AsyncIterator[Enqueue]:
        """Business rows and messages in one `Database.write`."""
        database = open_database(url(dsn), writers=1, readers=1)

        async def put(keys: list[str]) -> None:
            at = now()
            lane = random.Random(keys[0]).randrange(1_000_000)
            messages = [
                Envelope(
                    key, "sivic", f"{lane}-{turn // LANE}", "victim", Kind.COMMAND, "Exercise", body(key), at, "essai"
                )
                for turn, key in enumerate(keys)
            ]

            def work(connection: Connection) -> None:
                connection.exec_driver_sql(
                    "INSERT INTO business (key, body) SELECT key, %s FROM unnest(%s::text[]) AS key", (ROW, keys)
                )
                enqueue(connection, messages, at)

            await database.write(work)

        yield put
        await database.close()

    async def work(self, dsn: str, deliver: Deliver, concurrency: int, stop: asyncio.Event) -> None:
        """One dispatcher at the defaults, but for its concurrency."""
        database = open_database(url(dsn))
        policies = {"sivic": Policy(concurrency=concurrency)}
        store = SqlStore(database, clock=now)
        await Dispatcher(store, {"sivic": Destination(deliver)}, policies, clock=now).run(stop)
        await database.close()
