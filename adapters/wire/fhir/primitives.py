"""What a line of an element table says, and what each primitive of FHIR R4 may be. Pure data and small checks."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_CODE = re.compile(r"[^\s]+( [^\s]+)*")
_URI = re.compile(r"\S*")
_DATE = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?"
_INSTANT = re.compile(
    rf"[0-9]{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T{_CLOCK}(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
)
_DATETIME = re.compile(rf"(?:{_INSTANT.pattern})|(?:{_DATE.pattern})")
_TIME = re.compile(_CLOCK)
LONGEST_MASK = 24
"""Characters of a value whose pattern is told; a longer text is told by its length only."""

ANYTHING = "*"
"""The kind of an element that is known, has its own reader or says nothing of a person, and may be of any shape."""


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _number(value: Any) -> bool:  # noqa: ANN401 - JSON as it comes
    return isinstance(value, int | float) and not isinstance(value, bool)


def _whole(value: Any) -> bool:  # noqa: ANN401 - JSON as it comes
    return isinstance(value, int) and not isinstance(value, bool)


PRIMITIVES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "string": (lambda value: isinstance(value, str) and bool(value.strip()), "un texte non vide"),
    "code": (_matches(_CODE), "un code"),
    "uri": (_matches(_URI), "une adresse"),
    "date": (_matches(_DATE), "AAAA, AAAA-MM ou AAAA-MM-JJ"),
    "dateTime": (_matches(_DATETIME), "une date, avec décalage horaire si elle a une heure"),
    "instant": (_matches(_INSTANT), "date, heure et décalage horaire"),
    "time": (_matches(_TIME), "HH:MM:SS"),
    "decimal": (_number, "un nombre"),
    "integer": (_whole, "un nombre entier"),
    "boolean": (lambda value: isinstance(value, bool), "true ou false"),
    "positiveInt": (lambda value: _whole(value) and value > 0, "un rang"),
    "base64Binary": (lambda value: isinstance(value, str), "du base64"),
    ANYTHING: (lambda _: True, ""),
}
"""FHIR primitive → its check, and what a person is told."""

KEYS = frozenset({"code", "uri"})
"""What is compared and never cut: too long is refused. A text is cut by `domain`, which says so."""


def shape_of(value: Any) -> str:  # noqa: ANN401 - JSON as it comes
    """What a value looks like, in French and without the value: `un nombre`, `un texte « 99/99/9999 »`, `un texte de 80 caractères`."""
    if isinstance(value, str):
        if not value.strip():
            return "un texte vide"
        return (
            f"un texte « {_masked(value)} »" if len(value) <= LONGEST_MASK else f"un texte de {len(value)} caractères"
        )
    if isinstance(value, list):
        return "une liste" if value else "une liste vide"
    return next((words for kind, words in _SHAPES if isinstance(value, kind)), "un objet")


# A boolean is a number to Python: it is asked about first.
_SHAPES = ((bool, "un booléen"), (int, "un nombre"), (float, "un nombre"), (type(None), "null"))


def _masked(text: str) -> str:
    return "".join(
        "9" if character.isdigit() else "a" if character.isalpha() else character if character.isprintable() else "?"
        for character in text
    )


@dataclass(frozen=True, slots=True)
class Element:
    """One line of a table."""

    kind: str
    """A primitive, or the name of a part."""
    least: int = 0
    most: int | None = None
    """None: a single value and not a list."""
    longest: int = 0
    blocks: bool = True
    """Whether a breach refuses the message; else the element is set aside with a warning."""
    codes: frozenset[str] = frozenset()
    label: str | None = None
    """What stands before it in the sentence of its resource; empty for the value alone; None where it has a reader of its own."""

    def labelled(self, label: str) -> Element:
        """The same, told in the sentence of its resource."""
        return replace(self, label=label)


def one(kind: str = "string", longest: int = 255, *, blocks: bool = True, label: str | None = None) -> Element:
    """0..1."""
    return Element(kind, 0, None, longest, blocks, label=label)


def must(kind: str = "string", longest: int = 255, *, blocks: bool = True) -> Element:
    """1..1."""
    return Element(kind, 1, None, longest, blocks)


def among(*codes: str, least: int = 0, blocks: bool = True) -> Element:
    """A code of a closed list."""
    return Element("code", least, None, 64, blocks, frozenset(codes))


def several(  # noqa: PLR0913 - the columns of a table
    kind: str, most: int, *, least: int = 0, longest: int = 255, blocks: bool = True, label: str | None = None
) -> Element:
    """A list."""
    return Element(kind, least, most, longest, blocks, label=label)


def choice(name: str, *kinds: str, label: str | None = None) -> dict[str, Element]:
    """Every variant of a `name[x]`: `choice("value", "Quantity", "string")` → `valueQuantity`, `valueString`."""
    return {f"{name}{kind[0].upper()}{kind[1:]}": one(kind, blocks=False, label=label) for kind in kinds}
