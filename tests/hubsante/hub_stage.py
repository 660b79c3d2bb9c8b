"""What the tests over a real broker share: our side of the wire, opened by hand."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aio_pika

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.servers.rabbitmq import RabbitMq

VHOST = "15-15_v2.1"
PATIENCE = 15.0


def context(broker: RabbitMq, client: str) -> ssl.SSLContext:
    """The TLS of one client."""
    made = ssl.create_default_context(cafile=str(broker.authority.ca))
    papers = broker.papers[client]
    made.load_cert_chain(papers.certificate, papers.private_key)
    return made


@asynccontextmanager
async def channel(broker: RabbitMq, client: str, vhost: str = VHOST) -> AsyncIterator[Any]:
    """A bare channel of one client, with confirms."""
    url = f"amqps://localhost:{broker.port}/{vhost}?auth=EXTERNAL"
    connection = await aio_pika.connect(url, ssl_context=context(broker, client))
    async with connection:
        yield await connection.channel(on_return_raises=True)


async def until(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Wait for a condition, and give what it gave."""
    async with asyncio.timeout(seconds):
        while not (found := condition()):  # noqa: ASYNC110 - the condition is of another system
            await asyncio.sleep(0.01)
        return found
