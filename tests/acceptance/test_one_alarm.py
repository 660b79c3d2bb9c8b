"""One alarm and one end, whatever number of nodes sees the same at the same moment."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from gateway import clock, migrations
from gateway.register import Register
from outbox.database.database import open_database
from tests.servers.postgres import Postgres, postgres

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["postgres"]

pytestmark = pytest.mark.postgres


async def test_nodes_that_see_the_same_raise_and_end_it_once(postgres: Postgres) -> None:
    """Four transactions at once, as four nodes would: one raises it, the others find it under way; and so for its end."""
    url = postgres.create_database()
    await asyncio.to_thread(migrations.upgrade, url)
    database = open_database(url, writers=4)

    def raised(connection: Connection) -> bool:
        return Register(connection).alarms.sound("lag:sinus:urgent", {"destination": "sinus"}, clock.now())

    def ended(connection: Connection) -> bool:
        return Register(connection).alarms.end("lag:sinus:urgent", clock.now())

    for _ in range(5):
        assert sum(await asyncio.gather(*(database.write(raised) for _ in range(4)))) == 1
        assert sum(await asyncio.gather(*(database.write(ended) for _ in range(4)))) == 1
    assert await database.read(lambda connection: Register(connection).alarms.under_way()) == []
    await database.close()
