"""A code that no table has: held, sent raw or refused as its recipient wants, counted with its last time, made into a pair."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

import pytest

from gateway.cli import main
from gateway.register.mappings import Mappings
from mapping import SHIPPED, MappingError, MappingFaultsError, load_catalogue
from tests.gateway.house import Clock, open_house
from tests.mapping.made_up import ESSAI, victim

if TYPE_CHECKING:
    from pathlib import Path

    from mapping import Catalogue

TABLE = "essai/nationalite"


def with_policy(tmp_path: Path, policy: str) -> Catalogue:
    """`essai` whose allow-list says what becomes of unknown codes."""
    folder = shutil.copytree(ESSAI, tmp_path / "essai")
    path = folder / "recipients" / "essai.yaml"
    path.write_text(path.read_text(encoding="utf-8") + f"unknown_codes: {policy}\n", encoding="utf-8")
    return load_catalogue(folder)


@pytest.mark.parametrize(("policy", "final"), [("hold", False), ("refuse", True), ("{default: refuse}", True)])
def test_a_code_without_a_pair_stops_the_document(tmp_path: Path, policy: str, *, final: bool) -> None:
    """Held for a person, or refused for good; never replaced."""
    mapping = with_policy(tmp_path, policy).mapping("essai/personne@1")
    with pytest.raises(MappingError, match=f"code absent de la table {TABLE}") as raised:
        mapping.apply(victim(nationality="ZZZ"))
    assert raised.value.final is final


@pytest.mark.parametrize("policy", ["raw", "{default: hold, essai/nationalite: raw}"])
def test_a_recipient_may_want_the_code_as_it_is(tmp_path: Path, policy: str) -> None:
    """It goes raw, and is counted all the same."""
    catalogue = with_policy(tmp_path, policy)
    tree = catalogue.mapping("essai/personne@1").apply(victim(nationality="ZZZ"))
    assert tree["identite"]["nationalite"] == "ZZZ"
    assert catalogue.unknown_codes() == {TABLE: {"ZZZ": 1}}


def test_a_policy_that_does_not_exist_is_a_fault(tmp_path: Path) -> None:
    """With the ones that do."""
    with pytest.raises(MappingFaultsError, match="politique inconnue « envoyer », connues : hold, raw, refuse"):
        with_policy(tmp_path, "envoyer")


def test_a_miss_is_taken_once(tmp_path: Path) -> None:
    """Who takes the counters writes them down; the next who asks gets what came since."""
    catalogue = with_policy(tmp_path, "raw")
    for _ in range(3):
        catalogue.mapping("essai/personne@1").apply(victim(nationality="ZZZ"))
    assert catalogue.take_unknown() == {TABLE: {"ZZZ": 3}}
    assert catalogue.take_unknown() == {}


def test_unknown_codes_are_listed_with_their_last_time_and_become_pairs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counted in the register, listed by the command, gone once the pair is in the deployment's own table."""
    folder = shutil.copytree(ESSAI, tmp_path / "essai")
    clock = Clock()

    async def miss() -> None:
        async with open_house(tmp_path) as house:
            write = house.runtime.database.write
            await write(lambda connection: Mappings(connection).count_unknown({TABLE: {"ZZZ": 2}}, clock()))
            await write(lambda connection: Mappings(connection).count_unknown({TABLE: {"ZZZ": 3}}, clock()))

    asyncio.run(miss())
    settings = tmp_path / "passerelle.toml"
    store = f'[store]\nurl = "sqlite:///{tmp_path / "passerelle.sqlite3"}"\n'
    settings.write_text(f'mapping_dirs = ["{folder}"]\n{store}', encoding="utf-8")
    here = ["--settings", str(settings)]
    assert main(["mapping", "unknown", *here]) == 0
    assert "essai/nationalite « ZZZ » : 5 fois, la dernière le 2020-09-01T15:00:00.002" in capsys.readouterr().out
    pair = ["--label", "Inventée", "--source", "courrier d’essai du 3 mars 2026"]
    assert main(["mapping", "table", "add", TABLE, "ZZZ", "99999", *pair, *here]) == 0
    tree = load_catalogue(folder).mapping("essai/personne@1").apply(victim(nationality="ZZZ"))
    assert tree["identite"]["nationalite"] == "99999"
    assert main(["mapping", "unknown", *here]) == 0
    assert "Aucun code inconnu." in capsys.readouterr().out


def test_a_pair_that_cannot_stand_leaves_the_table_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A code written twice, and a wire code that two codes would give, are refused; so is a table of the product."""
    folder = shutil.copytree(ESSAI, tmp_path / "essai")
    path = folder / "tables" / "essai" / "nationalite.csv"
    before = path.read_text(encoding="utf-8")
    more = ["--label", "x", "--source", "x1", "--dir", str(folder)]
    assert main(["mapping", "table", "add", TABLE, "FRA", "1", *more]) == 1
    assert main(["mapping", "table", "add", TABLE, "ZZZ", "99100", *more]) == 1
    assert main(["mapping", "table", "add", "essai/nationalit", "Z", "Z", *more]) == 2
    told = capsys.readouterr().err
    assert "code « FRA » déjà écrit à la ligne 2" in told
    assert "« ZZZ » et « FRA » donnent tous deux « 99100 »" in told
    assert "table inconnue « essai/nationalit »" in told
    assert path.read_text(encoding="utf-8") == before
    assert sorted(found.name for found in path.parent.iterdir()) == sorted(
        found.name for found in (ESSAI / "tables" / "essai").iterdir()
    )


def test_a_table_of_the_product_gets_its_pairs_from_a_file_of_the_deployment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What comes with the product is as it was; the deployment's file holds the pair, its source, its version and its days."""
    folder = shutil.copytree(ESSAI, tmp_path / "essai")
    shipped = SHIPPED / "tables" / "sivic" / "situation.csv"
    before = shipped.read_text(encoding="utf-8")
    pair = ["--label", "Évacué", "--source", "courrier", "--source-version", "2026-03", "--lossy", "--dir", str(folder)]
    assert main(["mapping", "table", "add", "sivic/situation", "EVACUE", "SUR_TERRAIN", *pair]) == 1
    assert "aucun champ qui lit cette table n'a le code « EVACUE »" in capsys.readouterr().err
    assert not (folder / "tables" / "sivic" / "situation.ajouts.csv").exists()
    assert main(["mapping", "table", "add", "lrm_fhir/type-ins", "1.2.3", "INS-NIR", *pair]) == 0
    added = folder / "tables" / "lrm_fhir" / "type-ins.ajouts.csv"
    assert added.read_text(encoding="utf-8").splitlines() == [
        "canon,wire,label,lossy,source,version",
        "1.2.3,INS-NIR,Évacué,true,courrier,2026-03",
    ]
    assert shipped.read_text(encoding="utf-8") == before
