"""WS-Security UsernameToken with digest, both sides: the old fallback, for links where mTLS alone is not enough.

Only over TLS: the digest hides the password, not the message. Refuses a password in clear on the wire, a token older or
younger than five minutes, and a nonce seen in the last ten.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lxml import etree
from pydantic import BaseModel, ConfigDict, Field, SecretStr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.etree import _Element as Element

WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
SECURITY = f"{{{WSSE}}}Security"
_PROFILE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"
_DIGEST = f"{_PROFILE}#PasswordDigest"
_TEXT = f"{_PROFILE}#PasswordText"
_BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"

TOLERANCE = timedelta(minutes=5)
NONCE_KEPT = timedelta(minutes=10)
"""Twice the tolerance: a token is refused as stale before its nonce is forgotten."""


class Credentials(BaseModel):
    """An account of a token with digest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    username: str = Field(min_length=1, description="Identifiant convenu entre les deux côtés.")
    password: SecretStr = Field(description="Mot de passe ; seul son condensé part, sur TLS.")


class TokenError(Exception):
    """The token proves nothing; `stale` when only its time or its nonce is at fault, `why` in French where that tells no secret."""

    def __init__(
        self, *, stale: bool, why: str = "Le jeton WS-Security n’est pas admis.", replayed: bool = False
    ) -> None:
        """`replayed`: it was believed before, so that a message under it may have been taken."""
        super().__init__("stale" if stale else "not authenticated")
        self.stale = stale
        self.replayed = replayed
        self.why = why


def _digest(nonce: bytes, created: str, password: str) -> str:
    # SHA-1 is what the profile 1.0 says; HMAC it is not, hence TLS.
    return base64.b64encode(hashlib.sha1(nonce + created.encode() + password.encode()).digest()).decode()  # noqa: S324 - see above


def username_token(credentials: Credentials, created: datetime, nonce: bytes) -> Element:
    """The wsse:Security header of one attempt; the nonce must be new each time."""
    instant = created.isoformat()
    security = etree.Element(SECURITY, nsmap={"wsse": WSSE, "wsu": WSU})
    security.set(f"{{{_SOAP}}}mustUnderstand", "1")
    token = etree.SubElement(security, f"{{{WSSE}}}UsernameToken")
    etree.SubElement(token, f"{{{WSSE}}}Username").text = credentials.username
    password = etree.SubElement(token, f"{{{WSSE}}}Password", Type=_DIGEST)
    password.text = _digest(nonce, instant, credentials.password.get_secret_value())
    etree.SubElement(token, f"{{{WSSE}}}Nonce", EncodingType=_BASE64).text = base64.b64encode(nonce).decode()
    etree.SubElement(token, f"{{{WSU}}}Created").text = instant
    return security


@dataclass(frozen=True, slots=True)
class UsernameToken:
    """A UsernameToken as it came. Nothing of it is proved, and nothing of it is printed."""

    username: str
    password: str = field(repr=False)
    """The digest, or the word itself."""
    digested: bool
    nonce: str = field(repr=False)
    created: str


def read_token(headers: Sequence[Element]) -> UsernameToken | None:
    """The one UsernameToken of the headers; None without a Security header, or where it holds other things only. Raises `TokenError` for two, or half of one."""
    security_headers = [header for header in headers if header.tag == SECURITY]
    tokens = [token for header in security_headers for token in header.findall(f"{{{WSSE}}}UsernameToken")]
    # A timestamp, an assertion, a signature: whoever checks those does; here they neither open the door nor bar it.
    if not security_headers or (not tokens and len(security_headers) == 1 and len(security_headers[0])):
        return None
    if len(security_headers) != 1 or len(tokens) != 1:
        raise TokenError(stale=False)
    fields = {etree.QName(child).localname: (child.text or "").strip() for child in tokens[0]}
    kinds = [child.get("Type", _TEXT) for child in tokens[0].findall(f"{{{WSSE}}}Password")]
    if len(kinds) != 1 or kinds[0] not in {_DIGEST, _TEXT} or "Username" not in fields:
        raise TokenError(stale=False)
    return UsernameToken(
        fields["Username"], fields["Password"], kinds[0] == _DIGEST, fields.get("Nonce", ""), fields.get("Created", "")
    )


class TokenGate:
    """The receiver's side: the accounts it knows, and the nonces seen lately."""

    def __init__(self, *accounts: Credentials) -> None:
        self._passwords = {account.username: account.password.get_secret_value() for account in accounts}
        self._seen: dict[bytes, datetime] = {}

    def check(self, headers: Sequence[Element], now: datetime) -> str:
        """Whose token this is, when exactly one authentic, fresh, new one stands in the headers; raise `TokenError` otherwise."""
        token = read_token(headers)
        if token is None or not token.digested:
            raise TokenError(stale=False)
        nonce, created = self._authentic(token)
        self._fresh(nonce, created, now)
        return token.username

    def _authentic(self, token: UsernameToken) -> tuple[bytes, datetime]:
        # An unknown account is compared with a password too, so that the time taken does not tell names.
        password = self._passwords.get(token.username, "")
        try:
            nonce = base64.b64decode(token.nonce, validate=True)
            created = datetime.fromisoformat(token.created)
            expected = _digest(nonce, token.created, password)
            same = hmac.compare_digest(expected.encode(), token.password.encode())
        except (ValueError, binascii.Error) as error:
            raise TokenError(stale=False) from error
        if not password or not same or not nonce or created.tzinfo is None:
            raise TokenError(stale=False)
        return nonce, created

    def _fresh(self, nonce: bytes, created: datetime, now: datetime) -> None:
        self._seen = {old: until for old, until in self._seen.items() if until >= now}
        if nonce in self._seen:
            raise TokenError(stale=True, why="Ce jeton WS-Security a déjà servi.", replayed=True)
        if abs(now - created) > TOLERANCE:
            raise TokenError(stale=True, why="Le jeton WS-Security est périmé : cinq minutes au plus d’écart.")
        self._seen[nonce] = now + NONCE_KEPT
