"""Who may say something of a victim. Every source keeps its own word; none is overwritten by another."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Source(StrEnum):
    """The system whose word it is."""

    PORTAL = "portal"
    SINUS = "sinus"
    SIVIC = "sivic"
    LRM = "lrm"
    HOSPITAL = "hospital"
    """An établissement's own software."""
    GATEWAY = "gateway"
    """An operator of the gateway itself."""


BY_HAND: Final = frozenset({Source.PORTAL, Source.GATEWAY})
"""The sources that are people at a screen: no other system's word undoes what they did."""
