"""The limits of a connection, by real sockets on the running server: what anyone may send before saying who it is."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from gateway.serving import Limits, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

LIMITS = Limits(head_seconds=0.6, request_seconds=1.2, stall_seconds=0.5, connections=20)


async def _echo(request: Request) -> JSONResponse:
    body = await request.body()
    return JSONResponse({"key": request.headers.get("authorization"), "length": len(body), "path": request.url.path})


async def _flood(_: Request) -> StreamingResponse:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(2_000):
            yield b"a" * 65_536

    return StreamingResponse(pieces())


@asynccontextmanager
async def running(limits: Limits = LIMITS) -> AsyncIterator[int]:
    """A server of two addresses within these limits."""
    app = Starlette(routes=[Route("/flood", _flood), Route("/{rest:path}", _echo, methods=["GET", "POST"])])
    async with serving(app, "127.0.0.1", 0, limits=limits) as port:
        yield port


async def exchange(port: int, *pieces: bytes, pause: float = 0) -> bytes:
    """What is answered until the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
    except ConnectionError:
        pass
    try:
        return await asyncio.wait_for(reader.read(), 15)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def status(answer: bytes) -> int:
    """Of the first answer; 0 for none."""
    return int(answer.split(b" ", 2)[1]) if answer else 0


ASK = b"GET /a HTTP/1.1\r\nHost: x\r\n"
LAST = b"Connection: close\r\n\r\n"


async def test_what_is_within_the_limits_is_answered() -> None:
    """Many headers of a usual size, a long address, a chunked body, two requests in one packet."""
    async with running() as port:
        many = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 200) for number in range(100))
        assert status(await exchange(port, ASK + many + LAST)) == 200
        assert status(await exchange(port, b"GET /" + b"a" * 7_000 + b" HTTP/1.1\r\nHost: x\r\n" + LAST)) == 200
        chunked = b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + LAST
        answer = await exchange(port, chunked + b"5\r\nabcde\r\n" * 1_000, b"0\r\n\r\n")
        assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["length"] == 5_000
        assert (await exchange(port, ASK + b"\r\n" + ASK + LAST)).count(b"HTTP/1.1 200") == 2


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ([ASK, *[b"X-%d: %s\r\n" % (number, b"a" * 8_000) for number in range(2_000)], b"\r\n"], 431),
        ([ASK, b"X: ", *[b"a" * 65_536] * 100, b"\r\n\r\n"], 431),
        ([ASK, *[b"X-%d: a\r\n" % number for number in range(20_000)], b"\r\n"], 431),
        ([b"GET /", *[b"a" * 65_536] * 100, b" HTTP/1.1\r\nHost: x\r\n\r\n"], 414),
        ([b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"], 414),
        ([ASK + b"Host: y\r\n" + LAST], 400),
        ([b"GET / HTTP/1.1\r\n" + LAST], 400),
        ([b"GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n"], 400),
        ([b"GET /\r\n\r\n"], 400),
        ([b"GET / HTTP/0.9\r\nHost: x\r\n\r\n"], 400),
        ([b"\x16\x03\x01\x02\x00\x01\x00\x01"], 400),
        ([b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", *[b"a" * 65_536] * 100], 400),
        ([b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;", *[b"a" * 65_536] * 100], 400),
    ],
)  # fmt: skip
async def test_what_passes_a_limit_is_refused_in_words(sent: list[bytes], expected: int) -> None:
    """Headers by weight and by number, one of many megabytes, an address, hosts, versions, trailers, chunk extensions."""
    async with running() as port:
        answer = await exchange(port, *sent)
        if answer:  # a client that still writes when we hang up may lose the words
            assert status(answer) in {expected, 505}
            assert b"application/problem+json" in answer
        assert status(await exchange(port, ASK + LAST)) == 200


async def test_a_trailer_is_no_header() -> None:
    """A key that comes after the body opens nothing."""
    head = b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + LAST
    async with running() as port:
        answer = await exchange(port, head + b"2\r\n{}\r\n0\r\n", b"Authorization: Bearer pk_a\r\nHost: y\r\n\r\n")
        assert json.loads(answer.split(b"\r\n\r\n", 1)[1]) == {"key": None, "length": 2, "path": "/a"}


@pytest.mark.parametrize(
    "slow",
    [
        [b""],
        [ASK],
        [b"\r\n"] * 60,
        [bytes([letter]) for letter in ASK],
        [ASK + b"\r\n", *[b"\r\n"] * 60],
        [b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n", *[b"a"] * 60],
        [b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"1\r\na\r\n"] * 60],
    ],
)
async def test_a_request_that_dawdles_is_hung_up_on(slow: list[bytes]) -> None:
    """Nothing, half a head, line ends for ever, a byte at a time, half a body: closed within the time of a request."""
    async with running() as port:
        clock = asyncio.get_running_loop().time
        begun = clock()
        answer = await exchange(port, *slow, pause=0.1 if len(slow) > 1 else 0)
        assert clock() - begun < 8
        assert status(answer) in {0, 200, 408}


async def test_slow_connections_shut_nobody_out() -> None:
    """Five times as many as there are places: each newcomer takes that of the one that has waited longest, and is answered."""
    limits = Limits(head_seconds=30, connections=20)
    async with running(limits) as port:
        slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
        for _, writer in slow:
            writer.write(ASK)
        for _ in range(10):
            assert status(await exchange(port, ASK + LAST)) == 200
        for _, writer in slow:
            writer.close()


async def test_a_whole_request_keeps_its_place() -> None:
    """An answer under way is not cut for a newcomer."""
    limits = Limits(connections=16, stall_seconds=30)
    async with running(limits) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /flood HTTP/1.1\r\nHost: x\r\n" + LAST)
        begun = await reader.read(1_000)
        others = [await asyncio.open_connection("127.0.0.1", port) for _ in range(60)]
        size = len(begun)
        while piece := await reader.read(1 << 20):
            size += len(piece)
        assert size > 2_000 * 65_536
        for _, other in others:
            other.close()
        writer.close()


async def test_who_takes_nothing_of_an_answer_is_hung_up_on() -> None:
    """A reader that stops reading holds neither memory nor a place."""
    async with running() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET /flood HTTP/1.1\r\nHost: x\r\n" + LAST)
        await asyncio.sleep(2.5)
        size = 0
        try:
            while piece := await reader.read(1 << 20):
                size += len(piece)
        except ConnectionError:
            pass
        assert size < 2_000 * 65_536
        writer.close()


def test_descriptors_are_kept_for_the_links() -> None:
    """With 1 024 files for the process, 256 are never a connection's; with very few, some connections are still let in."""
    limits = Limits(connections=4096)
    assert [limits.places(soft) for soft in (1024, 600, 64, -1)] == [768, 344, 16, 4096]
