"""The current record of a victim as it is kept: compact, JSON-safe, and back exactly.

The words of one observation share its stamp, so stamps are written once and words point to them.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.numbers.identifier import identifier_from_json, identifier_to_json
from domain.severity import Severity
from domain.source import Source
from domain.victim.care_path import CareStatus, Step
from domain.victim.observation import Stamp
from domain.victim.victim import StepTaken, TriageEntry, Victim, Word

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Stamps:
    """The stamps of one record, each written once."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self._places: dict[int, int] = {}

    def place(self, stamp: Stamp) -> int:
        """Where the stamp stands; the victim keeps it alive, so its identity is its name here."""
        place = self._places.get(id(stamp))
        if place is None:
            place = self._places[id(stamp)] = len(self.rows)
            self.rows.append([
                stamp.source.value, stamp.author, stamp.happened_at.isoformat(), stamp.received_at.isoformat(),
            ])  # fmt: skip
        return place


def to_record(victim: Victim) -> dict[str, Any]:
    """The whole victim as JSON values."""
    stamps = _Stamps()
    place = stamps.place
    return {
        "id": victim.id,
        "event_id": victim.event_id,
        "revision": victim.revision,
        "created": [place(victim.created), victim.creation_known],
        "words": {
            name: [[place(word.stamp), word.after, word.value] for word in words]
            for name, words in victim.words.items()
        },
        "identifiers": [identifier_to_json(identifier) for identifier in victim.identifiers],
        "triage": [
            [place(entry.stamp), entry.after, entry.stage, entry.severity.value if entry.severity else None]
            for entry in victim.triage
        ],
        "steps": [
            [place(step.stamp), step.n, step.step.value, step.moved_from.value, step.moved_to.value, dict(step.facts)]
            for step in victim.steps
        ],
        "stamps": stamps.rows,
    }


def from_record(record: Mapping[str, Any]) -> Victim:
    """The victim that a record was made from."""
    instant = datetime.fromisoformat
    stamps = [
        Stamp(Source(source), author, instant(happened), instant(received))
        for source, author, happened, received in record["stamps"]
    ]
    created, creation_known = record["created"]
    return Victim(
        record["id"],
        record["event_id"],
        record["revision"],
        stamps[created],
        creation_known,
        {
            name: tuple([Word(value, stamps[place], after) for place, after, value in words])
            for name, words in record["words"].items()
        },
        tuple([identifier_from_json(row) for row in record["identifiers"]]),
        tuple(
            [
                TriageEntry(stage, Severity(severity) if severity else None, stamps[place], after)
                for place, after, stage, severity in record["triage"]
            ]
        ),
        tuple(
            [
                StepTaken(n, Step(step), CareStatus(start), CareStatus(end), stamps[place], facts)
                for place, n, step, start, end, facts in record["steps"]
            ]
        ),
    )
