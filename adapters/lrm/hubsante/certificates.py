"""Certificates: how long ours still holds, told without a library; and an authority for the sandbox, made with one.

The national certificates come from the IGC-Santé and are renewed by people: what matters here is that somebody is told in
time. The sandbox's authority is for this machine only.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
_SEQUENCE, _EXPLICIT_VERSION, _UTC_TIME = 0x30, 0xA0, 0x17
_LONG_FORM = 0x80
_SECONDS_A_DAY = 86400
_CENTURY_TURN = 50
"""RFC 5280: a UTCTime of 50 or more is of the twentieth century."""


def expires_at(path: Path) -> datetime:
    """The end of the first certificate of a PEM file; ValueError when there is none."""
    found = _PEM.search(path.read_bytes())
    if not found:
        raise ValueError("aucun certificat PEM dans ce fichier")
    certificate = _children(base64.b64decode(found[1]))[0][1]
    to_be_signed = _children(_children(certificate)[0][1])
    if to_be_signed[0][0] == _EXPLICIT_VERSION:
        to_be_signed = to_be_signed[1:]
    # serialNumber, signature, issuer, then validity: RFC 5280, section 4.1.
    tag, moment = _children(to_be_signed[3][1])[1]
    text = moment.decode("ascii")
    if tag == _UTC_TIME:
        text = ("19" if int(text[:2]) >= _CENTURY_TURN else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def days_left(path: Path, now: datetime) -> float:
    """Days until our certificate ends; negative once it has."""
    return (expires_at(path) - now).total_seconds() / _SECONDS_A_DAY


def _children(der: bytes) -> list[tuple[int, bytes]]:
    """The elements of one level of DER: tag and content."""
    found = []
    at = 0
    while at < len(der):
        tag, length = der[at], der[at + 1]
        at += 2
        if length & _LONG_FORM:
            size = length & ~_LONG_FORM
            length = int.from_bytes(der[at : at + size], "big")
            at += size
        found.append((tag, der[at : at + length]))
        at += length
    return found


@dataclass(frozen=True, slots=True)
class Paths:
    """A certificate and its key."""

    certificate: Path
    private_key: Path


class Authority:
    """A certificate authority of this machine, for the sandbox's broker and its clients."""

    def __init__(self, folder: Path, now: datetime) -> None:
        """Make it and write its certificate, `ca`, in the folder. Raises ImportError without the package cryptography."""
        from cryptography.hazmat.primitives.asymmetric import ec as curves  # noqa: PLC0415 - the client needs none of it

        self._folder = folder
        self._now = now
        self._key = curves.generate_private_key(curves.SECP256R1())
        self._serial = 0
        self.ca = self._write("ca", self._signed("Bac à sable AC", self._key, now + timedelta(days=3650), None), None)

    def issue(self, common_name: str, *, host: str | None = None, ends: datetime | None = None) -> Paths:
        """A certificate for a client, or for a server when `host` is given."""
        from cryptography.hazmat.primitives.asymmetric import ec as curves  # noqa: PLC0415 - same

        key = curves.generate_private_key(curves.SECP256R1())
        until = ends or self._now + timedelta(days=90)
        name = f"{common_name}-{self._serial}"
        path = self._write(name, self._signed(common_name, key, until, host or ""), key)
        return Paths(path, path.with_suffix(".key"))

    def _signed(
        self, name: str, key: ec.EllipticCurvePrivateKey, until: datetime, host: str | None
    ) -> x509.Certificate:
        from cryptography import x509 as pki  # noqa: PLC0415 - same
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - same

        self._serial += 1
        builder = (
            pki.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name("Bac à sable AC"))
            .public_key(key.public_key())
            .serial_number(self._serial)
            .not_valid_before(min(self._now, until) - timedelta(days=1))
            .not_valid_after(until)
            .add_extension(pki.BasicConstraints(ca=host is None, path_length=None), critical=True)
            .add_extension(pki.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(pki.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if host:
            builder = builder.add_extension(pki.SubjectAlternativeName([pki.DNSName(host)]), critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def _write(self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey | None) -> Path:
        from cryptography.hazmat.primitives import serialization as forms  # noqa: PLC0415 - same

        path = self._folder / f"{name}.pem"
        path.write_bytes(certificate.public_bytes(forms.Encoding.PEM))
        if key is not None:
            secret = path.with_suffix(".key")
            secret.touch(mode=0o600)
            secret.write_bytes(key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption()))
        return path


def _name(common_name: str) -> x509.Name:
    from cryptography import x509 as pki  # noqa: PLC0415 - same
    from cryptography.x509.oid import NameOID  # noqa: PLC0415 - same

    return pki.Name([pki.NameAttribute(NameOID.COMMON_NAME, common_name)])
