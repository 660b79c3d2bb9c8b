"""The platform developer's guide is followed from top to bottom: each block is run as it stands, and shows what the page says."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapters.portal.neighbour import WEBHOOK_SECRET
from adapters.wire.link import Link
from adapters.wire.ws_security.trust import SignatureTrust
from tests.servers.live_house import PLATFORM, LiveHouse, live_house

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "plateforme.md"
BLOCK = re.compile(r"^```(?P<kind>\w+)(?: (?P<file>\S+))?\n(?P<text>.*?)^```", re.DOTALL | re.MULTILINE)
NOT_RUN = ("make demo", "export URL=")
"""What starts the gateway and says where it is: the test does it."""
BLOCKS = [(one["kind"], one["file"], one["text"]) for one in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]


def free_port() -> int:
    """A port for the receiver of the page, which names 8099."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def hook_port() -> int:
    """Where the page's own receiver listens."""
    return free_port()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, hook_port: int) -> Iterator[LiveHouse]:
    """A gateway whose platform is called back at the page's receiver."""
    link = {"url": f"http://127.0.0.1:{hook_port}/rappel", "mode": "Exercise"}
    platforms = {PLATFORM: {"secrets": [WEBHOOK_SECRET], "link": link}}
    with live_house(tmp_path_factory.mktemp("plateforme"), platforms=platforms) as opened:
        yield opened


def surroundings(house: LiveHouse) -> dict[str, str]:
    """What a developer's shell would hold."""
    here = dict(os.environ)  # noqa: TID251 - the commands of the page run as in a developer's shell
    path = f"{Path(sys.executable).parent}{os.pathsep}{here['PATH']}"
    known = {"URL": house.url, "CLE": house.keys[PLATFORM], "SECRET": WEBHOOK_SECRET}
    return {**here, **known, "PATH": path, "NO_PROXY": "127.0.0.1"}


def shown_as(pattern: str) -> re.Pattern[str]:
    """What the page shows, `…` standing for what varies."""
    return re.compile(re.escape(pattern.rstrip("\n")).replace("…", ".*"), re.DOTALL)


def test_the_whole_page_runs_and_shows_what_it_says(house: LiveHouse, hook_port: int, tmp_path: Path) -> None:
    """curl, httpx, FHIR, zeep, the webhook's receiver and the check: run in order, from an empty folder, as one developer would."""
    known = surroundings(house)
    receiver = next(text for _, file, text in BLOCKS if file == "rappel.py").replace("8099", str(hook_port))
    heard = tmp_path / "rappels"
    with heard.open("w") as output:
        listening = subprocess.Popen([sys.executable, "-c", receiver], env=known, stdout=output, stderr=output)
    ran = compared = 0
    name = ""
    try:
        for number, (kind, file, text) in enumerate(BLOCKS):
            if kind not in {"sh", "python"} or file or text.startswith(NOT_RUN):
                continue
            program = ["bash", "-ec"] if kind == "sh" else [sys.executable, "-c"]
            done = subprocess.run(
                [*program, text.replace("/ID", f"/{name}")],
                env=known, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
            )  # fmt: skip
            assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
            ran += 1
            if not name:
                name = re.findall(r'"id":"([0-9a-f]+)"', done.stdout)[0]
            if number + 1 < len(BLOCKS) and BLOCKS[number + 1][0] == "text":
                expected = shown_as(BLOCKS[number + 1][2])
                assert expected.fullmatch(done.stdout.rstrip("\n")), f"{text}\n{done.stdout}"
                compared += 1
    finally:
        listening.terminate()
        listening.wait(10)
    assert ran == compared == sum(kind == "text" for kind, _, _ in BLOCKS) == 10
    notes = heard.read_text(encoding="utf-8").splitlines()
    asked = [one["demande"]["lieu"]["adresse"] for one in house.held().values()]
    assert asked.count("12 rue de l’Exemple") == 2, "one by curl and one by FHIR; the others were taken back"
    assert any(re.fullmatch(r"intervention\.status \S{4}-\S{4} TRANSMISE", one) for one in notes), notes


def test_the_settings_of_the_page_are_settings() -> None:
    """The section an operator copies is read by the gateway."""
    signing, said = [tomllib.loads(text)["platforms"]["ma-plateforme"] for kind, _, text in BLOCKS if kind == "toml"]
    assert SignatureTrust.model_validate(signing["signature"], strict=False).required
    assert Link.model_validate(said["link"], strict=False).mode == "Exercise"
    assert len(said["secrets"][0]) >= 16
