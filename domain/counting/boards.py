"""The four dashboards of the portal, as values: what they show, in what order, with what totals (R-42 to R-50).

How they are drawn is the business of a page. TB2 is nominative: it is never exported (R-43).
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from domain.counting.counts import Tally, localisation_rows, tally, tally_by
from domain.errors import ConflictError
from domain.numbers.identifier import IdentifierKind, current
from domain.rules import DEFAULT_RULES
from domain.severity import TRIAGE_ORDER
from domain.victim.banner import french_age
from domain.victim.care_path import PRESENT
from domain.victim.snapshot import destination_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from domain.counting.counts import Cell
    from domain.event import Event
    from domain.rules import Rules
    from domain.victim.victim import Victim

TALLY_COLUMNS: Final = (*(severity.value for severity in TRIAGE_ORDER), "Total")
"""As the deck prints them; the total without IMP is a column that a reader may ask for besides."""
WITHOUT_IMP: Final = "Total hors IMP"
PATIENT_COLUMNS: Final = ("Numéro SINUS", "Code CATA", "Nom", "Prénom", "Âge", "Sexe", "Triage", "Orientation")
TOTAL: Final = "TOTAL"
ZERO: Final = "-"
FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Row:
    """One line."""

    label: str
    group: str
    """The status it stands under, in TB4; empty elsewhere."""
    values: tuple[int | str, ...]
    subtotal: bool = False
    victim_id: str | None = None
    """Whose fiche the line opens, in TB2."""


@dataclass(frozen=True, slots=True)
class Board:
    """One table, with what an export must carry (R-47)."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    totals: tuple[int | str, ...]
    event_name: str
    started_at: datetime
    ended_at: datetime | None
    updated_at: datetime | None = None
    planned_end: datetime | None = None
    exportable: bool = True
    by_place: tuple[Row, ...] = ()
    """The last block of TB4: all statuses together, place by place."""


def tb1(event: Event, cells: Iterable[tuple[Cell, int]], updated_at: datetime | None = None) -> Board:
    """R-42: *Triage médical*, localisation by severity."""
    counted = list(cells)
    rows = [Row(label, "", _values(each)) for label, _code, each in localisation_rows(event, counted)]
    return _board(event, "Triage médical", rows, counted, updated_at)


def tb2(
    event: Event, victims: Iterable[Victim], updated_at: datetime | None = None, rules: Rules = DEFAULT_RULES
) -> Board:
    """R-43: *Orientation des patients*, by name, for the CRRA only; each line leads to a fiche."""
    rows = [_patient(victim, rules) for victim in victims if not victim.deleted]
    return Board(
        "Orientation des patients",
        PATIENT_COLUMNS,
        tuple(rows),
        (len(rows),),
        event.name,
        event.started_at,
        event.ended_at,
        updated_at,
        exportable=False,
    )


def tb3(event: Event, cells: Iterable[tuple[Cell, int]], updated_at: datetime | None = None) -> Board:
    """R-44: *Établissements receveurs*, those that somebody was oriented to, even if not yet evacuated."""
    counted = [(cell, number) for cell, number in cells if cell.destination_finess is not None]
    by_place = tally_by(counted, lambda cell: (cell.destination_name or "", cell.destination_finess))
    rows = [Row(name, "", _values(by_place[name, finess])) for name, finess in sorted(by_place)]
    return _board(event, "Établissements receveurs", rows, counted, updated_at)


def tb4(event: Event, cells: Iterable[tuple[Cell, int]], updated_at: datetime | None = None) -> Board:
    """R-45: *État de la prise en charge*, status by localisation, with a subtotal for each status, then the total by localisation."""
    counted = list(cells)
    rows: list[Row] = []
    for status in PRESENT:
        there = [(cell, number) for cell, number in counted if cell.status is status]
        if not there:
            continue
        rows += [
            Row(label, status.label, _values(each))
            for label, _code, each in localisation_rows(event, there)
            if each.total
        ]
        rows.append(Row(f"Sous-total {status.label}", status.label, _values(tally(there)), subtotal=True))
    # The last block of the deck: every status together, place by place.
    places = [
        Row(label, TOTAL, _values(each)) for label, _code, each in localisation_rows(event, counted) if each.total
    ]
    board = _board(event, "État de la prise en charge", rows, counted, updated_at)
    return replace(board, by_place=tuple(places))


def with_total_without_imp(board: Board) -> Board:
    """The same board with one column more, for a reader who asks for it."""
    imp, total = TALLY_COLUMNS.index("IMP"), TALLY_COLUMNS.index("Total")

    def longer(values: tuple[int | str, ...]) -> tuple[int | str, ...]:
        return (*values, int(values[total]) - int(values[imp]))

    rows = tuple(replace(row, values=longer(row.values)) for row in board.rows)
    places = tuple(replace(row, values=longer(row.values)) for row in board.by_place)
    return replace(
        board, columns=(*board.columns, WITHOUT_IMP), rows=rows, totals=longer(board.totals), by_place=places
    )


def heading(board: Board, rules: Rules = DEFAULT_RULES) -> list[tuple[str, str]]:
    """R-47: what every export carries above its table."""
    return [
        ("Événement", board.event_name),
        ("Tableau", board.title),
        ("Date de début", stamped(board.started_at, rules)),
        ("Date de fin", _end(board, rules)),
        ("Dernière mise à jour", stamped(board.updated_at, rules)),
    ]


def _end(board: Board, rules: Rules) -> str:
    """When it ended, else when it is expected to."""
    if board.ended_at is None and board.planned_end is not None:
        return f"{stamped(board.planned_end, rules)} (prévue)"
    return stamped(board.ended_at, rules)


def lines(board: Board) -> list[list[str]]:
    """R-46, R-47: the head of the table, its rows and its TOTAL, as texts; a board by status has one column more. Nobody's name leaves."""
    if not board.exportable:
        raise ConflictError("R-43", "board", "Ce tableau est nominatif : il ne s’exporte pas.", "TB1, TB3 ou TB4")
    grouped = any(row.group for row in board.rows)
    lead = ["Statut", ""] if grouped else [""]
    body = [
        [*([row.group] if grouped else []), row.label, *map(shown, row.values)]
        for row in (*board.rows, *board.by_place)
    ]
    return [[*lead, *board.columns], *body, [TOTAL, *lead[1:], *map(shown, board.totals)]]


def shown(value: int | str) -> str:
    """R-47: a zero is shown as `-`."""
    return ZERO if value == 0 else str(value)


def stamped(instant: datetime | None, rules: Rules = DEFAULT_RULES) -> str:
    """R-48: `JJ/MM/AAAA - HH:MM:SS`, or `-`."""
    return ZERO if instant is None else f"{instant.astimezone(ZoneInfo(rules.timezone)):%d/%m/%Y - %H:%M:%S}"


def board_csv(board: Board, rules: Rules = DEFAULT_RULES) -> str:
    """R-46, R-47: the table with its heading and its TOTAL, for a French spreadsheet (semicolons)."""
    table = lines(board)
    text = io.StringIO()
    sheet = csv.writer(text, delimiter=";", lineterminator="\r\n")
    sheet.writerows([name, value if value == ZERO else safe(value)] for name, value in heading(board, rules))
    sheet.writerow([])
    sheet.writerows([value if value == ZERO else safe(value) for value in line] for line in table)
    return text.getvalue()


def safe(text: str) -> str:
    """A text that no spreadsheet runs as a formula."""
    # A spreadsheet would run a name that starts like a formula.
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def _values(each: Tally) -> tuple[int, ...]:
    return (each.UA, each.UR, each.IMP, each.DCD, each.NC, each.total)


def _board(
    event: Event, title: str, rows: list[Row], counted: list[tuple[Cell, int]], updated_at: datetime | None
) -> Board:
    totals = _values(tally(counted))
    return Board(
        title,
        TALLY_COLUMNS,
        tuple(rows),
        totals,
        event.name,
        event.started_at,
        event.ended_at,
        updated_at,
        event.planned_end,
    )


def _patient(victim: Victim, rules: Rules) -> Row:
    held, value_of = current(victim.identifiers), victim.value
    cata, destination = held.get(IdentifierKind.CATA), destination_of(victim, rules)
    onward = destination["name"] if destination else "Sur place" if victim.care.orientation == "SUR_PLACE" else ""
    name = value_of("used_name") or value_of("birth_name") or "? INCONNU"
    values = (
        victim.sinus_number or "",
        cata.value if cata else "",
        name,
        value_of("given_name") or "",
        french_age(value_of("age")),
        value_of("sex") or "",
        victim.severity.value,
        onward,
    )
    return Row(name, "", values, victim_id=victim.id)
