"""What is kept of a request, for how long, and how it lies on the disk."""

from __future__ import annotations

import base64
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from gateway.jobs import retain
from gateway.security.sealing import MARK, AesSeal, SealedError
from gateway.settings.settings import Settings
from tests.interventions.stage import OPERATOR, click, open_stage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interventions.stage import Stage

KEY, OTHER_KEY = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
PDF = b"%PDF-1.7 ordonnance de TESTE"
PERSONAL = (b"TESTE", "Angèle".encode(), b"SpO2 84", b"12 rue de l", b"ordonnance")


def with_file(**changes: Any) -> dict[str, Any]:
    """A click with a PDF."""
    return click(documents=[{"title": "ordonnance", "content": base64.b64encode(PDF).decode()}], **changes)


def on_disk(folder: Path) -> bytes:
    """Everything that the database wrote."""
    with sqlite3.connect(folder / "passerelle.sqlite3") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return b"".join(path.read_bytes() for path in folder.glob("passerelle.sqlite3*"))


def store(folder: Path, **more: Any) -> dict[str, Any]:
    """The settings of the store."""
    return {"url": f"sqlite:///{folder / 'passerelle.sqlite3'}", **more}


async def a_life(stage: Stage) -> dict[str, Any]:
    """A request with a file: delivered, read, its file opened."""
    answer = await stage.accepted(with_file())
    await stage.settle()
    assert (await stage.held())[answer["reference"]]["demande"]["patient"]["nom"] == "TESTE"
    listed = (await stage.get("/v1/interventions", OPERATOR))["interventions"][0]
    assert listed["patient"]["name"] == "TESTE"
    async with stage.client(OPERATOR) as operator:
        assert (await operator.get(f"/v1/interventions/{answer['id']}/documents/1/0")).content == PDF
    return answer


async def test_nothing_of_a_patient_lies_in_clear(tmp_path: Path) -> None:
    """Request, message as it came, file, outgoing message and evidence: sealed on the disk, whole for those who may read."""
    async with open_stage(tmp_path, store=store(tmp_path, seal_keys=[KEY])) as stage:
        await a_life(stage)
    assert [word for word in PERSONAL if word in on_disk(tmp_path) and word != b"ordonnance"] == []
    assert PDF not in on_disk(tmp_path)


async def test_a_key_comes_in_and_is_changed(tmp_path: Path) -> None:
    """What was written in clear, then under a first key, is read under the next one; without that key it is not read at all."""
    for keys in ([], [KEY], [OTHER_KEY, KEY]):
        async with open_stage(tmp_path, store=store(tmp_path, seal_keys=keys)) as stage:
            (again,) = [await stage.ask(with_file(request_id=f"DEMANDE-{len(keys)}"))]
            assert again.status_code == 201
            shown = (await stage.get("/v1/interventions", OPERATOR))["interventions"]
            assert [one["patient"]["name"] for one in shown] == ["TESTE"] * (len(keys) + 1)
        with sqlite3.connect(tmp_path / "passerelle.sqlite3") as connection:
            connection.executescript("DELETE FROM api_key; DELETE FROM route;")  # The next stage makes its own.
    with pytest.raises(SealedError):
        AesSeal([KEY]).open(AesSeal([OTHER_KEY]).seal(b"essai"))
    assert AesSeal([KEY]).seal(b"essai") != AesSeal([KEY]).seal(b"essai")
    assert AesSeal([KEY]).seal(b"essai").startswith(MARK)


@pytest.mark.parametrize("key", ["", "trop-court", base64.b64encode(b"x" * 16).decode(), "é" * 44])
def test_a_key_that_is_none_is_refused_at_the_start(key: str) -> None:
    """Said when the settings are read, without repeating it."""
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate({"store": {"seal_keys": [key]}})
    assert "32 octets" in str(refused.value.errors(include_input=False)[0]["msg"])


async def test_content_goes_by_age_and_what_happened_stays(tmp_path: Path) -> None:
    """Files after ten days, the rest after thirty; then the status, the answer to a replay and the audit are what is left."""
    async with open_stage(tmp_path, store=store(tmp_path, document_days=10)) as stage:
        answer = await a_life(stage)
        path = f"/v1/interventions/{answer['id']}"
        stage.clock.forward(days=11)
        await beat_and_retain(stage)
        assert (await stage.get(path, OPERATOR))["documents"] == []
        assert (await stage.get(path, OPERATOR))["patient"]["name"] == "TESTE"
        stage.clock.forward(days=20)
        await beat_and_retain(stage)
        shown = await stage.get(path, OPERATOR)
        assert (shown["patient"]["name"], shown["place"]["address"], shown["reference"]) == (
            None, None, answer["reference"],
        )  # fmt: skip
        assert {one["reason"] for one in shown["heard"]} == {None}
        replayed = await stage.ask(with_file())
        assert (replayed.status_code, replayed.json()["duplicate"]) == (200, True)
        acts = (await stage.get("/v1/audit?about=retention", OPERATOR))["acts"]
        assert [one["facts"] for one in reversed(acts)] == [
            {"documents": 1, "messages": 0, "requests": 0},
            {"documents": 0, "messages": 1, "requests": 1},
        ]
        await beat_and_retain(stage)
        assert len((await stage.get("/v1/audit?about=retention", OPERATOR))["acts"]) == 2
        opened = (await stage.get(f"/v1/audit?about={answer['reference']}", OPERATOR))["acts"]
        assert [(one["act"], one["by"]) for one in opened] == [("document.read", OPERATOR)]


async def beat_and_retain(stage: Stage) -> None:
    """The hourly work, on the one node there is."""
    await stage.runtime.heartbeat.beat()
    await retain(stage.runtime)
