"""What each node says of itself now and then: that it lives, which neighbours it reaches, what it has sent.

Leases do not wait for it: recovery is quicker than any of this. It is for people, and for what must be done by one node only.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from outbox.desk import Node
from outbox.sql import nodes
from scheduler.timetable import Timetable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from outbox.database.database import Database

log = logging.getLogger("gateway.runtime.heartbeat")

MISSED = 3
"""Beats without which a node is taken for gone."""
PATIENCE = 2.0
"""Seconds for a neighbour to accept a connection."""


@dataclass(slots=True)
class Heartbeat:
    """This node's own."""

    database: Database
    role: str
    clock: Callable[[], datetime]
    links: Mapping[str, str]
    """Destination → the address it is reached at."""
    tally: Callable[[], Mapping[str, Mapping[str, int]]]
    """Destination → outcome → attempts of this process."""
    version: str
    every: float = 2.0
    started_at: datetime = field(init=False)
    down_since: dict[str, datetime] = field(default_factory=dict)
    """Neighbours that accept no connection, since when."""
    timetable: Timetable = field(init=False)
    """The jobs of this node."""

    def __post_init__(self) -> None:
        self.started_at = self.clock()
        self.timetable = Timetable(self.clock)

    @property
    def node(self) -> Node:
        """What is said of it now."""
        facts = {
            "version": self.version,
            "down_since": {name: at.isoformat() for name, at in self.down_since.items()},
            "attempts": {name: dict(outcomes) for name, outcomes in self.tally().items()},
            "jobs": self.timetable.facts(),
        }
        return Node(self.database.owner, self.role, self.started_at, self.clock(), facts)

    async def beat(self) -> None:
        """Say that this node lives."""
        node = self.node
        await self.database.write(lambda connection: nodes.beat(connection, node))

    async def end(self) -> None:
        """Say that this node has ended, so that nobody misses it."""
        await self.database.write(lambda connection: nodes.forget(connection, [self.database.owner]))

    async def knock(self) -> None:
        """Look whether each neighbour accepts a connection; nothing is sent."""
        reached = await asyncio.gather(*(answers(url) for url in self.links.values()))
        for name, there in zip(self.links, reached, strict=True):
            if there and self.down_since.pop(name, None) is not None:
                log.info("link.up destination=%s", name)
            elif not there and name not in self.down_since:
                self.down_since[name] = self.clock()
                log.warning("link.down destination=%s", name)

    async def leads(self) -> bool:
        """Whether this node is the one that does what must be done once: the first started of those that live and serve."""
        living = alive(await self.database.read(nodes.nodes), self.clock(), self.every)
        first = next((node.name for node in living if node.role == "serve"), None)
        return first in {None, self.database.owner}


def alive(known: list[Node], now: datetime, every: float) -> list[Node]:
    """Those that have not missed too many beats."""
    return [node for node in known if (now - node.seen_at).total_seconds() < every * MISSED]


def missing(known: list[Node], now: datetime, seconds: float) -> list[Node]:
    """Those that have said nothing for so long, and that no later node of the same place stands in for."""
    silent = [node for node in known if (now - node.seen_at).total_seconds() >= seconds]
    return [node for node in silent if not any(_stands_in(other, node) for other in known)]


def _stands_in(other: Node, gone: Node) -> bool:
    return (other.host, other.role) == (gone.host, gone.role) and other.started_at >= gone.seen_at


async def answers(url: str) -> bool:
    """Whether somebody accepts a connection there."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "amqps": 5671}.get(parts.scheme, 80)
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):  # It answered: how it parts says nothing more.
        async with asyncio.timeout(PATIENCE):
            await writer.wait_closed()
    return True
