"""One dispatcher node, a process of its own, wired as the product is: its store, its dispatcher, its HTTP client.

Its wall clock may be put wrong from outside (`clock SECONDS` on standard input), which says by how much it lies; when
standard input ends, because the conductor did or wants it so, the node lands and ends too.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx

from adapters.wire.http import broken_link, open_client, refused
from adapters.wire.link import Link
from outbox.database.database import open_database
from outbox.database.server_clock import ServerTime
from outbox.dispatch.dispatcher import Dispatcher
from outbox.message import ClaimedMessage, Receipt
from outbox.retry import Policy
from outbox.sql import SqlStore

SCHEDULE = (0.1, 0.2, 0.5, *(1.0,) * 300)
"""Short, and too long to be exhausted: nothing here may be parked for having tried enough."""


@dataclass(slots=True)
class WrongClock:
    """This machine's clock, off by what somebody did to it."""

    offset: float = 0.0

    def __call__(self) -> datetime:
        """The instant it shows."""
        return datetime.now(UTC) + timedelta(seconds=self.offset)  # noqa: TID251 - a process of its own


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Delivers to the recording receiver."""

    name: str
    node: str
    client: httpx.AsyncClient

    async def deliver(self, claimed: ClaimedMessage) -> Receipt:
        """One POST with the message's id as its key."""
        headers = {"Idempotency-Key": claimed.envelope.id, "X-Node": self.node, "X-Fence": str(claimed.fence)}
        try:
            answer = await self.client.post(f"/{self.name}", json=claimed.envelope.body, headers=headers)
        except httpx.HTTPError as error:
            raise broken_link(error, self.name) from None
        if not answer.is_success:
            raise refused(answer.status_code, self.name)
        return Receipt()


async def _obey(clock: WrongClock, stop: asyncio.Event) -> None:
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while order := await orders.readline():
        clock.offset = float(order.split()[1])
    stop.set()


async def main(name: str, wish: dict[str, str]) -> None:
    """Send until told to stop."""
    wall, stop = WrongClock(), asyncio.Event()
    link = Link(url=wish["receiver"], mode="Exercise", read_timeout=1.0, connect_timeout=1.0, connections=32)
    database = open_database(wish["database"])
    async with open_client(link) as client:
        neighbours = {one: Neighbour(one, name, client) for one in wish["destinations"].split()}
        policies = {one: Policy(concurrency=8, schedule=SCHEDULE, timeout=5.0) for one in neighbours}
        clock = ServerTime(database, wall)
        store = SqlStore(database, clock=clock, lease_seconds=float(wish["lease"]))
        chores = [asyncio.create_task(work) for work in (_obey(wall, stop), clock.follow())]
        await clock.known()
        await Dispatcher(store, neighbours, policies, clock=clock).run(stop)
        for chore in chores:
            chore.cancel()
    await database.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
