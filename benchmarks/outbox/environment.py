"""Where the comparison runs: a PostgreSQL that keeps its word to the disk, and the libraries in an environment of their own."""

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

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv-bench"
COMMON = ("psycopg[binary,pool]", "sqlalchemy", "orjson", "uvloop", "asyncpg", "aiohttp")
"""What our own store, the hand-written loop and the HTTP client need."""
PACKAGES = {
    "handwritten": "asyncpg",
    "passerelle": "sqlalchemy",
    "pgqueuer": "pgqueuer",
    "pgqueuer-unlimited": "pgqueuer",
    "oban": "oban",
    "faststream-outbox": "faststream-outbox",
    "procrastinate": "procrastinate",
}
DURABLE = ("shared_buffers=256MB", "max_wal_size=4GB", "max_connections=200")
"""fsync, synchronous_commit and full_page_writes stay as PostgreSQL ships them: on."""


def python() -> tuple[str, str]:
    """The newest Python of this machine that is at least 3.12, else this one; and its version."""
    for name in ("python3.14", "python3.13", "python3.12"):
        candidates = [shutil.which(name), *map(str, Path.home().glob(f".pyenv/versions/{name[6:]}*/bin/{name}"))]
        for path in filter(None, candidates):
            asked = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
            if asked.returncode == 0:
                return path, asked.stdout.split()[1]
    return "python3", "under 3.12"


def libraries() -> dict[str, str]:
    """Install what can be had; why each contender that cannot run is left out."""
    interpreter = VENV / "bin" / "python"
    if not interpreter.exists():
        path, version = python()
        print(f"installing the libraries under Python {version} in {VENV.name}")
        subprocess.run([path, "-m", "venv", VENV], check=True)
        (VENV / ".gitignore").write_text("*\n", encoding="utf-8")
        _pip(*COMMON)
    missing = {}
    for name, package in PACKAGES.items():
        if _importable(name):
            continue
        said = _pip(package)
        if not _importable(name):
            missing[name] = said or "cannot be imported"
    return missing


def _pip(*packages: str) -> str:
    command: list[str | Path] = [VENV / "bin" / "python", "-m", "pip", "install", "--quiet", *packages]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stderr.strip().splitlines()[-1] if done.returncode and done.stderr.strip() else ""


def _importable(name: str) -> bool:
    command: list[str | Path] = [VENV / "bin" / "python", "-c", f"import runner; runner.contender({name!r})"]
    where = Path(__file__).parent
    return subprocess.run(command, cwd=where, env=surroundings(), capture_output=True, check=False).returncode == 0


def surroundings() -> dict[str, str]:
    """What a process of the comparison is given: this project on its path, and nothing written beside its sources."""
    return {
        "PATH": os.defpath,
        "PYTHONPATH": f"{ROOT}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(Path.home()),
    }


@dataclass(slots=True)
class Postgres:
    """A running server, and databases in it."""

    port: int
    numbers: count[int] = field(default_factory=count)

    def dsn(self, name: str = "postgres") -> str:
        """For every driver."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def ask(self, statement: str, name: str = "postgres") -> list[tuple[Any, ...]]:
        """One statement of the harness itself."""
        with psycopg.connect(self.dsn(name), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def create(self, template: str = "template1") -> str:
        """A database like another."""
        name = f"mesure_{next(self.numbers)}"
        self.ask(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop(self, name: str) -> None:
        """Let go of it, and leave no dirty pages to the next."""
        self.ask(f'DROP DATABASE "{name}" WITH (FORCE)')
        self.ask("CHECKPOINT")


@contextmanager
def postgres(options: tuple[str, ...] = DURABLE) -> Iterator[Postgres]:
    """A private server, stopped and forgotten at the end."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))
    who: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="passerelle-bench-") as folder:
        if who:
            shutil.chown(folder, "nobody", "nogroup")
        data = Path(folder) / "data"
        make: list[str | Path] = [
            found[-1] / "initdb",
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C",
            "-D",
            data,
        ]
        subprocess.run(make, check=True, capture_output=True, cwd=folder, **who)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        serve = [found[-1] / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", folder]
        settings = [part for option in options for part in ("-c", option)]
        server = subprocess.Popen([*map(str, serve), *settings], stderr=subprocess.DEVNULL, cwd=folder, **who)
        try:
            _answering(port)
            yield Postgres(port)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait()


def _answering(port: int) -> None:
    for _ in range(600):
        with suppress(psycopg.OperationalError):
            psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres").close()
            return
        time.sleep(0.05)
    raise RuntimeError("PostgreSQL did not start")
