"""A pair added to a code table on disk, or nothing at all: the file is written only as one that can stand."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from mapping.tables import NEEDED, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def add_pair(path: Path, name: str, cells: Mapping[str, str]) -> None:
    """Write one more row: column → cell. Raises `MappingFaultsError`, and then the file is as it was."""
    before = path.read_text(encoding="utf-8-sig")
    header = next(csv.reader(before.splitlines()), list(NEEDED))
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([cells.get(column, "") for column in header])
    trial = path.with_suffix(".csv.new")
    trial.write_text(before.rstrip("\n") + "\n" + out.getvalue(), encoding="utf-8")
    try:
        read_table(trial, name, path.name)
        trial.replace(path)
    finally:
        trial.unlink(missing_ok=True)
