"""A PostgreSQL that can be stopped, politely or not, and started again on the same data and port.

Commits reach the kernel before they are acknowledged (`synchronous_commit=on`), so that a killed server loses nothing; only
the disk itself is not waited for, because no fault here cuts the power of the machine.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.servers.postgres import PATIENCE, _as_nobody, _free_port, _wait

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = ("fsync=off", "synchronous_commit=on", "max_connections=100", "shared_buffers=64MB", "restart_after_crash=on")


@dataclass(slots=True)
class Server:
    """One data folder, one port, and the process that serves them when it is up."""

    folder: Path
    binaries: Path
    port: int = 0
    _process: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> str:
        """Straight to the server, past any proxy; for psycopg."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def create(self) -> None:
        """Make the data folder."""
        who = _as_nobody()
        if who:
            shutil.chown(self.folder, "nobody", "nogroup")
        command: list[str | Path] = [
            self.binaries / "initdb",
            "--no-sync",
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C",
        ]
        subprocess.run([*command, "-D", self.folder / "data"], check=True, capture_output=True, cwd=self.folder, **who)
        self.port = _free_port()

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = [part for option in OPTIONS for part in ("-c", option)]
        command: list[str | Path] = [
            self.binaries / "postgres",
            "-D",
            self.folder / "data",
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
        ]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "-k", self.folder, *settings], stdout=log, stderr=log, cwd=self.folder, **_as_nobody()
            )
        _wait(self._process, self.port, self.folder)

    def stop(self, *, rudely: bool = False) -> None:
        """End it: with what is under way rolled back, or as if it had crashed."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT if rudely else signal.SIGINT)
        self._process.wait(PATIENCE)

    async def restart(self, *, rudely: bool, pause: float) -> None:
        """Be away for a moment."""
        await asyncio.to_thread(self.stop, rudely=rudely)
        await asyncio.sleep(pause)
        await asyncio.to_thread(self.start)
