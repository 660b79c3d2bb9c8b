"""One exchange with a neighbour: knocked again only where nothing had left, read under a limit, never believed beyond what it says."""

from __future__ import annotations

import asyncio
import gzip
import resource
import threading
import zlib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import respx

from adapters.wire.exchange import Reply, exchange
from adapters.wire.http import open_client
from adapters.wire.link import Link
from adapters.wire.urllib3_transport import LARGEST_ANSWER
from domain.mode import Mode
from outbox.errors import DeliveryError, TransientDeliveryError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = "http://voisin.test/porte"


async def asked(*answers: Any) -> Reply:
    """One exchange with a neighbour that answers so, in turn."""
    router = respx.Router(assert_all_called=True)
    router.post(URL).mock(side_effect=answers)
    link = Link(url="http://voisin.test", mode=Mode.EXERCISE)
    async with open_client(link, httpx.MockTransport(router.async_handler)) as http:
        return await exchange(http, "voisin", "POST", URL, content=b"<demande/>", headers={})


async def test_a_connection_that_was_not_made_is_tried_again_within_the_second() -> None:
    """No byte had left, so the second try can do no harm; the neighbour that wakes up is reached."""
    reply = await asked(httpx.ConnectError("closed"), httpx.ConnectTimeout("late"), httpx.Response(200, content=b"ok"))
    assert reply.body == b"ok"


async def test_a_neighbour_that_stays_away_is_unreachable_and_nothing_was_sent() -> None:
    """Three knocks, then the outbox's affair; the error says that nothing left."""
    with pytest.raises(UnreachableError) as caught:
        await asked(*[httpx.ConnectError("closed")] * 3)
    assert (caught.value.uncertain, caught.value.sent) == (False, b"")


@pytest.mark.parametrize(
    "broken", [httpx.ReadTimeout("silent"), httpx.ReadError("cut"), httpx.RemoteProtocolError("odd")]
)
async def test_what_broke_once_there_was_a_connection_is_never_repeated_here(broken: httpx.HTTPError) -> None:
    """The request may have been taken: one try only, and the error says that nobody knows."""
    with pytest.raises(DeliveryError) as caught:
        await asked(broken)
    assert caught.value.uncertain
    assert caught.value.sent == b"<demande/>"


@pytest.mark.parametrize(
    ("answer", "receipt"),
    [
        (httpx.Response(201, content=b""), True),
        (httpx.Response(202, content=b"en file"), True),
        (httpx.Response(204), True),
        (httpx.Response(200, content=b"  "), True),
        (httpx.Response(200, content=b"<accuse/>"), False),
        (httpx.Response(200, html="<!DOCTYPE html><p>Bienvenue sur le portail"), False),
        (httpx.Response(302, headers={"location": "http://ailleurs.test"}), False),
        (httpx.Response(500), False),
    ],
)
async def test_a_success_is_a_receipt_as_far_as_it_says(answer: httpx.Response, *, receipt: bool) -> None:
    """Created, accepted and empty successes say that it was taken; a captive portal's page says nothing of the kind."""
    assert (await asked(answer)).is_receipt is receipt


async def test_the_root_of_a_multipart_answer_is_read_without_its_byte_order_mark() -> None:
    """The part that `start` names, whatever its place."""
    parts = b"--x\r\nContent-ID: <b>\r\n\r\nimage\r\n--x\r\nContent-ID: <a>\r\n\r\n\xef\xbb\xbf<accuse/>\r\n--x--\r\n"
    kind = 'multipart/related; boundary=x; type="text/xml"; start="<a>"'
    reply = await asked(httpx.Response(200, content=parts, headers={"content-type": kind}))
    assert reply.body == b"<accuse/>"
    assert reply.answered == parts


@contextmanager
def answering(body: bytes, encoding: str) -> Iterator[str]:
    """A neighbour on a real socket that answers so."""

    class Neighbour(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("Content-Encoding", encoding)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Neighbour)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def bomb(window: int) -> bytes:
    """Two hundred megabytes of nothing, made without ever holding them."""
    packing = zlib.compressobj(9, zlib.DEFLATED, window)
    return b"".join(packing.compress(bytes(1024**2)) for _ in range(200)) + packing.flush()


def peak() -> int:
    """Megabytes this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (bomb(16 + zlib.MAX_WBITS), "gzip"),
        (bomb(zlib.MAX_WBITS), "deflate"),
        (gzip.compress(b"<accuse/>")[:-6], "gzip"),
        (b"<accuse/>", "gzip"),
        (b"<accuse/>", "br"),
    ],
    ids=["gzip bomb", "deflate bomb", "cut short", "not gzip", "not asked for"],
)
async def test_an_answer_that_does_not_decompress_is_uncertain_and_costs_little(body: bytes, encoding: str) -> None:
    """A few hundred kilobytes never become hundreds of megabytes, and what was sent stays known as sent."""
    before = peak()
    with answering(body, encoding) as url:
        async with open_client(Link(url=url, mode=Mode.EXERCISE, read_timeout=20)) as http:
            with pytest.raises(TransientDeliveryError) as caught:
                await asyncio.wait_for(exchange(http, "voisin", "POST", "/", content=b"x", headers={}), 30)
    assert caught.value.uncertain
    assert peak() - before < 4 * LARGEST_ANSWER // 1024**2 + 20


async def test_a_compressed_answer_is_read() -> None:
    """What was asked for is understood."""
    with answering(gzip.compress(b"<accuse/>"), "gzip") as url:
        async with open_client(Link(url=url, mode=Mode.EXERCISE)) as http:
            reply = await exchange(http, "voisin", "POST", "/", content=b"x", headers={})
    assert reply.body == b"<accuse/>"
