"""A process that claims from a SQLite file and is killed while it sends; run by `test_recovery`."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime

from outbox.database.database import open_database
from outbox.dispatch.dispatcher import Dispatcher
from outbox.message import ClaimedMessage, Receipt
from outbox.sql import SqlStore


class Silent:
    """Takes a message, says so on standard output, and never answers."""

    name = "sivic"

    async def deliver(self, claimed: ClaimedMessage) -> Receipt:
        """Wait for the kill."""
        print(claimed.envelope.id, flush=True)  # noqa: T201 - the test reads it
        await asyncio.Event().wait()
        return Receipt()


async def main(url: str) -> None:
    """Send until killed."""
    store = SqlStore(open_database(url), clock=lambda: datetime.now(UTC), lease_seconds=600)  # noqa: TID251 - a process of its own
    await Dispatcher(store, {"sivic": Silent()}, clock=lambda: datetime.now(UTC)).run(asyncio.Event())  # noqa: TID251 - same


asyncio.run(main(sys.argv[1]))
