"""Whether things are real. An exercise never meets reality: one event, one mode, for ever."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """Said by every event, message and destination; never read from a SINUS number (TR is *terrain*, not training)."""

    ACTUAL = "Actual"
    EXERCISE = "Exercise"
