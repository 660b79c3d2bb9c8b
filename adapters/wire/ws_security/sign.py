"""WS-Security X.509 signatures, the sender's side: the certificate as a token, a timestamp, and a signature over Body and timestamp.

For the links whose neighbour asks for it. Each attempt is signed anew, with its own instant: a signature is believed once.
"""

from __future__ import annotations

import base64
import secrets
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from lxml import etree
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from signxml.algorithms import CanonicalizationMethod, SignatureConstructionMethod
from signxml.signer import XMLSigner

from adapters.wire.ws_security.username_token import SECURITY, WSSE, WSU
from adapters.wire.ws_security.verify import BASE64, DS, ID, X509_V3

if TYPE_CHECKING:
    from datetime import datetime

    from lxml.etree import _Element as Element

LIFE = timedelta(minutes=5)


class SigningKey(BaseModel):
    """With what we sign."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    certificate: Path = Field(description="Notre certificat de signature (PEM).")
    private_key: Path = Field(description="Sa clé privée RSA (PEM).")
    key_password: SecretStr | None = Field(None, description="Mot de passe de cette clé.")


class Signer:
    """Signs envelopes with one key, read once."""

    def __init__(self, key: SigningKey) -> None:
        """Raises OSError or ValueError for files that are no certificate or no key."""
        password = key.key_password.get_secret_value().encode() if key.key_password else None
        private = load_pem_private_key(key.private_key.read_bytes(), password)
        if not isinstance(private, RSAPrivateKey):
            raise ValueError("la clé de signature est une clé RSA")  # noqa: TRY004 - a wrong file, not a wrong call
        self._key = private
        self._certificate = x509.load_pem_x509_certificate(key.certificate.read_bytes())

    def sign(self, envelope: bytes, now: datetime) -> bytes:
        """The same envelope, signed at this instant; a Security header that it has already is completed."""
        root = etree.fromstring(envelope)
        soap = etree.QName(root).namespace
        body = root.find(f"{{{soap}}}Body")
        if body is None:
            raise ValueError("an envelope has a Body")
        header = root.find(f"{{{soap}}}Header")
        if header is None:
            header = etree.Element(f"{{{soap}}}Header")
            root.insert(0, header)
        security = header.find(SECURITY)
        if security is None:
            security = etree.SubElement(header, SECURITY, nsmap={"wsse": WSSE, "wsu": WSU})
            security.set(f"{{{soap}}}mustUnderstand", "1")
        body.set(ID, f"body-{secrets.token_hex(8)}")
        token, timestamp = self._token(security), _timestamp(security, now)
        security.append(self._signature(root, token, [body, timestamp]))
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8")

    def _token(self, security: Element) -> Element:
        token = etree.SubElement(security, f"{{{WSSE}}}BinarySecurityToken", ValueType=X509_V3, EncodingType=BASE64)
        token.set(ID, f"token-{secrets.token_hex(8)}")
        token.text = base64.b64encode(self._certificate.public_bytes(Encoding.DER)).decode()
        return token

    def _signature(self, root: Element, token: Element, chosen: list[Element]) -> Element:
        named = etree.Element(f"{{{DS}}}KeyInfo", nsmap={"ds": DS})
        reference = etree.SubElement(named, f"{{{WSSE}}}SecurityTokenReference", nsmap={"wsse": WSSE})
        etree.SubElement(reference, f"{{{WSSE}}}Reference", URI="#" + token.get(ID, ""), ValueType=X509_V3)
        signer = XMLSigner(
            SignatureConstructionMethod.detached,
            "rsa-sha256",
            "sha256",
            CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        )
        uris = ["#" + element.get(ID, "") for element in chosen]
        signed: Element = signer.sign(root, key=self._key, reference_uri=uris, key_info=named, id_attribute="Id")
        return signed


def _timestamp(security: Element, now: datetime) -> Element:
    timestamp = etree.SubElement(security, f"{{{WSU}}}Timestamp")
    timestamp.set(ID, f"time-{secrets.token_hex(8)}")
    for name, instant in (("Created", now), ("Expires", now + LIFE)):
        etree.SubElement(timestamp, f"{{{WSU}}}{name}").text = instant.isoformat(timespec="milliseconds")
    return timestamp
