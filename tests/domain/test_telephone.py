"""Telephone numbers as systems write them: dialled as they are meant, or kept as words; nothing that rings nowhere passes as a number."""

from __future__ import annotations

import pytest

from domain.numbers.telephone import Telephone, read_telephone

DIALLED = {
    "01 99 00 00 01": "+33199000001",
    "01.99.00.00.01": "+33199000001",
    "+33 1 99 00 00 01": "+33199000001",
    "0033199000001": "+33199000001",
    "+33 (0)1 99 00 00 01": "+33199000001",
    "+33 01 99 00 00 01": "+33199000001",
    "+33 06 00 00 00 00": "+33600000000",
    "tel:+33-1-99-00-00-01": "+33199000001",
    "\u202a+33 1 99 00 00 01\u202c": "+33199000001",
    "0692 00 00 01": "+262692000001",
    "+33 692 00 00 01": "+262692000001",
    "+33 (0) 590 00 00 01": "+590590000001",
    "0596000001": "+596596000001",
    "+262 0692 00 00 01": "+262692000001",
    "+508 41 00 01": "+508410001",
    "+687 20 00 01": "+687200001",
    "+32 2 000 00 01": "+3220000001",
    "+49 30 000001": "+4930000001",
}
WORDS = ("15", "112", "3631", "+33 3631", "+33 36 31", "zéro six", "06 00 00 00", "06 00 00 00 00 00", "+999 1234567",
         "appeler le gardien", "06 00 00 00 00 / 06 00 00 00 01", "+", "0000000000", "199000001", "٠١٩٩٠٠٠٠٠١")  # fmt: skip
EXTENSIONS = ("01 99 00 00 01 poste 4567", "0199000001 p. 4567", "01 99 00 00 01, poste : 4567", "+33199000001;ext=4567",
              "01 99 00 00 01 ext. 4567", "01 99 00 00 01 x4567", "01 99 00 00 01 #4567")  # fmt: skip


@pytest.mark.parametrize(("text", "number"), DIALLED.items())
def test_a_number_is_written_as_it_is_dialled(text: str, number: str) -> None:
    """With its country code, whatever the separators and the zero that no foreign exchange takes."""
    assert read_telephone(text) == Telephone(number)


@pytest.mark.parametrize("text", WORDS)
def test_what_rings_nowhere_is_no_number(text: str) -> None:
    """Short numbers, wrong lengths, words: whoever asked keeps what was written."""
    assert read_telephone(text) is None


@pytest.mark.parametrize("text", EXTENSIONS)
def test_an_extension_is_no_digit_of_the_number(text: str) -> None:
    """It is told apart, to be asked for once the call is answered."""
    assert read_telephone(text) == Telephone("+33199000001", "4567")
