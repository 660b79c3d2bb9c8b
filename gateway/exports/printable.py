"""A board as PDF, A4, its heading and column titles repeated on each page. Texts are drawn as they are: no markup of a name is obeyed."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from domain.counting.boards import heading, lines
from domain.rules import DEFAULT_RULES

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.platypus import Flowable

    from domain.counting.boards import Board
    from domain.rules import Rules

MEDIA_TYPE = "application/pdf"
LABEL = 62 * mm
NUMBER = 20 * mm


def board_pdf(board: Board, rules: Rules = DEFAULT_RULES) -> bytes:
    """R-46, R-47: the heading, the table and its TOTAL. Raises `ConflictError` for a nominative board."""
    table = lines(board)
    made = io.BytesIO()
    page = SimpleDocTemplate(
        made,
        pagesize=landscape(A4),
        title=f"{board.event_name} - {board.title}",
        author="Passerelle",
        leftMargin=15 * mm,
        rightMargin=15 * mm,
        topMargin=15 * mm,
        bottomMargin=15 * mm,
    )
    styles = getSampleStyleSheet()
    body = styles["BodyText"]
    story: list[Flowable] = [Paragraph(escape(latin(board.title)), styles["Heading1"])]
    story += [Paragraph(f"<b>{name} :</b> {escape(latin(value))}", body) for name, value in heading(board, rules)]
    texts = len(table[0]) - len(board.columns)
    cells = [[*(Paragraph(escape(latin(text)), body) for text in line[:texts]), *line[texts:]] for line in table]
    drawn = Table(cells, colWidths=[LABEL] * texts + [NUMBER] * len(board.columns), repeatRows=1)
    drawn.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.4, colors.grey),
                ("ALIGN", (texts, 0), (-1, -1), "RIGHT"),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("FONTNAME", (0, 0), (-1, 0), "Helvetica-Bold"),
                ("FONTNAME", (0, -1), (-1, -1), "Helvetica-Bold"),
                ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
            ]
        )
    )
    story += [Spacer(1, 5 * mm), drawn]
    page.build(story, onFirstPage=foot, onLaterPages=foot)
    return made.getvalue()


def foot(canvas: Canvas, page: SimpleDocTemplate) -> None:
    """The number of each page."""
    canvas.setFont("Helvetica", 8)
    canvas.drawRightString(page.pagesize[0] - 15 * mm, 8 * mm, f"Passerelle - page {canvas.getPageNumber()}")


def latin(text: str) -> str:
    """The letters that the standard fonts of PDF have; any other is shown as a question mark rather than as an empty box."""
    return text.encode("cp1252", "replace").decode("cp1252")
