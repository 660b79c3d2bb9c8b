"""Whose signature is believed: certificates agreed on one by one, or an authority with the subjects it may speak for.

An authority alone is refused when the settings are read: it delivers to many others. Refuses a certificate outside its dates, whatever else.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID
from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from datetime import datetime


class SignatureTrust(BaseModel):
    """Whose signature is believed: certificates agreed on one by one, or an authority with the subjects it may speak for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    certificates: tuple[Path, ...] = Field(
        (), description="Certificats (PEM) qui signent ; plusieurs le temps d’un renouvellement."
    )
    authorities: tuple[Path, ...] = Field(
        (), description="Autorités (PEM) qui délivrent elles-mêmes le certificat qui signe."
    )
    subjects: tuple[str, ...] = Field(
        (), description="Noms communs (CN) admis d’un certificat délivré par ces autorités."
    )
    required: bool = Field(default=False, description="Refuser en SOAP ce qui n’est pas signé.")

    @model_validator(mode="after")
    def _somebody(self) -> SignatureTrust:
        if not self.certificates and not self.authorities:
            raise ValueError("il faut un certificat, ou une autorité avec les sujets admis")
        if bool(self.authorities) != bool(self.subjects):
            raise ValueError("une autorité délivre à bien d’autres : elle va avec les sujets admis")
        return self


class TrustedCertificates:
    """One holder's certificates, read once."""

    def __init__(self, trust: SignatureTrust) -> None:
        """Raises OSError or ValueError for a file that is no certificate."""
        self.required = trust.required
        self._pinned = [_load(path) for path in trust.certificates]
        self._authorities = [_load(path) for path in trust.authorities]
        self._subjects = frozenset(trust.subjects)

    def believes(self, certificate: x509.Certificate, now: datetime) -> bool:
        """Whether this certificate speaks for the holder at this instant."""
        if not _valid_at(certificate, now):
            return False
        if certificate in self._pinned:
            return True
        names = {str(attribute.value) for attribute in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)}
        return (
            bool(names)
            and names <= self._subjects
            and any(_valid_at(authority, now) and _issued(certificate, authority) for authority in self._authorities)
        )


def _load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _valid_at(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _issued(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Whether this authority, and it is one, signed this certificate."""
    try:
        if not authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        certificate.verify_directly_issued_by(authority)
    except (x509.ExtensionNotFound, InvalidSignature, ValueError, TypeError):
        return False
    return True
