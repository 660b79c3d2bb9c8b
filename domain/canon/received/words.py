"""How the fields of what comes in are called when people read them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The French name of a field; `personal` when it names somebody, tells where they live, or is free text about them."""

    text: str
    personal: bool = False


HIDDEN = Words("")
"""A field that decides and is not shown: its words stand beside it."""
