"""The routes to the SAMUs on the operator's watch, in a real Chromium: written, refused beside the field, ended, by whom."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.sync_api import expect

from gateway.doors.interventions.table import CLICK
from tests.browser.conftest import sheet
from tests.servers.live_house import OPERATOR, PLATFORM, LiveHouse, live_house

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[LiveHouse]:
    """A gateway, its CRRA, its route named « essai »."""
    with live_house(tmp_path) as opened:
        yield opened


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, house: LiveHouse, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The watch at the smallest supported size, by day and by night; no script of it may fail."""
    with sheet(browser, color_scheme=request.param) as opened:
        opened.goto(f"{house.url}/console/veille.html#cle={house.keys[OPERATOR]}")
        expect(opened.locator("#routes-state")).to_have_text("Une voie en vigueur.")
        yield opened


def ask(house: LiveHouse, path: str) -> dict[str, Any]:
    """What the operator reads."""
    headers = {"Authorization": f"Bearer {house.keys[OPERATOR]}"}
    told: dict[str, Any] = httpx.get(f"{house.url}{path}", headers=headers, trust_env=False).json()
    return told


def test_a_route_is_added_by_the_keyboard_alone(page: Page, house: LiveHouse) -> None:
    """`v` goes to the table; the row is written, shown with its words and dates, and the audit names who wrote it."""
    page.keyboard.press("v")
    expect(page.locator("#routes")).to_be_focused()
    page.locator("#route-add").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#route-name")).to_be_focused()
    page.keyboard.type("samu-2a")
    page.locator("#route-label").fill("SAMU 2A")
    page.locator("#route-key").fill("2A")
    page.locator("#route-destination").select_option("lrm")
    page.locator("#route-crra").fill("fr.health.samu02A")
    page.locator("#route-valid_to").fill("2099-01-01T00:00:00")
    page.locator("#route-key").press("Enter")
    line = page.locator("#routes-body tr", has_text="samu-2a")
    expect(line).to_contain_text("département")
    expect(line).to_contain_text("au 01/01/2099 00:00:00")
    expect(line).to_contain_text("en vigueur")
    expect(page.locator("#told")).to_have_text("Voie samu-2a écrite : SAMU 2A, par LRM.")
    expect(page.locator("#routes-state")).to_have_text("2 voies en vigueur.")
    (act,) = ask(house, "/v1/audit?about=route:samu-2a")["acts"]
    assert (act["by"], act["act"], act["facts"]["after"]["crra"]) == (OPERATOR, "route.put", "fr.health.samu02A")


def test_each_fault_stands_beside_its_field(page: Page, house: LiveHouse) -> None:
    """In words, never a pattern; what was typed stays, the first faulty field has the focus, and nothing is written."""
    page.locator("#route-add").click()
    page.locator("#route-do").click()
    expect(page.locator("#route-name-error")).to_contain_text("Ce nom ne convient pas.")
    page.locator("#route-name").fill("essai")
    page.locator("#route-do").click()
    expect(page.locator("#route-name-error")).to_contain_text("Une voie porte déjà ce nom")
    page.locator("#route-name").fill("autre")
    page.locator("#route-crra").fill("samu 2A")
    page.locator("#route-expiry_seconds").fill("2")
    page.locator("#route-do").click()
    expect(page.locator("#route-label-error")).to_have_text("Champ obligatoire absent.")
    expect(page.locator("#route-destination-error")).to_have_text("Champ obligatoire absent.")
    expect(page.locator("#route-crra-error")).to_have_text(
        "Forme incorrecte. Attendu : comme fr.health.samu077, ou rien."
    )
    expect(page.locator("#route-expiry_seconds-error")).to_have_text("Valeur trop petite. Attendu : au moins 10.")
    expect(page.locator("#route-label")).to_be_focused()
    page.locator("#route-label").fill("SAMU 20")
    page.locator("#route-key").fill("20")
    page.locator("#route-destination").select_option("lrm")
    page.locator("#route-crra").fill("")
    page.locator("#route-expiry_seconds").fill("")
    page.locator("#route-do").click()
    expect(page.locator("#route-key-error")).to_contain_text("2A, 2B")
    expect(page.locator("#route-label")).to_have_value("SAMU 20")
    assert [one["id"] for one in ask(house, "/v1/routes")["routes"]] == ["essai"]


def test_a_changed_route_keeps_its_beginning_to_the_microsecond(page: Page, house: LiveHouse) -> None:
    """What was not touched is written as it was, and the sheet says who wrote it last."""
    (before,) = ask(house, "/v1/routes")["routes"]
    page.get_by_role("button", name="Modifier… : voie essai").click()
    expect(page.locator("#route-last")).to_contain_text(f"Dernier changement : {OPERATOR}")
    expect(page.locator("#route-name")).not_to_be_editable()
    page.locator("#route-label").fill("SAMU 77 Melun")
    page.locator("#route-do").click()
    expect(page.locator("#routes-body")).to_contain_text("SAMU 77 Melun")
    (after,) = ask(house, "/v1/routes")["routes"]
    assert after == {**before, "label": "SAMU 77 Melun"}


def test_a_route_that_ended_refuses_the_next_click(page: Page, house: LiveHouse) -> None:
    """Shown before it is done; then the row stays as over, the page says what a platform reads, and the platform reads it."""
    page.get_by_role("button", name="Mettre fin… : voie essai").click()
    expect(page.locator("#decision-words")).to_contain_text("appelez le 15")
    page.locator("#decision-do").click()
    expect(page.locator("#told")).to_have_text("Voie essai finie.")
    expect(page.locator("#routes-state")).to_contain_text("Aucune voie en vigueur")
    line = page.locator("#routes-body tr")
    expect(line).to_contain_text("finie")
    expect(line.get_by_role("button", name=re.compile("Mettre fin"))).to_have_count(0)
    headers = {"Authorization": f"Bearer {house.keys[PLATFORM]}"}
    refused = httpx.post(f"{house.url}/v1/interventions", json=CLICK, headers=headers, trust_env=False)
    assert (refused.status_code, refused.json()["code"]) == (422, "AUCUNE_ROUTE")


def test_after_a_reload_writing_asks_for_the_key(page: Page, house: LiveHouse) -> None:
    """A wrong key writes nothing and is asked for again; the right one writes."""
    page.reload()
    page.get_by_role("button", name="Modifier… : voie essai").click()
    page.locator("#route-label").fill("SAMU 77 nuit")
    page.locator("#route-session").fill("pk_fausse")
    page.locator("#route-do").click()
    expect(page.locator("#route-error")).not_to_be_empty()
    page.locator("#route-session").fill(house.keys[OPERATOR])
    page.locator("#route-do").click()
    expect(page.locator("#routes-body")).to_contain_text("SAMU 77 nuit")
