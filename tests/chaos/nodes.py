"""The processes of a run: dispatcher nodes that may be killed and frozen, and the receiver, which may not.

Each is told things on its standard input and ends when that closes, so nothing survives a conductor that dies.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from asyncio import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LANDING = 30.0


async def _spawn(module: str, *arguments: str, errors: Path) -> subprocess.Process:
    with errors.open("ab") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *arguments,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        )


async def _end(process: subprocess.Process) -> int:
    """Close its standard input, and wait; kill it if it does not end."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(LANDING):
            return await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
        return -1


@dataclass(slots=True)
class Node:
    """One dispatcher process, and the ones that come after it under its name."""

    name: str
    wish: dict[str, str]
    errors: Path
    woken: list[float] = field(default_factory=list)
    frozen: bool = False
    starting: bool = False
    _process: subprocess.Process | None = None

    def free(self) -> bool:
        """Whether it is up and nothing is being done to it."""
        return not self.frozen and not self.starting

    def died(self) -> bool:
        """Whether it ended though nobody ended it."""
        return self.free() and self._process is not None and self._process.returncode is not None

    async def start(self) -> None:
        """Start it; it works by itself from then on."""
        self.starting = True
        self._process = await _spawn("tests.chaos.node", self.name, json.dumps(self.wish), errors=self.errors)
        self.starting = False

    async def kill(self) -> None:
        """As a power cut would."""
        self.starting = True
        self.signal(signal.SIGKILL)
        assert self._process is not None
        await self._process.wait()

    def signal(self, number: int) -> None:
        """Send it a signal."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    def set_clock(self, offset: float) -> None:
        """Put its wall clock wrong by so many seconds."""
        if self._process is not None and self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(f"clock {offset}\n".encode())

    async def end(self) -> int:
        """Let it land; its exit code."""
        assert self._process is not None
        return await _end(self._process)


@dataclass(slots=True)
class Receiving:
    """The receiver's process."""

    record: Path
    errors: Path
    port: int = 0
    refused: int = 0
    """How many requests it did refuse."""
    _process: subprocess.Process | None = None
    _counting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it and learn its port."""
        self._process = await _spawn("tests.chaos.receiver", str(self.record), errors=self.errors)
        assert self._process.stdout is not None
        self.port = int(await self._process.stdout.readline())
        self._counting = asyncio.create_task(self._count(self._process.stdout))

    async def _count(self, said: asyncio.StreamReader) -> None:
        while await said.readline():
            self.refused += 1

    def refuse(self) -> None:
        """Answer the next request with 503, if one comes soon."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(b"refuse\n")

    async def end(self) -> int:
        """Let it go."""
        assert self._process is not None
        return await _end(self._process)
