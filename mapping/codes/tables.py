"""Code tables: our code on one side, the neighbour's on the other, each pair with its source.

Read from CSV, checked in both directions. A code without a pair is never replaced by a default: it is refused by the
rule that met it, and counted here so that a person can see what is missing. It refuses to know which field uses it.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING

from mapping.faults import Faults, Spot, did_you_mean
from mapping.language.source import read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

MOST_BYTES = 4 * 1024 * 1024
"""The 35 000 communes of France fit in 2 MB."""
MOST_UNKNOWN = 1_000
"""Distinct unknown codes kept per table."""
NEEDED = ("canon", "wire", "label", "lossy", "source")
COLUMNS = (*NEEDED, "version", "valid_from", "valid_to")
ADDED = ".ajouts"
"""`tables/sivic/sexe.ajouts.csv`: pairs that a deployment adds to a table of another folder, and that contradict none of its own."""
MOST_PERIODS = 100
"""Of one code: more is not a history, and comparing them all would take for ever."""
UNTOLD = "(texte)"
"""Stands for an unknown code that does not look like one: it could be anything a person typed."""

_VERSIONED = re.compile(r"\d|\bR[45]B?\b")
_CODE_LIKE = re.compile(r"[A-Za-z0-9_?.:+-]{1,12}")


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of a table. `valid_from` and `valid_to` are inclusive ISO dates; empty means always.

    `version` is of the source; empty where the source names it itself.
    """

    canon: str
    wire: str
    label: str
    lossy: bool
    source: str
    valid_from: str
    valid_to: str
    line: int
    version: str = ""
    file: str = ""

    @property
    def spot(self) -> Spot:
        """Where it is written."""
        return Spot(self.file, self.line)

    def valid_on(self, day: str) -> bool:
        """Whether it holds on an ISO date; no date asked means it holds."""
        return not day or (
            (not self.valid_from or self.valid_from <= day) and (not self.valid_to or day <= self.valid_to)
        )

    def overlaps(self, other: Pair) -> bool:
        """Whether both hold on some same day."""
        starts = max(self.valid_from, other.valid_from)
        ends = min(self.valid_to or "9999-12-31", other.valid_to or "9999-12-31")
        return starts <= ends


class CodeTable:
    """The pairs of one table, both ways."""

    def __init__(self, name: str, file: str, pairs: Sequence[Pair], *, sound: bool = True) -> None:
        self.sound = sound
        """False when some of its lines could not be read: what it lacks is then no second fault."""
        self.name = name
        self.file = file
        self.pairs = tuple(pairs)
        self.codes = frozenset(pair.canon for pair in pairs)
        self.dated = any(pair.valid_from or pair.valid_to for pair in pairs)
        self.forward: Mapping[str, str] = MappingProxyType({pair.canon: pair.wire for pair in pairs})
        """Canon → wire, for tables without dates: what a compiled rule holds."""
        self._by_canon = _grouped((pair.canon, pair) for pair in pairs)
        self._by_wire = _grouped((pair.wire, pair) for pair in pairs)
        self._unknown: Counter[str] = Counter()
        self._lock = Lock()

    def to_wire(self, canon: str, day: str = "") -> str | None:
        """The neighbour's code on a day, or None; a miss is counted."""
        wire = next((pair.wire for pair in self._by_canon.get(canon, ()) if pair.valid_on(day)), None)
        if wire is None:
            self.missed(canon)
        return wire

    def to_canon(self, wire: str, day: str = "") -> str | None:
        """Our code for theirs on a day: the pair that is not lossy, or the only one. Otherwise None, and it is counted."""
        valid = [pair for pair in self._by_wire.get(wire, ()) if pair.valid_on(day)]
        exact = [pair for pair in valid if not pair.lossy] or valid
        if len(exact) == 1:
            return exact[0].canon
        self.missed(wire)
        return None

    @property
    def wires(self) -> frozenset[str]:
        """The neighbour's codes."""
        return frozenset(self._by_wire)

    def ambiguous(self) -> dict[str, list[str]]:
        """Their codes that cannot be read back, each with the several of ours that give it."""
        return {
            wire: sorted(pair.canon for pair in pairs)
            for wire, pairs in self._by_wire.items()
            if len(pairs) > 1 and len([pair for pair in pairs if not pair.lossy]) != 1
        }

    def take_unknown(self) -> dict[str, int]:
        """Codes missed since the last time this was asked, with how often; whoever asks keeps them, and says when."""
        with self._lock:
            taken, self._unknown = dict(self._unknown), Counter()
        return taken

    def missed(self, code: str) -> None:
        """Count a code that has no pair."""
        shown = code if _CODE_LIKE.fullmatch(code) else UNTOLD
        with self._lock:
            if shown in self._unknown or len(self._unknown) < MOST_UNKNOWN:
                self._unknown[shown] += 1

    @property
    def unknown(self) -> Mapping[str, int]:
        """Codes that were asked for and have no pair, with how often, since the table was loaded."""
        with self._lock:
            return MappingProxyType(dict(self._unknown))


def _grouped(keyed: Iterable[tuple[str, Pair]]) -> dict[str, list[Pair]]:
    groups: dict[str, list[Pair]] = {}
    for key, pair in keyed:
        groups.setdefault(key, []).append(pair)
    return groups


def read_table(path: Path, name: str, file: str) -> CodeTable:
    """Read one CSV file. Raises `MappingFaultsError` with every line that cannot stand."""
    faults = Faults()
    pairs = read_pairs(path, file, faults)
    return table_of(name, file, pairs, faults)


def read_pairs(path: Path, file: str, faults: Faults) -> list[Pair]:
    """The lines of one CSV file that can stand alone; the others are noted."""
    rows = csv.reader(read_text(path, file, MOST_BYTES).splitlines(), strict=True)
    pairs: list[Pair] = []
    try:
        header = next(rows, [])
        _check_header(header, file, faults)
        faults.refuse_any()
        read = (_pair(row, header, Spot(file, rows.line_num), faults) for row in rows if row)
        pairs.extend(pair for pair in read if pair)
    except csv.Error:
        faults.add(Spot(file, rows.line_num), "ligne CSV illisible", "vérifiez les guillemets")
    if not pairs and not len(faults):
        faults.add(Spot(file), "table sans aucune ligne")
    return pairs


def table_of(name: str, file: str, pairs: Sequence[Pair], faults: Faults) -> CodeTable:
    """The table of these pairs. Raises `MappingFaultsError` with what was noted, and with what contradicts itself."""
    _check_both_ways(pairs, faults)
    faults.refuse_any()
    return CodeTable(name, file, pairs)


def _check_header(header: Sequence[str], file: str, faults: Faults) -> None:
    column = 1
    for at, cell in enumerate(header):
        if cell not in COLUMNS:
            faults.add(Spot(file, 1, column), f"colonne inconnue « {cell} »", did_you_mean(cell, COLUMNS))
        elif cell in header[:at]:
            faults.add(Spot(file, 1, column), f"colonne « {cell} » écrite deux fois")
        column += len(cell) + 1
    missing = [needed for needed in NEEDED if needed not in header]
    if missing:
        faults.add(Spot(file), f"colonnes manquantes : {', '.join(missing)}", f"l'en-tête est « {','.join(NEEDED)} »")


def _pair(row: Sequence[str], header: Sequence[str], spot: Spot, faults: Faults) -> Pair | None:
    if len(row) != len(header):
        faults.add(spot, f"{len(row)} cellules au lieu de {len(header)}")
        return None
    cells = {key: cell.strip() for key, cell in zip(header, row, strict=True)}
    before = len(faults)
    for key in ("canon", "wire", "source"):
        if not cells[key]:
            faults.add(spot, f"cellule « {key} » vide")
    if cells["lossy"] not in {"", "true"}:
        faults.add(spot, "cellule « lossy » : vide ou « true »")
    for key in ("valid_from", "valid_to"):
        if cells.get(key) and not _is_date(cells[key]):
            faults.add(spot, f"cellule « {key} » : une date AAAA-MM-JJ, ou rien")
    if cells["source"] and not cells.get("version") and not _VERSIONED.search(cells["source"]):
        hint = "nommez-la (« contrat v1 », « arrêté de 2010 »), ou ajoutez une colonne « version »"
        faults.add(spot, "la source ne dit pas sa version", hint)
    if cells.get("valid_from") and cells.get("valid_to") and cells["valid_from"] > cells["valid_to"]:
        faults.add(spot, "« valid_from » vient après « valid_to »", "ce code ne vaut jamais")
    if len(faults) > before:
        return None
    return Pair(
        canon=cells["canon"],
        wire=cells["wire"],
        label=cells["label"],
        lossy=cells["lossy"] == "true",
        source=cells["source"],
        valid_from=cells.get("valid_from", ""),
        valid_to=cells.get("valid_to", ""),
        line=spot.line,
        version=cells.get("version", ""),
        file=spot.file,
    )


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _check_both_ways(pairs: Iterable[Pair], faults: Faults) -> None:
    by_canon: dict[str, list[Pair]] = {}
    exact_by_wire: dict[str, list[Pair]] = {}
    for pair in pairs:
        spot = pair.spot
        periods = by_canon.setdefault(pair.canon, [])
        if first := _overlapping(pair, periods):
            faults.add(spot, f"code « {pair.canon} » déjà écrit à {_told(first, pair)}")
        elif len(periods) >= MOST_PERIODS:
            faults.add(spot, f"code « {pair.canon} » écrit pour plus de {MOST_PERIODS} périodes")
        else:
            periods.append(pair)
        if pair.lossy:
            continue
        exact = exact_by_wire.setdefault(pair.wire, [])
        if first := _overlapping(pair, exact):
            message = f"« {pair.canon} » et « {first.canon} » donnent tous deux « {pair.wire} »"
            faults.add(spot, message, "marquez lossy=true la paire qui ne se relit pas")
        elif len(exact) < MOST_PERIODS:
            exact.append(pair)


def _told(first: Pair, pair: Pair) -> str:
    return f"la ligne {first.line}" + (f" de {first.file}" if first.file != pair.file else "")


def _overlapping(pair: Pair, others: Iterable[Pair]) -> Pair | None:
    return next((other for other in others if other.overlaps(pair)), None)
