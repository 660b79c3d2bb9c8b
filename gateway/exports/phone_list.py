"""The list to be dictated by telephone, as CSV and as a printable page: what to say first, then the persons, with a box to tick."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from domain.counting.boards import safe
from gateway.exports.printable import foot, latin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportlab.platypus import Flowable

WIDTH = 267 * mm
BOX = 12 * mm


def phone_list_csv(heading: Sequence[tuple[str, str]], columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """For a French spreadsheet: semicolons, the heading, an empty line, then the persons."""
    text = io.StringIO()
    sheet = csv.writer(text, delimiter=";", lineterminator="\r\n")
    sheet.writerows([name, safe(value)] for name, value in heading)
    sheet.writerow([])
    sheet.writerow(columns)
    sheet.writerows([safe(value) for value in row] for row in rows)
    return text.getvalue()


def phone_list_pdf(
    title: str,
    heading: Sequence[tuple[str, str]],
    script: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
) -> bytes:
    """A4 across, the titles of the columns repeated on each page."""
    made = io.BytesIO()
    page = SimpleDocTemplate(
        made,
        pagesize=landscape(A4),
        title=latin(title),
        author="Passerelle",
        leftMargin=15 * mm,
        rightMargin=15 * mm,
        topMargin=15 * mm,
        bottomMargin=15 * mm,
    )
    styles = getSampleStyleSheet()
    body = styles["BodyText"]
    story: list[Flowable] = [Paragraph(escape(latin(title)), styles["Heading1"])]
    story += [Paragraph(f"<b>{name} :</b> {escape(latin(value))}", body) for name, value in heading]
    story += [Spacer(1, 3 * mm)]
    story += [Paragraph(f"{number}. {escape(latin(step))}", body) for number, step in enumerate(script, 1)]
    story += [Spacer(1, 5 * mm), _table(columns, rows)]
    page.build(story, onFirstPage=foot, onLaterPages=foot)
    return made.getvalue()


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """The persons, each with a box to tick."""
    body = getSampleStyleSheet()["BodyText"]
    cells: list[list[Paragraph | str]] = [
        [Paragraph(f"<b>{escape(latin(name))}</b>", body) for name in ("Dit", *columns)]
    ]
    cells += [["", *(Paragraph(escape(latin(text)), body) for text in row)] for row in rows]
    drawn = Table(cells, colWidths=[BOX] + [(WIDTH - BOX) / len(columns)] * len(columns), repeatRows=1)
    drawn.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.4, colors.grey),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
            ]
        )
    )
    return drawn
