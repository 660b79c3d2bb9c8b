"""What may be learnt from a neighbour's answer, in our own words; the other half of `domain.canon`.

A key that the neighbour did not say is absent. It refuses to judge: what a word changes is decided where it is heard.
"""

from __future__ import annotations

from typing import TypedDict


class TakenDocument(TypedDict):
    """`taken`: what a neighbour answers when it takes a document."""

    state: str
    """In the neighbour's own words: `ANNONCEE`, `prise`, `perimee`…"""
    duplicate: bool
    """It had already taken this very message."""
    reference: str | None
    """Its own identifier for the thing: an event, a fiche."""
    sinus_number_hp: str | None
    """The number of origin HP that it gave to a person who had none."""


class HeldDocument(TypedDict):
    """`held`: how many persons a neighbour holds in an event."""

    UA: int
    UR: int
    IMP: int
    DCD: int
    NC: int


HEARD: dict[str, type] = {"taken": TakenDocument, "held": HeldDocument}
"""What mappings of what comes in may produce → its shape."""
