"""`passerelle hub send` and `case`: the operator's doors from a terminal, on the same outbox and the same refusals."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from gateway.cli import main
from gateway.cli.console import on_register
from gateway.doors.hub.examples import CASE, SAID
from gateway.register.hub.messages import HubCase, HubStep, Step
from tests.gateway.hub_house import OURS, SAMU, VHOST

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.register import Register

AT = datetime(2020, 9, 1, 15, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A deployment with one perimeter, and a case that a partner shared."""
    path = tmp_path / "passerelle.toml"
    path.write_text(
        f'mode = "Exercise"\n[store]\nurl = "sqlite:///{tmp_path / "essai.sqlite3"}"\n'
        '[hub.link]\nurl = "amqps://hub.exemple.fr:5671"\nmode = "Exercise"\n'
        f'[[hub.perimeters]]\nvhost = "{VHOST}"\nclient_id = "{OURS}"\nmodel = 3\n'
        f'topics = ["partner.help_request"]\nrecipients = {{"*" = "{SAMU}"}}\n',
        encoding="utf-8",
    )

    def share(register: Register) -> bool:
        case = HubCase(
            CASE, ours=False, lane=None, topic=None, scope=None, reference=None,
            vhost=VHOST, partner=SAMU, owner=SAMU, status=None,
        )  # fmt: skip
        register.hub.open_case(case, AT)
        register.hub.add(HubStep(f"{OURS}_1", CASE, Step.PUBLISHED, None, None, AT, "resourcesRequest"))
        return True

    assert on_register(path, share)
    return path


def test_a_document_is_queued_and_its_case_is_shown(
    settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says what waits and how to follow it; the case shows its five stages."""
    file = tmp_path / "demande.json"
    file.write_text(json.dumps(SAID["help-request"]), encoding="utf-8")
    assert main(["hub", "send", "help-request", str(file), "--settings", str(settings)]) == 0
    assert "RS-DR en attente d’envoi" in capsys.readouterr().out
    assert main(["outbox", "list", "--settings", str(settings)]) == 0
    assert "partner.help_request" in capsys.readouterr().out
    assert main(["hub", "case", CASE, "--settings", str(settings)]) == 0
    shown = capsys.readouterr().out
    assert "→ RS-DR : publié 2020-09-01" in shown
    assert "lu —" in shown


@pytest.mark.parametrize(("name", "change", "code", "words"), [
    ("help-request", {"purpose": "VITE"}, 1, "purpose"),
    ("help-request", {"case_id": "fr.health.samu330.AUTRE"}, 1, "case_id"),
    ("vehicle-status", {}, 1, "perimètre"),
    ("inconnu", {}, 2, "connus : vehicles"),
])  # fmt: skip
def test_what_the_door_refuses_the_command_refuses(
    settings: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    change: dict[str, str],
    code: int,
    words: str,
) -> None:
    """By the same words, on the error stream, and with an exit code."""
    file = tmp_path / "demande.json"
    file.write_text(json.dumps({**SAID.get(name, {}), **change}), encoding="utf-8")
    assert main(["hub", "send", name, str(file), "--settings", str(settings)]) == code
    assert words.replace("perimètre", "périmètre") in capsys.readouterr().err


def test_an_unknown_case_is_said_to_be_so(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, in French."""
    assert main(["hub", "case", "fr.health.samu330.AUTRE", "--settings", str(settings)]) == 1
    assert "pas connu" in capsys.readouterr().err
