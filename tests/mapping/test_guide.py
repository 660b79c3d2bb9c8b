"""The integrator's guide is followed step by step: its files are written, its commands run, what it shows is what is said."""

from __future__ import annotations

import re
import shlex
import threading
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


def test_the_page_s_own_commands_lead_to_a_delivered_message(
    tmp_path: Path,
    hospital: tuple[str, list[bytes]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """From an empty folder to a document of the hospital's own schema at its door."""
    address, taken = hospital
    monkeypatch.chdir(tmp_path)
    commands = 0
    for step in STEP.finditer(PAGE.read_text(encoding="utf-8")):
        if step["file"]:
            path = tmp_path / step["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step["text"], encoding="utf-8")
        else:
            assert step["kind"] == "console"
            for command in re.split(r"^\$ ", step["text"], flags=re.MULTILINE)[1:]:
                line, *shown = command.splitlines()
                told = run(line.replace(ADDRESS, address), capsys)
                commands += 1
                assert [one for one in shown if one and one not in told] == [], told
    (document,) = taken
    root = etree.fromstring(document)
    assert root.get("exercice") == "true"
    assert root.findtext("{urn:hopital:1}gravite") == "ROUGE"
    assert commands == 9


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
