"""Tables and allow-lists of a deployment are in force as one set of files: tried, decided, kept, the same on every node, taken back."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from gateway.bootstrap import build, file_sets_of
from gateway.cli import main
from gateway.mappings.file_sets import FileSet, FileSets, compare
from gateway.mappings.sending import SendingDestination
from gateway.mappings.versions import FILES, Versions, follow_decisions
from gateway.security.keys import Scope
from mapping import SHIPPED
from outbox.errors import PermanentDeliveryError
from outbox.message import ClaimedMessage, Envelope, Kind, Receipt
from tests.gateway.house import KICK_OFF, NIR, WHOLE, Clock, open_house, settings_for
from tests.mapping.made_up import ESSAI, victim

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from tests.gateway.house import OpenHouse

VERSION = """mapping: sivic/personne@2
extends: sivic/personne@1
rules:
  - {to: personne.identite.nationalite, from: victim.nationality, table: sivic/pays, optional: true}
"""
PAIRS = "canon,wire,label,lossy,source\nFRA,{france},France,,contrat v1\n"
CHOSEN = {"sivic.victim": "sivic/personne@2"}


def own_folder(tmp_path: Path, france: str = "AVANT") -> Path:
    """A deployment whose version of what SI-VIC is told reads a table of its own."""
    folder = tmp_path / "correspondances"
    (folder / "files" / "sivic").mkdir(parents=True)
    (folder / "tables" / "sivic").mkdir(parents=True)
    shutil.copytree(SHIPPED.parent / "adapters" / "sivic" / "contract", folder / "contracts")
    (folder / "files" / "sivic" / "personne@2.yaml").write_text(VERSION, encoding="utf-8")
    write_pairs(folder, france)
    return folder


def write_pairs(folder: Path, france: str) -> None:
    """What the table says of France."""
    (folder / "tables" / "sivic" / "pays.csv").write_text(PAIRS.format(france=france), encoding="utf-8")


async def decide(house: OpenHouse, room: str, **more: Any) -> httpx.Response:
    """A decision on the files."""
    body = {"use": FILES, "why": "courrier du 3 mars", **more}
    return await house.as_(Scope.INTEGRATOR).post(f"/v1/mappings/{room}", json=body)


def country(house: OpenHouse, patient: str) -> str | None:
    """What SI-VIC was told."""
    found: str | None = house.sivic_persons()[patient]["person"]["identite"].get("nationalite")
    return found


async def a_patient(house: OpenHouse, name: str) -> None:
    """One more person whose nationality is known."""
    await house.patient(name, **{**WHOLE, "sinus_number": None, "nir": None})


async def test_an_edited_table_is_in_force_when_somebody_decides_so(tmp_path: Path) -> None:
    """Not before; then at once, with who and why and what it changed; and back again, whatever the folder holds."""
    folder = own_folder(tmp_path)
    async with open_house(tmp_path, mapping_dirs=[folder], mappings=CHOSEN) as house:
        await house.event()
        await house.settle()
        await a_patient(house, "p1")
        await house.settle()
        write_pairs(folder, "APRES")
        await a_patient(house, "p2")
        await house.settle()
        answer = await decide(house, "activations")
        assert answer.status_code == 200, answer.text
        trial = answer.json()["trial"]
        assert trial["files"] == {"added": [], "changed": ["tables/sivic/pays.csv"], "removed": []}
        changes = {(one["old"], one["new"]) for told in trial["changed"].values() for one in told}
        assert changes == {("AVANT", "APRES")}
        await a_patient(house, "p3")
        await house.settle()
        back = await decide(house, "rollbacks")
        assert back.status_code == 200, back.text
        await a_patient(house, "p4")
        await house.settle()
        assert [country(house, f"p{n}") for n in (1, 2, 3, 4)] == ["AVANT", "AVANT", "APRES", "AVANT"]
        told = (await house.as_(Scope.INTEGRATOR).get("/v1/mappings/history")).json()["decisions"]
        assert [(one["use"], one["kind"], one["by"]) for one in told[:2]] == [
            (FILES, "rollback", "essai-integrator"),
            (FILES, "activation", "essai-integrator"),
        ]
        assert told[0]["mapping"] == told[1]["previous"]


async def test_a_message_keeps_the_tables_it_was_queued_with(tmp_path: Path) -> None:
    """What waited while a table changed leaves by the table of its time, until a human replays it."""
    folder = own_folder(tmp_path)
    async with open_house(tmp_path, mapping_dirs=[folder], mappings=CHOSEN) as house:
        await house.event()
        await house.settle()
        await a_patient(house, "p1")
        write_pairs(folder, "APRES")
        assert (await decide(house, "activations")).status_code == 200
        await a_patient(house, "p2")
        await house.settle()
        assert (country(house, "p1"), country(house, "p2")) == ("AVANT", "APRES")


async def test_every_node_has_the_files_that_were_decided(tmp_path: Path) -> None:
    """A node learns them from the register, even one whose folder holds something else."""
    folder, other = own_folder(tmp_path / "un"), own_folder(tmp_path / "deux")
    async with open_house(tmp_path, mapping_dirs=[folder], mappings=CHOSEN) as house:
        node = house.runtime.versions
        second = Versions(CHOSEN, FileSets([other]), FileSets([other]).on_disk())
        write_pairs(folder, "APRES")
        assert (await decide(house, "activations")).status_code == 200
        assert await follow_decisions(second, house.runtime.database)
        document = victim()["victim"]["nationality"]
        found = [one.catalogue.table("sivic/pays").to_wire(document) for one in (node, second)]
        assert found == ["APRES", "APRES"]
        assert second.files.name == node.files.name
        assert not await follow_decisions(second, house.runtime.database)


async def test_a_faulty_file_changes_nothing(tmp_path: Path) -> None:
    """Every fault is told by its place in the folder, and what was in force stays; a set that lacks what is in force is refused."""
    folder = own_folder(tmp_path)
    async with open_house(tmp_path, mapping_dirs=[folder], mappings=CHOSEN) as house:
        assert (
            (await decide(house, "activations")).json()["detail"].startswith("Les fichiers des dossiers sont ceux qui")
        )
        write_pairs(folder, "")
        answer = await decide(house, "activations")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "tables/sivic/pays.csv:2:1"
        assert str(tmp_path) not in answer.text
        write_pairs(folder, "APRES")
        (folder / "files" / "sivic" / "personne@2.yaml").unlink()
        missing = await decide(house, "activations")
        assert (missing.status_code, missing.json()["detail"]) == (
            409,
            "Ces fichiers n’ont pas ce qui est en vigueur : sivic/personne@2.",
        )
        assert house.runtime.versions.catalogue.table("sivic/pays").to_wire("FRA") == "AVANT"


async def test_a_new_version_waits_for_what_it_would_bring_along(tmp_path: Path) -> None:
    """Beside files that stay as they were it is taken in with its activation; beside an edited table it is not, and that is said."""
    folder = own_folder(tmp_path)
    async with open_house(tmp_path, mapping_dirs=[folder], mappings=CHOSEN) as house:
        path = folder / "files" / "sivic" / "personne@3.yaml"
        path.write_text(VERSION.replace("personne@2", "personne@3"), encoding="utf-8")
        write_pairs(folder, "APRES")
        wanted = {"use": "sivic.victim", "mapping": "sivic/personne@3"}
        answer = await decide(house, "activations", **wanted)
        assert answer.status_code == 409
        assert "tables/sivic/pays.csv (changé)" in answer.json()["detail"]
        write_pairs(folder, "AVANT")
        assert (await decide(house, "activations", **wanted)).status_code == 200
        told = (await house.as_(Scope.INTEGRATOR).get("/v1/mappings/history")).json()["decisions"]
        assert [(one["use"], one["kind"]) for one in told[:2]] == [("sivic.victim", "activation"), (FILES, "addition")]
        back = await decide(house, "rollbacks")
        assert (back.status_code, back.json()["detail"]) == (409, "« files » n’a pas de version précédente.")


async def test_what_was_taken_back_stays_back_after_a_restart(tmp_path: Path) -> None:
    """The folder still holds it; a start puts in force only files that nobody decided on."""
    folder = own_folder(tmp_path)

    async def wire() -> str | None:
        async with build(settings_for(tmp_path, mapping_dirs=[folder], mappings=CHOSEN), clock=Clock()) as runtime:
            return runtime.versions.catalogue.table("sivic/pays").to_wire("FRA")

    async with open_house(tmp_path, mapping_dirs=[folder], mappings=CHOSEN) as house:
        write_pairs(folder, "APRES")
        assert (await decide(house, "activations")).status_code == 200
        assert (await decide(house, "rollbacks")).status_code == 200
    assert await wire() == "AVANT"
    write_pairs(folder, "ENCORE")
    assert await wire() == "ENCORE"


def test_the_command_line_tries_decides_and_takes_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Looking at a house changes nothing of its files; a decision does; the way back needs no sound folder."""
    folder = own_folder(tmp_path)
    settings = tmp_path / "passerelle.toml"
    store = f'[store]\nurl = "sqlite:///{tmp_path / "passerelle.sqlite3"}"\n'
    settings.write_text(f'mapping_dirs = ["{folder}"]\n{store}', encoding="utf-8")
    here, why = ["--settings", str(settings)], ["--why", "courrier", "--by", "essai"]
    asked = ["mapping", "activate", FILES, *here]
    assert main([*asked, "--dry-run"]) == 1
    assert "ceux qui sont en vigueur" in capsys.readouterr().err
    write_pairs(folder, "APRES")
    assert main([*asked, "--dry-run"]) == 0
    assert "Fichiers : tables/sivic/pays.csv (changé)." in capsys.readouterr().out
    assert main(asked) == 2
    assert "Une décision se justifie" in capsys.readouterr().err
    assert main([*asked, *why]) == 0
    assert f"En vigueur pour {FILES} : " in capsys.readouterr().out
    write_pairs(folder, "")
    assert main(["mapping", "rollback", FILES, *why, *here]) == 0
    assert main([*asked, *why]) == 1
    assert "tables/sivic/pays.csv:2:1: cellule « wire » vide" in capsys.readouterr().err
    assert main(["mapping", "activate", "sivic.victim", *why, *here]) == 2


class Taken:
    """A destination that takes what it is given."""

    name = "essai"

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []

    async def deliver(self, claimed: ClaimedMessage) -> Receipt:
        """Take it."""
        self.bodies.append(claimed.envelope.body)
        return Receipt()


async def test_a_right_that_was_taken_away_binds_messages_that_wait(tmp_path: Path) -> None:
    """An allow-list is followed at once, also by a message of before: it keeps its mapping, and loses what may no longer leave."""
    folder = shutil.copytree(ESSAI, tmp_path / "essai")
    path = folder / "recipients" / "essai.yaml"
    listed = path.read_text(encoding="utf-8")
    async with open_house(tmp_path, mapping_dirs=[folder]) as house:
        versions, database = house.runtime.versions, house.runtime.database
        inner = Taken()
        destination = SendingDestination(inner, versions, database, house.runtime.deployment, house.clock)
        law = versions.allow_list("essai")
        waiting = Envelope("m1", "essai", "l", "victim", Kind.STATE, "Exercise", victim(nir=NIR), house.clock())
        path.write_text(listed.replace("    - victim.nir\n", ""), encoding="utf-8")
        for name in ("personne@1", "personne@2"):
            rules = folder / "files" / "essai" / f"{name}.yaml"
            kept = [one for one in rules.read_text(encoding="utf-8").splitlines() if "victim.nir" not in one]
            rules.write_text("\n".join(kept) + "\n", encoding="utf-8")
        answer = await decide(house, "activations")
        assert answer.status_code == 200, answer.text
        await destination.deliver(ClaimedMessage(waiting, 1, 0))
        assert "nir" not in inner.bodies[0]["victim"]
        assert "nir" not in law.restrict("victim", victim(nir=NIR))["victim"]
        unlisted = Envelope("m2", "essai", "l", "outcome", Kind.STATE, "Exercise", {}, KICK_OFF.replace(year=2019))
        assert (await destination.deliver(ClaimedMessage(unlisted, 1, 0))) == Receipt()
        late = Envelope("m3", "essai", "l", "outcome", Kind.STATE, "Exercise", {}, waiting.created_at)
        with pytest.raises(PermanentDeliveryError, match=r"essai\.liste_d_acces"):
            await destination.deliver(ClaimedMessage(late, 1, 0))


def test_a_set_of_files_has_the_same_name_wherever_it_lies(tmp_path: Path) -> None:
    """And comes back whole from a column; what differs is told by its place in the folder."""
    one, other = own_folder(tmp_path / "un"), own_folder(tmp_path / "deux", "APRES")
    here, there = FileSets([one]).on_disk(), FileSets([other]).on_disk()
    assert FileSet.unpacked(here.packed()) == here
    assert here.name == FileSets([own_folder(tmp_path / "trois")]).on_disk().name
    difference = compare(here, there)
    assert (difference.changed, difference.harmless) == (("tables/sivic/pays.csv",), False)
    (one / "tables" / "sivic" / "pays.ajouts.csv").write_text(PAIRS.format(france="x"), encoding="utf-8")
    assert not compare(here, FileSets([one]).on_disk()).harmless


def test_without_a_folder_the_product_s_files_are_all_there_is(tmp_path: Path) -> None:
    """Nothing is kept, nothing can be decided on, and the catalogue is the shipped one."""
    file_sets = file_sets_of(settings_for(tmp_path))
    assert file_sets.on_disk().texts == {}
    assert "sivic/personne@1" in file_sets.load(file_sets.on_disk()).mappings
