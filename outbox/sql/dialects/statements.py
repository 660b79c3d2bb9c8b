"""The hot statements that SQLite and PostgreSQL each say in their own way; the order they are said in is common.

They run on the driver's own connection, inside the transaction that SQLAlchemy opened: a claim or a settlement of fifty
messages is a handful of statements, and building or wrapping each would cost more than running it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from outbox.sql.dialects import postgres, sqlite

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from sqlalchemy import Connection

    from outbox.sql.rows import ClaimRow, ClaimTerms, Lane, Raw, Row


class Engine(Protocol):
    """What both modules offer; `raw` is the driver's connection."""

    def lock(self, raw: Raw, lanes: set[Lane], shared: AbstractSet[Lane] = frozenset(), /) -> None:
        """Keep every other writer out of these lanes until the transaction ends; out of the shared ones, but for who shares.

        Who settles what was being sent shares: no two of them meet in one lane.
        """

    def announce(self, raw: Raw) -> None:
        """Tell the other nodes, at commit, that something may be claimable."""

    def known(self, raw: Raw, ids: Sequence[str]) -> set[str]:
        """Which of these ids the store already has."""

    def supersede(self, raw: Raw, states: Sequence[Row], now: int) -> list[Row]:
        """Retire waiting states older than these (destination, lane, topic, id), and return those retired.

        Each as (destination, lane, topic, place, due_at where it was never tried).
        """

    def insert(self, raw: Raw, rows: Sequence[Row]) -> None:
        """Add messages, and `announce` them; a place of 1 becomes 2 where the lane is occupied."""

    def advance(self, raw: Raw, lanes: Sequence[Lane]) -> None:
        """Make the oldest live message the head of these lanes, which have none."""

    def claim(
        self, raw: Raw, asked: ClaimTerms, *, admitted: bool = False, left: Sequence[str] = ()
    ) -> list[ClaimRow] | None:
        """Lease due heads, in the order in which they go.

        In the lanes `left` of the destination, whose head has gone in this transaction, the next becomes the head, and is
        claimed like the others if it is due. None where the destination's gate limits something: ask it, and be `admitted`.
        """

    def hold(self, raw: Raw, fences: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """Which (id, fence) are still being sent under that fence, with their seq, kept from other nodes."""

    def overtaken(self, raw: Raw, states: Sequence[Row]) -> dict[int, str]:
        """Which states (destination, lane, topic, seq) have a newer one waiting, as seq to its id."""

    def conclude(self, raw: Raw, rows: Sequence[Row], attempts: Sequence[Row]) -> None:
        """Write what became of messages (`settling.Concluded.row`), and the attempts that told (`settling.attempt_row`)."""

    def log(self, raw: Raw, rows: Sequence[Row]) -> None:
        """Write attempts; one of the same message and fence is replaced where its lease was lost."""

    def remember(self, raw: Raw, rows: Sequence[Row]) -> None:
        """Keep the references (destination, lane, reference, now)."""

    def heal(self, raw: Raw, states: Sequence[Row], now: int) -> None:
        """Retire undecided states older than these delivered ones (destination, lane, topic, seq, id)."""

    def renew(self, raw: Raw, fences: Sequence[tuple[str, int]], until: int) -> None:
        """Prolong leases that are still held."""

    def due(self, raw: Raw, destinations: Sequence[str]) -> list[tuple[str, int]]:
        """When the next head of each destination may leave: due, and let through by the gate; not where it is paused."""


@dataclass(frozen=True, slots=True)
class Session:
    """The engine of a connection, and the driver's own connection under it."""

    engine: Engine
    raw: Raw


def session(connection: Connection) -> Session:
    """How to say hot statements on this connection, inside its transaction."""
    return Session(_ENGINES[connection.dialect.name], connection.connection.driver_connection)


_ENGINES: dict[str, Engine] = {"sqlite": sqlite, "postgresql": postgres}
