"""A TCP proxy that misbehaves when told: it cuts, swallows, delays, and loses answers whose request was worked on.

It counts what it really did to a connection that was alive, never what it was merely asked. It refuses to invent or repeat
bytes, and to hand a request on later than it came: what is late or double on the other side is the sender's doing.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Coroutine

CHUNK = 65536
READY = 0.5
"""Seconds that a fault waits for an answer to spoil; faults that gathered would spoil every answer for ever."""
LOSE = -1.0
NOW = struct.pack("ii", 1, 0)
"""Linger for no time: closing sends a reset instead of a polite end."""


@dataclass(slots=True, eq=False)
class Line:
    """One connection through the proxy, both halves."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    silent: bool = False
    """Bytes of both directions are swallowed."""

    def cut(self) -> None:
        """Reset both halves."""
        for half in (self.near, self.far):
            raw = half.get_extra_info("socket")
            if raw is not None:
                with suppress(OSError):
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NOW)
            half.transport.abort()


@dataclass(slots=True)
class Proxy:
    """Stands before one server of this machine."""

    name: str
    to: int
    """The port behind it."""
    port: int = 0
    done: Counter[str] = field(default_factory=Counter)
    """Faults that touched a live connection."""
    _lines: list[Line] = field(default_factory=list)
    _armed: list[tuple[float, float]] = field(default_factory=list)
    """Until when, and by how many seconds to delay, or `LOSE`."""
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def open(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and cut what is left."""
        assert self._server is not None
        self._server.close()
        for line in self._lines:
            line.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def reset(self, chance: random.Random) -> None:
        """Cut one live connection."""
        if line := self._one(chance):
            line.cut()
            self.done["reset"] += 1

    def swallow(self, chance: random.Random, seconds: float) -> None:
        """Make a black hole of one live connection, then cut it."""
        if line := self._one(chance):
            line.silent = True
            self.done["black hole"] += 1
            self._spawn(self._cut_later(line, seconds))

    def lose_answer(self) -> None:
        """The next answer of the server is thrown away, and its connection cut: the work was done, nobody is told."""
        self._armed.append((time.monotonic() + READY, LOSE))

    def delay_answer(self, seconds: float) -> None:
        """The next answer waits."""
        self._armed.append((time.monotonic() + READY, seconds))

    def heal(self) -> None:
        """Forget what was still to be done."""
        self._armed.clear()

    def _fault(self) -> float:
        """What is to be done to the answer that came now, if anything."""
        now = time.monotonic()
        self._armed = [fault for fault in self._armed if fault[0] > now]
        return self._armed.pop(0)[1] if self._armed else 0.0

    def _one(self, chance: random.Random) -> Line | None:
        live = [line for line in self._lines if not line.silent]
        return chance.choice(live) if live else None

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _cut_later(self, line: Line, seconds: float) -> None:
        await asyncio.sleep(seconds)
        line.cut()

    async def _join(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        """Carry one connection until either half ends."""
        try:
            behind, far = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:  # The server is down: the caller is refused as it would be without us.
            near.transport.abort()
            return
        line = Line(near, far)
        self._lines.append(line)
        pumps = [asyncio.ensure_future(self._ask(line, reader)), asyncio.ensure_future(self._answer(line, behind))]
        self._tasks.update(pumps)
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._lines.remove(line)
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            self._tasks.difference_update(pumps)
            near.close()
            far.close()

    async def _ask(self, line: Line, reader: asyncio.StreamReader) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                if not line.silent:
                    line.far.write(data)
                    await line.far.drain()

    async def _answer(self, line: Line, behind: asyncio.StreamReader) -> None:
        with suppress(OSError):
            while data := await behind.read(CHUNK):
                fault = 0.0 if line.silent else self._fault()
                if fault == LOSE:
                    self.done["lost answer"] += 1
                    line.cut()
                    return
                if fault:
                    self.done["slow answer"] += 1
                    await asyncio.sleep(fault)
                if not line.silent:
                    line.near.write(data)
                    await line.near.drain()
