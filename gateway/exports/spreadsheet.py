"""A board as XLSX. Every text is written as a text, so that no name is run as a formula; every number as a number, a zero shown as `-`."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from domain.counting.boards import heading, lines
from domain.rules import DEFAULT_RULES

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from domain.counting.boards import Board
    from domain.rules import Rules

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZERO_AS_HYPHEN = '0;-0;"-"'
WIDEST = 48


def board_xlsx(board: Board, rules: Rules = DEFAULT_RULES) -> bytes:
    """R-46, R-47: one sheet with the heading, the table and its TOTAL. Raises `ConflictError` for a nominative board."""
    table = lines(board)
    book = Workbook()
    sheet: Worksheet = book.active  # type: ignore[assignment]  # a new book has one sheet
    sheet.title = board.title[:31]
    for number, (name, value) in enumerate(heading(board, rules), 1):
        _text(sheet, number, 1, name, bold=True)
        _text(sheet, number, 2, value)
    first = len(heading(board, rules)) + 2
    texts = len(table[0]) - len(board.columns)
    for down, line in enumerate(table, first):
        strong = down in {first, first + len(table) - 1}
        for across, value in enumerate(line, 1):
            write = _text if across <= texts or down == first else _number
            write(sheet, down, across, value, bold=strong)
    for across in range(1, len(table[0]) + 1):
        longest = max(len(line[across - 1]) for line in table)
        sheet.column_dimensions[get_column_letter(across)].width = min(
            WIDEST, max(22 if across == 1 else 9, longest + 2)
        )
    sheet.freeze_panes = f"{get_column_letter(texts + 1)}{first + 1}"
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _text(sheet: Worksheet, down: int, across: int, value: str, *, bold: bool = False) -> None:
    cell = sheet.cell(down, across)
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
    cell.data_type = "s"  # a text that begins with = stays a text
    cell.font = Font(bold=bold)


def _number(sheet: Worksheet, down: int, across: int, value: str, *, bold: bool = False) -> None:
    cell = sheet.cell(down, across)
    cell.value = 0 if value == "-" else int(value)
    cell.number_format = ZERO_AS_HYPHEN
    cell.alignment = Alignment(horizontal="right")
    cell.font = Font(bold=bold)
