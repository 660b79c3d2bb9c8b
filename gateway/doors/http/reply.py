"""What a door answers, as the register also keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """What a door answers."""

    status: int
    content: Any = None
    """JSON-safe; None answers an empty body."""
    etag: int | None = None
    """The revision of what is answered."""
    location: str | None = None
