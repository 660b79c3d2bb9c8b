"""Ages as the real exports write them, and the bands of the counts."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.rules import DEFAULT_RULES, Rules
from domain.victim.age import age_band, age_word, read_age, unread

DAY = date(2020, 9, 1)


@pytest.mark.parametrize(
    ("said", "value", "unit"),
    [
        ("85", 85, "years"),
        ("45 ANS", 45, "years"),
        ("1 an", 1, "years"),
        (">80", 80, "years"),
        ("3 MOIS", 3, "months"),
        ("2 SEM", 2, "weeks"),
        ("10 JOURS", 10, "days"),
    ],
)
def test_an_age_with_or_without_its_unit(said: str, value: int, unit: str) -> None:
    """Read, with the text kept beside."""
    word = read_age(said)
    assert (word["value"], word["unit"], word["raw"]) == (value, unit, said)
    assert word["at_least"] is said.startswith(">")


@pytest.mark.parametrize(("said", "year", "day"), [("1934", 1934, None), ("12/03/1950", 1950, "1950-03-12")])
def test_a_birth_written_as_an_age(said: str, year: int, day: str | None) -> None:
    """No age is invented from it; the birth is kept."""
    word = read_age(said)
    assert (word["value"], word["birth_year"], word["birth_date"], word["raw"]) == (None, year, day, said)


@pytest.mark.parametrize("said", ["XX", "X", "NC", "-", "Âge approximatif", "", "850", "31/02/1950", "3 LUNES"])
def test_what_is_no_age_is_kept_raw(said: str) -> None:
    """Nothing is guessed, nothing is lost, nobody is refused."""
    word = read_age(said)
    assert word["raw"] == said
    assert unread(word)
    assert age_band(None, None, word, DAY, DEFAULT_RULES) == "inconnu"


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=20))
def test_any_text_is_kept(said: str) -> None:
    """The reader never raises, and the text is always there."""
    assert read_age(said)["raw"] == said


@pytest.mark.parametrize(
    ("kind", "born", "said", "band"),
    [
        ("adulte", None, "3 MOIS", "adulte"),
        (None, None, "23 MOIS", "nourrisson"),
        (None, None, "24 MOIS", "pediatrie"),
        (None, None, "17", "pediatrie"),
        (None, None, "18", "adulte"),
        (None, "2002-09-01", None, "adulte"),
        (None, "2002-09-02", None, "pediatrie"),
        (None, "2020-08-01", "85", "nourrisson"),
        (None, None, "1934", "adulte"),
        (None, "2021-01-01", None, "inconnu"),
        (None, None, None, "inconnu"),
    ],
)
def test_the_type_first_then_the_birth_then_the_age(
    kind: str | None, born: str | None, said: str | None, band: str
) -> None:
    """A person's choice is never overruled by arithmetic."""
    word: Any = age_word(said) if said else None
    assert age_band(kind, born, word, DAY, DEFAULT_RULES) == band


def test_the_limits_are_of_the_deployment() -> None:
    """Another SAMU counts children up to another age."""
    assert age_band(None, None, read_age("16"), DAY, Rules(adult_from_years=15)) == "adulte"
