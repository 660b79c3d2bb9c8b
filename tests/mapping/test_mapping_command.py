"""`passerelle mapping …`: what an integrator types, what is answered, and the exit code a script reads."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from gateway.cli import main
from gateway.cli.console import on_register
from gateway.doors.studio.sample_documents import demo
from tests.gateway.house import NIR, WHOLE, open_house
from tests.mapping.made_up import ESSAI, catalogue_folder, with_rules

if TYPE_CHECKING:
    from pathlib import Path

DIR = ["--dir", str(ESSAI)]


def test_check_finds_nothing_wrong_in_what_is_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    """Code 0, and the names of what was read for a machine."""
    assert main(["mapping", "check", "--json", *DIR]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is True
    assert {"sivic/personne@1", "essai/personne@2"} <= set(told["mappings"])


def test_check_tells_every_fault_at_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Code 1, one fault a line in the form that editors make clickable."""
    folder = catalogue_folder(
        tmp_path, with_rules("  - {to: a, from: victim.severty}\n  - {to: b, from: victim.idd}\n")
    )
    assert main(["mapping", "check", "--dir", str(folder)]) == 1
    told = capsys.readouterr().out
    assert "essai/neuf@1.yaml:6:19: champ inconnu « victim.severty », vouliez-vous « victim.severity » ?" in told
    assert told.endswith("2 défauts.\n")


def test_preview_of_a_file_shows_the_rule_of_each_value(capsys: pytest.CaptureFixture[str]) -> None:
    """The result on the screen is the result of the engine."""
    source = ESSAI / "golden" / "essai" / "personne@1" / "complete.canon.json"
    assert main(["mapping", "preview", "essai/personne@1", str(source), *DIR]) == 0
    assert '  categorie = "1" ← victim.severity  (essai/personne@1.yaml:13)' in capsys.readouterr().out


@pytest.mark.parametrize(
    "name", ["sinus/evenement@1", "sinus/victime@1", "sinus/denombrement@1", "sinus/detachement@1", "sivic/personne@1"]
)
def test_every_document_of_the_demo_can_be_sent(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The demo event has a document for what the portal's neighbours take, and the shipped mappings take it."""
    assert main(["mapping", "preview", name, "demo", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["result"]


def test_the_demo_is_the_event_of_the_deck() -> None:
    """Eleven patients, and the totals that the deck prints."""
    (counted,) = demo("counts", "sinus").values()
    assert counted["totals"] == {"UA": 2, "UR": 5, "IMP": 3, "DCD": 1, "NC": 0, "total": 11, "total_without_imp": 8}
    assert len(demo("victim", "sinus")) == 11


def test_preview_of_a_live_victim_shows_no_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A victim of the register is found by its id; its form is kept, its name, number and NIR are not shown."""

    async def register() -> None:
        async with open_house(tmp_path) as house:
            await house.event()
            await house.patient("p1", **WHOLE)

    asyncio.run(register())
    settings = tmp_path / "passerelle.toml"
    settings.write_text(f'[store]\nurl = "sqlite:///{tmp_path / "passerelle.sqlite3"}"\n', encoding="utf-8")
    assert main(["mapping", "preview", "sivic/personne@1", "p1", "--settings", str(settings)]) == 0
    shown = capsys.readouterr().out
    assert '"nomUsage": "XXXXX-XX"' in shown
    assert '"dateNaissance": "1952-01-01"' in shown
    assert "ESSAI-UN" not in shown
    looked = on_register(str(settings), lambda register: register.audit.latest())
    assert looked is not None
    assert [(one.act, one.about) for one in looked] == [("mapping.patient_seen", "p1")]
    assert NIR not in shown
    assert main(["mapping", "preview", "sivic/personne@1", "p9", "--settings", str(settings)]) == 2
    assert "aucun patient du registre" in capsys.readouterr().err


def test_diff_says_what_another_version_sends(capsys: pytest.CaptureFixture[str]) -> None:
    """Code 1 when something differs, 0 when nothing does."""
    source = str(ESSAI / "golden" / "essai" / "personne@1" / "complete.canon.json")
    assert main(["mapping", "diff", "essai/personne@1", "essai/personne@2", source, *DIR]) == 1
    assert "  identite.poids : 72.5 → absent" in capsys.readouterr().out
    assert main(["mapping", "diff", "essai/personne@1", "essai/personne@1", source, *DIR]) == 0


def test_the_other_verbs_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """Show, explain, test and coverage print what the tools say."""
    assert main(["mapping", "show", "essai/comptage@1", *DIR]) == 0
    assert main(["mapping", "explain", "essai/personne@1", "identite.sexe", *DIR]) == 0
    assert main(["mapping", "test", "essai/personne@1", *DIR]) == 0
    assert main(["mapping", "coverage", "essai/personne@1", *DIR]) == 1
    told = capsys.readouterr().out
    assert "item.code, facultatif" in told
    assert "Liste d'accès de essai" in told
    assert "Paires justes : 2 sur 2." in told
    assert "jamais de valeur : identite.nir" in told


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (["show", "essai/persone@1"], "vouliez-vous « essai/personne@1 » ?"),
        (["preview", "portal/outcome@1", "demo"], "n’a pas de document « outcome »"),
        (["preview", "portal/outcome@1", "absent.json"], "absent.json n’existe pas"),
        (["test", "essai/absent@1"], "correspondance inconnue"),
    ],
)
def test_a_question_that_has_no_answer_says_why(said: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Code 2, one French sentence, no trace of Python."""
    assert main(["mapping", *said, *DIR]) == 2
    assert why in capsys.readouterr().err


def test_a_file_that_is_not_a_document_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither a list nor a broken text is a canon document."""
    for name, text in (("liste.json", "[]"), ("casse.json", "{")):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        assert main(["mapping", "preview", "essai/personne@1", str(path), *DIR]) == 2
    assert capsys.readouterr().err.count(str(tmp_path)) == 2
