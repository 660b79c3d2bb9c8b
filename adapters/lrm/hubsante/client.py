"""One connection to the hub: publishes under our id with confirms, and consumes our three queues.

What it takes is acknowledged to the broker only once `take` has returned, which means durable here. It connects again by
itself for as long as it is open, the first time included, and declares nothing. It knows no message and keeps none: a
publication that was not confirmed is the outbox's to send again, under the same distributionID.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import aio_pika
from aio_pika import DeliveryMode

from adapters.lrm.hubsante.faults import broken_broker, not_connected, trouble_of
from adapters.lrm.hubsante.topology import BOXES, EXCHANGE, queue

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from datetime import datetime

    from adapters.link import Link
    from adapters.perimeter import Perimeter
    from outbox.errors import DeliveryError

    Take: TypeAlias = "Callable[[Delivery], Awaitable[None]]"

log = logging.getLogger("adapters.hub")
for chatty in ("aiormq", "aio_pika"):
    logging.getLogger(chatty).setLevel(logging.CRITICAL)  # Their debug lines quote the frames, and so the messages.

BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before each new attempt to connect; the last one for ever after."""
STEADY = 60.0
"""A connection that held so long begins the list anew."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as the broker handed it over."""

    vhost: str
    box: str
    """`message`, `ack` or `info`."""
    content_type: str
    body: bytes = field(repr=False)
    redelivered: bool


@dataclass(frozen=True, slots=True)
class LinkState:
    """Whether one perimeter is connected, since when, and what last broke it."""

    vhost: str
    connected: bool
    since: datetime
    trouble: str | None = None


class HubConnection:
    """One virtual host. `open` starts it; `aclose` ends it."""

    def __init__(
        self, link: Link, perimeter: Perimeter, clock: Callable[[], datetime], backoff: tuple[float, ...] = BACKOFF
    ) -> None:
        self._link = link
        self._perimeter = perimeter
        self._clock = clock
        self._backoff = backoff
        self._take: Take | None = None
        self._working: asyncio.Task[None] | None = None
        self._exchange: Any = None
        self._ready = asyncio.Event()
        self._ended = asyncio.Event()
        self.state = LinkState(perimeter.vhost, connected=False, since=clock())

    def open(self, take: Take | None = None) -> None:
        """Connect, and stay connected; with `take`, consume our queues too."""
        if take is not None:
            self._take = take
        if self._working is None:
            self._working = asyncio.create_task(self._stay(), name=f"hub {self._perimeter.vhost}")

    async def ready(self) -> None:
        """Wait until it is connected."""
        await self._ready.wait()

    async def aclose(self) -> None:
        """Leave. What was taken and not yet acknowledged comes again at the next opening."""
        if self._working is not None:
            self._working.cancel()
            await asyncio.wait([self._working])
            self._working = None

    async def publish(self, body: bytes, content_type: str, distribution_id: str) -> None:
        """Hand a message to the hub; returns once the broker has confirmed it. Raises a `DeliveryError`."""
        self.open()
        try:
            async with asyncio.timeout(self._link.connect_timeout):
                await self._ready.wait()
        except TimeoutError:
            raise not_connected(self.state.trouble) from None
        message = aio_pika.Message(
            body,
            content_type=content_type,
            delivery_mode=DeliveryMode.PERSISTENT,
            priority=0,
            message_id=distribution_id,
        )
        try:
            async with asyncio.timeout(self._link.read_timeout):
                await self._exchange.publish(message, routing_key=self._perimeter.client_id, mandatory=True)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            # The library cancels the confirmations of a connection that was cut.
            raise self._suspect(error, body) from None
        except Exception as error:
            raise self._suspect(error, body) from error

    def _suspect(self, error: BaseException, body: bytes) -> DeliveryError:
        """What it means; and a connection that did not confirm is left for a new one, before anything else goes through it."""
        self._ready.clear()
        self._ended.set()
        return broken_broker(error, body)

    async def _stay(self) -> None:
        failures = 0
        while True:
            opened = self._clock()
            try:
                await self._hold()
            except Exception as error:  # noqa: BLE001 - whatever broke it, the answer is to connect again
                trouble = trouble_of(error)
            else:
                trouble = "fermée par le hub"
            self._ready.clear()
            now = self._clock()
            held = self.state.connected and (now - opened).total_seconds() >= STEADY
            failures = 1 if held else failures + 1
            self.state = LinkState(self._perimeter.vhost, connected=False, since=now, trouble=trouble)
            log.warning("hub.lost vhost=%s trouble=%s attempts=%d", self._perimeter.vhost, trouble, failures)
            await asyncio.sleep(self._backoff[min(failures, len(self._backoff)) - 1])

    async def _hold(self) -> None:
        """Connect, work, and return or raise when the connection is no more."""
        ended = self._ended = asyncio.Event()
        connection: Any = None
        try:
            connection = await _in_time(self._connect(ended), self._link.connect_timeout)
            await _in_time(self._set_up(connection, ended), self._link.connect_timeout)
            self.state = LinkState(self._perimeter.vhost, connected=True, since=self._clock())
            self._ready.set()
            log.info("hub.connected vhost=%s", self._perimeter.vhost)
            await ended.wait()
        finally:
            self._ready.clear()
            if connection is not None:
                with contextlib.suppress(Exception):
                    await _in_time(connection.close(), self._link.connect_timeout)

    async def _connect(self, ended: asyncio.Event) -> Any:  # noqa: ANN401 - untyped library
        connection = await aio_pika.connect(
            f"{self._link.url.rstrip('/')}/{self._perimeter.vhost}?auth=EXTERNAL",
            ssl_context=self._link.tls(),
            client_properties={"connection_name": f"{self._perimeter.client_id} {self._perimeter.vhost}"},
        )
        connection.close_callbacks.add(lambda *_: ended.set())
        return connection

    async def _set_up(self, connection: Any, ended: asyncio.Event) -> None:  # noqa: ANN401 - same
        publishing = await self._channel(connection, ended)
        self._exchange = await publishing.get_exchange(EXCHANGE)  # passive: a client may configure nothing
        if self._take is not None:
            await self._consume(await self._channel(connection, ended))

    async def _channel(self, connection: Any, ended: asyncio.Event) -> Any:  # noqa: ANN401 - same
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        channel.close_callbacks.add(lambda *_: ended.set())
        return channel

    async def _consume(self, channel: Any) -> None:  # noqa: ANN401 - same
        await channel.set_qos(prefetch_count=self._perimeter.prefetch)
        for box in BOXES:
            mine = await channel.get_queue(queue(self._perimeter.client_id, box))
            await mine.consume(self._taking(box), no_ack=False)

    def _taking(self, box: str) -> Callable[[Any], Awaitable[None]]:
        async def take(message: Any) -> None:  # noqa: ANN401 - same
            if self._take is None:
                return
            delivery = Delivery(
                self._perimeter.vhost, box, message.content_type or "", message.body, bool(message.redelivered)
            )
            try:
                await self._take(delivery)
            except Exception as error:  # noqa: BLE001 - it is not durable: the broker keeps it, and gives it again
                log.error("hub.not_taken vhost=%s box=%s error=%s", delivery.vhost, box, type(error).__name__)  # noqa: TRY400 - a trace would quote the message
                await asyncio.sleep(self._backoff[-1] if message.redelivered else self._backoff[0])
                with contextlib.suppress(Exception):
                    await message.nack(requeue=True)
                return
            with contextlib.suppress(Exception):  # The connection is gone: it will come again, and be known.
                await message.ack()

        return take


async def _in_time(work: Coroutine[Any, Any, Any], seconds: float) -> Any:  # noqa: ANN401 - same
    """What the work gives, or TimeoutError at once: the library, when cancelled, may still wait half a minute for TLS to part."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            task.cancel()
            task.add_done_callback(_forget)
    if not task.done():
        raise TimeoutError
    return task.result()


def _forget(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()
