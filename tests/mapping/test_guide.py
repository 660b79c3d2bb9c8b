"""The integrator's guide is followed step by step: its files are written, its commands run, what it shows is what is said."""

from __future__ import annotations

import queue
import re
import shlex
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from gateway.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "integrateur.md"
STEP = re.compile(r"(?:`(?P<file>atelier/[^`]+)` :\n\n)?```(?P<kind>\w+)\n(?P<text>.*?)```", re.DOTALL)
ADDRESS = "http://127.0.0.1:8099"
END = "@@fini"
PATIENCE = 90.0  # seconds, on a machine that does other things


@pytest.fixture
def hospital() -> Iterator[tuple[str, list[bytes]]]:
    """The made-up system: takes what is posted, and keeps it."""
    taken: list[bytes] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *said: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", taken
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A shell of the reader's; what it left running is stopped."""
    opened = Terminal(tmp_path)
    yield opened
    opened.close()


@pytest.mark.timeout(300)
def test_the_page_s_own_commands_lead_to_a_delivered_message(
    tmp_path: Path,
    hospital: tuple[str, list[bytes]],
    terminal: Terminal,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """From an empty folder to a victim, entered at the portal's door, that the hospital took by its own schema."""
    address, taken = hospital
    ports = {one: str(free_port()) for one in ("8080", "8098")}
    monkeypatch.chdir(tmp_path)
    commands = 0
    for step in STEP.finditer(PAGE.read_text(encoding="utf-8")):
        text = re.sub(r"\b(8080|8098)\b", lambda found: ports[found[1]], step["text"])
        if step["file"]:
            path = tmp_path / step["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            continue
        for command in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            line, *shown = command.splitlines()
            wanted = [one for one in shown if one]
            commands += 1
            if step["kind"] == "bash":
                terminal.run(line, wanted)
                continue
            assert step["kind"] == "console"
            told = run(line.replace(ADDRESS, address), capsys)
            assert [one for one in wanted if one not in told] == [], told
    (document,) = taken
    root = etree.fromstring(document)
    assert root.get("exercice") == "true"
    assert root.findtext("{urn:hopital:1}gravite") == "ROUGE"
    assert commands == 18


class Terminal:
    """One bash for the whole page, so that `&`, `%1` and variables are what they are for its reader."""

    def __init__(self, folder: Path) -> None:
        self._bash = subprocess.Popen(
            ["bash", "-m"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._ear = threading.Thread(target=self._listen)
        self._ear.start()
        self._type(f'PATH="{Path(sys.executable).parent}:$PATH"')

    def run(self, line: str, wanted: list[str]) -> None:
        """Type one command until it shows what the page says: what is read may take a moment to be true."""
        background = line.endswith("&")
        until = time.monotonic() + PATIENCE
        said = ""
        while time.monotonic() < until:
            said += self._said(line, until) if not background or not said else self._lines.get(timeout=PATIENCE)
            if all(one in said for one in wanted):
                return
        pytest.fail(f"{line}\n{said}")

    def _said(self, line: str, until: float) -> str:
        self._type(f"{line}\necho; echo {END}")
        said = ""
        while END not in said:
            said += self._lines.get(timeout=max(0.1, until - time.monotonic()))
        return said

    def _listen(self) -> None:
        assert self._bash.stdout is not None
        for line in self._bash.stdout:
            self._lines.put(line)

    def _type(self, text: str) -> None:
        assert self._bash.stdin is not None
        self._bash.stdin.write(text + "\n")
        self._bash.stdin.flush()

    def close(self) -> None:
        """Nothing is left running."""
        self._type("kill $(jobs -p) 2>/dev/null; wait; exit")
        self._ear.join(PATIENCE)
        self._bash.wait(PATIENCE)
        for pipe in (self._bash.stdin, self._bash.stdout):
            if pipe is not None:
                pipe.close()


def free_port() -> int:
    """A port of this machine that nobody uses."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def run(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    """One command of the page; what it said."""
    program, *arguments = shlex.split(line)
    if program == "rm":
        Path(arguments[0]).unlink()
        return ""
    assert program == "passerelle"
    main(arguments)
    said = capsys.readouterr()
    return said.out + said.err
