"""A client of another maker at our FHIR doors: the npm package fhir-kit-client, where it can be installed."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway.doors.fhir.guide import FOLDER
from gateway.security.keys import Scope
from gateway.serving import serving

if TYPE_CHECKING:
    from tests.gateway.house import OpenHouse

SCRIPT = Path(__file__).with_name("kit.mjs")
CLIENT = "fhir-kit-client@2.0.3"


@pytest.fixture(scope="session")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the client in it, or a skip that says what is missing."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed here")
    folder = tmp_path_factory.mktemp("kit")
    (folder / "package.json").write_text('{"private": true}')
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", CLIENT]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=90, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm does not answer: {CLIENT}")
    if done.returncode:
        pytest.skip(f"npm cannot install {CLIENT} here")
    shutil.copy(SCRIPT, folder)  # a module finds its packages beside itself
    return folder


async def test_fhir_kit_client_asks_and_follows(fhir_house: OpenHouse, kit: Path) -> None:
    """It reads the CapabilityStatement, sends a message, reads the Task, searches it, and understands a refusal."""
    message = FOLDER / "Bundle-exemple-message.json"
    async with serving(fhir_house.app, "127.0.0.1", 0) as port:
        process = await asyncio.create_subprocess_exec(
            "node", kit / SCRIPT.name, f"http://127.0.0.1:{port}/fhir", fhir_house.keys[Scope.PLATFORM], message,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        said, wrong = await process.communicate()
    assert process.returncode == 0, wrong.decode()[-2000:]
    assert json.loads(said) == {"version": "4.0.1", "read": "requested", "total": 1, "refused": "OperationOutcome"}
