"""What must not start: settings that look safe and are not, two gateways on one SQLite file; and what is said aloud."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from gateway.cli import main
from gateway.cli.serve import AlreadyServedError, alone
from gateway.neighbours import links
from gateway.settings.exposure import exposures
from gateway.settings.refusals import refusals
from gateway.settings.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

LINK = {"url": "https://voisin.example", "mode": "Actual"}
ZEROS = base64.b64encode(bytes(32)).decode()
KEY = base64.b64encode(bytes(range(32))).decode()
SECRET = "un-secret-invente-pour-essai"


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ({"server": {"client_ca": "ca.pem"}}, "server.client_ca"),
        ({"server": {"private_key": "cle.pem"}}, "server.private_key"),
        ({"server": {"certificate": "absent.pem"}}, "server.certificate"),
        ({"server": {"certificate": __file__}}, "server.certificate"),
        ({"server": {"host": "0.0.0.0"}}, "server.host"),
        ({"mode": "Exercise", "server": {"host": "::"}}, "server.host"),
        ({"sinus": {"link": {**LINK, "url": "http://sinus.example"}}}, "sinus.link.url"),
        ({"sivic": {"link": {**LINK, "url": "ftp://sivic.example"}}}, "sivic.link.url"),
        ({"mode": "Exercise", "sivic": {"link": {"url": "ftp://127.0.0.1", "mode": "Exercise"}}}, "sivic.link.url"),
        ({"lrms": {"samu77": {"link": {**LINK, "url": "http://10.1.2.3"}}}}, "lrms.samu77.link.url"),
        ({"lrm": {"link": {**LINK, "mode": "Exercise"}}}, "lrm.link.mode"),
        ({"mode": "Exercise", "lrm_fhir": {"link": LINK}}, "lrm_fhir.link.mode"),
        ({"lrm": {"link": {**LINK, "token": " "}}}, "lrm.link.token"),
        ({"lrm": {"link": {**LINK, "private_key": __file__}}}, "lrm.link.private_key"),
        ({"lrm": {"link": {**LINK, "ca": "absente.pem"}}}, "lrm.link.ca"),
        ({"lrm": {"link": LINK, "username": "essai", "password": ""}}, "lrm.password"),
        ({"lrm": {"link": LINK, "username": "essai"}}, "lrm.username"),
        ({"portal": {"link": LINK, "secrets": [SECRET, "x"]}}, "portal.secrets"),
        ({"platforms": {"essai": {"secrets": ["court"], "link": LINK}}}, "platforms.essai.secrets"),
        ({"platforms": {"essai": {"password": ""}}}, "platforms.essai.password"),
        ({"store": {"seal_keys": [KEY, ZEROS]}}, "store.seal_keys"),
    ],
)
def test_what_is_not_safe_is_refused_by_the_key_of_the_file(document: dict[str, Any], key: str) -> None:
    """Each alone, by the name its writer knows, with what to do and never the secret."""
    found = refusals(Settings.model_validate(document))
    assert [refusal.key for refusal in found] == [key]
    assert found[0].text.endswith(".")
    assert "court" not in found[0].text


def test_what_is_safe_starts() -> None:
    """Here without TLS, elsewhere behind a named proxy, neighbours of this machine in clear, an exercise in clear."""
    here = {"link": {"url": "http://127.0.0.1:9000", "mode": "Actual"}}
    beyond = {"link": {"url": "http://sinus.example", "mode": "Exercise"}}
    for said in (
        {},
        {"server": {"host": "0.0.0.0", "trusted_proxies": ["10.0.0.0/24"]}},
        {"sinus": here, "store": {"seal_keys": [KEY]}, "portal": {**here, "secrets": [SECRET]}},
        {"mode": "Exercise", "sinus": beyond},
    ):
        assert refusals(Settings.model_validate(said)) == []


def test_what_travels_in_clear_is_named() -> None:
    """An exercise link in clear, and doors in clear behind a trusted proxy: allowed, and said."""
    said = {
        "mode": "Exercise",
        "server": {"host": "0.0.0.0", "trusted_proxies": ["10.0.0.0/24"]},
        "sinus": {"link": {"url": "http://sinus.example", "mode": "Exercise"}},
        "sivic": {"link": {"url": "http://127.0.0.1:1", "mode": "Exercise"}},
    }
    settings = Settings.model_validate(said)
    doors, sinus = exposures(settings, links(settings))
    assert "les portes écoutent sur 0.0.0.0 sans TLS, pour le seul frontal" in doors
    assert "sinus est joint par http:// ; des données y partent" in sinus


@pytest.mark.parametrize("command", ["check", "serve", "work"])
def test_every_command_that_starts_refuses_the_same(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Code 2, the key of the file, and nothing was opened or made."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "passerelle.toml").write_text('mode = "Actual"\n[server]\nhost = "0.0.0.0"\n')
    assert main([command]) == 2
    words = "".join(capsys.readouterr())
    assert "server.host : les portes écouteraient sur 0.0.0.0 sans TLS" in words
    assert "bons" not in words
    assert not (tmp_path / "var").exists()


def test_one_sqlite_file_has_one_gateway(tmp_path: Path) -> None:
    """The second is refused while the first serves, with what to do, and let in once it has ended."""
    url = f"sqlite:///{tmp_path / 'neuf' / 'passerelle.sqlite3'}"
    with alone(url):
        with pytest.raises(AlreadyServedError, match="une seule par fichier SQLite"), alone(url):
            pass
        with alone(f"sqlite:///{tmp_path / 'autre.sqlite3'}"):
            pass
    with alone(url):
        pass


def test_a_second_serve_is_refused_before_it_opens_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the command itself: code 2 and a sentence, no port, no dispatcher."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "passerelle.toml").write_text('mode = "Exercise"\n[store]\nurl = "sqlite:///ici.sqlite3"\n')
    with alone("sqlite:///ici.sqlite3"):
        assert main(["serve"]) == 2
    assert "Une autre passerelle sert déjà la base ici.sqlite3" in capsys.readouterr().err
