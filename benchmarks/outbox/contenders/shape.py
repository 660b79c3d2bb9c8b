"""What every contender is asked, and the goods that all of them carry."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio
    from contextlib import AbstractAsyncContextManager

Deliver = Callable[[str], Awaitable[None]]
"""One job, by its key: nothing at all, or one POST."""

Enqueue = Callable[[list[str]], Awaitable[None]]
"""Business rows and jobs of these keys, in one transaction."""

BUSINESS = (
    "CREATE TABLE business (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text NOT NULL, body text NOT NULL)"
)
ROW = "d" * 200
"""With its key and its number, about 240 bytes."""


def body(key: str) -> dict[str, str]:
    """About 300 bytes of JSON."""
    return {"key": key, "texte": "ESSAI " * 44}


def packed(key: str) -> bytes:
    """The same, as bytes."""
    return json.dumps(body(key)).encode()


class Contender(Protocol):
    """A queue."""

    async def install(self, dsn: str) -> None:
        """Create its tables in an empty database."""

    def producer(self, dsn: str) -> AbstractAsyncContextManager[Enqueue]:
        """One connection that enqueues."""

    async def work(self, dsn: str, deliver: Deliver, concurrency: int, stop: asyncio.Event) -> None:
        """One worker process, until told to stop."""
