"""Reads the number of a SINUS bracelet, typed or scanned.

It corrects nothing: an O for a 0 is suggested, never mended. It refuses nothing either: what is not a number comes back
as an `UnreadNumber`, to be kept raw and shown. There is no check digit; a mistyped serial cannot be seen from here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from domain.numbers.cata import CATA_CODE

LENGTH: Final = 21
SINUS_NUMBER: Final = re.compile(r"([A-Z]{2})([0-9]{3})NOVI([0-9]{4})(TR|HP)([0-9]{6})")
# Spaces of every width, hyphens of every length, and the control signs that scanners put around a text.
NOISE: Final = re.compile("[\\s\\x00-\\x1f\\x7f\\-\u00ad\u2010-\u2015\u2212\u200b-\u200f\u2060\ufeff]+")
LETTERS: Final = "AA999AAAA9999AA999999"
"""A for a letter and 9 for a digit, position by position."""
TO_DIGIT: Final = str.maketrans("O", "0")
TO_LETTER: Final = str.maketrans("0", "O")

REASONS: Final = {
    "empty": "Le numéro est vide.",
    "cata_code": "C’est un code CATA, pas un numéro SINUS.",
    "letter_or_zero": "Un zéro et une lettre O semblent confondus.",
    "length": "Un numéro SINUS compte 21 caractères sans espaces ni tirets.",
    "origin": "L’origine doit être TR (terrain) ou HP (établissement).",
    "shape": "La forme attendue est CC NNN NOVI - AAAA TR - NNNNNN.",
}
"""Why a text is not a number: code → French."""


@dataclass(frozen=True, slots=True)
class SinusNumber:
    """A number that has the right shape."""

    canonical: str
    country: str
    department_code: str
    """The R of the radio identity of the département: opaque, not the INSEE code."""
    year: str
    origin: Literal["TR", "HP"]
    """TR: *terrain*, a field bracelet. HP: given by SI-VIC in an établissement."""
    serial: str

    def display(self) -> str:
        """As the portal shows it: `FR 825 NOVI - 0000 TR - 123123`."""
        return f"{self.country} {self.department_code} NOVI - {self.year} {self.origin} - {self.serial}"

    @property
    def flags(self) -> tuple[str, ...]:
        """What a person may want to know of it; never a reason to refuse it."""
        return ("year_0000",) if self.year == "0000" else ()


@dataclass(frozen=True, slots=True)
class UnreadNumber:
    """A text that stands where a number should, kept exactly as it came."""

    raw: str
    reason: str
    """A key of `REASONS`."""
    suggestion: str | None = None
    """What may have been meant, for a person to confirm."""

    @property
    def explanation(self) -> str:
        """The reason, in French."""
        return REASONS[self.reason]

    @property
    def kind(self) -> Literal["cata", "quarantine"]:
        """Whether it is another known thing, or nothing known."""
        return "cata" if self.reason == "cata_code" else "quarantine"


def read_sinus_number(raw: str) -> SinusNumber | UnreadNumber:
    """Read a typed or scanned text, with or without spaces, hyphens, capitals and the end-of-line of a scanner."""
    text = NOISE.sub("", raw)
    # Beyond ASCII, upper() changes letters into others: a sign that looks like one of ours is not ours.
    text = text.upper() if text.isascii() else text
    if match := SINUS_NUMBER.fullmatch(text):
        country, department, year, origin, serial = match.groups()
        return SinusNumber(text, country, department, year, "TR" if origin == "TR" else "HP", serial)
    suggestion = _suggested(text)
    return UnreadNumber(raw, _reason(text, suggestion), suggestion)


def _suggested(text: str) -> str | None:
    if len(text) != LENGTH:
        return None
    mended = "".join(
        sign.translate(TO_LETTER if place == "A" else TO_DIGIT) for sign, place in zip(text, LETTERS, strict=True)
    )
    return mended if SINUS_NUMBER.fullmatch(mended) else None


def _reason(text: str, suggestion: str | None) -> str:
    if not text:
        return "empty"
    if CATA_CODE.fullmatch(text):
        return "cata_code"
    if suggestion:
        return "letter_or_zero"
    if len(text) != LENGTH:
        return "length"
    return "shape" if text[13:15] in {"TR", "HP"} else "origin"
