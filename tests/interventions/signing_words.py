"""Certificates for one test, and envelopes signed by zeep's own client."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from lxml import etree
from zeep.wsse.signature import BinarySignature

from adapters.wire.ws_security.username_token import WSSE, WSU
from tests.interventions.soap_words import demander, envelope

if TYPE_CHECKING:
    from pathlib import Path

    from lxml.etree import _Element as Element

RSA, SHA = xmlsec.Transform.RSA_SHA256, xmlsec.Transform.SHA256
LONG_AGO, FAR = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Identity:
    """A key and its certificate, as files."""

    key: Path
    certificate: Path
    private: rsa.RSAPrivateKey
    read: x509.Certificate


def identity(
    folder: Path, name: str, issuer: Identity | None = None, *, ca: bool = False, until: datetime = FAR
) -> Identity:
    """A new one, by itself or by an authority."""
    private = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.read.subject if issuer else subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(LONG_AGO)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(issuer.private if issuer else private, SHA256())
    )
    key, pem = folder / f"{name}.key", folder / f"{name}.pem"
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    pem.write_bytes(certificate.public_bytes(Encoding.PEM))
    return Identity(key, pem, private, certificate)


def prepared(now: datetime, body: str = "", soap: str | None = None) -> Element:
    """An envelope with its timestamp, not yet signed."""
    stamp = now.isoformat(), (now + timedelta(minutes=5)).isoformat()
    block = (
        f'<w:Security xmlns:w="{WSSE}" xmlns:u="{WSU}"><u:Timestamp><u:Created>{stamp[0]}</u:Created>'
        f"<u:Expires>{stamp[1]}</u:Expires></u:Timestamp></w:Security>"
    )
    text = envelope(body or demander(), block, **({"soap": soap} if soap else {}))
    return etree.fromstring(text.encode())


def signed(
    identity: Identity,
    now: datetime,
    body: str = "",
    soap: str | None = None,
    algorithms: tuple[object, object] = (RSA, SHA),
) -> Element:
    """An envelope signed as zeep's BinarySignature signs it."""
    root = prepared(now, body, soap)
    BinarySignature(str(identity.key), str(identity.certificate), None, *algorithms).apply(root, {})
    # Read again: what libxmlsec wrote into the tree is not found by name until then.
    return etree.fromstring(etree.tostring(root))


def signed_as_node_soap(identity: Identity, now: datetime, body: str = "") -> Element:
    """As node-soap's WSSecurityCert signs by default: plain `Id` attributes, and an enveloped-signature transform of each part."""
    root = prepared(now, body)
    security = next(root.iter(f"{{{WSSE}}}Security"))
    token = etree.SubElement(security, f"{{{WSSE}}}BinarySecurityToken")
    token.set(f"{{{WSU}}}Id", "x509-essai")
    token.text = base64.b64encode(identity.read.public_bytes(Encoding.DER)).decode()
    parts = [next(one for one in root if str(one.tag).endswith("}Body")), next(root.iter(f"{{{WSU}}}Timestamp"))]
    signature = xmlsec.template.create(root, xmlsec.Transform.EXCL_C14N, RSA)
    security.append(signature)
    for number, part in enumerate(parts):
        part.set("Id", f"_{number}")
        xmlsec.tree.add_ids(part, ["Id"])
        reference = xmlsec.template.add_reference(signature, SHA, uri=f"#_{number}")
        xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
        xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
    keys = xmlsec.template.ensure_key_info(signature)
    named = etree.SubElement(keys, f"{{{WSSE}}}SecurityTokenReference")
    etree.SubElement(named, f"{{{WSSE}}}Reference", URI="#x509-essai")
    signing = xmlsec.SignatureContext()
    signing.key = xmlsec.Key.from_file(str(identity.key), xmlsec.KeyFormat.PEM)
    for part in parts:
        signing.register_id(part, "Id")
    signing.sign(signature)
    return etree.fromstring(etree.tostring(root))


def written(root: Element) -> bytes:
    """As it goes on the wire."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
