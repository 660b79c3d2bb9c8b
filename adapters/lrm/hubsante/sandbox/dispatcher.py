"""The hub of the sandbox: takes each message off the dispatch queue, checks it, forwards it or answers its sender.

As the national one it hands JSON or XML by recipient, shortens the life of a message to its own expiry, and tells a sender
whose message nobody read in time. What it did stands in `lines`, for the page; it holds no message.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import aio_pika
import orjson
from aio_pika import DeliveryMode
from aiormq.exceptions import DeliveryError

from adapters.lrm.hubsante.codec.into_xml import to_xml, xml_bytes
from adapters.lrm.hubsante.faults import Code
from adapters.lrm.hubsante.sandbox.checks import HEALTH, Passed, Published, Refused, check
from adapters.lrm.hubsante.wire.documents import Format
from adapters.lrm.hubsante.wire.envelope import ERROR, Envelope
from adapters.lrm.hubsante.wire.replies import error_document
from adapters.lrm.hubsante.wire.topology import DISPATCH, DISPATCH_DEAD, DISTRIBUTION, EXCHANGE, HUB_ID, queue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from adapters.lrm.hubsante.judge.judgement import Judge
    from adapters.lrm.hubsante.wire.topology import Client
    from adapters.wire.link import Link

MARK = "x-sandbox-mark"
_MOST_LINES = 1000
_SHOWN_CAUSE = 4000


@dataclass(frozen=True, slots=True)
class Line:
    """One message that passed, or did not."""

    at: str
    vhost: str
    sender: str
    recipient: str
    message: str
    distribution_id: str
    code: int | None
    cause: str


class Dispatcher:
    """The dispatcher of every virtual host of a broker."""

    def __init__(
        self,
        link: Link,
        clients: Iterable[Client],
        models: Mapping[str, Judge | None],
        clock: Callable[[], datetime],
    ) -> None:
        self._link = link
        self._xml = {client.client_id for client in clients if client.xml}
        self._judges = models
        self._clock = clock
        self._connections: list[Any] = []
        self._channels: dict[str, Any] = {}
        self.lines: deque[Line] = deque(maxlen=_MOST_LINES)

    async def open(self) -> None:
        """Connect to every virtual host, and begin."""
        for vhost in self._judges:
            connection = await aio_pika.connect(f"{self._link.url}/{vhost}?auth=EXTERNAL", ssl_context=self._link.tls())
            self._connections.append(connection)
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            self._channels[vhost] = channel
            await channel.set_qos(prefetch_count=1)
            for name, work in ((DISPATCH, self._dispatch), (DISPATCH_DEAD, self._dead)):
                waiting = await channel.get_queue(name)
                await waiting.consume(_on(work, vhost))

    async def aclose(self) -> None:
        """Leave; what waits is dispatched at the next opening."""
        for connection in self._connections:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(connection.close(), 5)

    async def mark(self, vhost: str, client_id: str, token: str) -> None:
        """Send a mark to a client's queue, behind all that was published before: when it comes, the rest has come."""
        exchange = await self._channels[vhost].get_exchange(EXCHANGE, ensure=False)
        headers: dict[str, Any] = {MARK: token, "to": client_id}
        await exchange.publish(aio_pika.Message(b"", headers=headers), routing_key=HUB_ID, mandatory=True)

    async def _dispatch(self, vhost: str, message: Any) -> None:  # noqa: ANN401 - untyped library
        if MARK in message.headers:
            token = str(message.headers[MARK])
            await self._put(vhost, queue(str(message.headers["to"]), "message"), b"", content_type=token)
            return
        published = Published(
            vhost,
            message.routing_key or "",
            message.content_type or "",
            message.delivery_mode == DeliveryMode.PERSISTENT,
            message.body,
        )
        verdict = check(published, self._judges[vhost], self._clock())
        if isinstance(verdict, Passed):
            verdict = await self._forward(vhost, verdict)
        if isinstance(verdict, Refused):
            await self._refuse(published, verdict)
        else:
            self._note(vhost, verdict.envelope, verdict.key, None, "")

    async def _forward(self, vhost: str, passed: Passed) -> Passed | Refused:
        recipient = passed.envelope.recipient
        name = queue(recipient, passed.box)
        judge = self._judges[vhost]
        xml = recipient in self._xml and judge is not None
        body = xml_bytes(to_xml(passed.tree, judge.models)) if xml and judge else orjson.dumps(passed.tree)
        form = Format.XML if xml else Format.JSON
        life = timedelta(milliseconds=passed.ttl_ms) if passed.ttl_ms is not None else None
        try:
            await self._put(vhost, name, body, content_type=form.value, expiration=life)
        except DeliveryError:
            cause = f"unable do deliver message to {name}, cause was NO_ROUTE (312)"
            about = passed.envelope.distribution_id
            return Refused(Code.UNROUTABLE_MESSAGE, cause, about, passed.envelope, passed.key)
        return passed

    async def _refuse(self, published: Published, refused: Refused) -> None:
        sender = refused.envelope.sender if refused.envelope else published.routing_key
        if refused.code is Code.SENDER_INCONSISTENCY:
            sender = published.routing_key  # Only who really published may hear of it.
        await self._tell(published.vhost, sender, refused)
        self._note(published.vhost, refused.envelope, refused.key, refused.code, refused.cause, sender, refused.about)

    async def _tell(self, vhost: str, sender: str, refused: Refused) -> None:
        if not sender.startswith(HEALTH):
            return
        now = self._clock()
        envelope = Envelope(
            distribution_id=f"{HUB_ID}_{uuid4()}",
            sender=HUB_ID,
            recipient=sender,
            sent_at=now,
            expires_at=now + timedelta(days=1),
            status="Actual",
            kind=ERROR,
        )
        document = error_document(envelope, refused.code, refused.cause[:_SHOWN_CAUSE], refused.about)
        with contextlib.suppress(DeliveryError):  # A sender without queues cannot be told.
            await self._put(vhost, queue(sender, "info"), orjson.dumps(document), content_type=Format.JSON.value)

    async def _dead(self, vhost: str, message: Any) -> None:  # noqa: ANN401 - same
        """A message that expired in its queue: its sender is told. One that a client rejected is told to nobody (2026)."""
        deaths = message.headers.get("x-death") or [{}]
        reason = deaths[0].get("reason", "unknown")
        published = Published(vhost, "", message.content_type or "", persistent=True, body=message.body)
        verdict = check(published, None, self._clock())
        envelope = verdict.envelope
        about = envelope.distribution_id if envelope else ""
        cause = f"Message {about} has been read from dead-letter-queue; reason was {reason}"
        refused = Refused(Code.DEAD_LETTER_QUEUED, cause, about, envelope, verdict.key)
        if envelope is not None and envelope.kind != ERROR and reason == "expired":
            await self._tell(vhost, envelope.sender, refused)
        self._note(vhost, envelope, refused.key, refused.code, cause)

    async def _put(self, vhost: str, name: str, body: bytes, **properties: Any) -> None:  # noqa: ANN401 - same
        exchange = await self._channels[vhost].get_exchange(DISTRIBUTION, ensure=False)
        message = aio_pika.Message(body, delivery_mode=DeliveryMode.PERSISTENT, **properties)
        await exchange.publish(message, routing_key=name, mandatory=True)

    def _note(  # noqa: PLR0913 - one line of the page
        self,
        vhost: str,
        envelope: Envelope | None,
        key: str | None,
        code: Code | None,
        cause: str,
        sender: str = "",
        about: str = "",
    ) -> None:
        self.lines.append(
            Line(
                at=self._clock().isoformat(timespec="seconds"),
                vhost=vhost,
                sender=envelope.sender if envelope else sender,
                recipient=envelope.recipient if envelope else "",
                message=key or "",
                distribution_id=envelope.distribution_id if envelope else about,
                code=code.value if code else None,
                cause=cause,
            )
        )


def _on(work: Callable[[str, Any], Any], vhost: str) -> Callable[[Any], Any]:
    async def take(message: Any) -> None:  # noqa: ANN401 - same
        await work(vhost, message)
        await message.ack()

    return take
