"""A lean HTTP client for load: keep-alive sockets, no library between the clock and the wire, so that two cores measure the server."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Wire:
    """One kept connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, headers: str) -> None:
        self._reader = reader
        self._writer = writer
        self._head = f"Host: {host}\r\n{headers}"

    @classmethod
    async def open(cls, host: str, port: int, headers: dict[str, str] | None = None) -> Wire:
        """Connect; `headers` go with every request."""
        reader, writer = await asyncio.open_connection(host, port)
        return cls(
            reader, writer, f"{host}:{port}", "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        )

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Send one request and read its whole answer."""
        self._writer.write(
            f"{method} {path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        )
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        length = 0
        for line in head.split(b"\r\n"):
            if line[:15].lower() == b"content-length:":
                length = int(line[15:])
        return status, await self._reader.readexactly(length) if length else b""

    def close(self) -> None:
        """Let go."""
        self._writer.close()


async def hammer(
    wires: Iterable[Wire], requests: int, make: Callable[[int, int], tuple[str, str, bytes]]
) -> list[float]:
    """Each wire asks `requests` times, one after another; returns every duration in milliseconds. Raises on a refusal."""
    durations: list[float] = []

    async def client(number: int, wire: Wire) -> None:
        for turn in range(requests):
            method, path, body = make(number, turn)
            started = time.perf_counter()
            status, answer = await wire.ask(method, path, body)
            durations.append((time.perf_counter() - started) * 1000)
            if status >= 300:
                raise RuntimeError(f"{method} {path.split('?')[0]} -> {status} {answer[:200]!r}")

    await asyncio.gather(*(client(number, wire) for number, wire in enumerate(wires)))
    return durations
