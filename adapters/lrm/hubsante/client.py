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

from adapters.lrm.hubsante.certificates import days_left
from adapters.lrm.hubsante.faults import (
    CERTIFICATE_ENDED,
    AnsweredError,
    broken_broker,
    not_connected,
    saturated,
    trouble_of,
)
from adapters.lrm.hubsante.wire.line import Line

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from adapters.wire.link import Link
    from adapters.wire.perimeter import Perimeter
    from outbox.errors import DeliveryError
    from outbox.message import Cause

    Take: TypeAlias = "Callable[[Delivery], Awaitable[None]]"

log = logging.getLogger("adapters.hub")
for chatty in ("aiormq", "aio_pika"):
    logging.getLogger(chatty).setLevel(logging.CRITICAL)  # Their debug lines quote the frames, and so the messages.

BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before each new attempt to connect; the last one for ever after."""
LAST = 1.0
"""Seconds given, when we leave, to what is being made durable."""
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

    @property
    def cause(self) -> Cause:
        """Why it is not connected, for people."""
        return not_connected(self.trouble).cause


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
        self._line: Line | None = None
        self._ready = asyncio.Event()
        self._failed = asyncio.Event()
        self._taking = 0
        self._leaving: asyncio.Event | None = None
        self.state = LinkState(perimeter.vhost, connected=False, since=clock())

    def open(self, take: Take | None = None) -> None:
        """Connect, and stay connected; with `take`, consume our queues too."""
        if take is not None:
            self._take = take
        if self._working is None:
            self._leaving = None
            self.state = LinkState(self._perimeter.vhost, connected=False, since=self._clock())
            self._working = asyncio.create_task(self._stay(), name=f"hub {self._perimeter.vhost}")

    @property
    def opened(self) -> bool:
        """Whether anybody asked it to connect."""
        return self._working is not None

    async def ready(self) -> None:
        """Wait until it is connected."""
        await self._ready.wait()

    async def aclose(self) -> None:
        """Leave, once what is being taken is: what is not acknowledged in a moment comes again at the next opening."""
        if self._working is not None:
            self._leaving = asyncio.Event()
            if self._taking and self._ready.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._leaving.wait(), LAST)
            self._working.cancel()
            await asyncio.wait([self._working])
            self._working = None

    async def publish(self, body: bytes, content_type: str, distribution_id: str) -> None:
        """Hand a message to the hub; returns once the broker has confirmed it. Raises a `DeliveryError`."""
        self.open()
        line = self._line if self._ready.is_set() else await self._joined()
        if line is None:
            raise not_connected(self.state.trouble)
        message = aio_pika.Message(
            body,
            content_type=content_type,
            delivery_mode=DeliveryMode.PERSISTENT,
            priority=0,
            message_id=distribution_id,
        )
        try:
            async with asyncio.timeout(self._link.read_timeout):
                await line.exchange.publish(message, routing_key=self._perimeter.client_id, mandatory=True)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            # The library cancels the confirmations of a connection that was cut.
            raise self._suspect(line, error, body) from None
        except Exception as error:
            raise self._suspect(line, error, body) from error

    async def _joined(self) -> Line | None:
        """The line, once it is open; None when the attempt under way, or the next, comes to nothing, or takes too long."""
        waits = [asyncio.ensure_future(event.wait()) for event in (self._ready, self._failed)]
        try:
            await asyncio.wait(waits, timeout=self._link.connect_timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return self._line if self._ready.is_set() else None

    def _suspect(self, line: Line, error: BaseException, body: bytes) -> DeliveryError:
        """What it means. A line that did not answer is left for a new one; one that said no is not the worse for it."""
        full = isinstance(error, TimeoutError) and line.blocked()
        if not isinstance(error, AnsweredError):
            line.ended.set()
            if line is self._line:
                self._ready.clear()
        return saturated(error, body) if full else broken_broker(error, body)

    async def _stay(self) -> None:
        failures = 0
        while True:
            opened = self._clock()
            try:
                await self._hold()
            except Exception as error:  # noqa: BLE001 - whatever broke it, the answer is to connect again
                trouble = self._trouble(error)
            else:
                trouble = "fermée par le hub"
            now = self._clock()
            joined = self.state.connected
            held = joined and (now - opened).total_seconds() >= STEADY
            failures = 1 if held else failures + 1
            since = now if joined else self.state.since
            self.state = LinkState(self._perimeter.vhost, connected=False, since=since, trouble=trouble)
            log.warning("hub.lost vhost=%s trouble=%s attempts=%d", self._perimeter.vhost, trouble, failures)
            if not joined:  # Those who wait for a connection need not wait for the next.
                self._failed.set()
                self._failed = asyncio.Event()
            await asyncio.sleep(self._backoff[min(failures, len(self._backoff)) - 1])

    async def _hold(self) -> None:
        """Connect, work, and return or raise when the connection is no more."""
        line = Line(self._link.url, self._link.tls(), self._perimeter)
        try:
            async with asyncio.timeout(self._link.connect_timeout):
                await line.open(self._taken if self._take is not None else None)
            self._line = line
            self.state = LinkState(self._perimeter.vhost, connected=True, since=self._clock())
            self._ready.set()
            log.info("hub.connected vhost=%s", self._perimeter.vhost)
            await line.ended.wait()
        finally:
            self._ready.clear()
            await line.close()

    def _trouble(self, error: BaseException) -> str:
        """The type of what broke it; our own certificate, when it has ended: the broker's refusal is then a mere silence."""
        mine = self._link.certificate
        try:
            ended = mine is not None and days_left(mine, self._clock()) < 0
        except (OSError, ValueError):
            ended = False
        return CERTIFICATE_ENDED if ended else trouble_of(error)

    def _taken(self, box: str) -> Callable[[Any], Awaitable[None]]:
        async def take(message: Any) -> None:  # noqa: ANN401 - untyped library
            if self._take is None or self._leaving is not None:
                return
            self._taking += 1
            try:
                await self._keep(self._take, box, message)
            finally:
                self._taking -= 1
                if self._leaving is not None and not self._taking:
                    self._leaving.set()

        return take

    async def _keep(self, take: Take, box: str, message: Any) -> None:  # noqa: ANN401 - same
        delivery = Delivery(
            self._perimeter.vhost, box, message.content_type or "", message.body, bool(message.redelivered)
        )
        try:
            await take(delivery)
        except Exception as error:  # noqa: BLE001 - it is not durable: the broker keeps it, and gives it again
            log.error("hub.not_taken vhost=%s box=%s error=%s", delivery.vhost, box, type(error).__name__)  # noqa: TRY400 - a trace would quote the message
            await asyncio.sleep(self._backoff[-1] if message.redelivered else self._backoff[0])
            with contextlib.suppress(Exception):
                await message.nack(requeue=True)
            return
        with contextlib.suppress(Exception):  # The connection is gone: it will come again, and be known.
            await message.ack()
