"""What is wrong in a mapping file, said once with its place, in the words of the integrator who must mend it.

It collects every fault before it raises: nobody should mend a file one error at a time. It refuses to know what the
rules of a mapping are.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_FAULTS = 500
"""Beyond this a file is not a mapping with mistakes, it is something else."""


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A place in a file, counted from 1 as editors do."""

    file: str
    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One mistake in one file. `hint` continues the sentence of `message`: what was probably meant, or what to do."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """`file:line:column: message, hint`, the form that editors make clickable."""
        line = f"{self.message}, {self.hint}" if self.hint else self.message
        return f"{self.file}:{self.line}:{self.column}: {line}"


class MappingFaultsError(Exception):
    """Mapping files that cannot be used, with every fault found in them, in the order of the files."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        """The same fault seen by two ways is said once."""
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class Faults:
    """Faults as they are found, until somebody asks for the sum."""

    def __init__(self) -> None:
        self._found: list[Fault] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(self, spot: Spot, message: str, hint: str = "") -> None:
        """Note one more; gives up at `MOST_FAULTS`."""
        self._found.append(Fault(spot.file, spot.line, spot.column, message, hint))
        if len(self._found) >= MOST_FAULTS:
            self.refuse_any()

    def refuse_any(self) -> None:
        """Raise `MappingFaultsError` with all of them, if there is one."""
        if self._found:
            raise MappingFaultsError(self._found)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """« vouliez-vous « x » ? » for the nearest known word, or nothing when none is near."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"vouliez-vous « {near[0]} » ?" if near else ""
