"""The number of a bracelet: what is read, what is suggested, what is kept unread."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.numbers.sinus_number import SinusNumber, UnreadNumber, read_sinus_number

NUMBER = "FR825NOVI0000TR123123"


@pytest.mark.parametrize(
    "typed", [NUMBER, "FR 825 NOVI - 0000 TR - 123123", "fr825novi0000tr123123\r\n", "FR\u00a0825\tNOVI–0000 TR—123123"]
)
def test_one_number_however_it_is_typed(typed: str) -> None:
    """Spaces, hyphens, small letters and the noise of a scanner are accepted."""
    number = read_sinus_number(typed)
    assert isinstance(number, SinusNumber)
    assert number.canonical == NUMBER
    assert number.display() == "FR 825 NOVI - 0000 TR - 123123"
    assert (number.country, number.department_code, number.year, number.origin, number.serial) == (
        "FR", "825", "0000", "TR", "123123",
    )  # fmt: skip


def test_a_hospital_number() -> None:
    """HP is the origin of the numbers that SI-VIC gives, and a real year raises no flag."""
    number = read_sinus_number("FR825NOVI2023HP000001")
    assert isinstance(number, SinusNumber)
    assert (number.origin, number.flags) == ("HP", ())


def test_the_year_0000_is_accepted_and_flagged() -> None:
    """Its meaning is not documented: never a reason to refuse."""
    number = read_sinus_number(NUMBER)
    assert isinstance(number, SinusNumber)
    assert number.flags == ("year_0000",)


@pytest.mark.parametrize(
    ("typed", "reason", "kind", "suggestion"),
    [
        ("FR825NOVI0000TR12312", "length", "quarantine", None),
        ("FR825NOVI0000XX123123", "origin", "quarantine", None),
        ("A0001", "cata_code", "cata", None),
        ("FR825N0VI0000TR123123", "letter_or_zero", "quarantine", NUMBER),
        ("FR825NOVI00O0TR123123", "letter_or_zero", "quarantine", NUMBER),
        ("FR825NAVI0000TR123123", "shape", "quarantine", None),
        ("FR825NOVI0000TR12312٣", "shape", "quarantine", None),
        ("   ", "empty", "quarantine", None),
    ],
)
def test_what_is_not_a_number_is_kept_raw_with_its_reason(
    typed: str, reason: str, kind: str, suggestion: str | None
) -> None:
    """A correction is suggested at most, never made."""
    unread = read_sinus_number(typed)
    assert isinstance(unread, UnreadNumber)
    assert (unread.raw, unread.reason, unread.kind, unread.suggestion) == (typed, reason, kind, suggestion)
    assert unread.explanation


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=40))
def test_any_text_is_read_or_kept(typed: str) -> None:
    """No text is lost, none raises, and what is read is read as itself again."""
    read = read_sinus_number(typed)
    if isinstance(read, SinusNumber):
        assert read_sinus_number(read.display()) == read
    else:
        assert read.raw == typed


@settings(deadline=None, max_examples=100)
@given(st.from_regex(r"[A-Z]{2}[0-9]{3}NOVI[0-9]{4}(TR|HP)[0-9]{6}", fullmatch=True), st.data())
def test_noise_anywhere_changes_nothing(canonical: str, data: st.DataObject) -> None:
    """Wherever a space or a hyphen falls, the number is the same."""
    at = data.draw(st.integers(0, len(canonical)))
    noise = data.draw(st.sampled_from([" ", "-", "\u00a0", "\r\n", "‑", "\ufeff"]))
    number = read_sinus_number(canonical[:at] + noise + canonical[at:].lower())
    assert isinstance(number, SinusNumber)
    assert number.canonical == canonical
