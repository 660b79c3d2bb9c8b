"""What must not start in silence: two gateways on one SQLite file, doors or links in clear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gateway.cli import main
from gateway.cli.serve import AlreadyServedError, alone
from gateway.neighbours import links
from gateway.settings.exposure import exposures
from gateway.settings.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


def _settings(host: str = "127.0.0.1", url: str = "https://sinus.example", mode: str = "Actual") -> Settings:
    link: dict[str, Any] = {"link": {"url": url, "mode": mode}}
    return Settings.model_validate({"mode": mode, "server": {"host": host}, "sinus": link})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, []),
        ({"host": "0.0.0.0"}, ["les portes écoutent sur 0.0.0.0 sans TLS"]),
        ({"host": "::"}, ["les portes écoutent sur :: sans TLS"]),
        ({"host": "localhost", "url": "http://127.0.0.1:9000"}, []),
        ({"url": "http://sinus.example"}, ["sinus est joint par http:// ; des données réelles y partent"]),
        ({"url": "http://10.1.2.3", "mode": "Exercise"}, ["sinus est joint par http:// ; des données y partent"]),
    ],
)
def test_what_travels_in_clear_is_named(changes: dict[str, str], words: list[str]) -> None:
    """Doors without TLS beyond this machine, links without TLS beyond this machine; nothing else."""
    settings = _settings(**changes)
    found = exposures(settings, links(settings))
    assert len(found) == len(words)
    assert all(word in said for word, said in zip(words, found, strict=True))


def test_check_says_it_and_does_not_say_that_all_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command that is asked whether everything is right answers no."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "passerelle.toml").write_text('mode = "Actual"\n[server]\nhost = "0.0.0.0"\n')
    assert main(["check"]) == 1
    assert "EN CLAIR : les portes écoutent sur 0.0.0.0" in capsys.readouterr().out


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
