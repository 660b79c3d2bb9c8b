"""The operator's watch, in a real Chromium: what is wrong is said in words, and what is decided is shown before it is done."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.sync_api import expect

from adapters.lrm.hubsante.inbound import Ids, ReceivedMessage
from adapters.lrm.hubsante.reading.content import shipped_reading
from adapters.lrm.hubsante.reading.contract import messages
from adapters.lrm.hubsante.reading.fitting import fit
from gateway.doors.interventions.table import CLICK
from gateway.hub.phone import note_phone_case
from tests.browser.conftest import sheet
from tests.servers.live_house import OPERATOR, PLATFORM, LiveHouse, live_house

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[LiveHouse]:
    """A gateway, its CRRA, its route; it tries twice, and looks for alarms often."""
    with live_house(tmp_path, watch={"look_seconds": 0.2}, delivery={"schedule": [0.1]}) as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh sheet at the smallest supported size; no script of it may fail."""
    with sheet(browser) as opened:
        yield opened


def opened(page: Page, house: LiveHouse) -> None:
    """Open the watch as its printed address does."""
    page.goto(f"{house.url}/console/veille.html#cle={house.keys[OPERATOR]}")
    expect(page.locator("#alarms-state")).not_to_be_empty()


def click(house: LiveHouse, name: str) -> dict[str, Any]:
    """A platform asks for the SAMU."""
    headers = {"Authorization": f"Bearer {house.keys[PLATFORM]}"}
    body = {**CLICK, "request_id": name}
    answer = httpx.post(f"{house.url}/v1/interventions", headers=headers, json=body, trust_env=False)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def script(house: LiveHouse, *faults: dict[str, Any]) -> None:
    """What the CRRA's software will answer."""
    assert httpx.post(f"{house.lrm}/_sandbox/faults", json=list(faults), trust_env=False).is_success


def test_a_calm_house_says_so(page: Page, house: LiveHouse) -> None:
    """Nothing wrong, nothing to decide, each destination up to date, the mode in words, the key no longer in the address."""
    opened(page, house)
    expect(page.locator("#alarms-state")).to_have_text("Aucune alarme.")
    expect(page.locator("#parked-state")).to_have_text("Rien n’attend de décision.")
    expect(page.locator("#mode")).to_have_text("EXERCICE")
    expect(page.locator("#links-body tr", has_text="LRM")).to_contain_text("à jour")
    assert house.keys[OPERATOR] not in page.url


def test_a_parked_request_is_alarmed_and_replayed_from_the_page(page: Page, house: LiveHouse) -> None:
    """Its cause in words, a dry run beside the decision, then it reaches the CRRA and the alarm is over."""
    script(house, {"fault": "wrong_answer", "times": 2})
    reference = click(house, "essai-garee")["reference"]
    opened(page, house)
    expect(page.locator("#alarms-list")).to_contain_text("demande d’intervention sans réponse lisible")
    page.locator("#parked-list").get_by_role("button", name=re.compile("Rejouer")).click()
    expect(page.locator("#decision-facts")).to_contain_text("octets")
    assert reference not in house.held()
    page.locator("#decision-do").click()
    expect(page.locator("#told")).to_have_text("1 envoi(s) rejoué(s) sur 1.")
    expect(page.locator("#parked-state")).to_have_text("Rien n’attend de décision.")
    expect(page.locator("#alarms-state")).to_have_text("Aucune alarme.", timeout=15000)
    assert reference in house.held()


def test_what_is_abandoned_has_a_reason(page: Page, house: LiveHouse) -> None:
    """Without a reason nothing is done; with one, the message is kept as discarded with who and why."""
    script(house, {"fault": "wrong_answer", "times": 2})
    click(house, "essai-abandon")
    opened(page, house)
    page.locator("#parked-list").get_by_role("button", name=re.compile("Abandonner")).click()
    page.locator("#decision-do").click()
    expect(page.locator("#decision")).to_be_visible()
    page.locator("#decision-reason").fill("traitée par téléphone")
    page.keyboard.press("Enter")
    expect(page.locator("#told")).to_have_text("1 envoi(s) abandonné(s) sur 1.")
    path = f"{house.url}/v1/outbox/messages?status=discarded"
    headers = {"Authorization": f"Bearer {house.keys[OPERATOR]}"}
    (kept,) = httpx.get(path, headers=headers, trust_env=False).json()["messages"]
    assert (kept["decided_by"], kept["decision"]) == (OPERATOR, "traitée par téléphone")


def test_a_destination_is_suspended_and_goes_on(page: Page, house: LiveHouse) -> None:
    """Who suspended it, since when and why are on the line; what waited leaves when it goes on."""
    opened(page, house)
    line = page.locator("#links-body tr", has_text="LRM")
    line.get_by_role("button").click()
    page.locator("#decision-reason").fill("maintenance")
    page.locator("#decision-do").click()
    expect(line).to_contain_text(f"suspendu par {OPERATOR}")
    expect(line).to_contain_text("maintenance")
    reference = click(house, "essai-suspendue")["reference"]
    expect(line.locator("td").nth(1)).to_have_text("1")
    assert reference not in house.held()
    line.get_by_role("button", name=re.compile("Reprendre")).click()
    page.locator("#decision-do").click()
    expect(line).to_contain_text("à jour")
    assert reference in house.held()


def test_the_same_patient_asked_twice_stands_side_by_side(page: Page, house: LiveHouse) -> None:
    """Two references, one beside the other, in words that nobody merged them; a reference read on the phone finds its own."""
    first, second = (click(house, f"essai-double-{n}")["reference"] for n in (1, 2))
    opened(page, house)
    expect(page.locator("#requests-state")).to_contain_text("à comparer, jamais fusionnées")
    pair = page.locator("#requests-list .pair").first
    expect(pair).to_contain_text(first)
    expect(pair).to_contain_text(second)
    expect(page.locator("#requests-list > li")).to_have_count(1)
    page.keyboard.press("/")
    page.keyboard.type(first.lower())
    page.keyboard.press("Enter")
    expect(page.locator("#requests-list h3").first).to_contain_text(first)
    page.locator("#reference").fill("0000-0000")
    page.keyboard.press("Enter")
    expect(page.locator("#requests-state")).to_have_text("Aucune demande ne porte la référence 0000-0000.")


def test_after_a_reload_reading_goes_on_and_a_decision_asks_for_the_key(page: Page, house: LiveHouse) -> None:
    """The session only ever reads: the key is asked for again before anything changes."""
    opened(page, house)
    page.reload()
    line = page.locator("#links-body tr", has_text="LRM")
    line.get_by_role("button").click()
    page.locator("#decision-reason").fill("essai")
    page.locator("#decision-do").click()
    expect(page.locator("#decision")).to_be_visible()
    page.locator("#decision-key").fill(house.keys[OPERATOR])
    page.locator("#decision-do").click()
    expect(line).to_contain_text("suspendu par")


def test_a_job_asked_for_on_the_page_runs(page: Page, house: LiveHouse) -> None:
    """What had not run yet is asked for, and its line says that it is done; the page is as wide as a telephone."""
    page.set_viewport_size({"width": 390, "height": 800})
    opened(page, house)
    line = page.locator("#jobs-body tr", has_text="Retirer ce qui a été gardé assez longtemps")
    expect(line).to_contain_text("pas encore passé")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    line.get_by_role("button").click()
    page.locator("#decision-do").click()
    expect(page.locator("#told")).to_have_text("Retirer ce qui a été gardé assez longtemps : demandé.")
    expect(line).to_contain_text("fait", timeout=30_000)


def test_another_scope_is_told_in_words(page: Page, house: LiveHouse) -> None:
    """A platform's key opens nothing here, with a sentence and the focus where a key is asked for."""
    page.goto(f"{house.url}/console/veille.html#cle={house.keys[PLATFORM]}")
    expect(page.locator("#entry-error")).to_have_text("Cette clé n’est pas celle d’un exploitant.")
    expect(page.locator("#key")).to_be_focused()
    expect(page.locator("#sheet")).to_be_hidden()


def test_a_request_that_nobody_answers_is_an_alarm_with_its_reference(page: Page, tmp_path: Path) -> None:
    """In words, with the SAMU and the reference to say on the telephone; it ends by itself when the SAMU opens the record."""
    times = {"alarm_seconds": 5, "follow_seconds": 0.2}
    with live_house(tmp_path, interventions=times, watch={"look_seconds": 0.2}) as house:
        opened(page, house)
        reference = click(house, "essai-sans-reponse")["reference"]
        alarm = page.locator("#alarms-list li", has_text=reference)
        expect(alarm).to_contain_text("SAMU 77 : pas de réponse à la demande", timeout=20_000)
        house.advance(reference)
        house.advance(reference)
        expect(alarm).to_have_count(0, timeout=20_000)


def test_a_click_and_a_call_stand_side_by_side(page: Page, house: LiveHouse) -> None:
    """The SAMU's own case, under its own number, beside the request that it resembles: to compare, never merged."""
    reference = click(house, "essai-deux-fois")["reference"]
    place = {"city": {"inseeCode": "77288"}, "detailedAddress": {"complete": "12 rue de l’Exemple"}}
    names = {"nonStrictFeatures": {"lastName": "TESTE", "firstName": "Angèle"}}
    said = {"patient": [{"identity": {**names, "strictFeatures": {"birthDate": "1952-03-14"}}}], "location": place}
    case = "fr.health.samu077.DRFR77ESSAI"
    at = datetime.now(UTC)  # noqa: TID251 - the house lives in real time
    kind = messages()["createCaseHealth"]
    content = shipped_reading().read(kind, fit({"caseId": case, **said}, kind.node))
    received = ReceivedMessage(
        "vhost", "message", "json", b"", at, "id", None, "createCaseHealth", said, (), Ids(case=case), content
    )
    assert house.write(lambda register: note_phone_case(register, received, "Exercise"))
    opened(page, house)
    pair = page.locator("#requests-list .pair", has_text=reference)
    expect(pair).to_contain_text(f"Appel téléphonique – dossier {case}")
    assert pair.locator(".request").count() == 2
    expect(page.locator("#requests-state")).to_contain_text("jamais fusionnées")
