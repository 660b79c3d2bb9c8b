"""One exchange with a neighbour over HTTP, the same for every client: a knock repeated where nothing had left, an answer read safely.

A connection that could not be made is tried again within the second, whatever the method: no byte of the request has left. What
lasts longer, and what breaks once there is a connection, is the outbox's affair.

Of an answer it gives what it says: the root part of a multipart one, without a byte order mark. It refuses to know a contract;
what a status and an empty body say by themselves is in `Reply`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from email import policy
from email.parser import BytesParser
from typing import TYPE_CHECKING, Any

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, stop_after_delay, wait_random

from adapters.wire.http import broken_link, refused, retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from email.message import EmailMessage

    from outbox.errors import DeliveryError

NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout)
"""No connection was made, so nothing left."""
KNOCKS = 2
"""After the first."""
WITHIN = 1.0
"""Seconds in which a connection is tried for again."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_TAKEN = frozenset({201, 202, 204})
"""Successes that say by themselves that the message was taken: created, accepted, nothing to add (RFC 9110 section 15.3)."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, once the whole request had left."""

    status: int
    sent: bytes = field(repr=False)
    answered: bytes = field(repr=False)
    """As it came, for the evidence."""
    body: bytes = field(repr=False)
    """What it says: the root part where there are several, without a byte order mark."""
    headers: httpx.Headers = field(repr=False)

    @property
    def is_success(self) -> bool:
        """Whether the status is a 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own numbers

    @property
    def is_page(self) -> bool:
        """Whether it is a page for people: a captive portal, never a neighbour's answer."""
        start = self.body[:200].lstrip().lower()
        html = "text/html" in self.headers.get("content-type", "").lower()
        return start.startswith((b"<!doctype html", b"<html")) or (html and bool(self.body.strip()))

    @property
    def is_receipt(self) -> bool:
        """Whether it says that the message was taken although it says nothing of the contract."""
        return self.is_success and not self.is_page and (self.status in _TAKEN or not self.body.strip())

    def wait(self, now: datetime) -> float | None:
        """`Retry-After`, in seconds."""
        return retry_after(self.headers, now)

    def refusal(self, neighbour: str, now: datetime) -> DeliveryError:
        """What a status that is no success means when the neighbour says nothing better."""
        return refused(self.status, neighbour, retry_after=self.wait(now), sent=self.sent, answered=self.answered)


async def exchange(  # noqa: PLR0913 - a request, and whose it is
    http: httpx.AsyncClient,
    neighbour: str,
    method: str,
    url: str,
    *,
    content: bytes = b"",
    headers: Mapping[str, str],
    params: Mapping[str, str] | None = None,
) -> Reply:
    """Send one request and give its reply, whatever its status. Raises a `DeliveryError` where none came."""

    async def knock() -> httpx.Response:
        return await http.request(method, url, content=content or None, headers=dict(headers), params=params)

    try:
        response = await _answered(knock)
    except httpx.HTTPError as error:
        # `from None`: the error of the library holds the request, hence the patient.
        raise broken_link(error, neighbour, sent=content) from None
    raw = response.content
    return Reply(response.status_code, content, raw, body_of(raw, response.headers), response.headers)


async def _answered(knock: Any) -> httpx.Response:  # noqa: ANN401 - a coroutine function
    """The first knock costs nothing more than itself; where nobody opened, tenacity knocks again."""
    try:
        response: httpx.Response = await knock()
    except NOT_SENT:
        again = AsyncRetrying(
            retry=retry_if_exception_type(NOT_SENT),
            stop=stop_after_attempt(KNOCKS) | stop_after_delay(WITHIN),
            wait=wait_random(0.05, 0.2),
            reraise=True,
        )
        response = await again(knock)
    return response


def body_of(raw: bytes, headers: httpx.Headers) -> bytes:
    """What an answer says: the root of a multipart one (RFC 2387), without a byte order mark."""
    kind = headers.get("content-type", "")
    body = _root(raw, kind) if kind.lower().lstrip().startswith("multipart/") else raw
    return body.removeprefix(BYTE_ORDER_MARK)


def _root(raw: bytes, kind: str) -> bytes:
    """The part that `start` names, else the first; the bytes as they came where they are no multipart."""
    whole: EmailMessage = BytesParser(policy=policy.HTTP).parsebytes(
        b"Content-Type: " + kind.encode("latin-1", "replace") + b"\r\n\r\n" + raw
    )
    parts = [part for part in whole.walk() if not part.is_multipart()] if whole.is_multipart() else []
    start = whole.get_param("start")
    named = [part for part in parts if start and part.get("content-id", "").strip() == str(start).strip()]
    chosen = next(iter(named or parts), None)
    content = chosen.get_payload(decode=True) if chosen is not None else None
    return content if isinstance(content, bytes) else raw
