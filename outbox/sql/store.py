"""The queue on a `Database`: enqueue, claim, settle, leases, expiry. What people do with it is `desk`, its other half.

A claim reads due heads only, takes them in two statements, and changes no lane. A settlement is one transaction for
however many deliveries ended together. Each is fenced: what was released or claimed again since is refused.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select

from outbox.database.sealing import UNSEALED
from outbox.dispatch.delivery import lease
from outbox.gate import Breaker, News, admit, news, spend
from outbox.ports import TurnResult
from outbox.sql import gates, rows
from outbox.sql.changes.enqueue import enqueue
from outbox.sql.changes.settle import ConcludedSettlement, attempt_row, conclude, end_chosen
from outbox.sql.desk import SqlDesk
from outbox.sql.dialects.statements import session
from outbox.sql.selection import Choice
from outbox.sql.tables import outbox_message
from outbox.verdict import expired, late, lease_lost

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from outbox.database.database import Database
    from outbox.database.sealing import Seal
    from outbox.message import ClaimedMessage, Envelope, Settlement
    from outbox.ports import Aftermath, ClaimRequest
    from outbox.sql.rows import ClaimRow, Lane
    from outbox.sql.selection import Key

log: Final = logging.getLogger(__name__)

LEASE_SECONDS: Final = 5.0
"""Small, because it is the whole of a crash's recovery time on PostgreSQL; the dispatcher renews it three times as often."""

SWEEP: Final = 200
"""How many messages are released or expired in one transaction, so that a sweep never holds traffic for long."""

_EXPIRED: Final = Choice("status = 'pending' AND expires_at IS NOT NULL AND expires_at <= :now", "expires_at")
_LOST: Final = Choice("status = 'sending' AND lease_until <= :now", "lease_until")
_ORPHANED: Final = Choice("status = 'sending' AND owner <> :owner", "seq")
_NUMBERS: Final = select(outbox_message.c.id, outbox_message.c.seq).where(
    outbox_message.c.id.in_(bindparam("ids", expanding=True))
)


class SqlStore(SqlDesk):
    """`Queue` and `Desk` on SQLite or PostgreSQL."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], datetime],
        lease_seconds: float = LEASE_SECONDS,
        aftermath: Aftermath | None = None,
        seal: Seal | None = None,
    ) -> None:
        """`seal`: the database's own when none is given."""
        seal = seal or database.options.get("seal", UNSEALED)
        super().__init__(database, clock=clock, aftermath=aftermath, seal=seal)
        self._lease = lease_seconds
        self._watched: set[str] = set()

    @property
    def lease_seconds(self) -> float:
        """How long a claim is ours without being renewed."""
        return self._lease

    async def enqueue(self, envelopes: Sequence[Envelope]) -> None:
        """Accept messages, in a transaction of their own."""
        await self._database.write(lambda connection: enqueue(connection, envelopes, self._clock(), seal=self._seal))

    async def claim(
        self, destination: str, limit: int, *, oldest: int = 0, rate: float | None = None
    ) -> list[ClaimedMessage]:
        """Lease at most `limit` due heads of lanes, as many as the destination's gate lets through."""
        if limit <= 0:
            return []
        return await self._database.write(lambda connection: self._claim(connection, destination, limit, oldest, rate))

    def _claim(
        self, connection: Connection, destination: str, limit: int, oldest: int, rate: float | None
    ) -> list[ClaimedMessage]:
        if rate is None:
            here = session(connection)
            taken = here.engine.claim(here.raw, self._asked(destination, limit, oldest))
            if taken is not None:
                self._watched.discard(destination)
                return self._claimed(taken)
        return self._claim_at_gate(connection, destination, limit, oldest, rate)

    def _asked(self, destination: str, limit: int, oldest: int) -> rows.ClaimTerms:
        now = self._clock()
        until = now + timedelta(seconds=self._lease)
        return rows.ClaimTerms(destination, rows.micros(now), limit, oldest, self._database.owner, rows.micros(until))

    def _claimed(self, taken: Sequence[ClaimRow]) -> list[ClaimedMessage]:
        return [rows.claimed(row, self._seal, row.exact) for row in taken]

    def _claim_at_gate(
        self, connection: Connection, destination: str, limit: int, oldest: int, rate: float | None
    ) -> list[ClaimedMessage]:
        """The same, where the gate limits something: under its lock, so that all nodes together keep to it."""
        self._watched.add(destination)
        gate, paused = gates.locked(connection, destination)
        now = self._clock()
        sending = gates.sending(connection, destination) if gate.width is not None else 0
        admitted, passed = admit(gate, limit, sending, rate, now)
        if paused or not admitted:
            return []
        if passed.breaker is not Breaker.CLOSED:
            oldest = admitted  # A probe is whoever waited longest, so that none that always fails is always chosen.
        here = session(connection)
        taken = here.engine.claim(here.raw, self._asked(destination, admitted, oldest), admitted=True) or []
        if taken:
            gates.keep(connection, gate, spend(passed, len(taken), rate, now))
        else:
            gates.keep(connection, gate, gates.drained(connection, gate, now))
        return self._claimed(taken)

    async def settle(self, settlements: Sequence[Settlement]) -> list[Settlement]:
        """Apply what became of claimed messages; return those refused."""
        if not settlements:
            return []
        return await self._database.write(lambda connection: self._settle(connection, settlements)[0])

    async def settle_and_claim(self, settlements: Sequence[Settlement], wanted: Sequence[ClaimRequest]) -> TurnResult:
        """Settle, then claim; what is claimed is read once the settlements are durable, so that it cannot undo them."""
        refused, taken = await self._database.write(lambda connection: self._turn(connection, settlements, wanted))
        return TurnResult(refused, {name: self._readable(claimed_rows) for name, claimed_rows in taken.items()})

    def _turn(
        self, connection: Connection, settlements: Sequence[Settlement], wanted: Sequence[ClaimRequest]
    ) -> tuple[list[Settlement], dict[str, list[ClaimRow]]]:
        here = session(connection)
        taken: dict[str, list[ClaimRow]] = {}
        plain = [want for want in wanted if want.rate is None and want.destination not in self._watched]
        refused, lanes = self._settle(connection, settlements, onward={want.destination for want in plain})
        for want in plain:
            left = [lane for name, lane in lanes if name == want.destination]
            claimed_rows = here.engine.claim(
                here.raw, self._asked(want.destination, want.limit, want.oldest), left=left
            )
            if claimed_rows is not None:
                taken[want.destination] = claimed_rows
        return refused, taken

    def _readable(self, claimed_rows: Sequence[ClaimRow]) -> list[ClaimedMessage]:
        """One that cannot be read is left to its lease, which keeps nobody else waiting."""
        claims = []
        for row in claimed_rows:
            try:
                claims.append(rows.claimed(row, self._seal, row.exact))
            except Exception as error:  # noqa: BLE001 - one row spoils no other
                # The name of the error only: its text may hold what could not be read.
                log.error("outbox.unreadable id=%s error=%s", row.id, type(error).__name__)  # noqa: TRY400
        return claims

    def _settle(
        self, connection: Connection, settlements: Sequence[Settlement], onward: Container[str] = ()
    ) -> tuple[list[Settlement], set[Lane]]:
        here = session(connection)
        held = here.engine.hold(here.raw, [lease(settlement.claimed) for settlement in settlements])
        ends, refused = [], []
        for settlement in settlements:
            seq = held.pop(lease(settlement.claimed), None)
            if seq is None:
                refused.append(settlement)
            else:
                ends.append(ConcludedSettlement(seq, settlement))
        left = conclude(connection, ends, self._aftermath, self._seal, onward)
        if refused:
            self._keep_evidence(connection, refused)
        self._learn(connection, [end.settlement for end in ends])
        return refused, left

    def _learn(self, connection: Connection, ends: Sequence[Settlement]) -> None:
        """Tell the gates; where all is well and was well, there is nothing to tell."""
        learnt = {name: item for name, item in news(ends).items() if item.ill or name in self._watched}
        if learnt:
            gates.tell(connection, learnt, self._clock())

    def _keep_evidence(self, connection: Connection, refused: Sequence[Settlement]) -> None:
        """A late settlement changes nothing, but it did touch the wire."""
        here = session(connection)
        ids = [settlement.claimed.envelope.id for settlement in refused]
        known = {row[0]: row[1] for row in connection.execute(_NUMBERS, {"ids": ids})}
        evidence = {
            (known[key], settlement.claimed.fence): attempt_row(known[key], late(settlement), self._seal)
            for settlement in refused
            if (key := settlement.claimed.envelope.id) in known
        }
        if evidence:
            here.engine.log(here.raw, list(evidence.values()))

    async def renew(self, claims: Sequence[ClaimedMessage]) -> None:
        """Prolong the leases that are still ours."""
        if not claims:
            return
        fences = [(claimed.envelope.id, claimed.fence) for claimed in claims]
        until = rows.micros(self._clock() + timedelta(seconds=self._lease))
        await self._database.write(lambda c: session(c).engine.renew(session(c).raw, fences, until))

    async def release_expired(self) -> int:
        """Return messages whose lease ran out to pending."""
        return await self._sweep(_LOST, lease_lost)

    async def expire(self) -> int:
        """Settle waiting messages that are past their `expires_at`."""
        return await self._sweep(_EXPIRED, expired)

    async def recover(self) -> int:
        """On a SQLite file that is ours alone, whoever else was sending is dead; elsewhere leases decide."""
        alone = await asyncio.to_thread(self._database.alone)
        return await self._sweep(_ORPHANED if alone else _LOST, lease_lost)

    async def _sweep(self, choice: Choice, end: Callable[[ClaimedMessage, datetime], Settlement]) -> int:
        """End the chosen waits, some at a time; a look that finds nothing writes nothing."""
        total = 0
        while True:
            facts = {"now": rows.micros(self._clock()), "owner": self._database.owner}
            keys = await self._database.read(partial(choice.keys, facts=facts, most=SWEEP))
            if not keys:
                return total
            total += await self._database.write(partial(self._end, choice=choice, keys=keys, facts=facts, end=end))
            if len(keys) < SWEEP:
                return total

    def _end(
        self,
        connection: Connection,
        choice: Choice,
        keys: Sequence[Key],
        facts: Mapping[str, object],
        end: Callable[[ClaimedMessage, datetime], Settlement],
    ) -> int:
        here = session(connection)
        here.engine.lock(here.raw, {(destination, lane) for _, destination, lane in keys})
        chosen = choice.rows(connection, facts, [key[0] for key in keys])
        now = self._clock()
        end_chosen(connection, chosen, lambda claimed: end(claimed, now), self._aftermath, self._seal)
        if choice is not _EXPIRED and chosen:
            gates.tell(
                connection, {destination: News(lost=1) for destination in {row.destination for row in chosen}}, now
            )
        return len(chosen)

    async def due(self, destinations: Sequence[str]) -> Mapping[str, datetime]:
        """When the next head of each destination is due."""
        if not destinations:
            return {}
        due_at = await self._database.read(lambda c: session(c).engine.due(session(c).raw, destinations))
        return {name: rows.instant(at) for name, at in due_at}

    async def changed(self, timeout: float) -> bool:  # noqa: ASYNC109 - a wait that ends is what this verb is
        """Wait until something may be claimable."""
        return await self._database.changed(timeout)
