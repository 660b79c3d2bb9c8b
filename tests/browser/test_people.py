"""People sign in by their name in a real Chromium, through a real OpenID provider: several roles in one browser, each with its page."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import sheet
from tests.people.provider import LiveProvider, live_provider
from tests.servers.live_house import LiveHouse, live_house

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

ROLES = (
    {"role": "operator", "claims": {"profil": ["exploitant"]}},
    {"role": "crra_evt2", "key": "portail", "claims": {"profil": ["crra"]}},
    {"role": "integrator", "claims": {"profil": ["integrateur"]}},
    {"role": "platform", "key": "essai-plateforme", "claims": {"profil": ["plateforme"]}},
)


@pytest.fixture(scope="module")
def provider() -> Iterator[LiveProvider]:
    """A provider and its people."""
    with live_provider() as opened:
        for sub, profile, name in (
            ("exploitante", "exploitant", "Ana"),
            ("regulateur", "crra", "Bob"),
            ("integratrice", "integrateur", "Cléo"),
            ("infirmier", "plateforme", "Dan"),
        ):
            opened.knows(sub, profil=profile, amr=["otp"], given_name=name, family_name="ESSAI")
        opened.knows("sans-facteur", profil="exploitant", amr=["pwd"])
        yield opened


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, provider: LiveProvider) -> Iterator[LiveHouse]:
    """A gateway that believes it, on a port that its provider is told."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    oidc = provider.settings(*ROLES, public_url=f"http://127.0.0.1:{port}")
    with live_house(tmp_path_factory.mktemp("people"), server={"port": port}, oidc=oidc) as opened:
        yield opened


@pytest.fixture
def browsing(browser: Browser) -> Iterator[BrowserContext]:
    """One browser, whose tabs share their cookies."""
    with sheet(browser) as page:
        yield page.context


def signed_in(browsing: BrowserContext, house: LiveHouse, path: str, sub: str) -> Page:
    """A tab where somebody chose "Se connecter" and was let in by the provider."""
    page = browsing.new_page()
    page.goto(house.url + path)
    page.locator("#sign-in").click()
    page.locator("input[name=sub]").fill(sub)
    page.locator("input[name=sub]").press("Enter")
    return page


def test_each_person_has_their_page_and_acts_without_a_key(browsing: BrowserContext, house: LiveHouse) -> None:
    """The watch, the live page, the studio and the nurse's screen in one browser; a decision names the person."""
    watching = signed_in(browsing, house, "/console/veille.html", "exploitante")
    expect(watching.locator("header .who")).to_contain_text("Ana ESSAI (exploitant)")
    looking = browsing.new_page()
    looking.goto(house.url + "/?sortie")
    looking.locator("#sign-in").click()
    looking.locator("input[name=sub]").fill("regulateur")
    looking.locator("input[name=sub]").press("Enter")
    expect(looking.locator("header .who")).to_contain_text("Bob ESSAI (CRRA, EVT-2)")
    building = signed_in(browsing, house, "/console/studio.html", "integratrice")
    expect(building.locator("#bench")).to_be_visible()
    asking = signed_in(browsing, house, "/console/infirmiere.html", "infirmier")
    asking.locator("#ask").click()
    expect(asking.locator("#reference")).to_have_text(re.compile("[0-9A-Z]{4}-[0-9A-Z]{4}"))
    for page in (watching, looking, asking):
        page.reload()
        expect(page.locator("#sheet")).to_be_visible()
        expect(page).not_to_have_url(re.compile("session="))
    line = watching.locator("#links-body tr", has_text="LRM")
    line.get_by_role("button").click()
    expect(watching.locator("#decision-key-row")).to_be_hidden()
    watching.locator("#decision-reason").fill("essai")
    watching.locator("#decision-do").click()
    expect(line).to_contain_text("suspendu par Ana ESSAI (exploitante)")
    looking.locator("#leave").click()
    expect(looking.locator("#sign-in")).to_be_visible()
    watching.reload()
    expect(watching.locator("header .who")).to_contain_text("Ana ESSAI")


def test_a_refusal_is_a_page_that_says_what_to_do(browsing: BrowserContext, house: LiveHouse) -> None:
    """In French, styled by our own sheet, with the way back."""
    page = signed_in(browsing, house, "/console/veille.html", "sans-facteur")
    expect(page.get_by_role("heading", name="Un second facteur est nécessaire.")).to_be_visible()
    page.get_by_role("link", name="Revenir à la page").click()
    expect(page.locator("#sign-in")).to_be_visible()


def test_an_exercise_on_this_machine_has_its_own_people(
    browsing: BrowserContext, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Chosen by name, two at once in two tabs, each with the page of the role."""
    people = {
        "jo": {"role": "operator", "name": "Jo ESSAI"},
        "hugo": {"role": "platform", "name": "Hugo ESSAI", "key": "essai-plateforme"},
    }
    with live_house(tmp_path_factory.mktemp("local"), local_people=people) as house:
        watching, asking = browsing.new_page(), browsing.new_page()
        for page, path, name in (
            (watching, "/console/veille.html", "Jo ESSAI, exploitant"),
            (asking, "/console/infirmiere.html", "Hugo ESSAI, plateforme"),
        ):
            page.goto(house.url + path)
            page.locator("#sign-in").click()
            page.get_by_role("button", name=name).click()
            expect(page.locator("#sheet")).to_be_visible()
        watching.reload()
        expect(watching.locator("header .who")).to_contain_text("Jo ESSAI (exploitant)")
        expect(asking.locator("header .who")).to_contain_text("Hugo ESSAI (plateforme)")
