"""The page, in a real Chromium, over the demo as a user starts it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.sync_api import expect

from domain.mode import Mode
from gateway import clock
from gateway.security.keys import Scope, new_key
from tests.browser.conftest import sheet
from tests.servers.live_house import live_house

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

ADDRESS = re.compile(r"(http://\S+)/\?evenement=(\S+?)#cle=(\S+)")


@pytest.fixture(scope="module")
def demo() -> Iterator[tuple[str, str, str]]:
    """The demo, running: its address, its key, its event."""
    command = [sys.executable, "-m", "gateway", "demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        try:
            found = next((address for line in process.stdout if (address := ADDRESS.search(line))), None)
            assert found, "the demo did not print its page's address"
            yield found[1], found[3], found[2]
        finally:
            process.send_signal(signal.SIGINT)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh sheet at the smallest supported size, whose console must stay silent."""
    with sheet(browser, forgiven="401") as opened:
        yield opened


def opened(page: Page, demo: tuple[str, str, str]) -> None:
    """Open the page as the demo's printed address does."""
    url, key, event = demo
    page.goto(f"{url}/#cle={key}&evenement={event}")
    expect(page.locator("#accord-state")).to_have_text("Tous tiennent le même dénombrement.")


def column(page: Page, number: int) -> list[str]:
    """The counted cells of one column of the agreement, from UA to the total without IMP."""
    return page.locator(f"#accord-body tr:not(.note) td:nth-of-type({number})").all_inner_texts()


def test_the_three_columns_say_the_deck(page: Page, demo: tuple[str, str, str]) -> None:
    """The portal, SINUS and SI-VIC stand side by side with the numbers of the training deck."""
    opened(page, demo)
    heads = page.locator("#accord-head th").all_inner_texts()
    assert heads == ["Portail", "SINUS", "SI-VIC"]
    for number in (1, 2, 3):
        assert column(page, number) == ["2", "5", "3", "1", "0", "11", "8"]
    lags = page.locator("#accord-body tr.note").first.locator("td").all_inner_texts()
    assert all(re.fullmatch(r"\d+ ms", lag) for lag in lags[1:])


def test_the_four_boards_are_there(page: Page, demo: tuple[str, str, str]) -> None:
    """TB1 to TB4 are shown to the portal, with a TOTAL row and zeros as dashes."""
    opened(page, demo)
    for name in ("tb1", "tb2", "tb3", "tb4"):
        expect(page.locator(f"#{name}-title")).to_be_visible()
    total = page.locator("#boards table").first.locator("tfoot td").all_inner_texts()
    assert total == ["2", "5", "3", "1", "-", "11"]


def test_the_key_leaves_the_address(page: Page, demo: tuple[str, str, str]) -> None:
    """Once read, the key is no longer in the address bar, nor anywhere in the page."""
    opened(page, demo)
    assert demo[1] not in page.url
    assert demo[1] not in page.content()


def test_a_wrong_key_is_told_in_words(page: Page, demo: tuple[str, str, str]) -> None:
    """A key that is not in force leaves the form open, with a sentence, and the focus in it."""
    page.goto(demo[0])
    page.locator("#key").fill("pk_essai_" + "x" * 43)
    page.keyboard.press("Enter")
    expect(page.locator("#entry-error")).to_have_text("Cette clé n’est pas en vigueur.")
    expect(page.locator("#key")).to_be_focused()


def test_the_keyboard_goes_everywhere(page: Page, demo: tuple[str, str, str]) -> None:
    """One letter leads to each part, and the first Tab offers to skip to the numbers."""
    opened(page, demo)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    for letter, place in (("e", "links-title"), ("t", "boards-title"), ("d", "accord")):
        page.locator("body").press(letter)
        expect(page.locator(f"#{place}")).to_be_focused()


def test_a_change_shows_by_itself(page: Page, demo: tuple[str, str, str]) -> None:
    """A patient created elsewhere is in all three columns without a reload, and gone again when deleted."""
    opened(page, demo)
    url, key, event = demo
    path = f"{url}/v1/events/{event}/patients"
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    answer = page.request.post(path, headers=headers, data={"id": "essai-page", "severity_entry": "NC"})
    assert answer.status == 201
    expect(page.locator("#accord-body tr.total td").first).to_have_text("12")
    expect(page.locator("#accord-state")).to_have_text("Tous tiennent le même dénombrement.")
    page.request.patch(f"{path}/essai-page", headers=headers, data={"sinus_number": None})
    assert page.request.delete(f"{path}/essai-page", headers=headers).status == 200
    expect(page.locator("#accord-body tr.total td").first).to_have_text("11")
    expect(page.locator("#accord-state")).to_have_text("Tous tiennent le même dénombrement.")


def test_the_address_holds_the_event_and_a_reload_finds_it(page: Page, demo: tuple[str, str, str]) -> None:
    """The chosen event is in the address, never the key; a new event enters the list by itself; a closed one is shown as such."""
    opened(page, demo)
    url, key, _ = demo
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    made = {"id": "autre-essai", "name": "Autre essai", "type": "ACEL", "mode": "Exercise", "link": False}
    assert page.request.post(f"{url}/v1/events", headers=headers, data=made).status == 201
    expect(page.locator("#event-list option", has_text="Autre essai")).to_have_count(1, timeout=12000)
    page.request.post(f"{url}/v1/events/autre-essai/close", headers=headers, data={})
    expect(page.locator("#event-list option", has_text="(clos)")).to_have_count(1, timeout=12000)
    page.locator("#event-list").select_option("autre-essai")
    expect(page.locator("#event-name")).to_have_text("Autre essai (clos)")
    page.reload()
    expect(page.locator("#event-name")).to_have_text("Autre essai (clos)")
    assert page.url.endswith("?evenement=autre-essai")


def test_a_refresh_keeps_focus_and_touches_only_what_changed(page: Page, demo: tuple[str, str, str]) -> None:
    """Two looks without news redraw nothing: the region that has the focus keeps it, and its row is the same row."""
    opened(page, demo)
    region = page.locator("#tb1-board .scroll")
    region.focus()
    page.evaluate(
        "document.querySelector('#accord-body tr').dataset.marked = 'yes'; window.changes = 0;"
        "new MutationObserver((seen) => { window.changes += seen.length; })"
        ".observe(document.getElementById('said'), { childList: true, subtree: true, characterData: true })"
    )
    page.wait_for_timeout(6500)
    expect(region).to_be_focused()
    assert page.evaluate("window.changes") == 0, "a live region speaks only of what changed"


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
def test_no_width_scrolls_sideways(browser: Browser, demo: tuple[str, str, str], width: int) -> None:
    """Reflow (RGAA 10.11): from the narrowest to a wall, the page is as wide as the screen, and each column shows its number."""
    with sheet(browser, forgiven="401") as page:
        page.set_viewport_size({"width": width, "height": 800})
        opened(page, demo)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for number in (1, 2, 3):
            assert page.locator(f"#accord-body td:nth-of-type({number})").first.bounding_box()["x"] < width  # type: ignore[index]


def test_the_wall_is_read_from_two_metres(page: Page, demo: tuple[str, str, str]) -> None:
    """46 px and more, full width, nothing to scroll, and the address keeps it."""
    opened(page, demo)
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.locator("#wall").click()
    digit = page.locator("#accord-body td").first
    assert float(digit.evaluate("(cell) => parseFloat(getComputedStyle(cell).fontSize)")) >= 46
    assert page.evaluate("document.documentElement.scrollHeight") <= 1080
    assert "vue=mur" in page.url


def test_who_has_a_right_to_numbers_only_sees_numbers_and_why_the_rest_is_not_there(
    browser: Browser, tmp_path: Path
) -> None:
    """An ARS reads TB1, TB3, TB4 and the verdicts; TB2 and the links say why they are not drawn; then the gateway dies, and nothing stays green."""
    with live_house(tmp_path) as house, sheet(browser) as page:
        keys = {scope: new_key(f"essai-page-{scope}", scope, Mode.EXERCISE) for scope in (Scope.COUNTS, Scope.PORTAL)}
        for key in keys.values():
            house.write(lambda register, key=key: register.keys.add(key, clock.now()))
        headers = {"Authorization": f"Bearer {keys[Scope.PORTAL].key}"}
        event = {"id": "evt", "name": "Essai ARS", "type": "ACEL", "mode": "Exercise"}
        assert httpx.post(f"{house.url}/v1/events", headers=headers, json=event, trust_env=False).status_code == 201
        page.goto(f"{house.url}/#cle={keys[Scope.COUNTS].key}")
        for name in ("tb1", "tb3", "tb4"):
            expect(page.locator(f"#{name}-board tfoot")).to_contain_text("TOTAL")
        expect(page.locator("#tb2-board")).to_contain_text("Ce tableau est nominatif")
        expect(page.locator("#links-refused")).to_contain_text("Les envois ne sont montrés")
        expect(page.locator("#accord-state")).to_have_text("Aucun voisin configuré.")
        house.stop()
        expect(page.locator("body.stale #live")).to_contain_text("ne répond plus depuis", timeout=20000)
        expect(page.locator("#accord-state")).to_contain_text("Inconnu : la passerelle ne répond plus.")


def test_a_person_is_found_by_keyboard_alone_and_opened(page: Page, demo: tuple[str, str, str]) -> None:
    """`/` reaches the field from anywhere; the name brings the person; Enter opens the record, Escape closes it; the address holds no name."""
    opened(page, demo)
    page.keyboard.press("/")
    page.keyboard.type("essai-u")
    expect(page.locator("#find-results button").first).to_have_text(re.compile("ESSAI-UN"))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#person-title")).to_have_text(re.compile("ESSAI-UN"))
    expect(page.locator("#person-body")).to_contain_text("Ce qui a été dit")
    assert "patient=" in page.url
    assert "ESSAI" not in page.url
    page.keyboard.press("Escape")
    expect(page.locator("#person")).to_be_hidden()
    expect(page).not_to_have_url(re.compile("patient="))
