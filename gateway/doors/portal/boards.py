"""Doors of numbers: counts now or at any past instant, and the portal's boards TB1 to TB4, as JSON and CSV."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from starlette.responses import Response

from domain.boards import Board, board_csv, tb1, tb2, tb3, tb4
from domain.counts import Cell, cells_of, counts_document
from domain.victim.projection import as_of
from gateway.doors.http.problems import FieldFault, ProblemError
from gateway.doors.http.reply import Reply
from gateway.flow.accept import known_event

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


async def counts(call: Call) -> Reply:
    """Who is counted, by every dimension, with and without IMP.

    `at` recounts a past instant: what was known then, or with `by=happened` what was true then as we know it now.
    """
    at, axis = _instant(call.query.get("at")), AXES.get(call.query.get("by"))
    if axis is None:
        fault = FieldFault("?by", "Mot inconnu.", "received ou happened")
        raise ProblemError(400, "parametre_illisible", "Le temps demandé est illisible.", faults=(fault,))

    def work(register: Register) -> Reply:
        event = known_event(register, call.path["event_id"], call.principal.mode)
        cells = (
            register.victims.cells(event.id)
            if at is None
            else recount(register, event, at, axis, call.now, call.runtime.house.rules)
        )
        document = counts_document(event, cells, register.feed.last(), at or call.now, "portal")
        return Reply(200, document)

    return await call.runtime.read(work)


async def board(call: Call) -> Reply | Response:
    """TB1, TB3 or TB4; `format=csv` gives the file that a spreadsheet opens."""
    name = call.path["board"]
    if name not in BOARDS:
        raise ProblemError(404, "tableau_inconnu", "Ce tableau n’existe pas.", "tb1, tb2, tb3 ou tb4")

    def work(register: Register) -> Board:
        event = known_event(register, call.path["event_id"], call.principal.mode)
        return BOARDS[name](event, register.victims.cells(event.id), call.now)

    made = await call.runtime.read(work)
    if call.query.get("format") == "csv":
        # The mark lets spreadsheets read the accents.
        return Response("\ufeff" + board_csv(made), media_type="text/csv; charset=utf-8")
    return Reply(200, asdict(made))


async def nominative_board(call: Call) -> Reply:
    """TB2: names, so only for the portal, and never exported (R-43)."""

    def work(register: Register) -> Reply:
        event = known_event(register, call.path["event_id"], call.principal.mode)
        return Reply(200, asdict(tb2(event, list(register.victims.of_event(event.id)), call.now)))

    return await call.runtime.read(work)


def recount(  # noqa: PLR0913 - of what, when, on which of the two times
    register: Register, event: Event, at: datetime, axis: Axis, now: datetime, rules: Rules
) -> list[tuple[Cell, int]]:
    """The cells of a past instant, from the observations themselves."""
    until = at if axis == "received_at" else now
    return cells_of(as_of(register.observations.of_event(event.id, until), at, None, rules, axis).values(), rules)


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
