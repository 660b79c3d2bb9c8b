"""A telephone number as people write it, in the form that any software can dial. The numbering plans are those of `phonenumbers`.

A number that cannot be dialled from abroad (15, 3631), that is too long, or that is words, is no number here: whoever asked
keeps the words. A national number of ten digits is French; those of the overseas departments have a country code of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import phonenumbers

# The numbers of the overseas departments have a country code of their own, which a national form does not show.
_OVERSEAS: Final = {
    **dict.fromkeys(("0262", "0263", "0269", "0639", "0692", "0693"), "+262"),
    **dict.fromkeys(("0590", "0690", "0691"), "+590"),
    **dict.fromkeys(("0594", "0694"), "+594"),
    **dict.fromkeys(("0596", "0696", "0697"), "+596"),
}
_NATIONAL: Final = re.compile(r"0[1-9][0-9]{8}")
_EXTENSION: Final = re.compile(
    r"[\s,;]*(?:;ext=|#|\b(?:poste|p\.|ext(?:ension)?\.?|int(?:erne)?\.?|x))\s*[:.]?\s*([0-9]{1,8})\s*$", re.IGNORECASE
)
_NOISE: Final = re.compile(r"[\s.\-()/\u00a0\u202f\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_DIALLED: Final = re.compile(r"\+?[0-9]+")


@dataclass(frozen=True, slots=True)
class Telephone:
    """A number that can be dialled."""

    number: str
    """E.164, `+33199000001`."""
    extension: str | None = None
    """What is asked for once the call is answered."""


def read_telephone(text: str) -> Telephone | None:
    """The number that the text says; None when nobody could dial it."""
    bare, extension = text.strip().removeprefix("tel:"), None
    if (match := _EXTENSION.search(bare)) is not None:
        bare, extension = bare[: match.start()], match[1]
    bare = _NOISE.sub("", bare.replace("(0)", ""))
    if bare.startswith("00"):
        bare = "+" + bare[2:]
    if not _DIALLED.fullmatch(bare):
        return None
    if _NATIONAL.fullmatch(bare):
        bare = _OVERSEAS.get(bare[:4], "+33") + bare[1:]
    if not bare.startswith("+"):
        return None
    try:
        # A zero of the national form behind the country code is taken out, where that country's plan has one.
        parsed = phonenumbers.parse(bare, None)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return Telephone(_at_home(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)), extension)


def _at_home(number: str) -> str:
    """A number of an overseas department that was written with the code of the métropole."""
    national = "0" + number[3:]
    known = number.startswith("+33") and _NATIONAL.fullmatch(national)
    return _OVERSEAS.get(national[:4], "+33") + national[1:] if known else number
