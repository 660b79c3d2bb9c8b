"""A pair added to a code table on disk, or nothing at all: the files are written only as ones that can stand together.

A table of the product is never written: its new pairs lie in a file of the deployment's own, beside it by name.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from mapping.catalogue import SHIPPED, load_catalogue
from mapping.codes.tables import ADDED, NEEDED
from mapping.errors import UnknownMappingError
from mapping.faults import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def add_pair(folders: Sequence[Path], table: str, cells: Mapping[str, str]) -> Path:
    """Write one more row in the first folder of a deployment that has the table: column → cell. Gives the file written.

    Raises `UnknownMappingError` for a table that is nowhere, `MappingFaultsError` when the files could not be used with
    this row: then they are as they were.
    """
    path = _file_of(folders, table)
    existed = path.exists()
    before = path.read_text(encoding="utf-8-sig") if existed else _header(cells)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_with_row(before, cells), encoding="utf-8")
    kept = False
    try:
        load_catalogue(*({SHIPPED: None} | dict.fromkeys(folders)))
        kept = True
    finally:
        if not kept and existed:
            path.write_text(before, encoding="utf-8")
        elif not kept:
            path.unlink()
    return path


def _file_of(folders: Sequence[Path], table: str) -> Path:
    own = [folder for folder in folders if folder.resolve() != SHIPPED]
    whole = next((whole_file for folder in own if (whole_file := folder / "tables" / f"{table}.csv").is_file()), None)
    if whole is not None:
        return whole
    if own and (SHIPPED / "tables" / f"{table}.csv").is_file():
        return own[0] / "tables" / f"{table}{ADDED}.csv"
    known = [path.relative_to(SHIPPED / "tables").with_suffix("").as_posix() for path in SHIPPED.glob("tables/*/*.csv")]
    raise UnknownMappingError(f"table inconnue « {table} »{_hint(table, known)}")


def _hint(table: str, known: list[str]) -> str:
    near = did_you_mean(table, known)
    return f", {near}" if near else ""


def _header(cells: Mapping[str, str]) -> str:
    """What a pair has beyond what every table has, where there is something to say."""
    more = [key for key in ("version", "valid_from", "valid_to") if cells.get(key)]
    return ",".join((*NEEDED, *more)) + "\n"


def _with_row(before: str, cells: Mapping[str, str]) -> str:
    """The text with a row, and with the columns that only this row fills."""
    rows = list(csv.reader(before.splitlines()))
    header = rows[0] if rows else list(NEEDED)
    more = [key for key, cell in cells.items() if cell and key not in header]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if more:
        writer.writerow([*header, *more])
        writer.writerows([*row, *("" for _ in more)] for row in rows[1:] if row)
    else:
        out.write(before.rstrip("\n") + "\n")
    writer.writerow([cells.get(column, "") for column in (*header, *more)])
    return out.getvalue()
