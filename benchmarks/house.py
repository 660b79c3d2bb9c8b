"""A gateway and its simulators in processes of their own, as in a deployment, for the benchmarks."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSERELLE = [sys.executable, "-m", "gateway"]


@dataclass(frozen=True, slots=True)
class RunningHouse:
    """Where everything listens."""

    url: str
    keys: dict[str, str]
    simulators: dict[str, str]
    folder: Path

    @property
    def port(self) -> int:
        """Of the gateway."""
        return int(self.url.rsplit(":", 1)[1])

    def ask(self, method: str, path: str, document: Any = None, scope: str = "portal") -> Any:
        """One request through a door, for setting up."""
        request = urllib.request.Request(
            self.url + path,
            json.dumps(document).encode() if document is not None else None,
            {"Authorization": f"Bearer {self.keys[scope]}", "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request) as answer:
            body = answer.read()
        return json.loads(body) if body else None


def post(url: str, document: Any) -> None:
    """To a simulator's sandbox door."""
    request = urllib.request.Request(
        url, json.dumps(document).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    urllib.request.urlopen(request).close()


@contextmanager
def running(
    destinations: tuple[str, ...] = ("sinus", "sivic"),
    concurrency: int = 16,
    scopes: tuple[str, ...] = ("portal", "operator"),
    more: str = "",
) -> Iterator[RunningHouse]:
    """Simulators and gateway, each a process; stopped at the end. `more` is added to the settings, as TOML."""
    with tempfile.TemporaryDirectory(prefix="passerelle-bench-") as folder, _simulators(destinations) as simulators:
        settings = Path(folder) / "passerelle.toml"
        settings.write_text(_settings(folder, simulators, concurrency) + more, encoding="utf-8")
        keys = {scope: _key(settings, scope) for scope in scopes}
        with _gateway(settings) as url:
            yield RunningHouse(url, keys, simulators, Path(folder))


@contextmanager
def _simulators(names: tuple[str, ...]) -> Iterator[dict[str, str]]:
    if not names:
        yield {}
        return
    ports = [f"--port={name}=0" for name in names]
    command = [*PASSERELLE, "sandbox", *names, *ports]
    with stopping(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) as process:
        yield {name: read_url(process) for name in names}


def _settings(folder: str, simulators: dict[str, str], concurrency: int) -> str:
    lines = [
        'mode = "Exercise"',
        'log_level = "ERROR"',
        "[server]",
        "port = 0",
        "[store]",
        f'url = "sqlite:///{folder}/store.sqlite3"',
    ]
    for name, url in simulators.items():
        lines += [f"[{name}.link]", f'url = "{url}"', 'mode = "Exercise"', f"connections = {max(50, concurrency)}"]
        lines += [f"[{name}.delivery]", f"concurrency = {concurrency}"]
    return "\n".join(lines) + "\n"


def _key(settings: Path, scope: str) -> str:
    command = [
        *PASSERELLE,
        "key",
        "new",
        f"bench-{scope}",
        "--scope",
        scope,
        "--mode",
        "Exercise",
        "--settings",
        str(settings),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@contextmanager
def _gateway(settings: Path) -> Iterator[str]:
    command = [*PASSERELLE, "serve", "--settings", str(settings)]
    with stopping(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) as process:
        yield read_url(process)


@contextmanager
def stopping(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """A process, ended at the end."""
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def read_url(process: subprocess.Popen[str]) -> str:
    """The address that a process prints when it listens."""
    assert process.stdout
    for line in process.stdout:
        words = [word for word in line.split() if word.startswith("http")]
        if words:
            return words[0]
    raise RuntimeError("le processus n’a pas démarré")
