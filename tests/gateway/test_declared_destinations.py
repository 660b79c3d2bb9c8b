"""A neighbour that only the settings and its files name, in the whole house: told, held back, restricted, refused at the start."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from gateway.bootstrap import load_mappings
from gateway.mappings.agreements import check_agreements
from gateway.settings.settings import Settings
from mapping import UnknownMappingError
from tests.declared.declared_pair import AGREED, DEPLOYMENT
from tests.gateway.house import EVENT, PERSONAL, WHOLE, open_house

if TYPE_CHECKING:
    from pathlib import Path


def declared(**changes: Any) -> dict[str, Any]:
    """The settings of a house that knows the clinic."""
    clinic = {
        **tomllib.loads(AGREED),
        "link": {"url": "http://clinique", "mode": "Exercise", "read_timeout": 1.0},
        "delivery": {"schedule": [1, 2]},
        **changes,
    }
    return {"destinations": {"clinique": clinic}, "mapping_dirs": [str(DEPLOYMENT)]}


async def _documents(house: Any) -> list[str]:
    state = await house.state("clinique")
    return [one["document"] for one in state["taken"].values()]


async def test_a_victim_reaches_a_neighbour_that_no_line_of_python_names(tmp_path: Path) -> None:
    """Event, victim, count and deletion leave by their own agreements, without an event linked anywhere."""
    async with open_house(tmp_path, **declared()) as house:
        await house.event(type="AUTRE")
        await house.patient(**{**WHOLE, "localisation_id": "pma"})
        await house.settle()
        said = await _documents(house)
        assert any(EVENT["name"] in one and one.startswith("{") for one in said)
        assert any("<couleur>JAUNE</couleur>" in one for one in said)
        assert any("<total>1</total>" in one or ":total>1<" in one for one in said)
        hidden = [value for value in PERSONAL if value != "ESSAI-UN"]
        assert [value for value in hidden for one in said if value in one] == []
        assert {one["status"] for one in await house.messages(destination="clinique")} == {"delivered"}


async def test_a_neighbour_of_files_that_is_down_blocks_nobody_and_is_told_later(tmp_path: Path) -> None:
    """SINUS has the victim while the clinic is gone; the clinic has it once it is back."""
    async with open_house(tmp_path, **declared()) as house:
        house.wires["clinique"].gone = True
        await house.event()
        await house.patient()
        await house.settle()
        assert list(house.sinus_victims()) == ["p1"]
        assert await _documents(house) == []
        await house.mend("clinique")
        await house.settle(seconds=120)
        await house.settle(seconds=120)
        assert any("<couleur>JAUNE</couleur>" in one for one in await _documents(house))


async def _oriented(house: Any, patient: str, finess: str) -> None:
    await house.act(f"patients/{patient}/bilan", {"severity_exit": "UR"})
    await house.act(f"patients/{patient}/orientation-request")
    place = {"finess": finess, "name": "Établissement d’essai"}
    await house.act(f"patients/{patient}/orientation", {"choice": "ETABLISSEMENT", "destination": place})


async def test_an_establishment_learns_of_its_own_victims_only(tmp_path: Path) -> None:
    """Whoever is oriented to it, by name; not the others; and of one who is sent elsewhere, that it is no longer expected."""
    async with open_house(tmp_path, **declared(finess=["310781406"])) as house:
        await house.event(type="AUTRE")
        await house.patient("p1", used_name="ESSAI-UN")
        await house.patient("p2", used_name="ESSAI-DEUX")
        await _oriented(house, "p1", "310781406")
        await _oriented(house, "p2", "310000002")
        await house.settle()
        sent = [one for one in await house.messages(destination="clinique") if one["topic"] == "victim"]
        assert {one["lane"] for one in sent} == {"victim:p1"}
        assert "ESSAI-DEUX" not in str(await _documents(house))
        before = len(await _documents(house))
        await house.act(
            "patients/p1/orientation",
            {"choice": "ETABLISSEMENT", "destination": {"finess": "310000002", "name": "Ailleurs"}},
        )
        await house.settle()
        last = (await _documents(house))[before:]
        assert any("Retrait" in one for one in last), last
        assert "ESSAI-UN" not in str(last)


@pytest.mark.parametrize(("persons", "named"), [("own", False), ("all", True)])
async def test_a_neighbour_of_no_establishment_learns_no_name_unless_it_was_agreed(
    tmp_path: Path,
    persons: str,
    named: bool,  # noqa: FBT001 - a case of the table
) -> None:
    """Without a FINESS it may know how many and where, never who."""
    async with open_house(tmp_path, **declared(persons=persons)) as house:
        await house.event(type="AUTRE")
        await house.patient("p1", used_name="ESSAI-UN")
        await house.settle()
        assert ("ESSAI-UN" in str(await _documents(house))) is named


@pytest.mark.parametrize(
    ("topics", "told"),
    [
        ({"victim": {"mapping": "clinique/avis@1"}}, "clinique/avis@1 lit « event »"),
        (
            {"victim": {"mapping": "sivic/personne@1", "media": "xml"}},
            "est écrite pour « sivic », pas pour « clinique »",
        ),
        ({"victim": {"mapping": "clinique/arrivee@1"}}, "écrit du xml, et « media » dit json"),
        ({"event": {"mapping": "clinique/avis@1", "media": "soap"}}, "écrit du json, et « media » dit soap"),
        ({"event": {"mapping": "clinique/avis@1", "answer": "clinique/avis@1"}}, "ne mène pas à canon#answer"),
        ({"event": {"mapping": "clinique/avis@9"}}, "correspondance inconnue « clinique/avis@9 »"),
        ({"event": {"mapping": "clinique/avis@1", "path": "/{victim}"}}, "n'est pas sur la liste d'accès"),
        (
            {"victim.deleted": {"mapping": "clinique/retrait@1", "media": "xml"}},
            "« victim.deleted » sans « victim »",
        ),
    ],
)
def test_an_agreement_that_its_files_cannot_keep_stops_the_house(topics: dict[str, Any], told: str) -> None:
    """At the start, with the key of the settings: nothing is found out at the first victim."""
    settings = Settings.model_validate(declared(topics=topics))
    with pytest.raises(UnknownMappingError) as raised:
        check_agreements(settings, load_mappings(settings))
    assert told in str(raised.value)


@pytest.mark.parametrize("name", ["sinus", "Clinique", "a.b", ""])
def test_the_name_of_a_destination_is_a_word_that_nobody_has(name: str) -> None:
    """It stands in uses, metrics and addresses."""
    with pytest.raises(ValidationError) as raised:
        Settings.model_validate({"destinations": {name: declared()["destinations"]["clinique"]}})
    assert "un nom de destination" in str(raised.value)
