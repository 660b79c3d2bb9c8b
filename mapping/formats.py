"""The forms a value may take on a wire, by the name a rule says.

Each one takes what canon holds and gives a JSON-safe value, or raises `ValueError` with a reason that quotes nothing.
It refuses to guess: no time zone is invented, no text is read as a number unless it is one.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import sha1
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mapping.kinds import Kind

_DAY = 10
"""Length of AAAA-MM-JJ."""
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")
_HL7_TIME = re.compile(r"([0-9]{12})([0-9]{2})?(?:\.[0-9]{1,4})?([+-][0-9]{4})?")
FRANCE = ZoneInfo("Europe/Paris")
_TRUTH = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Format:
    """One form: what it does, and the kinds of field it can read."""

    name: str
    write: Callable[[Any], Any]
    kinds: frozenset[Kind]


def as_date(value: Any) -> str:  # noqa: ANN401 - whatever canon holds
    """AAAA-MM-JJ: of a date, or of an instant as its own offset says it."""
    try:
        return (
            date.fromisoformat(value[:_DAY]).isoformat() if len(value) == _DAY else _instant(value).date().isoformat()
        )
    except (ValueError, TypeError):
        raise ValueError("n'est pas une date AAAA-MM-JJ") from None


def as_instant(value: Any) -> str:  # noqa: ANN401 - same
    """AAAA-MM-JJThh:mm:ss±hh:mm: whole seconds, always an offset, never Z."""
    try:
        return _instant(value).isoformat(timespec="seconds")
    except (ValueError, TypeError):
        raise ValueError("n'est pas un instant ISO 8601 avec décalage horaire") from None


def _instant(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None or len(value) <= _DAY:
        raise ValueError(_DAY)
    return moment


def as_integer(value: Any) -> int:  # noqa: ANN401 - same
    """A whole number: an integer, a decimal without fraction, or a text of digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    raise ValueError("n'est pas un nombre entier")


def as_decimal(value: Any) -> int | float:  # noqa: ANN401 - same
    """A finite number, or a text that is one with a point."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return value
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return float(value)
    raise ValueError("n'est pas un nombre")


def as_text(value: Any) -> str:  # noqa: ANN401 - same
    """A text; numbers in plain notation, booleans as `true` and `false`, as XML writes them."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    raise ValueError("n'est pas un texte")


def as_upper(value: Any) -> str:  # noqa: ANN401 - same
    """A text in capitals, accents kept."""
    if isinstance(value, str):
        return value.upper()
    raise ValueError("n'est pas un texte")


def as_boolean(value: Any) -> bool:  # noqa: ANN401 - same
    """A boolean, or a text that XML takes for one: `true`, `1`, `false`, `0`."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in _TRUTH:
        return _TRUTH[value]
    raise ValueError("n'est pas un booléen")


def as_urn(value: Any) -> str:  # noqa: ANN401 - same
    """A name of the thing that a text names, the same each time: what one part of a document says of another."""
    if isinstance(value, str):
        return _urn(value)
    raise ValueError("n'est pas un texte")


@lru_cache(maxsize=1024)
def _urn(text: str) -> str:
    """A UUID of version 5 (RFC 9562 section 5.5). A document says the same few names again and again."""
    digest = bytearray(sha1(NAMESPACE_URL.bytes + text.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    hexadecimal = digest.hex()
    return (
        f"urn:uuid:{hexadecimal[:8]}-{hexadecimal[8:12]}-{hexadecimal[12:16]}-{hexadecimal[16:20]}-{hexadecimal[20:]}"
    )


def as_code(value: Any) -> str:  # noqa: ANN401 - same
    """A text as a code: its words joined by hyphens."""
    if isinstance(value, str) and value.split():
        return "-".join(value.split())
    raise ValueError("n'est pas un texte dont on fasse un code")


def as_hl7_instant(value: Any) -> str:  # noqa: ANN401 - same
    """An HL7 v2 time (AAAAMMJJhhmm[ss[.s]][±hhmm], data type TS) as an instant; without an offset it is the time in France."""
    written = _HL7_TIME.fullmatch(value) if isinstance(value, str) else None
    if written is None:
        raise ValueError("n'est pas une date-heure HL7 AAAAMMJJhhmm[ss]")
    try:
        # An absent offset is the local time of the hospital, which is France's.
        moment = datetime.strptime(f"{written[1]}{written[2] or '00'}{written[3] or '+0000'}", "%Y%m%d%H%M%S%z")
    except ValueError:
        raise ValueError("n'est pas une date-heure HL7 AAAAMMJJhhmm[ss]") from None
    return (moment if written[3] else moment.replace(tzinfo=FRANCE)).isoformat(timespec="seconds")


def as_hl7_date(value: Any) -> str:  # noqa: ANN401 - same
    """The day of an HL7 v2 date or time, as AAAA-MM-JJ."""
    try:
        return date.fromisoformat(value[:8]).isoformat()
    except (ValueError, TypeError):
        raise ValueError("n'est pas une date HL7 AAAAMMJJ") from None


_TEXT: frozenset[Kind] = frozenset({"text"})
_NUMBER: frozenset[Kind] = frozenset({"text", "integer", "decimal"})

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "date": Format("date", as_date, _TEXT),
        "instant": Format("instant", as_instant, _TEXT),
        "hl7_instant": Format("hl7_instant", as_hl7_instant, _TEXT),
        "hl7_date": Format("hl7_date", as_hl7_date, _TEXT),
        "integer": Format("integer", as_integer, _NUMBER),
        "decimal": Format("decimal", as_decimal, _NUMBER),
        "text": Format("text", as_text, frozenset({"text", "integer", "decimal", "boolean"})),
        "upper": Format("upper", as_upper, _TEXT),
        "urn": Format("urn", as_urn, _TEXT),
        "code": Format("code", as_code, _TEXT),
        "boolean": Format("boolean", as_boolean, frozenset({"text", "boolean"})),
    }
)
"""Name in a rule → what it does."""
