"""Decisions about people on the page, by a real Chromium: somebody whom nobody knew is created, two identities are exchanged and put back."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.sync_api import expect

from domain.mode import Mode
from domain.source import Source
from gateway import clock
from gateway.register.victims.unknown_persons import UnknownPerson
from gateway.security.keys import Scope, new_key
from tests.browser.conftest import sheet
from tests.servers.live_house import live_house

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.servers.live_house import LiveHouse

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

NUMBER = "FR825NOVI0000TR100009"
WORD: Any = {"message_id": "m1", "news": "presence", "sinus_number": NUMBER, "severity": "UA"}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh sheet, whose console must stay silent."""
    with sheet(browser) as opened:
        yield opened


@contextmanager
def crisis(folder: Path) -> Iterator[tuple[LiveHouse, httpx.Client, str]]:
    """A gateway with an open event, its portal, and the key that opens the page."""
    with live_house(folder) as house:
        key = new_key("essai-portail", Scope.PORTAL, Mode.EXERCISE)
        house.write(lambda register: register.keys.add(key, clock.now()))
        headers = {"Authorization": f"Bearer {key.key}"}
        with httpx.Client(base_url=house.url, headers=headers, trust_env=False) as portal:
            event = {"id": "evt", "name": "Essai", "type": "ACEL", "mode": "Exercise"}
            assert portal.post("/v1/events", json=event).status_code == 201
            yield house, portal, key.key


def test_a_person_that_sinus_had_first_is_created_from_the_page(page: Page, tmp_path: Path) -> None:
    """The section is there only while somebody waits; a reason is asked for; the new patient bears the number."""
    with crisis(tmp_path) as (house, portal, key):
        page.goto(f"{house.url}/#cle={key}&evenement=evt")
        expect(page.locator("#event-name")).to_have_text("Essai")
        expect(page.locator("#tasks")).to_be_hidden()

        now = clock.now()
        person = UnknownPerson("t1", "evt", Mode.EXERCISE, Source.SINUS, "sinus", "unknown_person", (WORD,), now, now)
        house.write(lambda register: register.unknown_persons.keep(person))
        expect(page.locator("#tasks-state")).to_have_text("Une personne attend une décision.", timeout=15000)
        expect(page.locator("#tasks-list h3")).to_have_text("SINUS : ne correspond à personne ici")
        page.locator("#reason-t1").fill("Bracelet du terrain.")
        page.get_by_role("button", name="Créer un patient").click()
        expect(page.locator("#tasks")).to_be_hidden(timeout=15000)
        (created,) = portal.get("/v1/events/evt/patients").json()["patients"]
        assert created["sinus_number"] == NUMBER


def test_two_identities_are_exchanged_from_a_record_and_put_back(page: Page, tmp_path: Path) -> None:
    """The other person is designated by the bracelet; the same act once more undoes it."""
    with crisis(tmp_path) as (house, portal, key):
        for name, family, number in (("p1", "ESSAI-UN", "FR825NOVI0000TR100001"), ("p2", "ESSAI-DEUX", NUMBER)):
            document = {"severity_entry": "UR", "used_name": family, "sinus_number": number}
            assert portal.put(f"/v1/events/evt/patients/{name}", json=document).is_success
        page.goto(f"{house.url}/?patient=p1#cle={key}&evenement=evt")
        for shown in ("ESSAI-DEUX", "ESSAI-UN"):
            page.locator("#person details").evaluate("(part) => { part.open = true; }")
            page.locator("#repair-other").fill(NUMBER)
            page.locator("#repair-reason").fill("Papiers confondus.")
            page.locator("#repair-swap").click()
            expect(page.locator("#repair-told")).to_contain_text("Identités échangées")
            expect(page.locator("#person-title")).to_contain_text(shown)
