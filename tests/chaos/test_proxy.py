"""The proxy does what it counts, and nothing else."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.chaos.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CHANCE = random.Random(1)


@dataclass(slots=True)
class Echo:
    """A server that remembers each line and answers it."""

    heard: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the line ends."""
        try:
            while line := await reader.readline():
                self.heard.append(line)
                writer.write(line)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def before(echo: Echo) -> AsyncIterator[tuple[Proxy, asyncio.StreamReader, asyncio.StreamWriter]]:
    """A proxy before it, and one connection through it."""
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    proxy = Proxy("essai", server.sockets[0].getsockname()[1])
    await proxy.open()
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        yield proxy, reader, writer
    finally:
        writer.close()
        await proxy.close()
        server.close()


async def test_it_passes_bytes_through() -> None:
    """Unasked, it changes nothing and counts nothing."""
    async with before(Echo()) as (proxy, reader, writer):
        writer.write(b"un\n")
        assert await reader.readline() == b"un\n"
        assert proxy.done.total() == 0


async def test_a_lost_answer_was_worked_on() -> None:
    """The server has heard the request; the caller gets a broken connection instead of its answer."""
    echo = Echo()
    async with before(echo) as (proxy, reader, writer):
        proxy.lose_answer()
        writer.write(b"un\n")
        with pytest.raises(ConnectionResetError):
            await reader.readline()
        assert echo.heard == [b"un\n"]
        assert proxy.done["lost answer"] == 1


async def test_a_reset_is_one() -> None:
    """The caller is cut off at once; without a connection there is nothing to cut, and nothing is counted."""
    async with before(Echo()) as (proxy, reader, writer):
        writer.write(b"un\n")
        await reader.readline()
        proxy.reset(CHANCE)
        with pytest.raises(ConnectionResetError):
            await reader.readline()
        assert proxy.done["reset"] == 1
    proxy.reset(CHANCE)
    assert proxy.done["reset"] == 1


async def test_a_black_hole_hands_nothing_on() -> None:
    """What is written into it never reaches the server, also not later."""
    echo = Echo()
    async with before(echo) as (proxy, reader, writer):
        writer.write(b"un\n")
        await reader.readline()
        proxy.swallow(CHANCE, 0.05)
        writer.write(b"deux\n")
        with pytest.raises(ConnectionResetError):
            await reader.readline()
    assert echo.heard == [b"un\n"]


async def test_a_slow_answer_comes() -> None:
    """Only later."""
    async with before(Echo()) as (proxy, reader, writer):
        proxy.delay_answer(0.01)
        writer.write(b"un\n")
        assert await reader.readline() == b"un\n"
        assert proxy.done["slow answer"] == 1
