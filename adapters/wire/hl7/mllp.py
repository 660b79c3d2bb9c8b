"""MLLP: HL7 v2 messages on a kept connection, each answered before the next is read (HL7 v2 Implementation Guide, appendix C).

MLLP knows no key: who speaks is told by the port, which one establishment alone reaches, on this machine or under mutual TLS.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from adapters.wire.hl7.message import LARGEST

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable

START: Final = b"\x0b"
END: Final = b"\x1c\r"
IDLE: Final = 600.0
"""Seconds of silence after which a connection is closed; a sender opens it again."""
WRITING: Final = 30.0
"""Seconds that one message may take to arrive once it began."""
MOST: Final = 8
"""Connections of one establishment at a time."""


class MllpServer:
    """Listens for one establishment; `answer` takes a message and gives its acknowledgement, and never raises."""

    def __init__(self, answer: Callable[[bytes], Awaitable[bytes]], patience: float = WRITING) -> None:
        self._answer = answer
        self._patience = patience
        self._open = 0

    @contextlib.asynccontextmanager
    async def listening(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
        """Listen while this is open; gives the port, chosen by the system for 0."""
        server = await asyncio.start_server(self._serve, host, port, ssl=tls, limit=LARGEST + 64)
        async with server:
            yield int(server.sockets[0].getsockname()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= MOST:
                await self._exchange(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # Cut, silent or endless: the sender sends again what was not acknowledged.
        finally:
            self._open -= 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            async with asyncio.timeout(IDLE):
                await reader.readuntil(START)
            async with asyncio.timeout(self._patience):
                message = await reader.readuntil(END)
            writer.write(START + await self._answer(message.removesuffix(END)) + END)
            await writer.drain()
