"""A target path in its steps: `name[0].given[1]`, `personne.@version`.

`[n]` is the element n of a list, for targets that are lists even when one thing is said (JSON, FHIR). What is absent leaves
no hole: the elements that follow move up.
"""

from __future__ import annotations

import re
from typing import TypeAlias

Step: TypeAlias = tuple[str, int | None]
"""Key, and the number of the element where the key is a list."""

_PART = r"[@#$_]?[A-Za-z_][\w:-]*(?:\[\d{1,2}\])?"
TARGET = re.compile(rf"{_PART}(?:\.{_PART})*")
_NUMBERED = re.compile(r"(.*)\[(\d+)\]")
_NUMBERS = re.compile(r"\[\d+\]")


def steps(to: str) -> tuple[Step, ...]:
    """The steps of a target path that `TARGET` accepts."""
    return tuple([_step(part) for part in to.split(".")])


def _step(part: str) -> Step:
    numbered = _NUMBERED.fullmatch(part)
    return (part, None) if numbered is None else (numbered[1], int(numbered[2]))


def unnumbered(to: str) -> str:
    """The path without the numbers of its elements, for people and for counting: `name[].given[]`."""
    return _NUMBERS.sub("[]", to)
