"""Who may say something of a victim. Every source keeps its own word; none is overwritten by another."""

from __future__ import annotations

from enum import StrEnum


class Source(StrEnum):
    """The system whose word it is."""

    PORTAL = "portal"
    SINUS = "sinus"
    SIVIC = "sivic"
    LRM = "lrm"
    GATEWAY = "gateway"
    """An operator of the gateway itself."""
