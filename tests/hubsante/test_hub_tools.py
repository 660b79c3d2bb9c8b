"""The two commands: one line per file, exit codes a script can trust, JSON for machines, both forms written."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from adapters.lrm.hubsante.tools import json_bytes, main
from gateway.cli import main as passerelle
from tests.shared_material import shared

if TYPE_CHECKING:
    from pathlib import Path

BROKEN = b'{"reference": {"distributionID": null, "step": "LU"}}'


@pytest.fixture
def folder() -> str:
    """The models of release 3."""
    return str(shared("hubsante"))


def test_validate_writes_one_line_per_file(folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files and folders alike; one invalid file makes the command fail."""
    samples = shared("hubsante/samples/RS-SR")
    assert main(["validate", "--models", folder, str(samples)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(list(samples.iterdir()))
    broken = tmp_path / "essai.json"
    broken.write_bytes(BROKEN)
    assert main(["validate", "--models", folder, str(broken), str(samples / "absent.xml")]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert "INVALIDE" in first
    assert "reference.step" in first
    assert "illisible" in second


def test_validate_speaks_json(folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object per line: what it is, whether it is valid, each fault with its part, path, code and words."""
    broken = tmp_path / "essai.json"
    broken.write_bytes(BROKEN)
    assert main(["validate", "--models", folder, "--json", str(broken)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["valid"], told["message"], told["form"], told["model"], told["code"]) == (
        False,
        "RC-REF",
        "use_case",
        3,
        300,
    )
    assert {(fault["part"], fault["path"]) for fault in told["faults"]} == {
        ("content", "reference.distributionID"),
        ("content", "reference.step"),
    }


@pytest.mark.parametrize("form", ["json", "xml"])
def test_transcode_writes_either_form_from_either(
    form: str, folder: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """The result is valid, and comes back equal."""
    for source in ("examples/hub/rs-sr.json", "examples/hub/rs-sr.xml"):
        assert main(["transcode", "--models", folder, "--to", form, str(shared(source))]) == 0
        written = tmp_path / f"essai.{form}"
        written.write_bytes(capfdbinary.readouterr().out)
        assert main(["transcode", "--models", folder, "--to", "json", str(written)]) == 0
        assert json.loads(capfdbinary.readouterr().out) == json.loads(shared("examples/hub/rs-sr.json").read_bytes())


def test_transcode_refuses_an_invalid_document(folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written, and the faults are told apart."""
    broken = tmp_path / "essai.json"
    broken.write_bytes(BROKEN)
    assert main(["transcode", "--models", folder, "--to", "xml", str(broken)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "reference.step" in told.err


def test_transcode_says_when_the_official_xsd_has_no_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """RS-SR of model 1 has no XML envelope: written all the same, and told."""
    body = {
        "caseId": "fr.health.samu330.D1",
        "resourceId": "fr.health.samu330.resource.V1",
        "datetime": "2026-03-01T10:00:00+01:00",
        "status": "ARRIVE",
    }
    header = {
        "messageId": "a_1", "sender": {"name": "a", "URI": "a"}, "sentAt": "2026-03-01T10:00:00+01:00", "kind": "Report",
        "status": "Actual", "recipient": [{"name": "b", "URI": "b"}],
    }  # fmt: skip
    path = tmp_path / "essai.json"
    path.write_text(json.dumps({"message": {**header, "resourcesStatus": body}}), encoding="utf-8")
    assert main(["transcode", "--models", str(shared("hubsante/releases/1.x")), "--to", "xml", str(path)]) == 1
    told = capsys.readouterr()
    assert "<resourcesStatus" in told.out
    assert "JSON seulement" in told.err


def test_a_folder_that_holds_no_models_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, and the missing file is named."""
    assert main(["validate", "--models", str(tmp_path), "essai.json"]) == 2
    assert "EDXL-DE-full" in capsys.readouterr().err


def test_numbers_are_written_whole() -> None:
    """A Decimal keeps its digits in JSON."""
    assert json_bytes({"lat": Decimal("44.837812345678901234567")}) == b'{\n  "lat": 44.837812345678901234567\n}'


def test_the_product_s_own_command_line_has_both(
    folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`passerelle hub` judges and transcodes with the same exit codes as the tools alone."""
    broken = tmp_path / "essai.json"
    broken.write_bytes(BROKEN)
    assert passerelle(["hub", "validate", "--models", folder, str(broken)]) == 1
    sample = next(iter(sorted(shared("hubsante/samples/RS-SR").glob("*.json"))))
    capsys.readouterr()
    assert passerelle(["hub", "transcode", "--models", folder, "--to", "xml", str(sample)]) == 0
    assert capsys.readouterr().out.startswith("<?xml")
