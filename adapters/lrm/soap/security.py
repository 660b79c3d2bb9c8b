"""WS-Security UsernameToken with digest, both sides: the old fallback, for links where mTLS alone is not enough.

Only over TLS: the digest hides the password, not the message. Refuses a password in clear on the wire, a token older or
younger than five minutes, and a nonce seen in the last ten.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
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
_BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"

TOLERANCE = timedelta(minutes=5)
NONCE_KEPT = timedelta(minutes=10)
"""Twice the tolerance: a token is refused as stale before its nonce is forgotten."""


class Credentials(BaseModel):
    """The account the editor of the CRRA's software gave us."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    username: str = Field(min_length=1, description="Identifiant remis par l’éditeur du logiciel du CRRA.")
    password: SecretStr = Field(description="Mot de passe ; seul son condensé part, sur TLS.")


class TokenError(Exception):
    """The token proves nothing; `stale` when only its time or its nonce is at fault."""

    def __init__(self, *, stale: bool) -> None:
        super().__init__("stale" if stale else "not authenticated")
        self.stale = stale


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


class TokenGate:
    """The receiver's side: one account, and the nonces seen lately."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._seen: dict[bytes, datetime] = {}

    def check(self, headers: Sequence[Element], now: datetime) -> None:
        """Return when exactly one authentic, fresh, new token stands in the headers; raise `TokenError` otherwise."""
        found = [header for header in headers if header.tag == SECURITY]
        tokens = [token for header in found for token in header.findall(f"{{{WSSE}}}UsernameToken")]
        if len(found) != 1 or len(tokens) != 1:
            raise TokenError(stale=False)
        nonce, created = self._authentic(tokens[0])
        self._fresh(nonce, created, now)

    def _authentic(self, token: Element) -> tuple[bytes, datetime]:
        said = {etree.QName(child).localname: (child.text or "").strip() for child in token}
        kind = next((child.get("Type") for child in token.findall(f"{{{WSSE}}}Password")), None)
        try:
            nonce = base64.b64decode(said["Nonce"], validate=True)
            created = datetime.fromisoformat(said["Created"])
            expected = _digest(nonce, said["Created"], self._credentials.password.get_secret_value())
            same = hmac.compare_digest(expected.encode(), said["Password"].encode())
            known = hmac.compare_digest(said["Username"].encode(), self._credentials.username.encode())
        except (KeyError, ValueError, binascii.Error) as error:
            raise TokenError(stale=False) from error
        if kind != _DIGEST or not (same and known) or created.tzinfo is None:
            raise TokenError(stale=False)
        return nonce, created

    def _fresh(self, nonce: bytes, created: datetime, now: datetime) -> None:
        self._seen = {old: until for old, until in self._seen.items() if until >= now}
        if abs(now - created) > TOLERANCE or nonce in self._seen:
            raise TokenError(stale=True)
        self._seen[nonce] = now + NONCE_KEPT
