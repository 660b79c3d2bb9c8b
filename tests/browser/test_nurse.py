"""The nurse's screen, in a real Chromium, over a gateway that can be cut, a CRRA's simulator and its people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.sync_api import expect

from gateway.doors.interventions.table import NEW_ROUTE
from tests.browser.conftest import sheet
from tests.servers.live_house import OPERATOR, PLATFORM, REAL, LiveHouse, live_house

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

NOT_SENT = "Demande non transmise. Appelez le 15."
REFERENCE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}")


@pytest.fixture(scope="module")
def shared_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHouse]:
    """A gateway, its CRRA, its route."""
    with live_house(tmp_path_factory.mktemp("infirmiere")) as opened:
        yield opened


@pytest.fixture
def house(shared_house: LiveHouse) -> Iterator[LiveHouse]:
    """The same for all, its route as it was."""
    yield shared_house
    shared_house.route()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh sheet; no script of it may fail, whatever the network does."""
    with sheet(browser) as opened:
        yield opened


def opened(page: Page, house: LiveHouse, *, by: str | None = None) -> None:
    """Open the screen as its printed address does."""
    page.goto(f"{house.url}/console/infirmiere.html#cle={by or house.keys[PLATFORM]}")
    expect(page.locator("#ask")).to_be_visible()


def asked(page: Page) -> str:
    """Click, and read the reference."""
    page.locator("#ask").click()
    expect(page.locator("#reference")).to_have_text(REFERENCE)
    return page.locator("#reference").inner_text()


def test_one_click_gives_the_reference_and_the_live_status(page: Page, house: LiveHouse) -> None:
    """What the CRRA shows under that reference, each step of its people on the screen, and no alarm."""
    opened(page, house)
    reference = asked(page)
    status = page.locator("#status")
    expect(status).to_contain_text("dossier")
    assert house.held()[reference]["demande"]["patient"]["nom"] == "TESTE"
    expect(status).to_contain_text("reçue par le logiciel du SAMU")
    for words in ("Demande affichée au SAMU", "Dossier ouvert au SAMU", "Moyen engagé"):
        house.advance(reference)
        expect(status).to_contain_text(words)
    expect(status).to_contain_text("prise en charge, dossier n°")
    expect(page.locator("#history li").last).to_contain_text("Moyen engagé")
    expect(page.locator("#since")).to_have_text(re.compile(r"depuis \d+ s, vérifié il y a \d+ s"))
    expect(page.locator("#failure")).to_be_hidden()
    expect(page.locator("#warnings-part")).to_be_hidden()


def test_warnings_are_said_in_words_and_block_nothing(page: Page, house: LiveHouse) -> None:
    """A telephone in words and a year that is none: the request goes, with a sentence and the field for each."""
    opened(page, house)
    page.get_by_label("Téléphone du patient").fill("zéro six")
    page.get_by_label("Année de naissance").fill("52")
    asked(page)
    said = page.locator("#warnings")
    expect(said).to_contain_text("Ce numéro de téléphone n’est pas lisible")
    expect(said).to_contain_text("(patient.phone)")
    expect(said).to_contain_text("La date ou l’année de naissance n’est pas plausible")


def test_a_missing_route_is_said_across_the_screen(page: Page, house: LiveHouse) -> None:
    """The words, as wide as the page, with why; and the same click goes through once the way is there."""
    house.route("DELETE")
    opened(page, house)
    page.locator("#ask").click()
    expect(page.locator("#failure-words")).to_have_text(NOT_SENT)
    expect(page.locator("#failure-why")).to_contain_text("Aucun SAMU n’est relié")
    box = page.locator("#failure").bounding_box()
    assert box
    assert box["width"] >= 1260
    assert page.locator("#failure").get_attribute("role") == "alert"
    house.route()
    asked(page)
    expect(page.locator("#failure")).to_be_hidden()


def test_a_gateway_that_stopped_is_said_across_the_screen(page: Page, tmp_path: Path) -> None:
    """Nobody listens any more: the words, why, and no reference."""
    with live_house(tmp_path) as house:
        opened(page, house)
    page.locator("#ask").click()
    expect(page.locator("#failure-words")).to_have_text(NOT_SENT)
    expect(page.locator("#failure-why")).to_have_text("La passerelle ne répond pas.")
    expect(page.locator("#answer")).to_be_hidden()


def test_silence_after_the_click_is_told_and_ends(page: Page, house: LiveHouse) -> None:
    """A cut network does not deny what was accepted: it says what is known; when it is back, the words go."""
    opened(page, house)
    reference = asked(page)
    page.context.set_offline(True)
    expect(page.locator("#failure-words")).to_contain_text("Sans nouvelle de la passerelle", timeout=20_000)
    expect(page.locator("#failure-words")).to_contain_text("appelez le 15")
    expect(page.locator("#failure-why")).to_contain_text(reference)
    page.context.set_offline(False)
    expect(page.locator("#failure")).to_be_hidden()


@pytest.mark.parametrize("status", [200, 502])
def test_an_answer_of_somebody_else_is_a_failure(page: Page, house: LiveHouse, status: int) -> None:
    """The page of a hotel's network, or of a proxy: nothing was sent, whatever its status says."""
    opened(page, house)
    page.route("**/v1/interventions", lambda route: route.fulfill(status=status, body="<h1>Bienvenue</h1>"))
    page.locator("#ask").click()
    expect(page.locator("#failure-words")).to_have_text(NOT_SENT)


def test_a_slow_answer_counts_its_seconds_then_fails(page: Page, house: LiveHouse) -> None:
    """While it waits it says since when and until when; a second click meanwhile sends nothing more."""
    opened(page, house)
    sent: list[str] = []
    page.route("**/v1/interventions", lambda route: sent.append(route.request.url))
    page.locator("#ask").click()
    expect(page.locator("#sending")).to_have_text("Envoi en cours : 1 s (abandon à 5 s)")
    page.locator("#ask").dispatch_event("click")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#failure-words")).to_have_text(NOT_SENT, timeout=10_000)
    expect(page.locator("#sending")).to_have_text("")
    assert len(sent) == 1


def test_a_click_made_again_after_a_lost_answer_is_the_same_request(page: Page, house: LiveHouse) -> None:
    """The gateway had it, the answer was cut: the second click gets the stored answer, the CRRA one dossier."""
    opened(page, house)
    before = set(house.held())
    page.route("**/v1/interventions", lambda route: (route.fetch(), route.abort()), times=1)
    page.locator("#ask").click()
    expect(page.locator("#failure-words")).to_have_text(NOT_SENT)
    reference = asked(page)
    expect(page.locator("#status")).to_contain_text("dossier")
    assert set(house.held()) - before == {reference}
    expect(page.locator("#warnings")).not_to_contain_text("nouvelle version")


def test_a_key_of_the_real_sends_nothing(page: Page, house: LiveHouse) -> None:
    """An invented patient never reaches a real CRRA: the key is refused at the entry, in words."""
    page.goto(f"{house.url}/console/infirmiere.html")
    for wrong in (house.keys[REAL], "pk_personne_" + "a" * 43, house.keys[OPERATOR]):
        page.locator("#key").fill(wrong)
        page.keyboard.press("Enter")
        expect(page.locator("#entry-error")).not_to_have_text("")
        expect(page.locator("#sheet")).to_be_hidden()
    expect(page.locator("#key")).to_be_focused()


def test_a_refusal_of_the_crra_is_told_with_the_telephone(page: Page, house: LiveHouse) -> None:
    """The reason in words, the instruction across the screen, and the way to a new request."""
    opened(page, house)
    reference = asked(page)
    expect(page.locator("#status")).to_contain_text("dossier")
    house.advance(reference, etat="REFUSEE", motif="HORS_SECTEUR")
    expect(page.locator("#failure-words")).to_contain_text("appelez le 15")
    expect(page.locator("#failure-why")).to_contain_text("pas du secteur")
    expect(page.locator("#cancel")).to_be_hidden()
    page.locator("#again").click()
    assert asked(page) != reference


def test_a_cancellation_is_asked_twice_and_told(page: Page, house: LiveHouse) -> None:
    """One slip does not cancel; the confirmed one does, and a cancellation that does not get through says so."""
    opened(page, house)
    asked(page)
    page.locator("#cancel").click()
    page.locator("#cancel-not").click()
    expect(page.locator("#cancel")).to_be_focused()
    page.route("**/cancel", lambda route: route.abort(), times=1)
    page.locator("#cancel").click()
    page.locator("#cancel-sure").click()
    expect(page.locator("#failure-words")).to_have_text("Annulation non transmise. Appelez le 15.")
    page.locator("#cancel").click()
    page.locator("#cancel-sure").click()
    expect(page.locator("#status")).to_contain_text("Demande annulée")
    expect(page.locator("#failure")).to_be_hidden()


def test_the_keyboard_does_it_all(page: Page, house: LiveHouse) -> None:
    """Enter in a field sends nothing; Ctrl+Enter sends; the reference then has the focus; the key is nowhere in the page."""
    page.goto(f"{house.url}/console/infirmiere.html")
    expect(page.locator("#key")).to_be_focused()
    page.keyboard.type(house.keys[PLATFORM])
    page.keyboard.press("Enter")
    expect(page.locator("#patient-title")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_be_hidden()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#reference-title")).to_be_focused()
    assert house.keys[PLATFORM] not in page.content()
    # Which session is this tab's, which opens nothing by itself.
    assert page.evaluate("[localStorage.length, Object.keys(sessionStorage), document.cookie]") == [
        0,
        ["passerelle-session"],
        "",
    ]
    assert re.fullmatch("[0-9a-f]{12}", page.evaluate("sessionStorage.getItem('passerelle-session')"))


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (820, 1180), (1180, 820), (390, 844), (768, 1024)])
def test_the_screen_holds_on_a_desk_and_on_a_tablet(page: Page, house: LiveHouse, width: int, height: int) -> None:
    """Nothing is cut sideways, the button then the reference are in sight without scrolling, and a finger does not miss it."""
    page.set_viewport_size({"width": width, "height": height})
    opened(page, house)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator("#ask").bounding_box()
    assert box
    assert box["y"] + box["height"] <= height
    assert box["height"] >= 60
    asked(page)
    box = page.locator("#reference").bounding_box()
    assert box
    assert box["y"] + box["height"] <= height


def test_every_field_has_a_name_that_is_read_aloud(page: Page, house: LiveHouse) -> None:
    """No control without an accessible name; headings, language and live regions are there."""
    opened(page, house)
    for field in page.locator("input:visible, select:visible, textarea:visible, button:visible").all():
        assert field.evaluate("node => (node.labels?.[0]?.textContent ?? node.textContent).trim()")
    assert page.locator("html").get_attribute("lang") == "fr"
    assert page.locator("#status").get_attribute("role") == "status"


def test_nobody_answering_is_said_across_the_screen_until_somebody_does(page: Page, tmp_path: Path) -> None:
    """The CRRA's software has it and nobody opens it: after the delay, the words and the telephone; the answer takes them away."""
    times = {"alarm_seconds": 5, "follow_seconds": 0.2}
    with live_house(tmp_path, interventions=times) as house:
        opened(page, house)
        reference = asked(page)
        expect(page.locator("#failure-words")).to_have_text("Pas de réponse du SAMU, appelez le 15.", timeout=20_000)
        house.advance(reference)
        house.advance(reference)
        expect(page.locator("#status")).to_contain_text("Dossier ouvert au SAMU")
        expect(page.locator("#failure")).to_be_hidden()
        steps = page.locator("#history li").all_inner_texts()
        said = [step.split(" ", 1)[1] for step in steps]
        assert len(said) == len(set(said)), said


def test_a_samu_that_cannot_be_reached_is_said_in_seconds_with_its_number(page: Page, tmp_path: Path) -> None:
    """Nobody listens at the CRRA's address: long before the delay is over, the words, and the number of that SAMU."""
    nowhere = {"link": {"url": "http://127.0.0.1:9", "mode": "Exercise"}}
    with live_house(tmp_path, lrm=nowhere) as house:
        body = {**NEW_ROUTE, "phone": "01 64 00 00 15"}
        operator = {"Authorization": f"Bearer {house.keys[OPERATOR]}"}
        assert httpx.put(f"{house.url}/v1/routes/essai", headers=operator, json=body, trust_env=False).is_success
        opened(page, house)
        asked(page)
        expect(page.locator("#failure-words")).to_have_text("SAMU injoignable, appelez le 15.", timeout=12_000)
        expect(page.locator("#failure-why")).to_have_text("SAMU 77 : 01 64 00 00 15")
        expect(page.locator("#status")).to_contain_text("Demande enregistrée")
