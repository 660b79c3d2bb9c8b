"""What the tests over a real broker share: our side of the wire, opened by hand."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import aio_pika

from adapters.lrm.hubsante.wire.topology import BOXES, DISPATCH, DISPATCH_DEAD, HUB_ID, queue
from adapters.wire.link import Link
from adapters.wire.perimeter import Perimeter
from tests.servers.rabbitmq import CLIENTS, OURS, VHOSTS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.servers.rabbitmq import RabbitMq

VHOST = "15-15_v2.1"
PATIENCE = 60.0
"""Seconds for what comes in one on a calm machine: a wait that ends in a failure may be long, one that succeeds is not."""


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


def link(broker: RabbitMq, client: str = OURS, **changes: Any) -> Link:
    """How one client reaches the broker."""
    papers = broker.papers[client]
    return Link.model_validate(
        {
            "url": f"amqps://localhost:{broker.port}",
            "ca": broker.authority.ca,
            "certificate": papers.certificate,
            "private_key": papers.private_key,
            "connect_timeout": 10,
            "read_timeout": 10,
            **changes,
        }
    )


def perimeter(vhost: str = VHOST, client_id: str = OURS, model: int = 3, **more: Any) -> Perimeter:
    """A perimeter of ours."""
    return Perimeter.model_validate({"vhost": vhost, "client_id": client_id, "model": model, **more})


def now() -> datetime:
    """The real time: a broker has no other."""
    return datetime.now(UTC).astimezone()  # noqa: TID251 - see above


async def drained(broker: RabbitMq, name: str, vhost: str = VHOST, client: str = HUB_ID) -> list[Any]:
    """Every message that stands in a queue, taken out of it."""
    async with channel(broker, client, vhost) as bare:
        waiting = await bare.get_queue(name)
        found = []
        while message := await waiting.get(no_ack=True, fail=False):
            found.append(message)
        return found


async def emptied(broker: RabbitMq) -> RabbitMq:
    """The broker with nothing in its queues."""

    async def empty(vhost: str) -> None:
        async with channel(broker, HUB_ID, vhost) as bare:
            for name in (DISPATCH, DISPATCH_DEAD, *queues_of(vhost)):
                await (await bare.get_queue(name, ensure=False)).purge()

    await asyncio.gather(*(empty(vhost) for vhost in VHOSTS))
    return broker


def queues_of(vhost: str) -> list[str]:
    """The queues of every client of a virtual host."""
    return [queue(client.client_id, box) for client in CLIENTS if vhost in client.vhosts for box in BOXES]


async def put(broker: RabbitMq, name: str, *bodies: bytes, vhost: str = VHOST, **properties: Any) -> None:
    """Lay messages in a client's queue, as the hub does."""
    async with channel(broker, HUB_ID, vhost) as bare:
        distribution = await bare.get_exchange("distribution")
        for body in bodies:
            message = aio_pika.Message(body, **{"content_type": "application/json", "delivery_mode": 2, **properties})
            await distribution.publish(message, routing_key=name, mandatory=True)
