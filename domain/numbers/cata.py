"""The CATA code: the portal's own short name for a victim whose SINUS number is not yet known (R-18, R-19).

A code names one victim of one event for ever: no letter and no serial is used twice, so what runs out is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from domain.errors import ConflictError
from domain.rules import DEFAULT_RULES

if TYPE_CHECKING:
    from domain.rules import Rules

CATA_CODE: Final = re.compile(r"[A-Z][0-9]{4}")
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NO_LETTER: Final = "-"
"""Of a localisation declared after the twenty-sixth."""


def letter_of(rank: int, rules: Rules = DEFAULT_RULES) -> str:
    """The letter of the localisation declared `rank`-th (from 0), removed ones counted: a letter is never given twice."""
    if rank < len(LETTERS):
        return LETTERS[rank]
    if rules.localisations_without_letter:
        return NO_LETTER
    raise ConflictError(
        "R-19",
        "localisations",
        "Il ne reste plus de lettre pour une nouvelle localisation.",
        "26 localisations au plus",
    )


def cata_code(letter: str, serial: int, rules: Rules = DEFAULT_RULES) -> str:
    """The code of the `serial`-th victim (from 1) of a localisation: `A0001` is the first of the first."""
    if letter == NO_LETTER:
        raise ConflictError(
            "R-19", "localisation_id", "Cette localisation n’a pas de lettre : elle ne peut pas donner de code CATA."
        )
    if not 1 <= serial <= rules.cata_last_serial:
        raise ConflictError(
            "R-19",
            "cata_code",
            "Tous les codes CATA de cette localisation ont été donnés.",
            f"{rules.cata_last_serial} codes au plus par localisation",
        )
    return f"{letter}{serial:04d}"
