"""The hub's page, in a real Chromium: a message judged part by part in French, a case followed by its five stages, by keyboard alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import create_engine

from gateway.doors.hub.examples import CASE
from gateway.register import Register
from gateway.register.hub.messages import HubCase, HubStep, Step
from tests.browser.conftest import sheet
from tests.gateway.hub_house import OURS, SAMU, VHOST, hub_section
from tests.hubsante.hub_messages import full_envelope, message_of, models
from tests.servers.live_house import OPERATOR, PLATFORM, LiveHouse, live_house
from tests.shared_material import shared

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

AT = datetime(2020, 9, 1, 15, 0, tzinfo=UTC)
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh sheet at the smallest supported size; no script of it may fail."""
    with sheet(browser) as opened:
        yield opened


def open_page(page: Page, house: LiveHouse) -> None:
    """Open it as its printed address does."""
    page.goto(f"{house.url}/console/hub.html#cle={house.keys[OPERATOR]}")
    expect(page.locator("#message")).to_be_focused()
    assert house.keys[OPERATOR] not in page.url


def case() -> dict[str, Any]:
    """A valid RS-EDA whose nature has the label of another code."""
    tree = full_envelope(models(3), models(3).named("RS-EDA"))
    wrong = {"code": "C02.05.01", "label": "Libellé d’une autre"}
    message_of(tree)["createCaseHealth"]["qualification"] = {"whatsHappen": wrong}
    return tree


def test_a_message_is_judged_part_by_part_with_the_official_models(page: Page, tmp_path: Path) -> None:
    """Typed, checked by the keyboard: each fault in its part with its path in French; a wrong label is shown and refuses nothing."""
    with live_house(tmp_path, hub=hub_section(models_dir=shared("hubsante"))) as house:
        open_page(page, house)
        tree = case()
        page.locator("#message").fill(json.dumps(tree))
        page.keyboard.press("Control+Enter")
        expect(page.locator("#verdict")).to_contain_text("Conforme (RS-EDA")
        expect(page.locator(".part", has_text="Contenu")).to_contain_text("À voir, sans refus")
        del tree["descriptor"]["explicitAddress"]["explicitAddressValue"]
        message_of(tree)["createCaseHealth"]["creation"] = "2026-03-01T10:00:00Z"
        message_of(tree)["kind"] = "Autre"
        page.locator("#message").fill(json.dumps(tree))
        page.keyboard.press("Control+Enter")
        expect(page.locator("#verdict")).to_contain_text("Refusé")
        for part, path in (
            ("Enveloppe", "descriptor.explicitAddress.explicitAddressValue"),
            ("En-tête", "kind"),
            ("Contenu", "createCaseHealth.creation"),
        ):
            drawn = page.locator(".part", has=page.get_by_role("heading", name=part))
            expect(drawn).to_contain_text("1 faute")
            expect(drawn.locator("code").first).to_have_text(path)
        expect(page.locator("#notice")).to_be_hidden()


def test_a_file_is_judged_as_it_is_dropped(page: Page, tmp_path: Path) -> None:
    """A chosen file is checked at once; what is no message at all is said to be so."""
    with live_house(tmp_path, hub=hub_section(models_dir=shared("hubsante"))) as house:
        open_page(page, house)
        file = tmp_path / "entites.xml"
        file.write_text('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', encoding="utf-8")
        page.locator("#file").set_input_files(file)
        expect(page.locator("#verdict")).to_contain_text("Refusé")
        expect(page.locator(".part.whole")).to_contain_text("Document : 1 faute")


def test_without_models_our_own_rules_are_applied_and_said_to_be_alone(page: Page, tmp_path: Path) -> None:
    """A clear sentence, and the faults that need no schema."""
    with live_house(tmp_path) as house:
        open_page(page, house)
        tree = {"distributionID": "fr.health.samu330_1", "senderID": "fr.health.samu400", "content": []}
        page.locator("#message").fill(json.dumps(tree))
        page.keyboard.press("Control+Enter")
        expect(page.locator("#notice")).to_contain_text("hub.models_dir")
        expect(page.locator(".part.bad")).to_contain_text(["dateTimeSent"])
        page.locator("#message").fill("[1]")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#verdict")).to_contain_text("Refusé")


def test_a_case_is_followed_by_its_five_stages(page: Page, tmp_path: Path) -> None:
    """From the list to its timeline by the keyboard: what left, how far it went, what went wrong."""
    with live_house(tmp_path, hub=hub_section()) as house:
        with create_engine(f"sqlite:///{tmp_path / 'passerelle.sqlite3'}").begin() as connection:
            hub = Register(connection).hub
            hub.open_case(
                HubCase(
                    CASE, ours=False, lane=None, topic=None, scope=None, reference=None,
                    vhost=VHOST, partner=SAMU, owner=SAMU, status="ACTIF",
                ),
                AT,
            )  # fmt: skip
            for step, use_case in ((Step.PUBLISHED, "resourcesRequest"), (Step.AT_HUB, None), (Step.RECEIVED, None)):
                hub.add(HubStep(f"{OURS}_1", CASE, step, None, None, AT, use_case))
            hub.add(HubStep(f"{OURS}_1", CASE, Step.REFUSED, 702, SAMU, AT))
        open_page(page, house)
        page.get_by_role("button", name=f"Chronologie : {CASE}").press("Enter")
        expect(page.locator("#timeline")).to_be_focused()
        line = page.locator("#timeline-body tr")
        expect(line).to_contain_text("→ RS-DR")
        expect(line.locator("td.good")).to_have_count(3)
        expect(line.locator("td[aria-label='pas encore lu']")).to_have_count(1)
        expect(line.locator("td.bad")).to_have_text("refusé (702)")
        page.keyboard.press("/")
        expect(page.locator("#case")).to_be_focused()
        page.locator("#case").fill("fr.health.samu330.INCONNU")
        page.keyboard.press("Enter")
        expect(page.locator("#cases-state")).to_contain_text("pas connu")


def test_a_key_of_another_scope_is_refused_in_words(page: Page, tmp_path: Path) -> None:
    """And the sheet stays closed."""
    with live_house(tmp_path) as house:
        page.goto(f"{house.url}/console/hub.html#cle={house.keys[PLATFORM]}")
        expect(page.locator("#entry-error")).to_contain_text("ni celle d’un exploitant")
        expect(page.locator("#sheet")).to_be_hidden()
