"""The page, in a real Chromium, over the demo as a user starts it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import sheet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

ADDRESS = re.compile(r"(http://\S+)/#cle=(\S+)&evenement=(\S+)")


@pytest.fixture(scope="module")
def demo() -> Iterator[tuple[str, str, str]]:
    """The demo, running: its address, its key, its event."""
    command = [sys.executable, "-m", "gateway", "demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        try:
            found = next((address for line in process.stdout if (address := ADDRESS.search(line))), None)
            assert found, "the demo did not print its page's address"
            yield found[1], found[2], found[3]
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
