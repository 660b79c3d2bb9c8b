"""Who asks: RPPS, ADELI, idNat_PS, idNat_Struct, FINESS, SIREN, SIRET.

A wrong key is a remark and never a refusal: numbers printed in official documentation fail it, and La Poste's SIRET do.
It refuses to correct an identifier: what was received is what is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.remark import Remark

if TYPE_CHECKING:
    from collections.abc import Mapping

SYSTEMS: Mapping[str, str] = {
    "https://rpps.esante.gouv.fr": "RPPS",
    "urn:oid:1.2.250.1.71.4.2.1": "IDNAT_PS",
    "urn:oid:1.2.250.1.71.4.2.2": "IDNAT_STRUCT",
    "https://finess.esante.gouv.fr": "FINESS",
    "https://sirene.fr": "SIRENE",
}
"""Identifier system → what it numbers."""

_OID = re.compile(r"[0-2](\.[0-9]+)+")
_ADELI = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{7}")
_SHAPES: Mapping[str, re.Pattern[str]] = {
    "RPPS": re.compile(r"[0-9]{11}"),
    "FINESS": re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{7}"),
    "SIREN": re.compile(r"[0-9]{9}"),
    "SIRET": re.compile(r"[0-9]{14}"),
}
_STRUCTURE_PREFIXES: Mapping[str, str] = {
    "0": "ADELI_RANG",
    "1": "FINESS",
    "2": "SIREN",
    "3": "SIRET",
    "4": "RPPS_RANG",
}

TITLES: Mapping[str, str] = {
    "IDENTIFIANT_CLE": "La clé de l’identifiant est fausse : à vérifier avec l’émetteur.",
    "IDENTIFIANT_FORME": "L’identifiant n’a pas la forme attendue.",
    "IDENTIFIANT_PREFIXE": "Le préfixe de l’identifiant de structure est absent ou inconnu : 0, 1, 2, 3 ou 4.",
    "ADELI_RETIRE": "Les numéros ADELI ne sont plus attribués : envoyer le RPPS.",
    "OID_SANS_URN": "L’OID du système doit commencer par « urn:oid: ».",
    "SYSTEME_INCONNU": "Le système de cet identifiant n’est pas connu.",
}
"""The French sentence of each remark."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier as it was read: what it is, the number inside its prefix, and what is to be said of it."""

    kind: str | None
    """RPPS, ADELI, FINESS, SIREN, SIRET, ADELI_RANG, RPPS_RANG; None when nobody can tell."""
    number: str
    remarks: tuple[Remark, ...] = ()


def luhn(number: str) -> bool:
    """Whether the last digit is the Luhn key of the others; Corsica's A counts as 1 and B as 2 (unverified upstream)."""
    digits = number.replace("A", "1").replace("B", "2")
    if not re.fullmatch(r"[0-9]{2,}", digits):
        return False
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004 - the sum of two digits


def _remark(code: str, path: str) -> Remark:
    return Remark(code, path, TITLES[code])


def check(kind: str, number: str, path: str) -> tuple[Remark, ...]:
    """What is to be said of a RPPS, FINESS, SIREN or SIRET."""
    if not _SHAPES[kind].fullmatch(number):
        return (_remark("IDENTIFIANT_FORME", path),)
    return () if luhn(number) else (_remark("IDENTIFIANT_CLE", path),)


def read_professional(text: str, path: str) -> Identifier:
    """A RPPS alone, an idNat_PS (8 + RPPS, 0 + ADELI) or an ADELI alone."""
    number = "".join(text.split()).upper()
    if re.fullmatch(r"8[0-9]{11}", number):
        return Identifier("RPPS", number[1:], check("RPPS", number[1:], path))
    if _SHAPES["RPPS"].fullmatch(number):
        return Identifier("RPPS", number, check("RPPS", number, path))
    adeli = number[1:] if len(number) == 10 and number[0] == "0" else number  # noqa: PLR2004 - prefix and nine
    if _ADELI.fullmatch(adeli):
        return Identifier("ADELI", adeli, (_remark("ADELI_RETIRE", path),))
    return Identifier(None, number, (_remark("IDENTIFIANT_FORME", path),))


def read_structure(text: str, path: str) -> Identifier:
    """An idNat_Struct: one digit says what the rest is. Nine characters alone may be FINESS or SIREN, and stay untold."""
    number = "".join(text.split()).upper()
    kind, inner = _STRUCTURE_PREFIXES.get(number[:1]), number[1:]
    if kind in {"FINESS", "SIREN", "SIRET"} and _SHAPES[kind].fullmatch(inner):
        return Identifier(kind, inner, check(kind, inner, path))
    if kind == "RPPS_RANG" and re.fullmatch(r"[0-9]{12,}", inner):
        return Identifier(kind, inner, check("RPPS", inner[:11], path))
    if kind == "ADELI_RANG" and _ADELI.match(inner) and len(inner) > 9:  # noqa: PLR2004 - nine, then the rank
        return Identifier(kind, inner, (_remark("ADELI_RETIRE", path),))
    return Identifier(None, number, (_remark("IDENTIFIANT_PREFIXE", path),))


def read_system(text: str, path: str) -> tuple[str | None, tuple[Remark, ...]]:
    """What an identifier's system numbers; an OID without `urn:oid:` is understood, and said."""
    bare = bool(_OID.fullmatch(text))
    kind = SYSTEMS.get(f"urn:oid:{text}" if bare else text.rstrip("/"))
    remarks = [_remark("OID_SANS_URN", path)] if bare else []
    if kind is None:
        remarks.append(_remark("SYSTEME_INCONNU", path))
    return kind, tuple(remarks)
