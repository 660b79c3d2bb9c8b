"""Ages as people write them, and the three bands of the counts.

The text is always kept as it came: a reading is an interpretation, and an unreadable age is a fact about a victim too.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypedDict

from domain.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domain.rules import Rules

UNITS: Final = {"years": 365.25, "months": 30.44, "weeks": 7.0, "days": 1.0}
"""Unit → days, to compare ages; nothing else is computed with them."""
OLDEST: Final = 130
"""Years."""
EARLIEST_YEAR: Final = 1880
LATEST_YEAR: Final = 2150
WORDS: Final = {
    "": "years", "A": "years", "AN": "years", "ANS": "years", "ANNEE": "years", "ANNEES": "years",
    "M": "months", "MOIS": "months",
    "S": "weeks", "SEM": "weeks", "SEMAINE": "weeks", "SEMAINES": "weeks",
    "J": "days", "JOUR": "days", "JOURS": "days",
}  # fmt: skip
NUMBER: Final = re.compile(r"(>|>=|\+)?([0-9]{1,4})([A-Z]*)\.?")
DAY_PATTERN: Final = r"([0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2})"
"""The forms of a day that `read_day` reads, for contracts."""
DAY: Final = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
LETTERS: Final = str.maketrans("ÉÈÊ", "EEE")


class AgeWord(TypedDict):
    """An age as it is kept: the reading beside the raw text. All that could not be read is None."""

    value: int | None
    unit: str | None
    raw: str | None
    """The text, when it was a text."""
    at_least: bool
    birth_year: int | None
    """When the text was a year or a day of birth."""
    birth_date: str | None


def read_age(raw: str) -> AgeWord:
    """Read `85`, `1934`, `12/03/1950`, `>80`, `3 MOIS`, `2 SEM`, `10 JOURS`, `45 ANS`; the rest (`XX`, `NC`, `-`) stays raw."""
    text = re.sub(r"\s+", "", raw).upper().translate(LETTERS)
    if born := read_day(text):
        return _word(raw, birth_year=born.year, birth_date=born.isoformat())
    match = NUMBER.fullmatch(text)
    if match is None or match[3] not in WORDS:
        return _word(raw)
    value, unit = int(match[2]), WORDS[match[3]]
    if not match[3] and not match[1] and EARLIEST_YEAR <= value <= LATEST_YEAR:
        return _word(raw, birth_year=value)
    if value * UNITS[unit] > OLDEST * UNITS["years"]:
        return _word(raw)
    return _word(raw, value, unit, at_least=match[1] is not None)


def read_day(text: str) -> date | None:
    """A French or ISO day, or None when it is not one."""
    try:
        if match := DAY.fullmatch(text):
            return date(int(match[3]), int(match[2]), int(match[1]))
        return date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        return None


def age_word(value: object) -> AgeWord:
    """An age from a door: a number of years, a text, or `value` with `unit`."""
    if isinstance(value, bool):
        raise _wrong()
    if isinstance(value, str | int):
        return read_age(str(value))
    if not isinstance(value, dict):
        raise _wrong()
    number, unit, raw = value.get("value"), value.get("unit", "years"), value.get("raw")
    if not isinstance(number, int) or isinstance(number, bool) or not isinstance(unit, str) or unit not in UNITS:
        raise _wrong()
    if not 0 <= number * UNITS[unit] <= OLDEST * UNITS["years"]:
        raise _wrong()
    return _word(raw if isinstance(raw, str) else None, number, unit)


def most(unit: str) -> int:
    """The greatest age that is taken, in a unit."""
    return int(OLDEST * UNITS["years"] / UNITS[unit])


def unread(word: Mapping[str, Any] | None) -> bool:
    """Whether somebody wrote an age that says nothing to us."""
    return word is not None and word["value"] is None and word["birth_year"] is None


def age_band(
    patient_type: str | None, birth_date: str | None, age: Mapping[str, Any] | None, on: date, rules: Rules
) -> str:
    """`nourrisson`, `pediatrie`, `adulte` or `inconnu`: the type that a person chose first, then what can be worked out."""
    if patient_type is not None:
        return patient_type
    days = _age_in_days(birth_date, age, on)
    if days is None or days < 0:
        return "inconnu"
    if days < rules.infant_below_months * UNITS["months"]:
        return "nourrisson"
    # Whole years are compared as years: 18 × 365.25 days is a birthday that may not have come yet.
    years = int(days / UNITS["years"] + 1e-9)
    return "pediatrie" if years < rules.adult_from_years else "adulte"


def _word(  # noqa: PLR0913 - the six faces of an age
    raw: str | None,
    value: int | None = None,
    unit: str | None = None,
    *,
    at_least: bool = False,
    birth_year: int | None = None,
    birth_date: str | None = None,
) -> AgeWord:
    return AgeWord(value=value, unit=unit, raw=raw, at_least=at_least, birth_year=birth_year, birth_date=birth_date)


def _age_in_days(birth_date: str | None, age: Mapping[str, Any] | None, on: date) -> float | None:
    if birth_date is None and age is not None:
        birth_date = age["birth_date"]
    if birth_date is not None:
        born = date.fromisoformat(birth_date)
        years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
        # Past infancy only the number of birthdays matters, and it must be exact.
        return years * UNITS["years"] if years >= 3 else float((on - born).days)  # noqa: PLR2004 - any age past infancy
    if age is None:
        return None
    if age["value"] is not None:
        return float(age["value"] * UNITS[age["unit"]])
    return (on.year - age["birth_year"]) * UNITS["years"] if age["birth_year"] is not None else None


def _wrong() -> InvalidError:
    return InvalidError(
        "R-20",
        "age",
        "L’âge n’est pas lisible.",
        "un nombre d’années, un texte, ou value et unit (years, months, weeks, days)",
    )
