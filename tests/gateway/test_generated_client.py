"""A client that another maker's generator makes from the published contract: whole, well typed, and enough to play an event."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from gateway.doors.openapi import contract
from gateway.doors.table import DOORS
from tests.gateway.house import EVENT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.gateway.house import OpenHouse

NAME = "client_engendre"
LEFT_OUT = ("application/x-ndjson", "application/pdf", "application/gzip", "application/hl7-v2")
"""Formats that the generator does not know; every other door must be in the client."""


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The client's folder, importable while the tests of this file run."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "contrat.json").write_text(json.dumps(contract(DOORS, "essai")), encoding="utf-8")
    (folder / "reglages.yaml").write_text("post_hooks: []\n", encoding="utf-8")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--path", "contrat.json", "--meta", "none"]
    command += ["--output-path", NAME, "--config", "reglages.yaml"]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    (folder / "said.txt").write_text(made.stdout + made.stderr, encoding="utf-8")
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
        del sys.modules[name]


def test_every_door_and_every_shape_is_in_the_client(generated: Path) -> None:
    """The generator leaves out only what is of a format it does not know."""
    report = (generated / "said.txt").read_text(encoding="utf-8")
    assert "Unable to process schema" not in report
    warnings = [part for part in report.split("WARNING ")[1:] if not any(format_ in part for format_ in LEFT_OUT)]
    assert warnings == []
    made = {path.stem for path in (generated / NAME / "api").rglob("*.py")}
    wanted = {
        operation["operationId"]
        for path in contract(DOORS, "essai")["paths"].values()
        for operation in path.values()
        if not any(format_ in json.dumps(operation.get("requestBody", {})) for format_ in LEFT_OUT)
    }
    assert wanted <= made


def test_its_models_are_well_typed(generated: Path) -> None:
    """By mypy, on the models that the contract names: no two things of one name, nothing without a type."""
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--no-incremental",
        "--config-file",
        "",
        f"{NAME}/models",
        f"{NAME}/api/patients",
    ]
    told = subprocess.run(command, cwd=generated, capture_output=True, text=True, timeout=280, check=False).stdout
    ours = [line for line in told.splitlines() if ": error:" in line and f"{NAME}/client.py" not in line]
    assert ours == []


@pytest.mark.usefixtures("generated")
async def test_it_plays_an_event(house: OpenHouse) -> None:
    """An event and a patient are made, read back and counted with nothing but what was generated; a refusal is a typed problem."""

    def part(path: str) -> Any:
        return importlib.import_module(f"{NAME}.{path}")

    models = part("models")
    client = part("client").Client(base_url="http://passerelle")
    async with house.portal as portal:
        client.set_async_httpx_client(portal)
        events, patients = "api.é_v_é_nements", "api.patients"
        made = await part(f"{events}.post_events").asyncio(client=client, body=models.NewEvent.from_dict(EVENT))
        assert isinstance(made, models.Event)
        create = part(f"{patients}.post_events_event_id_patients").asyncio
        body = models.NewPatient.from_dict({"id": "p1", "severity_entry": "UR", "used_name": "TESTE-UN"})
        patient = await create(event_id=made.id, client=client, body=body)
        assert isinstance(patient, models.Patient)
        assert (patient.severity, patient.used_name, patient.status.value) == ("UR", "TESTE-UN", "ATTENTE_SOINS")
        again = await create(event_id=made.id, client=client, body=body)
        assert isinstance(again, models.Problem)
        counts = await part("api.nombres.get_events_event_id_counts").asyncio(event_id=made.id, client=client)
        assert isinstance(counts, models.Counts)
        assert (counts.totals.ur, counts.totals.total) == (1, 1)
        columns = await part("api.accord.get_events_event_id_sync").asyncio(event_id=made.id, client=client)
        assert isinstance(columns, models.EventAgreement)
        assert [column.name for column in columns.destinations] == ["sinus", "sivic"]
