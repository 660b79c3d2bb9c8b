"""Dates as the hub writes them: seconds and an offset, never `Z`, never fractions. In, both are read."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_LOOSE = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d+)?(Z|z|[+-]\d{2}:\d{2})")


def write_date(moment: datetime) -> str:
    """`2026-03-01T10:00:00+01:00`; a moment without an offset is refused."""
    if moment.tzinfo is None:
        raise ValueError("une date du hub porte toujours son décalage horaire")
    return moment.replace(microsecond=0).isoformat()


def normal_date(text: str) -> str:
    """The text in the hub's form when it is a date-time of any accepted form; otherwise the text as it is."""
    text = text.strip()
    match = _LOOSE.fullmatch(text)
    return match[1] + ("+00:00" if match[2] in "Zz" else match[2]) if match else text


def read_date(text: str) -> datetime:
    """The moment, from any form the hub lets in.

    Raises ValueError when it is no date, when it has no offset (it then names no moment: nothing can be compared with
    it), and when it lies beyond the years that UTC can hold.
    """
    moment = datetime.fromisoformat(normal_date(text))
    if moment.tzinfo is None:
        raise ValueError("une date du hub porte toujours son décalage horaire")
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("une date hors des années possibles") from None
    return moment
