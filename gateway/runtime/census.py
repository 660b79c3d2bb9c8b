"""Whom each neighbour holds, as it last said; asked once for everybody who wants to know at the same time.

A small event is asked again at each question, so that the answer is of now. A large one costs its neighbour something: it is asked
again only once it has rested twenty times as long as it took, and its age is always said. What is large is told by how many persons
the neighbour lists: a slow line alone is no reason to show an old answer.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from domain.agreement import HeldPerson
from outbox.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

log = logging.getLogger("gateway.runtime.census")

PATIENCE = 2.0
"""Seconds that a reader waits for a neighbour; the question goes on without the reader."""
GIVE_UP = 120.0
"""Seconds after which a question that is still not answered is one more silence."""
QUICK = 0.25
"""Seconds below which a neighbour may be asked at each question, whatever the number of persons."""
FEW = 200
"""Persons up to which a neighbour may be asked at each question, as long as it answers within the patience of a reader."""
REST = 20
"""A neighbour rests this many times as long as its last answer took."""
LONGEST_REST = 60.0


class Lister(Protocol):
    """A neighbour that can say whom it holds."""

    async def people(self, external_id: str) -> Sequence[Mapping[str, Any]] | None:
        """Everybody whom it holds in its event; None when it does not know the event."""


@dataclass(frozen=True, slots=True)
class Census:
    """What a neighbour said of one event."""

    asked_at: datetime
    people: tuple[HeldPerson, ...] = ()
    forgotten: bool = False
    """It does not know the event."""
    fault: str | None = None
    """Why its last answer did not come: the code of a cause. The people are then those of the answer before."""
    silent_since: datetime | None = None
    answered: bool = True
    """Whether it ever answered."""


@dataclass(slots=True)
class _Question:
    """One event at one neighbour."""

    last: Census | None = None
    task: asyncio.Task[None] | None = None
    ready_at: float = 0.0
    """When it may be asked again, by the monotonic clock."""


@dataclass(slots=True)
class Censuses:
    """The questions of this process."""

    _questions: dict[tuple[str, str], _Question] = field(default_factory=dict)

    async def latest(  # noqa: PLR0913 - whom, about what, how patiently
        self,
        name: str,
        external_id: str,
        mirror: Lister,
        clock: Callable[[], datetime],
        *,
        patience: float | None = PATIENCE,
        anew: bool = False,
    ) -> Census | None:
        """What the neighbour says now, or said last when now takes longer than `patience`; None when it never said anything."""
        question = self._questions.setdefault((name, external_id), _Question())
        if anew and question.task is not None:
            await asyncio.wait([question.task])  # a question under way may have been put before what is to be seen
        if question.task is None or question.task.done():
            if not anew and question.last is not None and time.monotonic() < question.ready_at:
                return question.last
            question.task = asyncio.create_task(self._ask(question, name, external_id, mirror, clock))
        try:
            await asyncio.wait_for(asyncio.shield(question.task), patience)
        except TimeoutError:
            if question.last is None:
                return Census(clock(), answered=False, fault=f"{name}.lent", silent_since=clock())
        return question.last

    async def _ask(
        self, question: _Question, name: str, external_id: str, mirror: Lister, clock: Callable[[], datetime]
    ) -> None:
        asked_at, began = clock(), time.monotonic()
        try:
            async with asyncio.timeout(GIVE_UP):
                listed = await mirror.people(external_id)
        except Exception as error:  # noqa: BLE001 - whatever it is, the neighbour has not answered, and that is what is told
            question.last = _silence(question.last, asked_at, _code(name, error))
            return
        took = time.monotonic() - began
        cheap = took <= QUICK or (len(listed or ()) <= FEW and took <= PATIENCE)
        question.ready_at = time.monotonic() + (0.0 if cheap else min(LONGEST_REST, took * REST))
        question.last = Census(asked_at, tuple(map(_person, listed or ())), forgotten=listed is None)


def _code(name: str, error: Exception) -> str:
    if isinstance(error, DeliveryError):
        return error.cause.code
    log.warning("census.failed destination=%s error=%s", name, type(error).__name__)
    return f"{name}.{type(error).__name__}"


def _silence(before: Census | None, at: datetime, fault: str) -> Census:
    if before is None:
        return Census(at, fault=fault, silent_since=at, answered=False)
    since = before.silent_since or at
    return Census(before.asked_at, before.people, before.forgotten, fault, since, before.answered)


def _person(listed: Mapping[str, Any]) -> HeldPerson:
    get = listed.get
    return HeldPerson(
        get("id"), listed["reference"], listed["severity"], get("localisation"), get("hospital"), get("number")
    )
