"""Settings: read once, strictly, and with secrets that nothing shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from gateway.cli.console import read_settings
from gateway.settings.settings import Settings, load

if TYPE_CHECKING:
    from pathlib import Path

SECRETS = ("jeton-tres-secret", "mot-de-passe-secret", "secret-du-portail-1")
FILE = f"""
mode = "Exercise"
[sinus.link]
url = "https://sinus.essai"
mode = "Exercise"
token = "{SECRETS[0]}"
key_password = "{SECRETS[1]}"
[portal]
secrets = ["{SECRETS[2]}"]
[portal.link]
url = "https://portail.essai/webhook"
mode = "Exercise"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with every kind of secret."""
    path = tmp_path / "passerelle.toml"
    path.write_text(FILE, encoding="utf-8")
    return load(path)


def test_secrets_are_read(settings: Settings) -> None:
    """They are there for whoever asks for them by name."""
    assert settings.sinus is not None
    assert settings.sinus.link.token is not None
    assert settings.sinus.link.token.get_secret_value() == SECRETS[0]


def test_secrets_are_shown_by_nothing(settings: Settings) -> None:
    """Not printed, not formatted, not dumped, not serialised."""
    shown = [
        repr(settings),
        str(settings),
        f"{settings}",
        settings.model_dump_json(),
        str(settings.model_dump()),
        str(settings.sinus),
    ]
    assert [secret for secret in SECRETS for text in shown if secret in text] == []


def test_settings_do_not_change(settings: Settings) -> None:
    """What was read at the start is what holds until the end."""
    with pytest.raises(ValidationError):
        settings.log_level = "DEBUG"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('couleur = "jaune"', "couleur"),
        ("[server]\nport = 70000", "server.port"),
        ('mode = "Essai"', "mode"),
        ('[sinus.link]\nurl = "https://sinus.essai"\ntokenn = "jeton-tres-secret"', "sinus.link.tokenn"),
        ('[portal]\nsecrets = "secret-du-portail-1"\n[portal.link]\nurl = "https://p"', "portal.secrets"),
    ],
)
def test_a_wrong_key_is_named_and_its_value_is_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, key: str
) -> None:
    """A person reads which key is wrong; a secret put in the wrong place stays out of the terminal."""
    path = tmp_path / "passerelle.toml"
    path.write_text(text, encoding="utf-8")
    assert read_settings(path) is None
    told = capsys.readouterr().err
    assert key in told
    assert [secret for secret in SECRETS if secret in told] == []


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container sets what differs, and the file keeps the rest."""
    path = tmp_path / "passerelle.toml"
    path.write_text(FILE, encoding="utf-8")
    monkeypatch.setenv("PASSERELLE_SERVER__PORT", "9000")
    assert (load(path).server.port, load(path).mode) == (9000, "Exercise")
