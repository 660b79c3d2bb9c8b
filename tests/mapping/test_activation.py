"""Another version of a mapping is put in force in the running house: tried, decided, kept, taken back."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from gateway.bootstrap import build
from gateway.cli import main
from gateway.mappings.activation import ActivationRequest, Integration
from gateway.mappings.activation import activate as put_in_force
from gateway.security.keys import Scope
from mapping import SHIPPED
from tests.gateway.house import WHOLE, Clock, open_house, settings_for

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from tests.gateway.house import OpenHouse

CHANGED = 'mapping: sivic/personne@{n}\nextends: sivic/personne@1\nrules:\n  - {{to: personne.localisation, value: "{said}"}}\n'

STRICT = CHANGED.replace('value: "{said}"', "from: victim.nir").format(n=4)
"""A version that refuses whoever has no NIR."""


def own_folder(tmp_path: Path) -> Path:
    """A deployment's folder with two more versions."""
    folder = tmp_path / "correspondances"
    files = folder / "files" / "sivic"
    files.mkdir(parents=True)
    shutil.copytree(SHIPPED.parent / "adapters" / "sivic" / "contract", folder / "contracts")
    for number, said in ((2, "DEUX"), (3, "TROIS")):
        (files / f"personne@{number}.yaml").write_text(CHANGED.format(n=number, said=said), encoding="utf-8")
    return folder


async def activate(house: OpenHouse, name: str, **more: Any) -> httpx.Response:
    """Ask for a version of what SI-VIC is told of persons."""
    body = {"use": "sivic.victim", "mapping": name, "why": "essai de version", **more}
    return await house.as_(Scope.INTEGRATOR).post("/v1/mappings/activations", json=body)


def place_of(house: OpenHouse, patient: str) -> str | None:
    """Where SI-VIC holds a person to be, in the words of the mapping that said it."""
    found: str | None = house.sivic_persons()[patient]["person"].get("localisation")
    return found


async def test_a_new_version_is_in_force_at_once_and_says_who_and_why(tmp_path: Path) -> None:
    """The next message goes by it, the trial shows what differs without a person, the decision is kept."""
    async with open_house(tmp_path, mapping_dirs=[own_folder(tmp_path)]) as house:
        await house.event()
        await house.settle()
        await house.patient("p1", **WHOLE)
        await house.settle()
        answer = await activate(house, "sivic/personne@2")
        assert answer.status_code == 200, answer.text
        (changes,) = answer.json()["trial"]["changed"].values()
        assert changes == [{"to": "personne.localisation", "old": "PMA", "new": "DEUX"}]
        await house.patient("p2")
        await house.settle()
        assert (place_of(house, "p1"), place_of(house, "p2")) == ("PMA", "DEUX")
        decided = (await house.as_(Scope.INTEGRATOR).get("/v1/mappings/history")).json()["decisions"][0]
        assert (decided["mapping"], decided["previous"]) == ("sivic/personne@2", "sivic/personne@1")
        assert (decided["by"], decided["why"], decided["kind"]) == (
            "essai-integrator",
            "essai de version",
            "activation",
        )


async def test_a_message_keeps_the_version_it_was_queued_with(tmp_path: Path) -> None:
    """What waited while the version changed leaves as it was meant; what comes after, by the new one."""
    async with open_house(tmp_path, mapping_dirs=[own_folder(tmp_path)]) as house:
        await house.event()
        await house.settle()
        await house.patient("p1", **WHOLE)
        assert (await activate(house, "sivic/personne@2")).status_code == 200
        await house.patient("p2", **{**WHOLE, "sinus_number": None})
        await house.settle()
        assert (place_of(house, "p1"), place_of(house, "p2")) == ("PMA", "DEUX")


@pytest.mark.parametrize("scope", [Scope.OPERATOR, Scope.INTEGRATOR])
async def test_a_person_may_replay_a_message_by_the_version_in_force(tmp_path: Path, scope: Scope) -> None:
    """A parked message stays parked when a version is mended, until a human sends it again: then by the new one."""
    folder = own_folder(tmp_path)
    (folder / "files" / "sivic" / "personne@4.yaml").write_text(STRICT, encoding="utf-8")
    async with open_house(tmp_path, mapping_dirs=[folder]) as house:
        await house.event()
        await house.settle()
        assert (await activate(house, "sivic/personne@4")).status_code == 200
        await house.patient("p1")
        await house.settle()
        (parked,) = await house.messages(status="parked", destination="sivic")
        assert (await activate(house, "sivic/personne@2")).status_code == 200
        await house.settle()
        assert [one["id"] for one in await house.messages(status="parked")] == [parked["id"]]
        room = "outbox" if scope is Scope.OPERATOR else "mappings"
        assert (await house.as_(scope).post(f"/v1/{room}/messages/{parked['id']}/replay")).status_code == 204
        await house.settle()
        assert place_of(house, "p1") == "DEUX"


async def test_one_command_takes_it_back(tmp_path: Path) -> None:
    """The version before is in force again, and that is a decision too."""
    async with open_house(tmp_path, mapping_dirs=[own_folder(tmp_path)]) as house:
        await activate(house, "sivic/personne@2")
        await activate(house, "sivic/personne@3")
        integrator = house.as_(Scope.INTEGRATOR)
        answer = await integrator.post("/v1/mappings/rollbacks", json={"use": "sivic.victim", "why": "refus du voisin"})
        assert answer.json() == {"use": "sivic.victim", "mapping": "sivic/personne@2"}
        assert (await integrator.get("/v1/mappings")).json()["in_force"]["sivic.victim"] == "sivic/personne@2"
        kinds = [one["kind"] for one in (await integrator.get("/v1/mappings/history")).json()["decisions"]]
        assert kinds[:3] == ["rollback", "activation", "activation"]


@pytest.mark.parametrize(
    ("name", "status", "why"),
    [
        ("sivic/personne@9", 422, "correspondance inconnue « sivic/personne@9 »"),
        ("sivic/personne@1", 409, "sivic/personne@1 est déjà en vigueur"),
        ("sinus/victime@1", 409, "autre destinataire ou autre sujet"),
    ],
)
async def test_a_decision_that_makes_no_sense_is_refused(tmp_path: Path, name: str, status: int, why: str) -> None:
    """Nothing changes, and the answer says why."""
    async with open_house(tmp_path) as house:
        answer = await activate(house, name)
        assert answer.status_code == status
        assert why in answer.json()["detail"]


async def test_a_version_that_refuses_a_message_is_not_put_in_force(tmp_path: Path) -> None:
    """Unless somebody says that this is wanted."""
    folder = own_folder(tmp_path)
    (folder / "files" / "sivic" / "personne@4.yaml").write_text(STRICT, encoding="utf-8")
    async with open_house(tmp_path, mapping_dirs=[folder]) as house:
        await house.event()
        await house.settle()
        await house.patient("p1")
        answer = await activate(house, "sivic/personne@4")
        assert (answer.status_code, answer.json()["code"]) == (409, "activation_refusee")
        assert "1 des derniers messages ne partiraient plus" in answer.json()["detail"]
        assert (await activate(house, "sivic/personne@4", force=True)).status_code == 200


async def test_a_file_that_came_later_is_read_without_a_restart_and_its_faults_are_told(tmp_path: Path) -> None:
    """A faulty file changes nothing; mended, it is put in force."""
    folder = own_folder(tmp_path)
    async with open_house(tmp_path, mapping_dirs=[folder]) as house:
        path = folder / "files" / "sivic" / "personne@5.yaml"
        path.write_text(CHANGED.format(n=5, said="CINQ").replace("localisation", "localisaton"), encoding="utf-8")
        answer = await activate(house, "sivic/personne@5")
        assert answer.status_code == 422
        assert "personne.localisaton" in answer.text
        path.write_text(CHANGED.format(n=5, said="CINQ"), encoding="utf-8")
        assert (await activate(house, "sivic/personne@5")).status_code == 200


def test_the_command_line_decides_for_a_house_that_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Activate, history, rollback: with a name and a reason, on the register of the settings."""
    folder = own_folder(tmp_path)
    settings = tmp_path / "passerelle.toml"
    store = f'[store]\nurl = "sqlite:///{tmp_path / "passerelle.sqlite3"}"\n'
    settings.write_text(f'mapping_dirs = ["{folder}"]\n{store}', encoding="utf-8")
    here = ["--settings", str(settings)]
    why = ["--why", "contrat de mars", "--by", "essai"]
    assert main(["mapping", "activate", "sivic.victim", "sivic/personne@2", *why, *here]) == 0
    assert "En vigueur pour sivic.victim : sivic/personne@2." in capsys.readouterr().out
    assert main(["mapping", "activate", "sivic.victime", "sivic/personne@2", *why, *here]) == 1
    assert "n’est pas une destination et son sujet" in capsys.readouterr().err
    assert main(["mapping", "rollback", "sivic.victim", *why, *here]) == 0
    assert main(["mapping", "history", *here]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[1].endswith("sivic.victim : sivic/personne@2 → sivic/personne@1  (essai) contrat de mars")
    assert main(["mapping", "unknown", *here]) == 0
    assert "Aucun code inconnu." in capsys.readouterr().out


def test_a_change_of_settings_is_a_decision_like_the_others(tmp_path: Path) -> None:
    """A restart with another version in the settings puts that one in force, over what was activated before."""
    folder = own_folder(tmp_path)
    chosen = settings_for(tmp_path).mappings

    async def start(decide: str | None = None, **more: Any) -> str:
        async with build(settings_for(tmp_path, mapping_dirs=[folder], **more), clock=Clock()) as runtime:
            if decide:
                house = Integration(runtime.versions, runtime.database, runtime.desk)
                await put_in_force(house, ActivationRequest("sivic.victim", "essai", "essai", runtime.clock()), decide)
            return runtime.versions.current["sivic.victim"]

    async def story() -> list[str]:
        first = await start("sivic/personne@2")
        return [first, await start(), await start(mappings={**chosen, "sivic.victim": "sivic/personne@3"})]

    assert asyncio.run(story()) == ["sivic/personne@2", "sivic/personne@2", "sivic/personne@3"]
