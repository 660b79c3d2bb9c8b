"""A message said again, at each door over a real socket: the stored answer, one request however many at once, and another content refused.

And what was answered is there: the process is killed the moment it has said so.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.interventions.soap_words import DEMANDE, demander, envelope
from tests.interventions.stage import ROUTE, click
from tests.interventions.wires import WIRES, Wire, check_refusal, kept, named
from tests.servers.live_house import LiveHouse, live_house

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT_ONCE = 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the gateway keeps its rows."""
    return tmp_path_factory.mktemp("rejeux")


@pytest.fixture(scope="module")
def house(folder: Path) -> Iterator[LiveHouse]:
    """One gateway for every door."""
    with live_house(folder) as opened:
        yield opened


def keyed(wire: Wire, name: str) -> bytes:
    """A good message that has a key of its own."""
    if wire.name == "JSON":
        return json.dumps(click(request_id=name, message_id=f"M-{name}")).encode()
    if wire.name.startswith("SOAP"):
        said = DEMANDE + f"<t:idMessage>M-{name}</t:idMessage>"
        soap = wire.good().decode().partition('xmlns:s="')[2].partition('"')[0]
        return named(envelope(demander(said), soap=soap).encode(), name)
    return named(wire.good(), name)


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_twenty_at_once_are_one_request_and_another_content_is_refused(
    house: LiveHouse, folder: Path, wire: Wire
) -> None:
    """One reference for all, one row of each; then the same key with another telephone: a conflict, in this protocol's shape."""
    before = kept(folder)
    content = keyed(wire, f"R {wire.name}")
    with ThreadPoolExecutor(AT_ONCE) as senders:
        answers = list(senders.map(lambda _: wire.ask(house, content), range(AT_ONCE)))
    assert all(one.accepted for one in answers), answers
    assert len({one.reference for one in answers}) == 1
    after = kept(folder)
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 0, 1]
    refusal = wire.ask(house, content.replace(b"+33600000000", b"+33600000001"))
    check_refusal(refusal)
    assert refusal.codes & {"MESSAGE_DEJA_RECU", "CONFLIT"}, refusal.text
    assert refusal.status == (500 if wire.name == "SOAP 1.1" else 400 if wire.name == "SOAP 1.2" else 409)
    assert kept(folder) == after


@pytest.mark.parametrize(
    ("wire", "path"),
    [(WIRES[0], "/v1/interventions/x/y/z"), (WIRES[1], "/fhir/ServiceRequest"), (WIRES[3], "/soap/interventions")],
)
def test_a_wrong_address_is_told_in_the_protocol_of_the_place(house: LiveHouse, wire: Wire, path: str) -> None:
    """One letter too many: nothing was transmitted, and it is said where this program looks."""
    astray = Wire(wire.name, path, wire.media_type, wire.good, wire.read)
    check_refusal(astray.ask(house, wire.good()))


def passerelle(settings: Path, *words: str) -> list[str]:
    """A command of ours."""
    return [sys.executable, "-m", "gateway", *words, "--settings", str(settings)]


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    """Kill -9 as soon as the answer is read: the request, its message and what goes to the CRRA are there, and a replay gets the same."""
    settings = tmp_path / "passerelle.toml"
    settings.write_text(
        f'mode = "Exercise"\n[server]\nport = 0\n[store]\nurl = "sqlite:///{tmp_path}/passerelle.sqlite3"\n'
        '[lrm.link]\nurl = "http://127.0.0.1:9"\nmode = "Exercise"\n'
    )
    keys = {}
    for scope in ("platform", "operator"):
        made = passerelle(settings, "key", "new", f"essai-{scope}", "--scope", scope, "--mode", "Exercise")
        keys[scope] = subprocess.run(made, capture_output=True, text=True, check=True).stdout.strip()
    answers = []
    for turn in range(2):
        process = subprocess.Popen(passerelle(settings, "serve"), stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        url = next(word for line in process.stdout for word in line.split() if word.startswith("http"))
        try:
            with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
                if not turn:
                    operator = {"Authorization": f"Bearer {keys['operator']}"}
                    assert client.put("/v1/routes/essai", json=ROUTE, headers=operator).status_code == 201
                platform = {"Authorization": f"Bearer {keys['platform']}"}
                answers.append(client.post("/v1/interventions", json=click(), headers=platform).json())
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            process.stdout.close()
        assert kept(tmp_path) == (1, 1, 0, 1)
    assert [one["duplicate"] for one in answers] == [False, True]
    assert answers[0]["reference"] == answers[1]["reference"]
    with closing(sqlite3.connect(tmp_path / "passerelle.sqlite3")) as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
