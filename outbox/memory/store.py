"""The desk in memory, and with it the whole store."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from outbox.desk import Backlog, Lag, Pause
from outbox.memory.queue import MemoryQueue
from outbox.memory.row import supersede
from outbox.message import Kind, Status
from outbox.verdict import discarded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from outbox.desk import Attempt, Filter, Record
    from outbox.memory.row import Row
    from outbox.message import Priority


class MemoryStore(MemoryQueue):
    """`Queue` and `Desk` without a database."""

    async def find(self, wanted: Filter, *, before: int | None = None, limit: int = 50) -> list[Record]:
        """The newest messages first, below the cursor."""
        rows = (row.record for row in reversed(self._rows.values()) if _matches(row.record, wanted))
        return [record for record in rows if before is None or record.seq < before][:limit]

    async def message(self, message_id: str) -> Record | None:
        """One message."""
        row = self._rows.get(message_id)
        return row.record if row else None

    async def attempts(self, message_id: str) -> list[Attempt]:
        """Every try at one message, the oldest first."""
        row = self._rows.get(message_id)
        return [row.attempts[fence] for fence in sorted(row.attempts)] if row else []

    async def backlog(self) -> list[Backlog]:
        """How many messages are pending, sending or parked, per destination."""
        counts: dict[tuple[str, Status], int] = {}
        for row in self._rows.values():
            if row.live or row.status is Status.PARKED:
                key = (row.envelope.destination, row.status)
                counts[key] = counts.get(key, 0) + 1
        return [Backlog(name, status, number) for (name, status), number in sorted(counts.items())]

    async def lags(self) -> list[Lag]:
        """How late each destination is, per priority."""
        now = self._clock()
        waits: dict[tuple[str, Priority], list[datetime]] = {}
        for row in self._rows.values():
            since = row.envelope.due_at or row.record.enqueued_at
            if row.live and since <= now:
                waits.setdefault((row.envelope.destination, row.envelope.priority), []).append(since)
        return [
            Lag(name, priority, min(sinces), (now - min(sinces)).total_seconds(), len(sinces))
            for (name, priority), sinces in sorted(waits.items())
        ]

    def _parked(self, ids: Sequence[str]) -> list[Row]:
        rows = [self._rows[key] for key in dict.fromkeys(ids) if key in self._rows]
        return sorted((row for row in rows if row.status is Status.PARKED), key=lambda row: row.record.seq)

    async def replay(self, ids: Sequence[str], *, by: str) -> int:
        """Send parked messages again, in the original order of their lanes."""
        again = sum(self._replay_one(row, by) for row in reversed(self._parked(ids)))
        if again:
            self._word.set()
        return again

    def _replay_one(self, row: Row, by: str) -> bool:
        now = self._clock()
        row.record = replace(row.record, decided_by=by, decided_at=now, decision="replay")
        newer = self._newer_waiting(row) if row.envelope.kind is Kind.STATE else None
        if newer is not None:
            supersede(row, newer, now)
            return False
        row.unreachable = 0
        row.record = replace(row.record, status=Status.PENDING, attempts=0, next_at=now, settled_at=None)
        return True

    async def discard(self, ids: Sequence[str], *, by: str, reason: str) -> int:
        """Give up parked messages, which frees their lanes."""
        parked = self._parked(ids)
        self._end(parked, partial(discarded, reason=reason))
        for row in parked:
            row.record = replace(row.record, decided_by=by, decided_at=self._clock(), decision=reason)
        return len(parked)

    async def pause(self, destination: str, *, by: str, reason: str) -> None:
        """Stop claiming for a destination."""
        self._pauses[destination] = Pause(destination, by, reason, self._clock())

    async def resume(self, destination: str) -> None:
        """Let a paused destination go on."""
        self._pauses.pop(destination, None)
        self._word.set()

    async def paused(self) -> Mapping[str, Pause]:
        """Which destinations are stopped."""
        return dict(self._pauses)


def _matches(record: Record, wanted: Filter) -> bool:
    """Whether every field that is given matches."""
    envelope = record.envelope
    given = (
        (wanted.status, record.status),
        (wanted.destination, envelope.destination),
        (wanted.lane, envelope.lane),
        (wanted.topic, envelope.topic),
        (wanted.scope, envelope.scope),
        (wanted.cause, record.cause.code if record.cause else None),
    )
    return all(asked is None or asked == found for asked, found in given)
