"""A wire that can be troubled: bytes between our client and the broker, cut or held as a script says. TLS passes through it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

HELD = {"lost_ack": 0.4, "timeout_after_work": 1.5}
"""Seconds for which the answers are held before the connection is cut."""


class Relay:
    """Listens on a port of its own, and carries to another."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._server: asyncio.Server | None = None
        self._links: list[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._script: list[dict[str, Any]] = []
        self._hold = asyncio.Event()
        self._hold.set()
        self.port = 0

    async def open(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def vanish(self) -> None:
        """From now on nobody listens, and every connection is cut."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()

    async def aclose(self) -> None:
        """Stop."""
        await self.vanish()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def cut(self, links: list[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] | None = None) -> None:
        """Cut these connections, or every one."""
        self._hold.set()
        for pair in list(self._links) if links is None else links:
            for writer in pair:
                writer.transport.abort()
            if pair in self._links:
                self._links.remove(pair)

    async def script(self, faults: list[dict[str, Any]]) -> None:
        """Faults for the next bytes that our client sends."""
        for fault in faults:
            self._script += [fault] * (fault.get("times") or 1)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self._to)
        self._links.append((writer, to_writer))
        for work in (self._up(reader, to_writer), self._down(to_reader, writer)):
            task = asyncio.create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                fault = self._script.pop(0)["fault"] if self._script else None
                if fault == "reset":
                    self.cut()
                    return
                if fault == "wrong_answer":
                    for back, _ in self._links:
                        back.write(b"HTTP/1.1 200 OK\r\n\r\n<html>portail captif</html>")
                    continue
                if fault in HELD:
                    self._hold.clear()
                writer.write(data)
                await writer.drain()
                if fault in HELD:
                    # By then the broker has it all, which nobody can see from here: what passes is TLS.
                    asyncio.get_running_loop().call_later(HELD[fault], self.cut, list(self._links))
        with contextlib.suppress(OSError):
            writer.close()

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self._hold.wait()
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()
