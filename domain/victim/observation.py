"""What somebody said of a victim, and when: the only thing that is ever appended, never changed.

An observation is a fact that already happened: nothing here judges it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from domain.source import Source

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Stamp:
    """Whose word it is, and its two times: late entry keeps both apart."""

    source: Source
    author: str
    """Who said it, as an opaque reference."""
    happened_at: datetime
    received_at: datetime

    @property
    def counts_from(self) -> datetime:
        """When the word starts to hold: a clock that runs ahead must not win over everything said after it."""
        return min(self.happened_at, self.received_at)


class ObservationKind(StrEnum):
    """What happened; the facts say it in full."""

    CREATED = "patient.created"
    DESCRIBED = "patient.described"
    TRIAGED = "patient.triaged"
    IDENTIFIED = "patient.identified"
    STEPPED = "patient.stepped"
    DELETED = "patient.deleted"
    SWAPPED = "patient.identity_swapped"
    REBOUND = "patient.number_rebound"
    NUMBER_DECIDED = "patient.number_decided"


@dataclass(frozen=True, slots=True)
class Observation:
    """One word of one source on one victim.

    `facts` has any of: `fields` (name → value, None for emptied), `sources` (whose words the fields replace, when not the
    stamp's own), `triage` (list of stage and severity), `identifiers` (attached or ended), `step`.
    """

    victim_id: str
    event_id: str
    kind: ObservationKind
    facts: dict[str, Any]
    stamp: Stamp
    seq: int = 0
    """Its place in the register's log; 0 before it has one."""
    after: int = 0
    """The victim's revision that it was decided upon: orders what was said in one same instant."""


def observation_to_row(observation: Observation) -> dict[str, Any]:
    """JSON-safe, flat: one row of the register's log."""
    stamp = observation.stamp
    return {
        "seq": observation.seq,
        "victim_id": observation.victim_id,
        "event_id": observation.event_id,
        "kind": observation.kind.value,
        "facts": observation.facts,
        "source": stamp.source.value,
        "author": stamp.author,
        "happened_at": stamp.happened_at.isoformat(),
        "received_at": stamp.received_at.isoformat(),
        "after": observation.after,
    }


def observation_from_row(row: Mapping[str, Any]) -> Observation:
    """The observation that a row was made from."""
    stamp = Stamp(
        Source(row["source"]),
        row["author"],
        datetime.fromisoformat(row["happened_at"]),
        datetime.fromisoformat(row["received_at"]),
    )
    return Observation(
        row["victim_id"],
        row["event_id"],
        ObservationKind(row["kind"]),
        row["facts"],
        stamp,
        row["seq"],
        row["after"],
    )
