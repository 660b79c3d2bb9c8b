"""Who bears a number, and how a patient is found: one bearer at a time, former bearers are history, names however they are typed."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import pytest

from tests.gateway.house import NUMBER

if TYPE_CHECKING:
    from tests.gateway.house import OpenHouse

PATIENTS = "/v1/events/evt/patients"
HP = "FR999NOVI2020HP000077"
OTHER = "FR825NOVI0000TR100009"


async def _search(house: OpenHouse, **sought: str) -> dict[str, Any]:
    async with house.portal as portal:
        answer = await portal.post(f"{PATIENTS}/search", json=sought)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_r12_a_hospital_number_has_one_bearer_even_when_a_bracelet_is_shown(house: OpenHouse) -> None:
    """The number that is not displayed is borne all the same: nobody else may be given it, until it is emptied."""
    await house.event()
    await house.patient("p1", sinus_number=HP)
    async with house.portal as portal:
        await portal.patch(f"{PATIENTS}/p1", json={"sinus_number": NUMBER})
        refused = await portal.post(PATIENTS, json={"id": "p2", "severity_entry": "UA", "sinus_number": HP})
        assert (refused.status_code, refused.json()["code"]) == (409, "R-12")
        await portal.patch(f"{PATIENTS}/p1", json={"sinus_number": None})
        assert (await portal.post(PATIENTS, json={"id": "p2", "severity_entry": "UA", "sinus_number": HP})).is_success


async def test_r10_the_search_finds_the_bearer_of_now_and_says_what_may_be_created(house: OpenHouse) -> None:
    """An emptied number finds nobody, names its former bearer as such, and may be created with; a borne one may not."""
    await house.event()
    await house.patient("p1", sinus_number=NUMBER)
    borne = await _search(house, number="fr 825 novi - 0000 tr - 100001\r\n")
    assert [one["id"] for one in borne["patients"]] == ["p1"]
    assert (borne["number"]["sinus_number"], borne["number"]["may_create"]) == (NUMBER, False)
    async with house.portal as portal:
        await portal.patch(f"{PATIENTS}/p1", json={"sinus_number": None})
    emptied = await _search(house, number=NUMBER)
    assert (emptied["patients"], emptied["number"]["may_create"]) == ([], True)
    assert emptied["number"]["former_bearers"] == ["p1"]
    assert (await _search(house, number=OTHER))["number"] == {
        "sinus_number": OTHER,
        "may_create": True,
        "former_bearers": [],
        "suggestion": None,
    }


async def test_r10_a_mistyped_number_creates_nobody_and_says_what_was_meant(house: OpenHouse) -> None:
    """A letter O for a zero: what was meant is suggested, and never put in its place."""
    await house.event()
    answer = await _search(house, number="FR825N0VI0000TR100001")
    assert answer["number"]["may_create"] is False
    assert answer["number"]["suggestion"] == "FR 825 NOVI - 0000 TR - 100001"
    shown = await house.patient("p1", sinus_number="FR825N0VI0000TR100001")
    assert [one["suggestion"] for one in shown["identifiers"]] == ["FR 825 NOVI - 0000 TR - 100001"]


@pytest.mark.parametrize(
    "sought",
    [
        "leo",
        "LÉO",
        "Le\u0301o",
        "d'almeida",
        "D\u2019Almeida",
        "dalmeida",
        "jean pierre",
        "JEAN-PIERRE",
        "almeida",
        "d almeida jean",
    ],
)
async def test_a_name_is_found_however_it_is_typed(house: OpenHouse, sought: str) -> None:
    """Case, accents, apostrophes, hyphens, spaces and both encodings of an accent make no difference."""
    await house.event()
    await house.patient("p1", used_name="D\u2019ALMEIDA", given_name=unicodedata.normalize("NFD", "Jean-Pierre Léo"))
    await house.patient("p2", used_name="TESTE", given_name="Autre")
    assert [one["id"] for one in (await _search(house, name=sought))["patients"]] == ["p1"]


async def test_one_unreadable_number_on_two_victims_is_flagged_on_both(house: OpenHouse) -> None:
    """Nobody can tell whose it is, so a person is asked to look; once one of them is read, the other stands alone."""
    await house.event()
    await house.patient("p1", sinus_number="FR825NOVI0000XX123123")
    await house.patient("p2", sinus_number="fr 825 novi 0000 xx 123123")
    async with house.portal as portal:
        listed = (await portal.get(PATIENTS)).json()["patients"]
        assert all("sinus_number_unread_twice" in one["flags"] for one in listed)
        await portal.patch(f"{PATIENTS}/p2", json={"sinus_number": NUMBER})
        assert (await portal.get(f"{PATIENTS}/p1")).json()["flags"] == ["sinus_number_unread"]
