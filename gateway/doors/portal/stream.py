"""The live stream: Server-Sent Events from the feed table, which is the truth; `Last-Event-ID` resumes where a reader was cut."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import orjson
from starlette.responses import StreamingResponse

from gateway.doors.http.door import whole_number
from gateway.doors.http.problems import FieldFault, ProblemError
from gateway.security.keys import Scope

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from gateway.doors.http.door import Call
    from gateway.register import Register
    from gateway.register.victims.feed import FeedLine

    Admitted = Callable[[Register, list[FeedLine]], list[FeedLine]]

LOOK = 1.0  # seconds between two looks at the table when no bell rings (another node may have written)
ASK_AGAIN = 2.0  # seconds between two looks at whether the reader's key or session is still in force
UNKNOWN_PERSON = (
    "unknown_person"  # the kind of feed line that may be of no event yet: a number of a task, and its state
)
KEEP_ALIVE = 15  # looks without news before a comment line, so that proxies keep the connection


async def stream(call: Call) -> StreamingResponse:
    """Changes of events and patients, deliveries and links; `event_id` narrows it to one event."""
    after = await resume_after(call)
    numbers_only = call.principal.scope == Scope.COUNTS
    event_id = call.query.get("event_id")

    def admitted(register: Register, fresh_lines: list[FeedLine]) -> list[FeedLine]:
        """Of what came, what this reader may know: alarms, links of the Hub and what platforms ask for are the operator's business."""
        seen = _seen(register, call) if fresh_lines else None
        return [
            line
            for line in fresh_lines
            if (event_id is None or line.event_id == event_id)
            and (seen is None or line.event_id in seen or (line.kind == UNKNOWN_PERSON and not line.event_id))
        ]

    body = lines(call, after, admitted, numbers_only=numbers_only)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(body, media_type="text/event-stream", headers=headers)


async def resume_after(call: Call) -> int:
    """The line after which a reader wants to go on: what it says, else the newest there is."""
    last = call.headers.get("last-event-id", "").strip() or call.query.get("after", "")
    number = whole_number(last)
    if last and number is None:
        fault = FieldFault("Last-Event-ID", "Numéro de ligne attendu.", "entier")
        raise ProblemError(400, "reprise_illisible", "La reprise du flux est illisible.", faults=(fault,))
    return number if number is not None else await call.runtime.read(lambda register: register.feed.last())


def _seen(register: Register, call: Call) -> frozenset[str] | None:
    """The events of this reader; None for who watches them all, with everything else."""
    match call.principal.scope:
        case Scope.OPERATOR:
            return None
        case Scope.PORTAL:
            return register.access.seen_by(call.principal.name)
        case _:
            return register.access.of_mode(call.principal.mode)


async def lines(call: Call, after: int, admitted: Admitted, *, numbers_only: bool = False) -> AsyncIterator[bytes]:
    """What is admitted of the feed, from a line on, until the reader, its key or session, or the process ends.

    A reader who asks to go on after a line that does not exist yet is told `reset` at once, and follows from the present on.
    """
    runtime, mode = call.runtime, call.principal.mode
    # Tells the reader at once that it is connected, and how soon to come back when it is cut.
    yield b"retry: 1000\n: ouvert\n\n"
    newest = await runtime.read(lambda register: register.feed.last())
    if after > newest:
        # Lines of another database, restored or emptied since: waiting for that number would be silence without a word.
        after = newest
        yield b"id: %d\nevent: reset\ndata: {}\n\n" % newest
    quiet, loop = 0, asyncio.get_running_loop()
    asked = loop.time()
    while not runtime.stopping.is_set():
        if loop.time() - asked >= ASK_AGAIN:
            asked = loop.time()
            if not await call.still_admitted():
                return
        fresh_lines, shown = await runtime.read(partial(_next, after=after, mode=mode, admitted=admitted))
        for line in shown:
            yield _written(line, numbers_only=numbers_only)
        if fresh_lines:
            after = fresh_lines[-1].seq
        quiet = 0 if fresh_lines else quiet + 1
        if quiet and quiet % KEEP_ALIVE == 0:
            yield b": toujours l\xc3\xa0\n\n"
        if not fresh_lines:
            await runtime.bell.wait(LOOK)


def _next(register: Register, *, after: int, mode: str, admitted: Admitted) -> tuple[list[FeedLine], list[FeedLine]]:
    fresh_lines = register.feed.after(after, mode)
    return fresh_lines, admitted(register, fresh_lines)


def _written(line: FeedLine, *, numbers_only: bool) -> bytes:
    """One event. A reader of numbers learns that something changed, never about whom."""
    body = {} if numbers_only else line.body
    data = orjson.dumps({"event_id": line.event_id, **body})
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (line.seq, line.kind.encode(), data)
