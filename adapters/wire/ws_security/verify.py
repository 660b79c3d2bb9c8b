"""WS-Security X.509 signatures, the receiver's side: who signed this envelope, when, and exactly what.

The certificate comes in a BinarySecurityToken, or as X509Data in its place; it is believed only when it was agreed on with its holder, itself
or by its authority and its subject. The Body and the Timestamp must be signed, each found by a wsu:Id, or by the plain Id of other makers, that
nothing else in the document bears, by exclusive canonicalisation, with RSA and SHA-256 or better. The enveloped-signature transform, which other
makers name too, is taken of these two only: the signature stands in neither, so it takes nothing out of what is read.

What is read is what was signed: the Body handed on is parsed from the very bytes whose digest was checked, so an element moved elsewhere under
its old identifier (signature wrapping) is never read. Refuses SHA-1, a second signature, a reference to anything outside, any other transform, a
timestamp older or younger than five minutes, and a signature seen in the last ten. Revocation lists are not fetched: a certificate that is no
longer to be believed is taken out of the settings.
"""

from __future__ import annotations

import base64
import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cryptography import x509
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier

from adapters.wire.ws_security.trust import TrustedCertificates
from adapters.wire.ws_security.username_token import NONCE_KEPT, SECURITY, TOLERANCE, WSSE, WSU, TokenError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lxml.etree import _Element as Element

    from adapters.wire.ws_security.trust import SignatureTrust

# At DEBUG the library writes down what it canonicalises: a patient.
logging.getLogger("signxml").setLevel(logging.INFO)

DS = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
X509_V3 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
ID = f"{{{WSU}}}Id"
PLAIN_ID = "Id"
_METHODS = frozenset({SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA384, SignatureMethod.RSA_SHA512})
_DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})

NOT_WELL_MADE = (
    "La signature WS-Security est incomplète : un jeton X.509, un horodatage et une signature, chacun une fois."
)
NOT_COVERED = "La signature doit couvrir le Body et l’horodatage, désignés par un wsu:Id ou un Id unique, en canonisation exclusive."
NOT_KNOWN = "Le certificat qui signe n’est pas de ceux convenus, ou n’est pas en cours de validité."
NOT_TRUE = "La signature ne se vérifie pas : RSA et SHA-256 au moins, sur le message tel qu’il est parti."
NOT_FRESH = "L’horodatage signé est périmé : cinq minutes au plus d’écart entre les horloges."
SEEN = "Cette signature a déjà servi : signer de nouveau à chaque envoi."


@dataclass(frozen=True, slots=True)
class SignatureProof:
    """A signature that proves something."""

    holder: str
    body: Element
    """The element of the Body, parsed from the signed bytes."""
    value: bytes
    """Digest of the signature itself: seen twice, it is a replay."""
    created: datetime


class SignatureGate:
    """The receiver's side: whose signatures are believed, and those seen lately."""

    def __init__(self, trusts: Mapping[str, SignatureTrust] | None = None) -> None:
        self._trusted = {name: TrustedCertificates(trust) for name, trust in (trusts or {}).items()}
        self._seen: dict[bytes, datetime] = {}

    def requires(self, holder: str) -> bool:
        """Whether this holder's messages must be signed."""
        trusted = self._trusted.get(holder)
        return trusted is not None and trusted.required

    def read(self, body: Element, now: datetime) -> SignatureProof:
        """Whose signature is in the envelope of this body element, and what it signed. Raises `TokenError`. Touches nothing shared."""
        sealed = body.getparent()
        root = sealed.getparent() if sealed is not None else None
        if sealed is None or root is None:
            raise TokenError(stale=False, why=NOT_WELL_MADE)
        parts = _Parts.of(root)
        certificate = _certificate(parts)
        holder = next((name for name, trusted in self._trusted.items() if trusted.believes(certificate, now)), None)
        if holder is None:
            raise TokenError(stale=False, why=NOT_KNOWN)
        covered = _covered(root, parts, sealed)
        signed = _verified(root, parts, certificate, now)
        by_place = dict(zip(covered, signed, strict=True))
        created = _fresh(_parsed(by_place["#" + _name(parts.timestamp)]), now)
        content = _parsed(by_place["#" + _name(sealed)])
        if len(content) != 1 or content.tag != sealed.tag:
            raise TokenError(stale=False, why=NOT_COVERED)
        return SignatureProof(holder, content[0], hashlib.sha256(parts.value).digest(), created)

    def take(self, signed: SignatureProof, now: datetime) -> None:
        """Let a signature count once. Raises `TokenError`, stale, for one seen before."""
        self._seen = {old: until for old, until in self._seen.items() if until >= now}
        if signed.value in self._seen:
            raise TokenError(stale=True, why=SEEN, replayed=True)
        self._seen[signed.value] = now + NONCE_KEPT


def is_signed(headers: Sequence[Element]) -> bool:
    """Whether a Security header holds a signature."""
    return any(header.find(f"{{{DS}}}Signature") is not None for header in headers if header.tag == SECURITY)


@dataclass(frozen=True, slots=True)
class _Parts:
    """Where everything of a signed envelope is."""

    security: Element
    signature: Element
    timestamp: Element

    @classmethod
    def of(cls, root: Element) -> _Parts:
        """One of each, in the one Security header of the envelope."""
        namespace = etree.QName(root).namespace
        headers = root.findall(f"{{{namespace}}}Header/{SECURITY}")
        # Anywhere in the document: a second signature is somebody else's, or bait.
        signatures, times = list(root.iter(f"{{{DS}}}Signature")), list(root.iter(f"{{{WSU}}}Timestamp"))
        if (len(headers), len(signatures), len(times)) != (1, 1, 1):
            raise TokenError(stale=False, why=NOT_WELL_MADE)
        if signatures[0].getparent() is not headers[0] or times[0].getparent() is not headers[0]:
            raise TokenError(stale=False, why=NOT_WELL_MADE)
        return cls(headers[0], signatures[0], times[0])

    @property
    def value(self) -> bytes:
        """The signature itself."""
        return _decoded(self.signature.findtext(f"{{{DS}}}SignatureValue"))


def _certificate(parts: _Parts) -> x509.Certificate:
    """The certificate that the signature names: of a token beside it, or inside its KeyInfo."""
    names = parts.signature.findall(f"{{{DS}}}KeyInfo/{{{WSSE}}}SecurityTokenReference")
    if len(names) != 1:
        raise TokenError(stale=False, why=NOT_WELL_MADE)
    reference = names[0].find(f"{{{WSSE}}}Reference")
    if reference is not None:
        uri = reference.get("URI", "")
        tokens = [
            token
            for token in parts.security.findall(f"{{{WSSE}}}BinarySecurityToken")
            if uri == "#" + token.get(ID, "") and token.get("ValueType", X509_V3) == X509_V3
        ]
        text = tokens[0].text if len(tokens) == 1 else None
    else:
        text = names[0].findtext(f"{{{DS}}}X509Data/{{{DS}}}X509Certificate")
    try:
        return x509.load_der_x509_certificate(_decoded(text))
    except ValueError:
        raise TokenError(stale=False, why=NOT_WELL_MADE) from None


def _covered(root: Element, parts: _Parts, sealed: Element) -> list[str]:
    """The references in their order. Raises unless Body and Timestamp are among them and each name in the document is one element's."""
    names = [
        str(value)
        for node in root.iter("*")
        for key, value in node.attrib.items()
        if etree.QName(key).localname.lower() == "id"
    ]
    references = parts.signature.findall(f"{{{DS}}}SignedInfo/{{{DS}}}Reference")
    uris = [target.get("URI", "") for target in references]
    wanted = {"#" + _name(element) for element in (sealed, parts.timestamp)}
    canonical = parts.signature.find(f"{{{DS}}}SignedInfo/{{{DS}}}CanonicalizationMethod")
    if (
        "#" in wanted
        or len(names) != len(set(names))
        or len(uris) != len(set(uris))
        or not wanted <= set(uris)
        or any(_transforms(reference) not in _allowed(reference, wanted) for reference in references)
        or canonical is None
        or canonical.get("Algorithm") != EXCLUSIVE
    ):
        raise TokenError(stale=False, why=NOT_COVERED)
    return uris


def _name(element: Element) -> str:
    """The one identifier of an element; empty where it has none, or two."""
    names = [element.get(key, "") for key in (ID, PLAIN_ID) if element.get(key)]
    return names[0] if len(names) == 1 else ""


def _transforms(reference: Element) -> tuple[str, ...]:
    steps = reference.iterfind(f"{{{DS}}}Transforms/{{{DS}}}Transform")
    return tuple(step.get("Algorithm", "") for step in steps)


def _allowed(reference: Element, read: set[str]) -> tuple[tuple[str, ...], ...]:
    """What may be done to what a reference names before its digest is made; of what is read, two things."""
    alone = (EXCLUSIVE,)
    return (alone, (ENVELOPED, EXCLUSIVE)) if reference.get("URI", "") in read else (alone,)


def _verified(root: Element, parts: _Parts, certificate: x509.Certificate, now: datetime) -> list[bytes]:
    """The bytes that were signed, reference by reference."""
    place = f"./{{{etree.QName(root).namespace}}}Header/{SECURITY}/"
    expected = SignatureConfiguration(
        location=place,
        expect_references=len(parts.signature.findall(f"{{{DS}}}SignedInfo/{{{DS}}}Reference")),
        signature_methods=_METHODS,
        digest_algorithms=_DIGESTS,
        verification_time=now,
    )
    try:
        results = XMLVerifier().verify(root, x509_cert=certificate, id_attribute="Id", expect_config=expected)
    except Exception:  # noqa: BLE001 - the library raises its own, lxml's, cryptography's and Python's: none of them is a proof
        raise TokenError(stale=False, why=NOT_TRUE) from None
    return [result.signed_data for result in ([results] if isinstance(results, VerifyResult) else results)]


def _fresh(timestamp: Element, now: datetime) -> datetime:
    """When it was signed, if that is now. Raises `TokenError`, stale."""
    instants = {etree.QName(child).localname: (child.text or "").strip() for child in timestamp}
    try:
        created = datetime.fromisoformat(instants.get("Created", ""))
        expires = datetime.fromisoformat(instants["Expires"]) if "Expires" in instants else created + TOLERANCE
        stale = abs(now - created) > TOLERANCE or now >= expires
    except (ValueError, TypeError):
        raise TokenError(stale=False, why=NOT_WELL_MADE) from None
    if stale:
        raise TokenError(stale=True, why=NOT_FRESH)
    return created


def _parsed(signed: bytes) -> Element:
    element: Element = etree.fromstring(signed, etree.XMLParser(resolve_entities=False, no_network=True))
    return element


def _decoded(text: str | None) -> bytes:
    try:
        return base64.b64decode("".join((text or "").split()), validate=True)
    except ValueError:
        raise TokenError(stale=False, why=NOT_WELL_MADE) from None
