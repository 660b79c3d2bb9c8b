"""The UsernameToken proves who calls, once, and now."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree
from pydantic import SecretStr

from adapters.wire.ws_security.username_token import WSSE, WSU, Credentials, TokenError, TokenGate, username_token

NOW = datetime(2026, 1, 1, 7, tzinfo=UTC)
ACCOUNT = Credentials(username="passerelle-essai", password=SecretStr("mot-de-passe-essai"))


def verdict(gate: TokenGate, *headers: etree._Element, now: datetime = NOW) -> str:
    """`taken`, `stale` or `not authenticated`."""
    try:
        gate.check(headers, now)
    except TokenError as error:
        return str(error)
    return "taken"


def test_the_digest_is_that_of_the_profile() -> None:
    """Base64 of SHA-1 over nonce, Created and password: what any WS-Security library computes."""
    token = username_token(ACCOUNT, NOW, b"seize-octets-fix")[0]
    expected = base64.b64encode(hashlib.sha1(b"seize-octets-fix2026-01-01T07:00:00+00:00mot-de-passe-essai").digest())
    assert token.findtext(f"{{{WSSE}}}Password") == expected.decode()
    assert "mot-de-passe-essai" not in etree.tostring(token).decode()


def test_a_token_is_taken_once() -> None:
    """The same token again, even a second later, is a replay."""
    gate = TokenGate(ACCOUNT)
    token = username_token(ACCOUNT, NOW, b"1")
    assert verdict(gate, token) == "taken"
    assert verdict(gate, token, now=NOW + timedelta(seconds=1)) == "stale"
    assert verdict(gate, username_token(ACCOUNT, NOW, b"2")) == "taken"


@pytest.mark.parametrize(("apart", "said"), [(300, "taken"), (301, "stale"), (-300, "taken"), (-301, "stale")])
def test_five_minutes_either_way(apart: int, said: str) -> None:
    """A token is of now, within five minutes of either clock."""
    assert verdict(TokenGate(ACCOUNT), username_token(ACCOUNT, NOW, b"1"), now=NOW + timedelta(seconds=apart)) == said


def test_a_nonce_is_kept_longer_than_its_token_lives() -> None:
    """When the nonce is forgotten the token is already stale: there is no instant at which a replay passes."""
    gate = TokenGate(ACCOUNT)
    token = username_token(ACCOUNT, NOW + timedelta(minutes=5), b"1")
    assert verdict(gate, token) == "taken"
    said = {verdict(gate, token, now=NOW + timedelta(seconds=after)) for after in range(0, 1200, 30)}
    assert said == {"stale"}


@pytest.mark.parametrize(
    "spoil", ["user", "password", "clear", "nonce", "created", "naive", "missing", "twice", "none"]
)
def test_what_proves_nothing_is_refused(spoil: str) -> None:
    """Another account, a password in clear, a part missing or malformed: not authenticated, and never a crash."""
    token = username_token(ACCOUNT, NOW, b"1")
    inside = {etree.QName(part).localname: part for part in token[0]}
    headers = [token]
    match spoil:
        case "user":
            inside["Username"].text = "autre"
        case "password":
            inside["Password"].text = "é"
        case "clear":
            inside["Password"].set("Type", "#PasswordText")
        case "nonce":
            inside["Nonce"].text = "pas du base64"
        case "created":
            inside["Created"].text = "demain"
        case "naive":
            headers = [username_token(ACCOUNT, NOW.replace(tzinfo=None), b"1")]
        case "missing":
            token[0].remove(token[0].find(f"{{{WSU}}}Created"))
        case "twice":
            headers = [token, username_token(ACCOUNT, NOW, b"2")]
        case _:
            headers = []
    assert verdict(TokenGate(ACCOUNT), *headers) == "not authenticated"
