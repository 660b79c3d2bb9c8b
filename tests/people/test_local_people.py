"""The people of an exercise on this machine: one a role, chosen by name; nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from domain.mode import Mode
from gateway.cli.demo.commands import PEOPLE
from gateway.settings.people import Role
from gateway.settings.refusals import refusals
from gateway.settings.settings import Settings
from tests.gateway.house import open_house

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.gateway.house import OpenHouse

OURS = {"Sec-Fetch-Site": "same-origin"}
WITH_PEOPLE: dict[str, Any] = {"local_people": PEOPLE, "hospitals": {"demo-hopital": {"finess": ["310781406"]}}}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    """An exercise with the people of the demo."""
    async with open_house(tmp_path, **WITH_PEOPLE) as opened:
        yield opened


def test_the_demo_has_one_person_a_role() -> None:
    """Every role there is, and no two of one."""
    assert sorted(person["role"] for person in PEOPLE.values()) == sorted(Role)


async def test_a_person_is_chosen_and_has_the_page_of_the_role(house: OpenHouse) -> None:
    """From our own page alone; the session is theirs, and the audit says so."""
    async with house.client() as browser:
        assert (await browser.get("/console/sessions")).json()["sign_in"] == "/console/personnes"
        choice = await browser.get("/console/personnes?page=veille")
        assert all(person["name"] in choice.text for person in PEOPLE.values())
        assert (await browser.post("/console/personnes/jo")).status_code == 403
        assert (
            await browser.post("/console/personnes/jo", headers={"Sec-Fetch-Site": "cross-site"})
        ).status_code == 403
        homes = {"ana": "/#", "cleo": "/#", "hugo": "/console/infirmiere.html#", "ines": "/console/studio.html#"}
        for person_id, home in {**homes, "jo": "/console/veille.html#"}.items():
            answer = await browser.post(f"/console/personnes/{person_id}?page=veille", headers=OURS)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith(home)
        hospital = await browser.post("/console/personnes/gina", headers=OURS)
        assert "/v1/admissions" in hospital.text
        shown = (await browser.get("/console/sessions")).json()["sessions"]
        assert [one["name"] for one in shown] == [
            "Ana ESSAI",
            "Cléo ESSAI",
            "Hugo ESSAI",
            "Inès ESSAI",
            "Jo ESSAI",
            "Gina ESSAI",
        ]
    acts = await house.runtime.read(lambda register: register.audit.latest())
    assert acts[-1].by == "Ana ESSAI (exercice:ana)"


async def test_nobody_is_chosen_in_the_real(tmp_path: Path) -> None:
    """It does not start with them; were it started, nobody could be chosen."""
    keys = [refusal.key for refusal in refusals(Settings.model_validate({"mode": Mode.ACTUAL, **WITH_PEOPLE}))]
    assert keys == ["local_people"]
    async with open_house(tmp_path, Mode.ACTUAL, **WITH_PEOPLE) as house, house.client() as browser:
        assert (await browser.get("/console/sessions")).json()["sign_in"] is None
        assert (await browser.get("/console/personnes")).status_code == 403
        assert (await browser.post("/console/personnes/jo", headers=OURS)).status_code == 403


def test_nobody_is_chosen_from_another_machine() -> None:
    """Doors that listen elsewhere, or behind a front end, do not open with them."""
    for server in ({"host": "0.0.0.0"}, {"trusted_proxies": ["10.0.0.4"]}):
        made = Settings.model_validate({"mode": Mode.EXERCISE, "server": server, **WITH_PEOPLE})
        assert "local_people" in [refusal.key for refusal in refusals(made)]


async def test_an_exercise_without_people_says_so(tmp_path: Path) -> None:
    """With the ways in that there are."""
    async with open_house(tmp_path) as house, house.client() as browser:
        refused = await browser.get("/console/personnes")
        assert (refused.status_code, "clé d’accès" in refused.text) == (403, True)
