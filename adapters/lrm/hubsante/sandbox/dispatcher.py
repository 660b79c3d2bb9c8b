"""The hub of the sandbox: takes each message off the dispatch queue, checks it, forwards it or answers its sender.

As the national one it hands JSON or XML by recipient, shortens the life of a message to its own expiry, tells the client that
really published (the routing key, never the sender that the envelope claims), and tells it when nobody read in time. A message
that it fails on is rejected, noted and left behind: the next one is taken. What it did stands in `lines`, for the page; it
holds no message.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import aio_pika
from aio_pika import DeliveryMode
from aiormq.exceptions import DeliveryError

from adapters.lrm.hubsante.codec.into_xml import to_xml, xml_bytes
from adapters.lrm.hubsante.faults import Code
from adapters.lrm.hubsante.sandbox.checks import (
    HEALTH,
    QUEUE_LIFE,
    ForwardedMessage,
    PublishedMessage,
    RefusedMessage,
    check,
    source_of,
)
from adapters.lrm.hubsante.wire.documents import Format, write_json
from adapters.lrm.hubsante.wire.envelope import ERROR, Envelope
from adapters.lrm.hubsante.wire.layout import CodecError
from adapters.lrm.hubsante.wire.replies import error_document
from adapters.lrm.hubsante.wire.topology import DISPATCH, DISPATCH_DEAD, DISTRIBUTION, EXCHANGE, HUB_ID, queue

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime

    from adapters.lrm.hubsante.judge.judgement import Judge
    from adapters.lrm.hubsante.wire.topology import Client
    from adapters.wire.link import Link

log = logging.getLogger("adapters.hub")

MARK = "x-sandbox-mark"
"""Of the sandbox's own, and from nobody else: a client that writes it is a client like any other."""
AUTHOR = "x-original-routing-key"
"""Who published, kept beside the message for the day it is dead-lettered."""
REJECTED = "Unexpected error while dispatching: rejected, nobody was told"
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
    """Why it did not pass; with a code its sender was told."""


class Dispatcher:
    """The dispatcher of every virtual host of a broker."""

    def __init__(  # noqa: PLR0913 - what a dispatcher is made of
        self,
        link: Link,
        clients: Iterable[Client],
        models: Mapping[str, Judge | None],
        clock: Callable[[], datetime],
        *,
        carried: Mapping[str, Collection[str]] | None = None,
        queue_life: timedelta = QUEUE_LIFE,
    ) -> None:
        """`carried`: use cases of a virtual host, where they are not the public list's."""
        self._link = link
        self._xml = {client.client_id for client in clients if client.xml}
        self._judges = models
        self._clock = clock
        self._carried = carried or {}
        self._queue_life = queue_life
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
                await waiting.consume(self._settling(work, vhost))

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
        if MARK in message.headers and message.routing_key == HUB_ID:
            token = str(message.headers[MARK])
            await self._put(vhost, queue(str(message.headers["to"]), "message"), b"", content_type=token)
            return
        published = PublishedMessage(
            vhost,
            message.routing_key or "",
            message.content_type or "",
            message.delivery_mode == DeliveryMode.PERSISTENT,
            message.body,
        )
        listed = self._carried.get(vhost)
        verdict = check(published, self._judges[vhost], self._clock(), listed, self._queue_life)
        if isinstance(verdict, ForwardedMessage):
            verdict = await self._forward(published, verdict)
        if isinstance(verdict, RefusedMessage):
            await self._refuse(published, verdict)
        else:
            self._note(vhost, verdict.envelope, verdict.key, None, "")

    async def _forward(
        self, published: PublishedMessage, passed: ForwardedMessage
    ) -> ForwardedMessage | RefusedMessage:
        vhost, recipient = published.vhost, passed.envelope.recipient
        name = queue(recipient, passed.box)
        body, form = published.body, Format.XML
        if passed.tree:
            body, form = self._written(vhost, recipient, passed.tree)
        life = timedelta(milliseconds=passed.ttl_ms) if passed.ttl_ms is not None else None
        headers: dict[str, Any] = {AUTHOR: published.routing_key}
        try:
            await self._put(vhost, name, body, content_type=form.value, expiration=life, headers=headers)
        except DeliveryError:
            cause = f"unable do deliver message to {name}, cause was NO_ROUTE (312)"
            about = passed.envelope.distribution_id
            return RefusedMessage(Code.UNROUTABLE_MESSAGE, cause, about, passed.envelope, passed.key)
        return passed

    def _written(self, vhost: str, recipient: str, tree: dict[str, Any]) -> tuple[bytes, Format]:
        """The bytes in the form that this recipient has chosen."""
        judge = self._judges[vhost]
        if recipient in self._xml and judge is not None:
            return xml_bytes(to_xml(tree, judge.models)), Format.XML
        return write_json(tree), Format.JSON

    async def _refuse(self, published: PublishedMessage, refused: RefusedMessage) -> None:
        await self._tell(published, refused)
        author = published.routing_key  # The envelope may name anybody: only who published may hear of it.
        self._note(published.vhost, refused.envelope, refused.key, refused.code, refused.cause, author, refused.about)

    async def _tell(self, published: PublishedMessage, refused: RefusedMessage) -> None:
        author = published.routing_key
        if not author.startswith(HEALTH):
            return
        now = self._clock()
        envelope = Envelope(
            distribution_id=f"{HUB_ID}_{uuid4()}",
            sender=HUB_ID,
            recipient=author,
            sent_at=now,
            expires_at=now + timedelta(days=1),
            status="Actual",
            kind=ERROR,
        )
        refusal = (envelope, refused.code, refused.cause[:_SHOWN_CAUSE], refused.about)
        try:
            body, form = self._written(published.vhost, author, error_document(*refusal, source_of(published)))
        except CodecError:  # What it quotes cannot be said in XML: the error is told all the same.
            body, form = self._written(published.vhost, author, error_document(*refusal))
        with contextlib.suppress(DeliveryError):  # A client without queues cannot be told.
            await self._put(published.vhost, queue(author, "info"), body, content_type=form.value)

    async def _dead(self, vhost: str, message: Any) -> None:  # noqa: ANN401 - same
        """A message that expired in its queue: its author is told. One that a client rejected is told to nobody (2026)."""
        deaths = message.headers.get("x-death") or [{}]
        reason = deaths[0].get("reason", "unknown")
        author = str(message.headers.get(AUTHOR, ""))
        published = PublishedMessage(vhost, author, message.content_type or "", persistent=True, body=message.body)
        verdict = check(published, None, self._clock())
        envelope = verdict.envelope
        about = envelope.distribution_id if envelope else ""
        cause = f"Message {about} has been read from dead-letter-queue; reason was {reason}"
        refused = RefusedMessage(Code.DEAD_LETTER_QUEUED, cause, about, envelope, verdict.key)
        if envelope is not None and envelope.kind != ERROR and reason == "expired":
            await self._tell(published, refused)
        self._note(vhost, envelope, refused.key, refused.code, cause)

    def _settling(self, work: Callable[[str, Any], Any], vhost: str) -> Callable[[Any], Any]:
        """The work, and what the broker is told of it; whatever happens, the next message is taken."""

        async def take(message: Any) -> None:  # noqa: ANN401 - untyped library
            try:
                await work(vhost, message)
            except Exception as error:  # noqa: BLE001 - one message must never stop the others
                # Neither the text of the exception nor its trace: they may quote the message.
                log.error("hub.sandbox.rejected vhost=%s error=%s", vhost, type(error).__name__)  # noqa: TRY400 - same
                self._note(vhost, None, None, None, REJECTED, message.routing_key or "")
                await message.reject(requeue=False)
            else:
                await message.ack()

        return take

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
