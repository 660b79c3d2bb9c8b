"""What a job is: a name, a period, and something to await. What it does inside is not our business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


@dataclass(frozen=True, slots=True)
class Job:
    """One thing done regularly."""

    name: str
    every: float
    """Seconds."""
    run: Callable[[], Awaitable[None]]
    alone: bool = False
    """Done by one node only, whichever leads: on the others its runs do nothing."""
