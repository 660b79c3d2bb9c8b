"""A code that no table has: held, sent raw or refused as its recipient wants, counted with its last time, made into a pair."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from gateway.cli import main
from gateway.register.mappings.versions import Mappings
from gateway.security.keys import Scope
from mapping import SHIPPED, MappingError, MappingFaultsError, load_catalogue
from tests.gateway.house import WHOLE, Clock, open_house
from tests.mapping.made_up import ESSAI, victim
from tests.mapping.test_files_in_force import CHOSEN, own_folder

if TYPE_CHECKING:
    from pathlib import Path

    from mapping import Catalogue
    from tests.gateway.house import OpenHouse

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


def with_country(tmp_path: Path, policy: str) -> Path:
    """A deployment whose version for SI-VIC reads a table that lacks a country, and its policy for SI-VIC."""
    folder = own_folder(tmp_path)
    local = f"recipient: sivic\nsource: convention du 3 mars 2026\nunknown_codes: {policy}\n"
    (folder / "recipients").mkdir()
    (folder / "recipients" / "sivic.local.yaml").write_text(local, encoding="utf-8")
    return folder


async def a_belgian(house: OpenHouse) -> dict[str, Any]:
    """A person of a country that the table does not have; the message for SI-VIC, as the operator sees it."""
    await house.event()
    await house.settle()
    await house.patient("p1", **{**WHOLE, "nationality": "BEL", "sinus_number": None})
    await house.settle()
    (message,) = [one for one in await house.messages(destination="sivic") if one["topic"] == "victim"]
    return message


async def the_unknown(house: OpenHouse) -> list[dict[str, Any]]:
    """What the integrator sees of missed codes."""
    found: list[dict[str, Any]] = (await house.as_(Scope.INTEGRATOR).get("/v1/mappings/unknown-codes")).json()["codes"]
    return found


async def test_a_held_message_waits_for_its_pair_and_leaves_when_it_is_there(tmp_path: Path) -> None:
    """`hold`: parked with a cause of its own, counted; the pair added and in force, one replay sends it."""
    folder = with_country(tmp_path, "hold")
    async with open_house(tmp_path, mapping_dirs=[folder], mappings=CHOSEN) as house:
        message = await a_belgian(house)
        assert (message["status"], message["cause"]["code"]) == ("parked", "sivic.code_inconnu")
        assert "sivic/pays" in message["cause"]["title"]
        (missed,) = await the_unknown(house)
        assert (missed["table"], missed["code"], missed["times"], missed["policy"]) == ("sivic/pays", "BEL", 1, "hold")
        integrator = house.as_(Scope.INTEGRATOR)
        pair = {
            "table": "sivic/pays",
            "canon": "BEL",
            "wire": "BE",
            "label": "Belgique",
            "source": "courrier du 3 mars 2026",
        }
        answer = await integrator.post("/v1/mappings/tables/pairs", json=pair)
        assert answer.status_code == 201, answer.text
        assert answer.json()["file"] == "tables/sivic/pays.csv"
        assert await the_unknown(house) == []
        assert (await house.operator.post(f"/v1/outbox/messages/{message['id']}/replay")).status_code == 204
        await house.settle()
        assert [one["status"] for one in await house.messages(cause="sivic.code_inconnu")] == ["parked"]
        why = {"use": "files", "why": "la paire est là"}
        assert (await integrator.post("/v1/mappings/activations", json=why)).status_code == 200
        assert (await house.operator.post(f"/v1/outbox/messages/{message['id']}/replay")).status_code == 204
        await house.settle()
        assert house.sivic_persons()["p1"]["person"]["identite"]["nationalite"] == "BE"


async def test_a_raw_code_leaves_as_it_is_and_is_counted(tmp_path: Path) -> None:
    """`raw`: nothing waits, and the integrator sees it all the same."""
    async with open_house(tmp_path, mapping_dirs=[with_country(tmp_path, "raw")], mappings=CHOSEN) as house:
        assert (await a_belgian(house))["status"] == "delivered"
        assert house.sivic_persons()["p1"]["person"]["identite"]["nationalite"] == "BEL"
        (missed,) = await the_unknown(house)
        assert (missed["code"], missed["policy"]) == ("BEL", "raw")


async def test_a_refused_document_waits_for_nobody_and_everybody_sees_it(tmp_path: Path) -> None:
    """`refuse`: discarded at once with its cause, nothing to replay, the lane goes on, and the portal is told."""
    async with open_house(
        tmp_path, mapping_dirs=[with_country(tmp_path, "{sivic/pays: refuse}")], mappings=CHOSEN
    ) as house:
        message = await a_belgian(house)
        assert (message["status"], message["cause"]["code"]) == ("discarded", "sivic.code_refuse")
        assert (await house.operator.post(f"/v1/outbox/messages/{message['id']}/replay")).status_code == 409
        told = [one["data"] for one in house.notifications() if one["data"].get("destination") == "sivic"]
        assert [(one["status"], one["cause"]["code"]) for one in told if one["topic"] == "victim"] == [
            ("discarded", "sivic.code_refuse")
        ]
        (missed,) = await the_unknown(house)
        assert (missed["code"], missed["policy"]) == ("BEL", "refuse")
        changed = await house.portal.patch("/v1/events/evt/patients/p1", json={"nationality": "FRA"})
        assert changed.status_code == 200, changed.text
        await house.settle()
        assert house.sivic_persons()["p1"]["person"]["identite"]["nationalite"] == "AVANT"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("recipient: sivic\nsource: x\nallow: {victim: [mode]}\n", "la liste d'accès du produit ne se change pas ici"),
        ("recipient: sivic\nunknown_codes: raw\n", "« source: » manque"),
        ("recipient: sinus\nsource: x\nunknown_codes: raw\n", "ce fichier est celui de « sivic »"),
    ],
)
def test_a_deployment_changes_the_policy_of_a_recipient_and_never_its_list(
    tmp_path: Path, text: str, fault: str
) -> None:
    """What the product's law says stays; the policy says why it is another."""
    (tmp_path / "recipients").mkdir()
    (tmp_path / "recipients" / "sivic.local.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(MappingFaultsError) as raised:
        load_catalogue(SHIPPED, tmp_path)
    assert fault in str(raised.value)


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
