"""What is said beside an answer without blocking anything: a defect a person should know of. Holds no patient's data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remark:
    """One defect, with the field it is about."""

    code: str
    """Stable, to group by: `INS_CLE`."""
    field: str
    """Path of the field, never its value."""
    title: str
    """One French sentence for people."""
