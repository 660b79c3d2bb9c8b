"""What has no home in the hub's model, as lines of a medical note: a person reads them, and we read them back.

`Clé : valeur`, one a line, in the order they are given; a value of several lines goes on, indented. Reading is exact: what
was written comes back, and what somebody else wrote comes back as nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLE = "Fiche du portail SI-Samu"
_BETWEEN = " : "
_GOES_ON = "\n    "


def write_note(lines: Mapping[str, object]) -> str:
    """The text of a note; an underscore of a key is a space."""
    paragraphs = [f"{key.replace('_', ' ')}{_BETWEEN}{_one_paragraph(str(value))}" for key, value in lines.items()]
    return "\n".join([TITLE, *paragraphs])


def read_note(text: str) -> dict[str, str]:
    """The lines of a note of ours, by their keys as written; empty for any other text."""
    title, _, rest = text.replace("\r\n", "\n").partition("\n")
    if title.strip() != TITLE:
        return {}
    lines: dict[str, str] = {}
    for line in rest.replace(_GOES_ON, "\0").split("\n"):
        key, between, value = line.partition(_BETWEEN)
        if between:
            lines[key] = value.replace("\0", "\n")
    return lines


def _one_paragraph(value: str) -> str:
    """Line ends of any kind go on under the same key; NUL has no place in a message."""
    return _GOES_ON.join(value.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").split("\n"))
