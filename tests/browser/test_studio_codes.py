"""The codes that no table has, in the studio: seen with their count, made into pairs and put in force by the keyboard alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from domain.mode import Mode
from gateway.register.mappings.versions import Mappings
from gateway.security.keys import Scope, new_key
from tests.browser.conftest import sheet
from tests.mapping.test_unknown_codes import with_country
from tests.servers.live_house import LiveHouse, live_house

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

AT = datetime(2026, 3, 3, 8, 30, tzinfo=UTC)
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh sheet at the smallest supported size, whose console must stay silent but for one refused pair."""
    with sheet(browser, forgiven="status of 422", locale="fr-FR", timezone_id="Europe/Paris") as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A deployment's own mappings, whose table of countries knows France alone."""
    return with_country(tmp_path, "hold")


@pytest.fixture
def house(tmp_path: Path, folder: Path) -> Iterator[LiveHouse]:
    """A gateway that has missed two codes of that table."""
    with live_house(tmp_path, mapping_dirs=[folder]) as opened:
        key = new_key("essai-atelier", Scope.INTEGRATOR, Mode.EXERCISE)

        def keep(register: Any) -> None:
            register.keys.add(key, AT)
            Mappings(register.connection).count_unknown({"sivic/pays": {"BEL": 12, "LUX": 1}}, AT)

        opened.write(keep)
        opened.keys["essai-atelier"] = key.key
        yield opened


def enter(page: Page, house: LiveHouse) -> None:
    """The studio, and its list of codes by its key."""
    page.goto(f"{house.url}/console/studio.html#cle={house.keys['essai-atelier']}")
    expect(page.locator("#result-state")).to_have_text("Document produit.")
    expect(page.locator("#unknown")).to_have_text("Codes inconnus : 2")
    page.keyboard.press("F9")
    expect(page.locator("#codes")).to_be_visible()


def test_a_code_is_made_into_a_pair_and_put_in_force_by_the_keyboard(
    page: Page, house: LiveHouse, folder: Path
) -> None:
    """Count, last time and policy stand beside it; what the files cannot hold is refused in words; the pair is written, then in force."""
    enter(page, house)
    rows = page.locator("#codes-body tr")
    expect(rows.first).to_have_text("BELsivic/pays1203/03/2026 09:30retenu")
    expect(page.get_by_role("button", name="Faire une paire de BEL dans sivic/pays")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#wire")).to_be_focused()
    for text in ("AVANT", "Belgique", "courrier du 3 mars 2026"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.locator("#source-of-pair").press("Enter")
    expect(page.locator("#codes-state")).to_contain_text("Cette paire n’a pas été gardée.")
    page.locator("#wire").fill("BE")
    page.keyboard.press("Enter")
    expect(page.locator("#codes-state")).to_contain_text("BEL → BE est écrit dans tables/sivic/pays.csv.")
    expect(page.locator("#unknown")).to_have_text("Codes inconnus : 1")
    expect(rows).to_have_count(1)
    assert "BEL,BE,Belgique,,courrier du 3 mars 2026" in (folder / "tables" / "sivic" / "pays.csv").read_text("utf-8")
    page.locator("#files-why").fill("la paire est là")
    page.keyboard.press("Enter")
    expect(page.locator("#codes-state")).to_contain_text("Les fichiers sont en vigueur.")
    page.keyboard.press("Escape")
    expect(page.locator("#codes")).to_be_hidden()


def test_the_panel_fits_on_the_smallest_screen_and_every_control_has_a_name(page: Page, house: LiveHouse) -> None:
    """Sixty codes are scrolled, and nothing is outside 1280 by 800; the pairs that the table has are offered."""
    enter(page, house)
    page.keyboard.press("Escape")
    many = {"sivic/pays": {f"X{number:02}": number for number in range(1, 61)}}
    house.write(lambda register: Mappings(register.connection).count_unknown(many, AT))
    page.keyboard.press("F9")
    expect(page.locator("#codes-body tr")).to_have_count(62)
    page.keyboard.press("ArrowUp")
    expect(page.locator("#codes-body tr").last.get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#codes-body tr").last).to_be_in_viewport()
    expect(page.get_by_role("button", name="Ajouter la paire")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Fermer")).to_be_in_viewport(ratio=1)
    box = page.locator("#codes").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= 1280
    assert box["y"] + box["height"] <= 800
    assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [1280, 800]
    assert page.locator("#wires option").evaluate_all("all => all.map((one) => one.value)") == ["AVANT"]
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('#codes input, #codes button')].filter((one) =>
        !one.labels?.length && !one.textContent.trim() && !one.getAttribute('aria-label')).map((one) => one.id)"""
    )
    assert unnamed == []
    page.keyboard.press("Escape")
    expect(page.locator("#codes")).to_be_hidden()
