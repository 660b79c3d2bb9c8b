"""Who is counted: persons, never numbers. A count is a pure function of cells, so any past count can be made again.

Every total is given with and without IMP. Counts may go down, and nothing here minds.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from domain.rules import DEFAULT_RULES
from domain.severity import TRIAGE_ORDER, Severity
from domain.victim.snapshot import band_of, destination_of, event_canon

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable
    from datetime import datetime
    from typing import TypeVar

    from domain.canon.documents import CountsDocument, TallyCanon, TallyLineCanon
    from domain.event import Event
    from domain.rules import Rules
    from domain.victim.care_path import CareStatus
    from domain.victim.victim import Victim

    K = TypeVar("K", bound=Hashable)

UNLOCATED: Final = "Non localisé"
UNKNOWN: Final = "inconnu"
AGE_BANDS: Final = ("nourrisson", "pediatrie", "adulte", UNKNOWN)


@dataclass(frozen=True, slots=True)
class Cell:
    """All that a count asks of one victim."""

    localisation_id: str | None
    status: CareStatus
    severity: Severity
    destination_finess: str | None
    destination_name: str | None
    age_band: str
    nationality: str | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of each severity."""

    UA: int = 0
    UR: int = 0
    IMP: int = 0
    DCD: int = 0
    NC: int = 0

    @property
    def total(self) -> int:
        """Everybody."""
        return self.UA + self.UR + self.IMP + self.DCD + self.NC

    @property
    def total_without_imp(self) -> int:
        """Everybody but the *impliqués*."""
        return self.total - self.IMP

    def canon(self) -> TallyCanon:
        """As a document says it."""
        return {
            "UA": self.UA,
            "UR": self.UR,
            "IMP": self.IMP,
            "DCD": self.DCD,
            "NC": self.NC,
            "total": self.total,
            "total_without_imp": self.total_without_imp,
        }


def cell_of(victim: Victim, rules: Rules = DEFAULT_RULES) -> Cell | None:
    """Where a victim is counted; None for a deleted patient, who is not."""
    if victim.deleted:
        return None
    destination = destination_of(victim, rules)
    return Cell(
        victim.localisation_id,
        victim.status,
        victim.severity,
        destination["finess"] if destination else None,
        destination["name"] if destination else None,
        band_of(victim, rules),
        victim.value("nationality"),
    )


def cells_of(victims: Iterable[Victim], rules: Rules = DEFAULT_RULES) -> list[tuple[Cell, int]]:
    """Each cell with how many victims are in it."""
    return list(Counter(cell for victim in victims if (cell := cell_of(victim, rules)) is not None).items())


def tally(cells: Iterable[tuple[Cell, int]]) -> Tally:
    """All the cells together."""
    return tally_by(cells, lambda _cell: "").get("", Tally())


def tally_by(cells: Iterable[tuple[Cell, int]], key: Callable[[Cell], K]) -> dict[K, Tally]:
    """One tally for each value of a dimension; the tallies add up to the tally of all."""
    counted: dict[K, Counter[Severity]] = {}
    for cell, number in cells:
        counted.setdefault(key(cell), Counter())[cell.severity] += number
    return {value: Tally(*(each[severity] for severity in TRIAGE_ORDER)) for value, each in counted.items()}


def localisation_rows(event: Event, cells: Iterable[tuple[Cell, int]]) -> list[tuple[str, str | None, Tally]]:
    """Label, id and tally of each place, in the order declared; R-49: `Non localisé` last, when there is anybody.

    A removed place stays as long as somebody is there: a table always adds up.
    """
    known = {place.id for place in event.localisations}
    by_place = tally_by(cells, lambda cell: cell.localisation_id if cell.localisation_id in known else None)
    rows: list[tuple[str, str | None, Tally]] = [
        (place.name, place.id, by_place.get(place.id, Tally()))
        for place in event.localisations
        if not place.removed or place.id in by_place
    ]
    if None in by_place:
        rows.append((UNLOCATED, None, by_place[None]))
    return rows


def counts_document(  # noqa: PLR0913 - a count says of what, when and by whom
    event: Event,
    cells: Iterable[tuple[Cell, int]],
    revision: int,
    counted_at: datetime,
    source: str,
    destination: str | None = None,
) -> CountsDocument:
    """Topic `counts`: the totals, cut in four ways that each add up to them."""
    counted = list(cells)
    destinations = tally_by(counted, lambda cell: (cell.destination_finess, cell.destination_name))
    nationalities = tally_by(counted, lambda cell: cell.nationality)
    bands = tally_by(counted, lambda cell: cell.age_band)
    return {
        "mode": event.mode.value,
        "revision": revision,
        "counted_at": counted_at.isoformat(),
        "source": source,
        "event": event_canon(event, destination),
        "totals": tally(counted).canon(),
        "by_localisation": [_line(label, code, each) for label, code, each in localisation_rows(event, counted)],
        "by_destination": [
            _line(name or UNKNOWN, finess, destinations[finess, name])
            for finess, name in sorted(destinations, key=lambda key: (key[0] is None, key[1] or "", key[0] or ""))
        ],
        "by_age_band": [_line(band, band, bands[band]) for band in AGE_BANDS if band in bands],
        "by_nationality": [
            _line(code or UNKNOWN, code, nationalities[code])
            for code in sorted(nationalities, key=lambda code: (code is None, code or ""))
        ],
    }


def _line(label: str, code: str | None, each: Tally) -> TallyLineCanon:
    return {"label": label, "code": code, **each.canon()}
