"""The studio, in a real Chromium, over a gateway as an operator starts it, with a folder of the deployment's own."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import sheet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

EXPECTED = r"status of 40[13]"  # a key that may not
LISTENING = re.compile(r"écoute, mode EXERCICE : (http://\S+)")
PASSERELLE = [sys.executable, "-m", "gateway"]


class Gateway(NamedTuple):
    """One that is listening."""

    url: str
    key: str
    """Of an integrator."""
    other: str
    """Of the portal."""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with a folder of mappings of its own."""
    folder: Path = tmp_path_factory.mktemp("atelier")
    (folder / "correspondances").mkdir()
    settings = folder / "passerelle.toml"
    settings.write_text(
        f'mode = "Exercise"\nmapping_dirs = ["{folder}/correspondances"]\n'
        f'[server]\nport = 0\n[store]\nurl = "sqlite:///{folder}/p.sqlite3"\n',
        encoding="utf-8",
    )
    options = ["--settings", str(settings)]
    keys = {}
    for scope in ("integrator", "portal"):
        verb = ["key", "new", f"essai-{scope}", "--scope", scope, "--mode", "Exercise"]
        made = subprocess.run([*PASSERELLE, *verb, *options], capture_output=True, text=True, check=True)
        keys[scope] = made.stdout.strip()
    with subprocess.Popen(
        [*PASSERELLE, "serve", *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        try:
            found = next((address for line in process.stdout if (address := LISTENING.search(line))), None)
            assert found, "the gateway did not say where it listens"
            yield Gateway(found[1], keys["integrator"], keys["portal"])
        finally:
            process.send_signal(signal.SIGINT)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh sheet at the smallest supported size, whose console must stay silent: no error, no refusal of the policy."""
    with sheet(browser, forgiven=EXPECTED) as opened:
        yield opened


def enter(page: Page, gateway: Gateway) -> Locator:
    """Open the studio with the key, by the form; gives the editor."""
    page.goto(f"{gateway.url}/console/studio.html")
    page.locator("#key").fill(gateway.key)
    page.keyboard.press("Enter")
    expect(page.locator("#verdict")).to_have_text("sivic/personne@1 : aucun défaut")
    expect(page.locator("#result-state")).to_have_text("Document produit.")
    return page.locator(".cm-content")


def put_cursor(page: Page, after: str) -> None:
    """Place the cursor right after a text of the rules, as a person does: by the editor's own search."""
    page.locator(".cm-content").focus()
    page.keyboard.press("Control+f")
    search = page.locator(".cm-search [name=search]")
    expect(search).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type(after)
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")


def test_a_misspelt_path_is_told_in_place_and_mended(page: Page, gateway: Gateway) -> None:
    """The fault stands under its line and in the list, with what was meant; one gesture writes it."""
    enter(page, gateway)
    put_cursor(page, "from: victim.sev")
    page.keyboard.press("Backspace")
    meant = "champ inconnu « victim.seerity », vouliez-vous « victim.severity » ?"
    expect(page.locator(".cm-fault")).to_have_text(f"✗ {meant}")
    expect(page.locator("#faults-state")).to_have_text("1 défaut")
    expect(page.locator("#faults-list li")).to_contain_text(meant)
    expect(page.locator("#faults-list button")).to_have_text(re.compile(r"texte:\d+:\d+"))
    expect(page.locator("#verdict")).to_have_text("1 défaut")
    page.locator(".cm-lintRange-error").hover()
    page.get_by_role("button", name="Écrire « victim.severity »").click()
    expect(page.locator("#verdict")).to_have_text("sivic/personne@1 : aucun défaut")
    expect(page.locator(".cm-fault")).to_have_count(0)


def test_completion_offers_paths_tables_and_codes(page: Page, gateway: Gateway) -> None:
    """A path as soon as it is begun; a table by name; in a condition, the codes that the field may have."""
    enter(page, gateway)
    put_cursor(page, "from: victim.severity")
    for _ in "erity":
        page.keyboard.press("Backspace")
    page.keyboard.type("e")
    offers = page.locator(".cm-tooltip-autocomplete li")
    expect(offers.filter(has_text="victim.severity")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#verdict")).to_have_text("sivic/personne@1 : aucun défaut")
    page.keyboard.type(", when: \"victim.severity == '")
    expect(offers.first).to_be_visible()
    expect(page.locator(".cm-completionLabel")).to_have_text(["DCD", "IMP", "NC", "UA", "UR"])
    page.keyboard.press("Escape")
    put_cursor(page, "table: sivic/cat")
    page.keyboard.press("Control+Space")
    expect(offers.filter(has_text="sivic/categorie")).to_have_count(1)


def test_the_result_follows_the_rules_and_the_document(page: Page, gateway: Gateway) -> None:
    """A changed rule changes the value beside it; so does a changed document; a broken document is told."""
    enter(page, gateway)
    row = page.locator("#values-body tr", has=page.get_by_text("personne.situation", exact=True))
    expect(row).to_have_count(1)
    put_cursor(page, "from: victim.id")
    page.keyboard.type("x")
    expect(page.locator("#result-state")).to_have_text("Résultat du dernier texte sans défaut.")
    page.keyboard.press("Backspace")
    expect(page.locator("#result-state")).to_have_text("Document produit.")
    put_cursor(page, "from: revision")
    for _ in "from: revision":
        page.keyboard.press("Backspace")
    page.keyboard.type("value: 4242")
    version = page.locator("#values-body tr", has=page.get_by_text("personne.version", exact=True))
    expect(version.locator(".value")).to_have_text("4242")
    expect(version).to_have_attribute("aria-current", "true")
    document = page.locator("#json")
    document.fill(document.input_value().replace('"id": "', '"id": "AUTRE-'))
    person = page.locator("#values-body tr", has=page.get_by_text("personne.idPersonne", exact=True))
    expect(person.locator(".value")).to_contain_text("AUTRE-")
    expect(page.locator("#document")).to_have_value("collé")
    document.fill("{")
    expect(page.locator("#source-state")).to_have_text("Ce texte n’est pas un objet JSON.")


def test_the_golden_pairs_turn_green_and_say_so(page: Page, gateway: Gateway) -> None:
    """Each pair says that it is right, in words; a rule that lies turns one to wrong, with the first field that differs."""
    enter(page, gateway)
    pairs = page.locator("#pairs-list li")
    expect(page.locator("#pairs-state")).to_have_text("7 sur 7 justes (sivic/personne@1)")
    assert all(text.startswith("✓ juste") for text in pairs.all_inner_texts())
    put_cursor(page, "to: evenement, from: event.id")
    for _ in "from: event.id":
        page.keyboard.press("Backspace")
    page.keyboard.type("value: FAUX")
    expect(page.locator("#pairs-state")).to_have_text("0 sur 7 justes (sivic/personne@1)")
    expect(pairs.first).to_contain_text("✗ fausse")
    expect(pairs.first).to_contain_text("« evenement » diffère")
    page.locator("#pairs-list button", has_text="ur-enfant").click()
    expect(page.locator("#document option:checked")).to_have_text("paire ur-enfant (@1)")


def test_the_victims_of_the_trial_event_are_there(page: Page, gateway: Gateway) -> None:
    """Every patient of the rugby match can be the document."""
    enter(page, gateway)
    trials = [one for one in page.locator("#document option").all_inner_texts() if one.startswith("essai : ")]
    assert len(trials) == 11
    page.locator("#document").select_option(label=trials[0])
    expect(page.locator("#result-state")).to_have_text("Document produit.")


def test_the_register_lends_its_documents_masked(page: Page, gateway: Gateway) -> None:
    """The last messages and one patient are offered; an empty register says so, and nobody is invented."""
    enter(page, gateway)
    page.locator("#document").select_option("messages")
    expect(page.locator("#source-state")).to_have_text("Aucun message de cette correspondance.")


def test_the_keyboard_does_everything(page: Page, gateway: Gateway) -> None:
    """F6 goes round the panes, Tab indents in the editor until Escape lets it leave, F8 goes to the next fault."""
    editor = enter(page, gateway)
    page.keyboard.press("F6")
    expect(page.locator("#source")).to_be_focused()
    page.keyboard.press("F6")
    expect(editor).to_be_focused()
    before = editor.inner_text()
    page.keyboard.press("Tab")
    expect(editor).to_be_focused()
    assert editor.inner_text() != before
    page.keyboard.press("Control+z")
    page.keyboard.press("Escape")
    expect(page.locator("#rules-help")).to_have_text("Tab quitte l’éditeur.")
    page.keyboard.press("Tab")
    expect(editor).not_to_be_focused()
    expect(page.locator("#next")).to_be_focused()
    page.keyboard.press("Shift+F6")
    expect(page.locator("#source")).to_be_focused()
    page.keyboard.press("F6")
    expect(editor).to_be_focused()
    put_cursor(page, "from: victim.nir")
    page.keyboard.type("x")
    expect(page.locator("#faults-state")).to_have_text("1 défaut")
    page.keyboard.press("Control+Home")
    page.keyboard.press("F8")
    expect(page.locator(".cm-activeLine")).to_contain_text("victim.nirx")


def test_a_version_is_written_compared_kept_activated_and_taken_back(page: Page, gateway: Gateway) -> None:
    """Nothing is in force before somebody read what changes and said why; the way back is one gesture."""
    enter(page, gateway)
    page.locator("#next").click()
    expect(page.locator("#verdict")).to_have_text("sivic/personne@2 : aucun défaut")
    put_cursor(page, "from: victim.localisation.name")
    for _ in "from: victim.localisation.name":
        page.keyboard.press("Backspace")
    page.keyboard.type("value: ESSAI")
    expect(page.locator("#verdict")).to_have_text("1 défaut")  # a constant is never optional
    for _ in range(len(", optional: true")):
        page.keyboard.press("Delete")
    expect(page.locator("#verdict")).to_have_text("sivic/personne@2 : aucun défaut")
    page.locator("#why").fill("essai de l’atelier")
    page.locator("#activate").click()
    expect(page.locator("#told")).to_contain_text("Ce texte n’est pas gardé")
    page.keyboard.press("Control+s")
    expect(page.locator("#told")).to_have_text("sivic/personne@2 est gardée. Elle n’est pas encore en vigueur.")
    page.locator("#activate").click()
    expect(page.locator("#told")).to_have_text("Voici ce qui change. Appuyez encore pour mettre en vigueur.")
    expect(page.locator("#difference table").first).to_contain_text("personne.localisation")
    page.locator("#activate").click()
    expect(page.locator("#told")).to_have_text("En vigueur pour sivic.victim : sivic/personne@2.")
    expect(page.locator("#history li").first).to_contain_text("par essai-integrator : essai de l’atelier")
    page.locator("#why").fill("fin de l’essai")
    page.locator("#back").click()
    expect(page.locator("#told")).to_have_text("En vigueur pour sivic.victim : sivic/personne@1.")


def test_everything_fits_on_the_smallest_screen(page: Page, gateway: Gateway) -> None:
    """At 1280 by 800 nothing of the page is outside it, and every pane has room."""
    enter(page, gateway)
    assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [1280, 800]
    for name in ("source", "rules", "result", "faults", "pairs", "versions"):
        box = page.locator(f"#{name}").bounding_box()
        assert box, name
        assert box["width"] >= 240, name
        assert box["height"] >= 180, name


def test_every_control_has_a_name(page: Page, gateway: Gateway) -> None:
    """Who does not see the page hears what each control is."""
    enter(page, gateway)
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('input, select, textarea, button')].filter((one) =>
        !one.labels?.length && !one.textContent.trim() && !one.getAttribute('aria-label')).map((one) => one.id)"""
    )
    assert unnamed == []
    expect(page.get_by_role("textbox", name="Règles de la correspondance, en YAML")).to_be_visible()


def test_the_key_and_the_policy_stay_whole(page: Page, gateway: Gateway) -> None:
    """The key is in the page's memory only; no inline style or script is let in for the editor's sake."""
    enter(page, gateway)
    assert gateway.key not in page.content()
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie.length]") == [0, 0, 0]
    policy = page.request.get(f"{gateway.url}/console/studio.html").headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "style-src 'self';" in policy


def test_a_key_that_may_not_is_told_in_words(page: Page, gateway: Gateway) -> None:
    """A key that is not in force, or of another scope: the form stays, with a sentence and the focus in it."""
    page.goto(f"{gateway.url}/console/studio.html")
    for key, told in (
        ("pk_essai_" + "x" * 43, "en vigueur est nécessaire"),
        (gateway.other, "n’ouvre pas cette porte"),
    ):
        page.locator("#key").fill(key)
        page.keyboard.press("Enter")
        expect(page.locator("#entry-error")).to_contain_text(told)
        expect(page.locator("#key")).to_be_focused()
