"""Doors of numbers: counts now or at any past instant, and the portal's boards TB1 to TB4, as JSON, CSV, XLSX and PDF."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from starlette.responses import Response

from domain.counting.boards import Board, board_csv, tb1, tb2, tb3, tb4, with_total_without_imp
from domain.counting.counts import Cell, cells_of, counts_document
from domain.source import Source
from domain.victim.projection import as_of
from gateway.doors.http.problems import FieldFault, ProblemError
from gateway.doors.http.reply import Reply
from gateway.exports import printable, spreadsheet
from gateway.flow.compartments import event_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from domain.event import Event
    from domain.rules import Rules
    from gateway.doors.http.door import Call
    from gateway.register import Register

Axis = Literal["received_at", "happened_at"]
AXES: dict[str | None, Axis] = {None: "received_at", "received": "received_at", "happened": "happened_at"}
BOARDS: dict[str, Callable[[Event, Iterable[tuple[Cell, int]], datetime | None], Board]] = {
    "tb1": tb1,
    "tb3": tb3,
    "tb4": tb4,
}


@dataclass(frozen=True, slots=True)
class Form:
    """A file that a board can be."""

    media_type: str
    write: Callable[[Board], bytes]


FORMATS = {
    # The mark lets spreadsheets read the accents.
    "csv": Form("text/csv; charset=utf-8", lambda made: ("\ufeff" + board_csv(made)).encode()),
    "xlsx": Form(spreadsheet.MEDIA_TYPE, spreadsheet.board_xlsx),
    "pdf": Form(printable.MEDIA_TYPE, printable.board_pdf),
}


async def counts(call: Call) -> Reply:
    """Who is counted, by every dimension, with and without IMP.

    `at` recounts a past instant: what was known then, or with `by=happened` what was true then as we know it now. `source`
    counts what one source alone has said.
    """
    at, axis = _instant(call.query.get("at")), AXES.get(call.query.get("by"))
    if axis is None:
        fault = FieldFault("?by", "Mot inconnu.", "received ou happened")
        raise ProblemError(400, "parametre_illisible", "Le temps demandé est illisible.", faults=(fault,))

    source = _source(call.query.get("source"))

    def work(register: Register) -> Reply:
        event = event_for(register, call.path["event_id"], call.principal)
        cells = (
            register.victims.cells(event.id)
            if at is None and source is None
            else recount(register, event, at or call.now, axis, call.now, call.runtime.deployment.rules, source)
        )
        document = counts_document(event, cells, register.feed.last(), at or call.now, source or "portal")
        return Reply(200, document)

    return await call.runtime.read(work)


async def board(call: Call) -> Reply | Response:
    """TB1, TB3 or TB4, as JSON or as a file, by `format` or by `Accept`; a form that does not exist is 406."""
    name, wanted = call.path["board"], _form(call)
    if name not in BOARDS:
        raise ProblemError(404, "tableau_inconnu", "Ce tableau n’existe pas.", "tb1, tb2, tb3 ou tb4")
    by, more = call.principal.author, call.query.get("columns") is not None

    def read(register: Register) -> Board:
        event = event_for(register, call.path["event_id"], call.principal)
        made = BOARDS[name](event, register.victims.cells(event.id), call.now)
        return with_total_without_imp(made) if more else made

    def write(register: Register) -> bytes:
        event = event_for(register, call.path["event_id"], call.principal)
        return export(register, event, name, wanted, by, call.now)

    if wanted == "json":
        return Reply(200, asdict(await call.runtime.read(read)))
    content = await call.runtime.write(write)
    disposition = f'attachment; filename="{call.path["event_id"]}-{name}.{wanted}"'
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return Response(content, media_type=FORMATS[wanted].media_type, headers=headers)


def export(register: Register, event: Event, name: str, form: str, by: str, now: datetime) -> bytes:  # noqa: PLR0913 - which table, how, for whom
    """One board as a file, and the line of the audit that says who took it; in the caller's transaction."""
    made = BOARDS[name](event, register.victims.cells(event.id), now)
    content = FORMATS[form].write(made)
    register.audit.note(by, "board.exported", event.id, now, {"board": name, "format": form})
    return content


def _form(call: Call) -> str:
    """The form asked for: the parameter first, then the header."""
    wanted = call.query.get("format")
    if wanted is not None:
        if wanted.lower() not in {"json", *FORMATS}:
            raise _no_such_form("?format", wanted)
        return wanted.lower()
    accepted = call.headers.get("accept", "") or "*/*"
    for part in sorted(accepted.split(","), key=_weight, reverse=True):
        media = part.partition(";")[0].strip().lower()
        if _weight(part) == 0:
            continue
        if media in {"*/*", "application/*", "application/json"}:
            return "json"
        for form, known in FORMATS.items():
            if media in {known.media_type.partition(";")[0], *(["text/*"] if form == "csv" else [])}:
                return form
    raise _no_such_form("Accept", accepted)


def _weight(part: str) -> float:
    for parameter in part.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _no_such_form(field: str, wanted: str) -> ProblemError:
    fault = FieldFault(field, f"Forme inconnue : {wanted[:40]}.", "json, csv, xlsx ou pdf")
    return ProblemError(406, "forme_inconnue", "Ce tableau n’existe pas sous cette forme.", faults=(fault,))


async def nominative_board(call: Call) -> Reply:
    """TB2: names, so only for the portal, and never exported (R-43)."""

    def work(register: Register) -> Reply:
        event = event_for(register, call.path["event_id"], call.principal)
        return Reply(
            200, asdict(tb2(event, list(register.victims.of_event(event.id)), call.now, call.runtime.deployment.rules))
        )

    return await call.runtime.read_noted(call.principal.author, "board.read", f"{call.path['event_id']} tb2", work)


def recount(  # noqa: PLR0913 - of what, when, on which of the two times
    register: Register,
    event: Event,
    at: datetime,
    axis: Axis,
    now: datetime,
    rules: Rules,
    source: Source | None = None,
) -> list[tuple[Cell, int]]:
    """The cells of a past instant, from the observations themselves; of one source alone where it is named."""
    until = at if axis == "received_at" else now
    return cells_of(as_of(register.observations.of_event(event.id, until), at, source, rules, axis).values(), rules)


def _source(value: str | None) -> Source | None:
    if value is None:
        return None
    if value not in set(Source):
        fault = FieldFault("?source", "Source inconnue.", ", ".join(Source))
        raise ProblemError(400, "parametre_illisible", "La source demandée est inconnue.", faults=(fault,))
    return Source(value)


def _instant(value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        # In a query a plus sign reads as a space.
        at = datetime.fromisoformat(value.replace(" ", "+"))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        fault = FieldFault("?at", "Date et heure illisibles.", "2020-09-01T17:58:46+02:00")
        raise ProblemError(400, "parametre_illisible", "L’instant demandé est illisible.", faults=(fault,))
    return at
