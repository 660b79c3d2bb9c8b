"""Certificates: how long ours still holds, and an authority for the sandbox.

The national certificates come from the IGC-Santé and are renewed by people: what matters here is that somebody is told in
time. The sandbox's authority is for this machine only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

_SECONDS_A_DAY = 86400


def expires_at(path: Path) -> datetime:
    """The end of the first certificate of a PEM file, in UTC. Raises ValueError when there is none that can be read."""
    content = path.read_bytes()
    if b"-----BEGIN CERTIFICATE-----" not in content:  # the library's own words are in English and name no file
        raise ValueError(f"{path.name} : aucun certificat dans ce fichier")
    return x509.load_pem_x509_certificate(content).not_valid_after_utc


def days_left(path: Path, now: datetime) -> float:
    """Days until our certificate ends; negative once it has. Raises as `expires_at`."""
    return (expires_at(path) - now).total_seconds() / _SECONDS_A_DAY


@dataclass(frozen=True, slots=True)
class Paths:
    """A certificate and its key."""

    certificate: Path
    private_key: Path


class Authority:
    """A certificate authority of this machine, for the sandbox's broker and its clients."""

    def __init__(self, folder: Path, now: datetime) -> None:
        """Make it and write its certificate, `ca`, in the folder."""
        self._folder = folder
        self._now = now
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._serial = 0
        self.ca = self._write("ca", self._signed("Bac à sable AC", self._key, now + timedelta(days=3650), None), None)

    def issue(self, common_name: str, *, host: str | None = None, ends: datetime | None = None) -> Paths:
        """A certificate for a client, or for a server when `host` is given."""
        key = ec.generate_private_key(ec.SECP256R1())
        until = ends or self._now + timedelta(days=90)
        name = f"{common_name}-{self._serial}"
        path = self._write(name, self._signed(common_name, key, until, host or ""), key)
        return Paths(path, path.with_suffix(".key"))

    def _signed(
        self, name: str, key: ec.EllipticCurvePrivateKey, until: datetime, host: str | None
    ) -> x509.Certificate:
        self._serial += 1
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name("Bac à sable AC"))
            .public_key(key.public_key())
            .serial_number(self._serial)
            .not_valid_before(min(self._now, until) - timedelta(days=1))
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if host:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def _write(self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey | None) -> Path:

        path = self._folder / f"{name}.pem"
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        if key is not None:
            secret = path.with_suffix(".key")
            secret.touch(mode=0o600)
            secret.write_bytes(
                key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
            )
        return path


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
