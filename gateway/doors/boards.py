"""Doors of numbers: counts now or at any past instant, and the portal's boards TB1 to TB4, as JSON and CSV."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from starlette.responses import Response

from domain.boards import Board, board_csv, tb1, tb2, tb3, tb4
from domain.counts import Cell, cell_of, counts_document
from domain.record import observe
from gateway.doors.door import Call, Reply
from gateway.intake import known_event
from gateway.problems import FieldFault, ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from domain.event import Event
    from domain.rules import Rules
    from domain.victim import Victim
    from gateway.register import Register

BOARDS: dict[str, Callable[[Event, Iterable[tuple[Cell, int]]], Board]] = {"tb1": tb1, "tb3": tb3, "tb4": tb4}


async def counts(call: Call) -> Reply:
    """Who is counted, by every dimension, with and without IMP. `at` recounts what was known at a past instant."""
    at = _instant(call.query.get("at"))

    def work(register: Register) -> Reply:
        event = known_event(register, call.path["event_id"], call.principal.mode)
        cells = (
            register.victims.cells(event.id) if at is None else recount(register, event, at, call.runtime.house.rules)
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
        return BOARDS[name](event, register.victims.cells(event.id))

    made = await call.runtime.read(work)
    if call.query.get("format") == "csv":
        # The mark lets spreadsheets read the accents.
        return Response("\ufeff" + board_csv(made), media_type="text/csv; charset=utf-8")
    return Reply(200, {**asdict(made), "updated_at": call.now.isoformat()})


async def nominative_board(call: Call) -> Reply:
    """TB2: names, so only for the portal, and never exported (R-43)."""

    def work(register: Register) -> Reply:
        event = known_event(register, call.path["event_id"], call.principal.mode)
        made = tb2(event, list(register.victims.of_event(event.id)))
        return Reply(200, {**asdict(made), "updated_at": call.now.isoformat()})

    return await call.runtime.read(work)


def recount(register: Register, event: Event, at: datetime, rules: Rules) -> list[tuple[Cell, int]]:
    """The cells as they were known at an instant, from the observations received by then."""
    victims: dict[str, Victim] = {}
    for observation in register.observations.of_event(event.id, at):
        victims[observation.victim_id] = observe(victims.get(observation.victim_id), observation, rules)
    cells: dict[Cell, int] = {}
    for victim in victims.values():
        cell = cell_of(victim)
        if cell is not None:
            cells[cell] = cells.get(cell, 0) + 1
    return list(cells.items())


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
