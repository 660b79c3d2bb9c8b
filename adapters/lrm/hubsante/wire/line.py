"""One AMQP connection, from the handshake to the last byte: opened with our certificate, set up, and always given back whole.

It exists because the library, left to itself, may wait half a minute for a dead broker to part, and leaves open what failed
to open. It connects once: staying connected is `client`'s.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import aio_pika
from aiormq.connection import TLSTransportFactory
from yarl import URL  # the library's own kind of address

from adapters.lrm.hubsante.wire.topology import BOXES, EXCHANGE, queue

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

    from adapters.wire.perimeter import Perimeter

PARTING = 1.0
"""Seconds for which the other end may take its leave, before its socket is closed on it."""


class _Wire(TLSTransportFactory):
    """The library's own transport, and a way to cut it."""

    def __init__(self) -> None:
        self._writer: asyncio.StreamWriter | None = None

    async def create(self, url: URL, **more: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:  # noqa: ANN401 - same
        """Open the socket, and the TLS over it."""
        reader, self._writer = await super().create(url, ssl_shutdown_timeout=PARTING, **more)
        return reader, self._writer

    def cut(self) -> None:
        """Close the socket, whatever the other end says."""
        if self._writer is not None:
            self._writer.transport.abort()


class Line:
    """One connection to one virtual host."""

    def __init__(self, url: str, tls: ssl.SSLContext, perimeter: Perimeter) -> None:
        self._perimeter = perimeter
        self._wire = _Wire()
        self._connection = aio_pika.Connection(
            URL(f"{url.rstrip('/')}/{perimeter.vhost}?auth=EXTERNAL"),
            ssl_context=tls,
            client_properties={"connection_name": f"{perimeter.client_id} {perimeter.vhost}"},
        )
        self._connection.kwargs["transport_factory"] = self._wire
        self._connection.close_callbacks.add(self._over)
        self.ended = asyncio.Event()
        """Set when nothing goes through it any more, or nothing should."""
        self.exchange: Any = None

    async def open(self, taking: Callable[[str], Callable[[Any], Awaitable[None]]] | None) -> None:
        """Connect, and consume our three queues when there is somebody to take what comes."""
        await self._connection.connect()
        publishing = await self._channel()
        self.exchange = await publishing.get_exchange(EXCHANGE)  # passive: a client may configure nothing
        if taking is not None:
            channel = await self._channel()
            await channel.set_qos(prefetch_count=self._perimeter.prefetch)
            for box in BOXES:
                mine = await channel.get_queue(queue(self._perimeter.client_id, box))
                await mine.consume(taking(box), no_ack=False)

    def blocked(self) -> bool:
        """Whether the broker said that it takes nothing more: its disk or its memory is full."""
        transport: Any = self._connection.transport
        if transport is None:
            return False
        waiting = transport.ready()  # The only word of it that the library gives: a wait that ends when it may go on.
        try:
            waiting.send(None)
        except StopIteration:
            return False
        finally:
            waiting.close()
        return True

    async def close(self) -> None:
        """Take leave, or cut: nothing of it is left when this returns."""
        self.ended.set()
        leaving = asyncio.create_task(self._leave())
        try:
            if not (await asyncio.wait({leaving}, timeout=2 * PARTING))[0]:
                self._wire.cut()
            await asyncio.wait({leaving}, timeout=2 * PARTING)
        finally:
            self._wire.cut()
            leaving.cancel()

    async def _leave(self) -> None:
        with contextlib.suppress(Exception):
            await self._connection.close()

    async def _channel(self) -> Any:  # noqa: ANN401 - untyped library
        channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
        channel.close_callbacks.add(self._over)
        return channel

    def _over(self, *_: object) -> None:
        self.ended.set()
