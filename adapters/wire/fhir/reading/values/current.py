"""Which of several names, telephones, addresses, identifiers is the one of now: `use` and `period`, read once for all of them. Pure.

What is old, ended, to come, temporary or invented for a moment comes after what holds; each reader then takes the first, and names what it
leaves. A period is judged at the instant of the message, so that a message that is sent again reads the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.wire.fhir.reading.values.words import EARLIEST, instant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from adapters.wire.fhir.vocabulary import Resource

LATER_USES: Mapping[str, str] = {
    "old": "ancien",
    "temp": "temporaire",
    "anonymous": "anonyme",
    "nickname": "surnom",
    "billing": "de facturation",
}
"""`use` that is never the first choice → what it is, in words."""
PAST = frozenset({"ancien", "échu", "à venir"})
"""What does not hold at the instant of the message."""
WHOLE_DAY = len("AAAA-MM-JJ")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of several values."""

    value: Resource
    path: str
    why_later: str
    """Why it is not a first choice: `ancien`, `échu`, `temporaire`; empty when it is one."""

    @property
    def holds(self) -> bool:
        """Whether it is of now."""
        return self.why_later not in PAST


def candidates(values: Sequence[Resource], path: str, at: datetime) -> list[Candidate]:
    """Every value with its place, those that hold first, in the order of the message."""
    if not values:
        return []
    choices = [Candidate(value, f"{path}[{place}]", why_later(value, at)) for place, value in enumerate(values)]
    return sorted(choices, key=lambda each: (not each.holds, bool(each.why_later))) if len(choices) > 1 else choices


def why_later(value: Resource, at: datetime) -> str:
    """Why a value is not a first choice at an instant; empty when it is one."""
    period = value.get("period")
    if isinstance(period, dict):
        if has_ended(period.get("end"), at):
            return "échu"
        start = instant(period.get("start"))
        if start != EARLIEST and start > at:
            return "à venir"
    if value.get("type") == "postal":
        return "postale"
    return LATER_USES.get(str(value.get("use")), "")


def has_ended(end: Any, at: datetime) -> bool:  # noqa: ANN401 - JSON as it comes
    """Whether an end is past. One that is told as a day, a month or a year lasts through it."""
    if not isinstance(end, str):
        return False
    read = instant(end)
    if read == EARLIEST:
        return False
    if len(end) <= WHOLE_DAY:
        return end < at.date().isoformat()[: len(end)]
    return read <= at
