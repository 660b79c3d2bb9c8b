"""Whether a name begins as it is sought: case, accents, apostrophes, hyphens and spaces make no difference, however they are encoded."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

UNDECOMPOSED: Final = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
"""Letters that Unicode does not split into a base and a mark, as they are typed without them."""


def words_of(text: str) -> tuple[str, ...]:
    """The words of a name in plain letters and digits: `Noémie D’ALMEIDA` → `noemie`, `d`, `almeida`."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in decomposed if not unicodedata.combining(sign)).translate(UNDECOMPOSED)
    return tuple("".join(sign if sign.isalnum() else " " for sign in bare).split())


def begins(names: Iterable[str | None], sought: str) -> bool:
    """Whether any of the names, or all of them in either order, begins with what is sought, from any of its words on."""
    start = "".join(words_of(sought))
    if not start:
        return False
    words = [words_of(name) for name in names if name]
    orders = (words, list(reversed(words)))
    whole = [tuple(word for name in order for word in name) for order in orders]
    return any("".join(name[place:]).startswith(start) for name in (*words, *whole) for place in range(len(name)))
