"""What would be sent, shown and not sent: the same adapters, on a wire that keeps the request and lets nothing out.

The bytes are those that `deliver` would put on the wire today, since it is `deliver` that makes them. Of a message that takes
several requests, the first is shown. It refuses to answer as the neighbour would: what follows from an answer is not rehearsed.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from outbox.errors import DeliveryError
from outbox.message import Cause, ClaimedMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from outbox.message import Envelope
    from outbox.ports import Destination

    Open = Callable[[AsyncExitStack, Mapping[str, httpx.AsyncBaseTransport]], Mapping[str, Destination]]


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would leave, or why nothing would."""

    request: str = ""
    """Method and path."""
    media_type: str = ""
    document: bytes = b""
    refusal: Cause | None = None


class _CurtainError(Exception):
    """The request was seen; the rehearsal is over."""


class Stage(httpx.AsyncBaseTransport):
    """A wire that ends here."""

    def __init__(self) -> None:
        self.seen: DryRun | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Keep what would have left."""
        await request.aread()
        media_type = request.headers.get("content-type", "")
        self.seen = DryRun(f"{request.method} {request.url.path}", media_type, request.content)
        raise _CurtainError


async def rehearse(envelope: Envelope, reference: str | None, open_: Open) -> DryRun:
    """What the destination of this message would send now, by today's mappings."""
    stage = Stage()
    async with AsyncExitStack() as closing:
        destination = open_(closing, {envelope.destination: stage})[envelope.destination]
        try:
            await destination.deliver(ClaimedMessage(envelope, attempt=1, fence=0, reference=reference))
        except _CurtainError:
            pass
        except DeliveryError as error:
            return stage.seen or DryRun(refusal=error.cause)
    return stage.seen or DryRun(refusal=Cause("outbox.nothing_sent", "Ce message ne demande aucun envoi"))
