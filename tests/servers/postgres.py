"""A private PostgreSQL: initdb in a temporary folder, a free port, one empty database per test that asks.

PostgreSQL refuses to run as root, so there it runs as `nobody`. It forgets the disk (fsync=off), which is right for tests
and for nothing else: what a commit costs is measured elsewhere.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.servers import need

if TYPE_CHECKING:
    from collections.abc import Iterator

OPTIONS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60", "shared_buffers=32MB")
PATIENCE = 30.0


@dataclass(slots=True)
class Postgres:
    """A running server."""

    port: int
    _numbers: count[int] = field(default_factory=count)

    def dsn(self, database: str = "postgres") -> str:
        """For psycopg."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def url(self, database: str) -> str:
        """For SQLAlchemy."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def create_database(self) -> str:
        """An empty database; its URL for SQLAlchemy."""
        name = f"essai_{os.getpid()}_{next(self._numbers)}"
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)


def binaries() -> Path | None:
    """The newest PostgreSQL of this machine, if there is one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    in_path = shutil.which("initdb")
    return Path(in_path).resolve().parent if in_path else None


def _as_nobody() -> dict[str, Any]:
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(folder: Path, bin_folder: Path) -> Iterator[Postgres]:
    """Start a server on `folder`, and stop it."""
    who = _as_nobody()
    if who:
        shutil.chown(folder, "nobody", "nogroup")
    data = folder / "data"
    initdb: list[str | Path] = [bin_folder / "initdb", "--no-sync", "-A", "trust", "-U", "postgres"]
    initdb += ["-E", "UTF8", "--locale=C", "-D", data]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **who)
    port = _free_port()
    settings = [part for option in OPTIONS for part in ("-c", option)]
    command: list[str | Path] = [bin_folder / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", folder]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([*command, *settings], stdout=log, stderr=log, cwd=folder, **who)
    try:
        _wait(server, port, folder)
        yield Postgres(port)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(PATIENCE)


def _wait(server: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    """Until it answers."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(psycopg.OperationalError):
            psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres", connect_timeout=2).close()
            return
        with suppress(subprocess.TimeoutExpired):
            server.wait(0.02)
    raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text(errors='replace')[-2000:]}")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the whole run, started when the first test asks."""
    found = binaries()
    need(found, "no PostgreSQL binaries on this machine (initdb, postgres)")
    assert found is not None
    with tempfile.TemporaryDirectory(prefix="pg-") as folder, running(Path(folder), found) as server:
        yield server
