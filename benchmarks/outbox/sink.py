"""The neighbour of the benchmark, a process of its own: answers each POST after 20 ms, and writes a line for each arrival."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from io import BufferedWriter

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SECONDS = 0.020
KEY = b"idempotency-key:"


class Sink(asyncio.Protocol):
    """One connection, which sends its next request after the answer."""

    def __init__(self, record: BufferedWriter) -> None:
        self._record = record
        self._heard = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Note a request that is whole, and answer later."""
        self._heard += data
        head, gap, rest = self._heard.partition(b"\r\n\r\n")
        if not gap:
            return
        lines = {line.split(b":", 1)[0].lower(): line.split(b":", 1)[1].strip() for line in head.split(b"\r\n")[1:]}
        if len(rest) < int(lines[b"content-length"]):
            return
        self._heard = b""
        self._record.write(b"%.6f %s\n" % (time.monotonic(), lines[KEY[:-1]]))
        self._record.flush()
        assert self._transport is not None
        asyncio.get_running_loop().call_later(SECONDS, self._answer)

    def _answer(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(ANSWER)


async def main(record: Path) -> None:
    """Serve until standard input ends."""
    with record.open("wb") as lines:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Sink(lines), "127.0.0.1", 0, backlog=256)
        print(server.sockets[0].getsockname()[1], flush=True)
        orders = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
        await orders.read()
        server.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
