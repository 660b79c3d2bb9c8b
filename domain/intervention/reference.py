"""The reference of a request, made to be read aloud on a telephone: eight characters, none that looks like another, the last a check.

Twenty-three characters, a prime: the check character finds every single mistake and every exchange of two neighbours. Left out are
0 O, 1 I L, 2 Z, 5 S, 8 B, and N and U, which are heard as M and taken for V.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ALPHABET = "34679ACDEFGHJKMPQRTVWXY"
BODY = 7
"""Characters before the check: 3.4 thousand million references."""


def reference(numbers: Sequence[int]) -> str:
    """The reference of seven numbers drawn by the caller: `K7PM-4XWA`."""
    body = "".join(ALPHABET[number % len(ALPHABET)] for number in numbers[:BODY])
    if len(body) != BODY:
        raise ValueError("il faut sept nombres")
    whole = body + _check(body)
    return f"{whole[:4]}-{whole[4:]}"


def read_reference(text: str) -> str | None:
    """A reference as it was typed or dictated, in its one form; None when a character is wrong."""
    bare = "".join(character for character in text.upper() if character.isalnum())
    if (
        len(bare) != BODY + 1
        or any(character not in ALPHABET for character in bare)
        or _check(bare[:BODY]) != bare[BODY]
    ):
        return None
    return f"{bare[:4]}-{bare[4:]}"


def _check(body: str) -> str:
    """Each place has a weight of its own, none of them zero modulo a prime: no single change and no exchange keeps the sum."""
    total = sum((place + 1) * ALPHABET.index(character) for place, character in enumerate(body))
    return ALPHABET[total % len(ALPHABET)]
