"""An httpx transport that carries each request on a thread of its own pool, over urllib3.

Why: the time of a small call is the carrier's. Measured, one POST of ready bytes costs the client 1.6 to 1.8 ms of CPU over
httpx's own transport; urllib3 alone costs 0.4 ms, threads included (`adapters/wire/soap/client.py` has the whole calls). It is an
httpx transport, so that clients, fault tables, links and tests do not know the difference.

It refuses to retry, to follow a redirect, to read the environment, and to hold more than `LARGEST_ANSWER` of an answer,
decompressed: a few hundred kilobytes may otherwise become as many megabytes. What came in an encoding that was not asked for, or
does not decompress, is `httpx.DecodingError`.
A request whose task is cancelled ends on its thread, at the latest after the link's read timeout.
"""

from __future__ import annotations

import asyncio
import ssl
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import urllib3
from urllib3 import exceptions as broken

if TYPE_CHECKING:
    from adapters.wire.link import Link


LARGEST_ANSWER = 5 * 1024 * 1024  # bytes; no answer of a neighbour's contract comes near it


class ThreadedTransport(httpx.AsyncBaseTransport):
    """The connections to one neighbour, each used by one thread at a time."""

    def __init__(self, link: Link) -> None:
        """As many threads and connections as the link allows; they are made when needed and kept."""
        self._pool = urllib3.PoolManager(
            num_pools=1,
            maxsize=link.connections,
            block=True,
            ssl_context=link.tls() if link.url.startswith("https") else None,
        )
        self._threads = ThreadPoolExecutor(link.connections, thread_name_prefix="carrier")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request."""
        body = await request.aread()
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._carry, request, body)

    def _carry(self, request: httpx.Request, body: bytes) -> httpx.Response:
        waits = request.extensions.get("timeout", {})
        try:
            answer = self._pool.urlopen(
                request.method,
                str(request.url),
                body=body,
                headers=dict(request.headers),
                redirect=False,
                retries=False,
                decode_content=False,
                preload_content=False,
                timeout=urllib3.Timeout(connect=waits.get("connect"), read=waits.get("read")),
            )
            content = answer.read(LARGEST_ANSWER + 1)
            # What is read whole goes back to the pool; what is too long, or cut, takes its connection with it.
            answer.release_conn() if len(content) <= LARGEST_ANSWER else answer.close()
        except broken.HTTPError as error:
            # The words of urllib3 hold the address; the kind of failure is enough.
            raise transport_error(error)(type(error).__name__, request=request) from None
        if len(content) > LARGEST_ANSWER:
            raise httpx.RemoteProtocolError("answer too long", request=request)
        headers = httpx.Headers(list(answer.headers.items()))
        try:
            content = decompressed(content, headers.pop("content-encoding", ""))
        except ValueError as error:
            raise httpx.DecodingError(str(error), request=request) from None
        return httpx.Response(answer.status, headers=headers, content=content)

    async def aclose(self) -> None:
        """Close the connections; what is on its way ends alone."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._pool.clear()


def decompressed(content: bytes, encoding: str) -> bytes:
    """What an answer holds, by its Content-Encoding (RFC 9110 section 8.4). Raises ValueError where it is not what it says, or too long."""
    named = encoding.strip().lower()
    if named in {"", "identity"}:
        return content
    if named not in ENCODINGS:
        raise ValueError("an encoding that was not asked for")
    unpack = zlib.decompressobj(ENCODINGS[named])
    try:
        whole = unpack.decompress(content, LARGEST_ANSWER + 1)
    except zlib.error:
        raise ValueError("not in the encoding that it says") from None
    if len(whole) > LARGEST_ANSWER:
        raise ValueError("answer too long once decompressed")
    if not unpack.eof:
        raise ValueError("an answer cut short")
    return whole


ENCODINGS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
ACCEPTED = "gzip, deflate"
"""What is asked for in `Accept-Encoding`."""

WORDS: tuple[tuple[type[broken.HTTPError], type[httpx.TransportError]], ...] = (
    (broken.NewConnectionError, httpx.ConnectError),
    (broken.ConnectTimeoutError, httpx.ConnectTimeout),
    (broken.ProxyError, httpx.ConnectError),
    (broken.EmptyPoolError, httpx.PoolTimeout),
    (broken.ClosedPoolError, httpx.PoolTimeout),
    (broken.TimeoutError, httpx.ReadTimeout),
    (broken.LocationValueError, httpx.UnsupportedProtocol),
)
"""Failure of urllib3 → word of httpx; the first that fits speaks, and the rest is a connection that broke."""


def transport_error(error: broken.HTTPError) -> type[httpx.TransportError]:
    """What httpx would have said. Only what surely came before the first byte may say that nothing was sent."""
    if isinstance(error, broken.SSLError):
        # A record that breaks later is the same class: only a certificate that we refused is surely a handshake.
        refused = error.args and isinstance(error.args[0], ssl.SSLCertVerificationError)
        return httpx.ConnectError if refused else httpx.ReadError
    return next((word for kind, word in WORDS if isinstance(error, kind)), httpx.RemoteProtocolError)
