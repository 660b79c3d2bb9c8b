"""Persons that a neighbour speaks of and nobody here knows, until a person links, creates or dismisses them. Words are sealed at rest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import bindparam, insert, select, update

from domain.mode import Mode
from domain.source import Source
from gateway.register.instants import from_column, to_column
from gateway.register.readable import each_readable
from gateway.register.tables import unknown_person as table
from outbox.database.sealing import open_json, seal_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from domain.canon.people import PersonDocument

C = table.c
MOST_WORDS = 50
"""Of one person; the oldest go first, since a newer admission says more than an older one."""
NAMES = ("key", "sinus_number", "message_id")
ONE = select(table).where(C.id == bindparam("id"))
SAME = select(table).where(C.digest == bindparam("digest"), C.state == "open").with_for_update()
OPEN = (
    select(table)
    .where(
        C.mode == bindparam("mode"), C.state == bindparam("state"), C.event_id.in_(bindparam("events", expanding=True))
    )
    .order_by(C.first_at)
    .limit(bindparam("limit"))
)


@dataclass(frozen=True, slots=True, repr=False)
class UnknownPerson:
    """One person, by one source."""

    id: str
    event_id: str
    """Empty where the source names no event that is known."""
    mode: Mode
    source: Source
    author: str
    why: str
    """`unknown_person`, `ambiguous`, or the code of the rule that refused the word."""
    words: tuple[PersonDocument, ...]
    """`PersonDocument`s, the oldest first."""
    first_at: datetime
    last_at: datetime
    state: str = "open"
    """`open`, `linked`, `created` or `dismissed`."""
    victim_id: str | None = None
    by: str | None = None
    reason: str | None = None


class UnknownPersons:
    """The tasks."""

    __slots__ = ("_connection", "_seal")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._seal = seal_of(connection)

    def keep(self, person: UnknownPerson) -> str | None:
        """Keep a word: of a person already waiting it joins the others; None when that very word is kept. Returns the task's id."""
        digest = _digest(person)
        row = self._connection.execute(SAME, {"digest": digest}).first()
        if row is None:
            self._connection.execute(insert(table), {**self._columns(person), "digest": digest})
            return person.id
        known = self._person(row)
        if any(word.get("message_id") == person.words[0].get("message_id") for word in known.words):
            return None
        words = (*known.words, *person.words)[-MOST_WORDS:]
        self._change(replace(known, words=words, last_at=person.last_at, why=person.why))
        return known.id

    def find(self, task_id: str) -> UnknownPerson | None:
        """One of them, whatever its state."""
        row = self._connection.execute(ONE, {"id": task_id}).first()
        return self._person(row) if row is not None else None

    def of(self, mode: Mode, events: list[str], state: str = "open", limit: int = 200) -> list[UnknownPerson]:
        """Those of some events, the longest waiting first; `""` stands for no event."""
        asked = {"mode": mode, "state": state, "events": events, "limit": limit}
        return list(each_readable("unknown_person", self._person, self._connection.execute(OPEN, asked)))

    def decide(self, person: UnknownPerson) -> None:
        """Keep what a person decided."""
        self._change(person)

    def _change(self, person: UnknownPerson) -> None:
        columns = self._columns(person)
        del columns["id"]
        self._connection.execute(update(table).where(C.id == person.id), columns)

    def _columns(self, person: UnknownPerson) -> dict[str, Any]:
        return {
            "id": person.id,
            "event_id": person.event_id,
            "mode": person.mode.value,
            "source": person.source.value,
            "author": person.author,
            "why": person.why,
            "words": self._seal.seal(orjson.dumps(person.words)),
            "state": person.state,
            "victim_id": person.victim_id,
            "decided_by": person.by,
            "reason": person.reason,
            "first_at": to_column(person.first_at),
            "last_at": to_column(person.last_at),
        }

    def _person(self, row: Any) -> UnknownPerson:  # noqa: ANN401 - a row of SQLAlchemy
        return UnknownPerson(
            row.id,
            row.event_id,
            Mode(row.mode),
            Source(row.source),
            row.author,
            row.why,
            tuple(open_json(self._seal, row.words)),
            from_column(row.first_at),
            from_column(row.last_at),
            row.state,
            row.victim_id,
            row.decided_by,
            row.reason,
        )


def _digest(person: UnknownPerson) -> bytes:
    """Of the best name that the source gives the person: its key, else the number, else the word alone."""
    word: Mapping[str, Any] = person.words[0]
    name = next((f"{kind} {word[kind]}" for kind in NAMES if word.get(kind)), person.id)
    whole = f"{person.mode}\n{person.source}\n{person.author}\n{person.event_id}\n{name}"
    return hashlib.sha256(whole.encode()).digest()
