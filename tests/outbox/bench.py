"""What the tests of the outbox share: a clock that is set, messages, a scripted destination, the three stores."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine

from outbox.database.database import Database, open_database
from outbox.memory import MemoryStore
from outbox.message import Envelope, Kind, Receipt
from outbox.sql import SqlStore
from outbox.sql.tables import metadata
from outbox.verdict import delivered

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from outbox.message import ClaimedMessage, Settlement
    from outbox.ports import Aftermath

    Store = MemoryStore | SqlStore

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@dataclass(slots=True)
class SetClock:
    """A clock that moves when it is told to."""

    now: datetime = START

    def __call__(self) -> datetime:
        """The instant it was set to."""
        return self.now

    def pass_(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


_numbers = count(1)


def message(**changes: Any) -> Envelope:
    """A command of its own lane, due at once, unless told otherwise."""
    number = next(_numbers)
    plain = Envelope(
        id=f"m{number}",
        destination="sivic",
        lane=f"lane-{number}",
        topic="victim",
        kind=Kind.COMMAND,
        mode="Exercise",
        body={"nom": "ESSAI", "rang": number},
        created_at=START,
        scope="evenement-1",
    )
    return replace(plain, **changes)


def state(**changes: Any) -> Envelope:
    """The same, as a state."""
    return message(kind=Kind.STATE, **changes)


Answer = Receipt | Exception


@dataclass(slots=True)
class ScriptedDestination:
    """Answers each message by its script, then with a receipt; remembers what it was given."""

    name: str = "sivic"
    script: dict[str, list[Answer]] = field(default_factory=lambda: defaultdict(list))
    """By message id."""
    given: list[ClaimedMessage] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    async def deliver(self, claimed: ClaimedMessage) -> Receipt:
        """The next line of the script."""
        self.given.append(claimed)
        lines = self.script[claimed.envelope.id]
        answer = lines.pop(0) if lines else Receipt()
        if isinstance(answer, Exception):
            raise answer
        self.taken.append(claimed.envelope.id)
        return answer


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something is so, or fail after a while."""
    async with asyncio.timeout(20):
        while not await holds():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.001)


@asynccontextmanager
async def sql_database(url: str) -> AsyncIterator[Database]:
    """A database with the tables in it."""
    engine = create_engine(url)
    metadata.create_all(engine)
    engine.dispose()
    database = open_database(url)
    try:
        yield database
    finally:
        await database.close()


@dataclass(slots=True)
class Bench:
    """One store under test, of any kind, and what is needed to make it act."""

    kind: str
    clock: SetClock
    database: Database | None
    _make: Callable[..., Store]
    _made: list[Store] = field(default_factory=list)

    def store(self, *, aftermath: Aftermath | None = None, lease_seconds: float = 5.0) -> Store:
        """The store; asked twice, another node on the same messages where the kind has nodes."""
        made = self._make(clock=self.clock, aftermath=aftermath, lease_seconds=lease_seconds)
        self._made.append(made)
        return made

    def done(self, claimed: ClaimedMessage, **receipt: Any) -> Settlement:
        """It was delivered now."""
        return delivered(claimed, Receipt(**receipt), self.clock.now, self.clock.now)


@asynccontextmanager
async def bench(kind: str, folder: Path, url: Callable[[], str]) -> AsyncIterator[Bench]:
    """`memory`, `sqlite` or `postgresql`; `url` is asked for the last only."""
    clock = SetClock()
    if kind == "memory":
        yield Bench(kind, clock, None, MemoryStore)
        return
    async with sql_database(f"sqlite:///{folder / 'essai.sqlite3'}" if kind == "sqlite" else url()) as database:

        def make(**options: Any) -> SqlStore:
            return SqlStore(database, **options)

        yield Bench(kind, clock, database, make)
