"""Who bears which SINUS number in an event: of the field or of a hospital, one bearer at a time (R-12); and the texts nobody could read.

A projection of the records' identifiers, so that a number is found without opening a record. Former bearers are not here:
they are in the records, as history.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, insert, select, text

from domain.numbers.identifier import SINUS_KINDS, IdentifierKind
from domain.numbers.sinus_number import NOISE
from gateway.register.statement import Statement
from gateway.register.tables import victim_number as table

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from domain.victim.victim import Victim

LONGEST = 96
BEARER = Statement(
    select(table.c.victim_id).where(
        table.c.event_id == bindparam("event_id"),
        table.c.number == bindparam("number"),
        table.c.unread.is_(False),
    )
)
KEYED = (IdentifierKind.SIVIC, IdentifierKind.HOSPITAL)
"""Neighbours that speak of a person by an identifier of their own."""
LONGEST_KEY = 80
KEYED_BY = select(table.c.victim_id).where(
    table.c.event_id == bindparam("event_id"), table.c.number == bindparam("number"), table.c.unread.is_(True)
)
GIVE = Statement(insert(table))
TAKE = Statement(
    delete(table).where(
        table.c.event_id == bindparam("event_id"),
        table.c.number == bindparam("number"),
        table.c.victim_id == bindparam("victim_id"),
    )
)
SHARED = (
    select(table.c.number)
    .where(table.c.event_id == bindparam("event_id"), table.c.unread.is_(True))
    .group_by(table.c.number)
    .having(func.count() > 1)
)
# Two nodes that give one number at the same instant: the second waits, then sees who bears it.
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:place, 0))")


class Numbers:
    """The current bearers."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def bearer(self, event_id: str, number: str) -> str | None:
        """Who in this event bears this SINUS number, in its canonical form; the answer holds until the transaction ends."""
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(ONE_AT_A_TIME, {"place": f"{event_id} {number}"})
        bearer = BEARER.one(self._connection, {"event_id": event_id, "number": number})
        return str(bearer) if bearer is not None else None

    def keyed(self, event_id: str, kind: IdentifierKind, value: str) -> set[str]:
        """Whom a neighbour knows by this identifier of its own: one, unless it took two people for one."""
        asked = {"event_id": event_id, "number": key_of(kind, value)}
        return {str(victim) for victim in self._connection.execute(KEYED_BY, asked).scalars()}

    def keep(self, before: Victim | None, victim: Victim) -> None:
        """Bring the bearers to what the record now says."""
        known, holds = _held(before), _held(victim)
        for number, _unread in known - holds:
            TAKE.run(self._connection, {"event_id": victim.event_id, "number": number, "victim_id": victim.id})
        for number, unread in holds - known:
            row = {"event_id": victim.event_id, "number": number, "victim_id": victim.id, "unread": unread}
            GIVE.run(self._connection, row)

    def unread_twice(self, event_id: str) -> frozenset[str]:
        """The unreadable texts that stand on two victims of the event or more, as `plain` writes them."""
        return frozenset(self._connection.execute(SHARED, {"event_id": event_id}).scalars())


def key_of(kind: IdentifierKind, value: str) -> str:
    """A neighbour's own identifier of a person, as the table names it."""
    return f"{kind.value}:{value if len(value) <= LONGEST_KEY else hashlib.sha256(value.encode()).hexdigest()}"


def plain(raw: str) -> str:
    """An unreadable text without the noise of a scanner, to be compared."""
    return NOISE.sub("", raw).upper()[:LONGEST]


def _held(victim: Victim | None) -> set[tuple[str, bool]]:
    """Each number that names the victim, and whether it could not be read."""
    held = [known for known in victim.identifiers if known.holds] if victim else []
    names = set()
    for known in held:
        if known.kind in SINUS_KINDS:
            names.add((known.value, False))
        elif known.kind is IdentifierKind.UNREAD:
            names.add((plain(known.value), True))
        elif known.kind in KEYED:
            names.add((key_of(known.kind, known.value), True))
    return names
