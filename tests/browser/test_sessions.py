"""One browser, several people's pages: each keeps its own session over reloads, and one that ends takes none of the others with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from domain.mode import Mode
from gateway import clock
from gateway.security.keys import Scope, new_key
from tests.browser.conftest import sheet
from tests.servers.live_house import OPERATOR, PLATFORM, live_house

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.servers.live_house import LiveHouse

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PORTAL = "essai-portail"
LONG = 30_000  # milliseconds: a stream that a closed session ends, on a machine that does something else


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHouse]:
    """A gateway with a key for each of three people."""
    with live_house(tmp_path_factory.mktemp("sessions")) as opened:
        portal = new_key(PORTAL, Scope.PORTAL, Mode.EXERCISE)
        opened.write(lambda register: register.keys.add(portal, clock.now()))
        opened.keys[PORTAL] = portal.key
        yield opened


@pytest.fixture
def browsing(browser: Browser) -> Iterator[BrowserContext]:
    """One browser, whose tabs share their cookies."""
    with sheet(browser) as page:
        yield page.context


def watch(browsing: BrowserContext, house: LiveHouse) -> Page:
    """The operator's tab."""
    page = browsing.new_page()
    page.goto(f"{house.url}/console/veille.html#cle={house.keys[OPERATOR]}")
    return page


def live(browsing: BrowserContext, house: LiveHouse) -> Page:
    """The portal's tab."""
    page = browsing.new_page()
    page.goto(f"{house.url}/#cle={house.keys[PORTAL]}")
    return page


def nurse(browsing: BrowserContext, house: LiveHouse) -> Page:
    """The platform's tab."""
    page = browsing.new_page()
    page.goto(f"{house.url}/console/infirmiere.html#cle={house.keys[PLATFORM]}")
    return page


def works(watching: Page, looking: Page, asking: Page) -> None:
    """Each tab shows its own sheet, for its own holder."""
    for page, name in ((watching, OPERATOR), (looking, PORTAL), (asking, PLATFORM)):
        expect(page.locator("#sheet")).to_be_visible()
        expect(page.locator("#entry")).to_be_hidden()
        expect(page.locator("header .who")).to_contain_text(name)


def test_three_people_s_tabs_stay_open_together(browsing: BrowserContext, house: LiveHouse) -> None:
    """Opened one after the other, reloaded in another order: nobody closes anybody, and the nurse still sends by one click."""
    tabs = watch(browsing, house), live(browsing, house), nurse(browsing, house)
    works(*tabs)
    for page in reversed(tabs):
        page.reload()
    works(*tabs)
    watching, looking, asking = tabs
    with watching.expect_response(lambda answer: answer.url.endswith("/v1/alarms")) as answered:
        watching.reload()
    assert answered.value.status == 200
    assert "/session/" in answered.value.url
    expect(looking.locator("#live")).to_contain_text("En direct")
    asking.locator("#ask").click()
    expect(asking.locator("#reference")).to_contain_text("-")
    works(*tabs)


def test_signing_out_of_one_leaves_the_others(browsing: BrowserContext, house: LiveHouse) -> None:
    """The portal leaves: its tab is empty and stays so, the watch and the nurse work on, and go on after a reload."""
    watching, looking, asking = tabs = watch(browsing, house), live(browsing, house), nurse(browsing, house)
    works(*tabs)
    looking.locator("#leave").click()
    expect(looking.locator("#entry")).to_be_visible()
    expect(looking.locator("#sheet")).to_be_hidden()
    # The operator may read that page too: offered, never taken by itself.
    expect(looking.locator(".offered button")).to_have_text(f"Continuer comme {OPERATOR} (exploitant)")
    looking.reload()
    expect(looking.locator("#entry")).to_be_visible()
    for page, name in ((watching, OPERATOR), (asking, PLATFORM)):
        page.reload()
        expect(page.locator("#sheet")).to_be_visible()
        expect(page.locator("header .who")).to_contain_text(name)
    looking.locator(".offered button").click()
    expect(looking.locator("#sheet")).to_be_visible()
    expect(looking.locator("header .who")).to_contain_text(OPERATOR)


def test_a_new_tab_goes_on_with_the_only_session_that_fits(browsing: BrowserContext, house: LiveHouse) -> None:
    """A second tab of the watch asks for nothing; ended in one, it is ended in the other."""
    first = watch(browsing, house)
    expect(first.locator("#sheet")).to_be_visible()
    second = browsing.new_page()
    second.goto(f"{house.url}/console/veille.html")
    expect(second.locator("#sheet")).to_be_visible()
    second.locator("#leave").click()
    expect(second.locator("#entry")).to_be_visible()
    expect(first.locator("#entry")).to_be_visible(timeout=LONG)


def test_a_revoked_key_closes_its_own_page_alone(browsing: BrowserContext, tmp_path: Path) -> None:
    """Seconds after the revocation the watch asks for a key; the nurse's page goes on."""
    with live_house(tmp_path) as house:
        watching, asking = watch(browsing, house), nurse(browsing, house)
        expect(watching.locator("#sheet")).to_be_visible()
        expect(asking.locator("#sheet")).to_be_visible()
        assert house.write(lambda register: register.keys.revoke(OPERATOR, clock.now()))
        expect(watching.locator("#entry")).to_be_visible(timeout=LONG)
        asking.reload()
        expect(asking.locator("#sheet")).to_be_visible()
