"""Asks each neighbour for its own news, page after page; a page that is not of the contract is not taken, and everyone can see it."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Final

from adapters.wire.news import PageError
from gateway.flow.neighbour_pages import PageResult, move_cursor, note_fault, take_words, together
from gateway.operations.alarms import end, sound
from outbox.errors import DeliveryError

if TYPE_CHECKING:
    from adapters.wire.news import NewsPage, Refusal
    from gateway.register import Register
    from gateway.runtime import Runtime

log = logging.getLogger("gateway.operations.news")

ALARM: Final = "news"
"""The kind of the alarm: news of a neighbour that could not be taken; the next page that can be ends it."""
REFUSED: Final = "news_refused"
"""The kind of the alarm: pieces of news that could not be read; a person ends it."""
SLICE: Final = 100
"""Words of one transaction: nobody else waits long behind it. A crash between two gives the first again, which is known then."""
PAGES: Final = 20
"""Pages of one turn at most: other work of the node goes on between two turns."""


async def read_news(runtime: Runtime, neighbour: str) -> int:
    """Read what waits at one neighbour, on one node; returns how many words were heard."""
    if not await runtime.heartbeat.leads():
        return 0
    heard = 0
    mode = runtime.settings.mode
    for _ in range(PAGES):
        state = await runtime.read(lambda register: register.news_cursors.of(neighbour, mode))
        try:
            page = await runtime.tellers[neighbour].news(state.cursor)
        except PageError as error:
            await _not_taken(runtime, neighbour, error.code, error.field)
            break
        except DeliveryError as error:
            await _not_taken(runtime, neighbour, error.cause.code, "")
            break
        if page.words or page.refused or page.cursor != state.cursor or state.fault:
            await take_page(runtime, neighbour, page, polled=True)
            heard += len(page.words)
        if not page.more or page.cursor == state.cursor:
            break
    return heard


async def take_page(runtime: Runtime, neighbour: str, page: NewsPage, *, polled: bool) -> PageResult:
    """Take one page: its words in slices, then the cursor with what could not be read."""
    now, mode = runtime.clock(), runtime.settings.mode
    create = getattr(runtime.settings, neighbour).unknown_persons == "create"

    def hear(register: Register, start: int) -> PageResult:
        words = page.words[start : start + SLICE]
        return take_words(register, runtime.deployment, neighbour, mode, words, now, create=create)

    def close(register: Register) -> None:
        if polled:
            move_cursor(register, neighbour, mode, page.cursor, now)
            end(register, f"{ALARM}:{neighbour}", mode, now)
        for refusal in page.refused:
            _keep_refusal(register, runtime, neighbour, refusal)

    parts = [await runtime.write(partial(hear, start=start)) for start in range(0, len(page.words), SLICE)]
    await runtime.write(close)
    taken = together(parts)
    if taken.tasks or page.refused:
        log.warning("news.to_decide neighbour=%s tasks=%d refused=%d", neighbour, len(taken.tasks), len(page.refused))
    return taken


def _keep_refusal(register: Register, runtime: Runtime, neighbour: str, refusal: Refusal) -> None:
    """Its own identifier and the place of the fault: enough for the neighbour to find it and say it again."""
    now = runtime.clock()
    facts = {"destination": neighbour, "id": refusal.id, "field": refusal.field, "reason": refusal.reason}
    register.audit.note(neighbour, "news.refused", refusal.id or refusal.field, now, facts)
    sound(register, f"{REFUSED}:{neighbour}", facts, runtime.settings.mode, now)


async def _not_taken(runtime: Runtime, neighbour: str, code: str, place: str) -> None:
    now, mode = runtime.clock(), runtime.settings.mode
    log.warning("news.not_taken neighbour=%s cause=%s", neighbour, code)

    def work(register: Register) -> None:
        state = note_fault(register, neighbour, mode, code, place, now)
        since = state.fault_since or now
        if (now - since).total_seconds() >= runtime.settings.watch.alarm_link_seconds:
            facts = {"destination": neighbour, "cause_code": code, "field": place, "since": since.isoformat()}
            sound(register, f"{ALARM}:{neighbour}", facts, mode, now)

    await runtime.write(work)
