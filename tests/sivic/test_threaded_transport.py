"""The threaded carrier behaves as httpx's own, in what it carries and in how it breaks."""

from __future__ import annotations

import asyncio
import gzip
import inspect
import ssl
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from urllib3 import exceptions as broken

from adapters.sivic import open_sivic
from adapters.sivic.simulator import create_simulator
from adapters.wire.http import open_client
from adapters.wire.link import Link
from adapters.wire.urllib3_transport import ThreadedTransport, transport_error
from outbox.errors import TransientDeliveryError, UnreachableError
from tests.contract.uvicorn_server import serving
from tests.sivic.documents import NOW, claimed, document, victim_document
from tests.sivic.sivic_pair import shipped_mappings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from adapters.sivic.adapter import SivicAdapter

NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
BEFORE_THE_FIRST_BYTE = (
    broken.ConnectTimeoutError,
    broken.ProxyError,
    broken.EmptyPoolError,
    broken.ClosedPoolError,
    broken.LocationValueError,
)
FAILURES = [
    kind for kind in vars(broken).values() if inspect.isclass(kind) and issubclass(kind, broken.HTTPError)
]  # a warning of urllib3 is not one of them


@pytest.fixture
async def sockets() -> AsyncIterator[tuple[Any, SivicAdapter]]:
    """A SI-VIC behind a real socket, and the adapter as it is in production."""
    async with serving(create_simulator("Actual", lambda: NOW)) as server:
        link = Link(url=server.url, read_timeout=0.3, connections=8)
        adapter = open_sivic(link, shipped_mappings(), clock=lambda: NOW)
        yield server, adapter
        await adapter.aclose()


async def _script(server: Any, fault: str) -> None:
    async with httpx.AsyncClient() as browser:
        await browser.post(f"{server.url}/_sandbox/faults", json=[{"fault": fault, "seconds": 1}])


async def test_many_at_once_are_all_taken(sockets: tuple[Any, SivicAdapter]) -> None:
    """More deliveries than connections: each is taken once, with its own answer."""
    _, adapter = sockets
    opened = await adapter.deliver(claimed("event", document(), id_="msg-e"))
    victims = [victim_document(id=f"vic-{n}", sinus_number=None) for n in range(30)]
    said = [claimed("victim", body, id_=f"msg-{n}") for n, body in enumerate(victims)]
    receipts = await asyncio.gather(*map(adapter.deliver, said))
    assert len({receipt.reference for receipt in receipts}) == 30
    assert (await adapter.held(str(opened.reference)))["total"] == 30


@pytest.mark.parametrize(("fault", "code"), [("lost_ack", "sivic.coupure"), ("timeout_after_work", "sivic.delai")])
async def test_a_silence_after_the_work_is_not_an_absence(
    sockets: tuple[Any, SivicAdapter], fault: str, code: str
) -> None:
    """A cut or a silence after the request has left is never `UnreachableError`, and the retry is a duplicate."""
    server, adapter = sockets
    await _script(server, fault)
    with pytest.raises(TransientDeliveryError) as raised:
        await adapter.deliver(claimed("event", document(), id_="msg-e"))
    assert (type(raised.value), raised.value.cause.code) == (TransientDeliveryError, code)
    assert (await adapter.deliver(claimed("event", document(), id_="msg-e"))).duplicate


async def test_a_neighbour_that_left_is_unreachable(sockets: tuple[Any, SivicAdapter]) -> None:
    """Nobody listens any more: nothing was sent, and the message keeps its attempts."""
    server, adapter = sockets
    await server.stop()
    with pytest.raises(UnreachableError):
        await adapter.deliver(claimed("event", document(), id_="msg-e"))


@pytest.mark.parametrize("kind", FAILURES, ids=lambda kind: kind.__name__)
def test_every_failure_of_urllib3_has_its_word(kind: type[broken.HTTPError]) -> None:
    """Each kind is one of httpx's; only those that come before the first byte say that nothing was sent."""
    found = transport_error(kind.__new__(kind))
    assert issubclass(found, httpx.TransportError)
    assert issubclass(found, NOT_SENT) == issubclass(kind, BEFORE_THE_FIRST_BYTE)


def test_only_a_refused_certificate_is_surely_a_handshake() -> None:
    """TLS that breaks later may have carried the request: it is not said to be unreachable."""
    assert transport_error(broken.SSLError(ssl.SSLCertVerificationError())) is httpx.ConnectError
    assert transport_error(broken.SSLError(ssl.SSLError())) is httpx.ReadError


async def test_headers_status_and_body_come_back_as_they_are() -> None:
    """Repeated headers stay apart, a redirect is not followed, a compressed answer is decoded once."""

    async def door(request: Request) -> Response:
        headers = {"Location": "/ailleurs", "X-Un": "1", "Content-Encoding": "gzip"}
        response = Response(gzip.compress(await request.body()), 302, headers=headers)
        response.headers.append("X-Un", "2")
        return response

    async with serving(Starlette(routes=[Route("/", door, methods=["POST"])])) as server:
        link = Link(url=server.url, connections=1)
        async with open_client(link, ThreadedTransport(link)) as http:
            response = await http.post("/", content=b"corps")
    assert (response.status_code, response.content) == (302, b"corps")
    assert response.headers.get_list("x-un") == ["1", "2"]
