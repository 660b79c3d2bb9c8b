"""The desk in memory, and with it the whole store."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from outbox.desk import Backlog, Group, Lag, Pause, portions
from outbox.fingerprint import fingerprint
from outbox.gate import Gate
from outbox.memory.queue import MemoryQueue
from outbox.memory.row import supersede
from outbox.message import UNDECIDED, Cause, Kind, MessageStatus
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
        """How many messages are pending, sending, parked or uncertain, per destination."""
        counts: dict[tuple[str, MessageStatus], int] = {}
        for row in self._rows.values():
            if row.live or row.status in UNDECIDED:
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

    def _open(self, ids: Sequence[str]) -> list[Row]:
        rows = [self._rows[key] for key in dict.fromkeys(ids) if key in self._rows]
        return sorted(
            (row for row in rows if row.status in {MessageStatus.PENDING, *UNDECIDED}), key=lambda row: row.record.seq
        )

    async def groups(self, wanted: Filter) -> list[Group]:
        """Undecided messages by the fingerprint of their cause, the largest group first."""
        alike: dict[str, list[Record]] = {}
        for row in self._rows.values():
            if row.status in UNDECIDED and _matches(row.record, wanted):
                alike.setdefault(mark(row.record), []).append(row.record)
        alike_groups = [_group(key, records) for key, records in alike.items()]
        return sorted(alike_groups, key=lambda group: (-group.messages, group.fingerprint))

    async def parked(self, wanted: Filter) -> list[list[str]]:
        """Every undecided message that is wanted, in portions that cut no lane."""
        rows = [row for row in self._rows.values() if row.status in UNDECIDED and _matches(row.record, wanted)]
        rows.sort(key=lambda row: (row.lane, row.record.seq))
        return portions([(row.envelope.id, row.lane) for row in rows])

    async def replay(self, ids: Sequence[str], *, by: str, exactly: bool = False) -> int:
        """Send messages that wait or are undecided again, in the original order of their lanes."""
        again = 0
        for row in reversed(self._open(ids)):
            row.exact = exactly
            again += self._replay_one(row, by)
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
        row.record = replace(row.record, status=MessageStatus.PENDING, attempts=0, next_at=now, settled_at=None)
        return True

    async def discard(self, ids: Sequence[str], *, by: str, reason: str) -> int:
        """Give up messages that wait or are undecided, which frees their lanes."""
        chosen = self._open(ids)
        self._end(chosen, partial(discarded, reason=reason))
        for row in chosen:
            row.record = replace(row.record, decided_by=by, decided_at=self._clock(), decision=reason)
        return len(chosen)

    async def pause(self, destination: str, *, by: str, reason: str) -> None:
        """Stop claiming for a destination."""
        self._pauses[destination] = Pause(destination, by, reason, self._clock())

    async def resume(self, destination: str, *, rate: float | None = None) -> None:
        """Let a paused destination go on, slowly where a rate is given."""
        self._pauses.pop(destination, None)
        gate = self._gates.get(destination, Gate(destination))
        self._gates[destination] = replace(gate, drain_rate=rate, free_at=None)
        self._word.set()

    async def gates(self) -> Mapping[str, Gate]:
        """The state of the way to each destination."""
        return dict(self._gates)

    async def paused(self) -> Mapping[str, Pause]:
        """Which destinations are stopped."""
        return dict(self._pauses)


def _group(key: str, records: list[Record]) -> Group:
    envelope, at = records[0].envelope, [record.settled_at for record in records if record.settled_at]
    causes = [record.cause for record in records if record.cause]
    alike = Cause(causes[0].code, min(cause.title for cause in causes), min(cause.detail for cause in causes))
    example = min(record.envelope.id for record in records)
    uncertain = sum(record.status is MessageStatus.UNCERTAIN for record in records)
    return Group(key, envelope.destination, envelope.topic, alike, len(records), min(at), max(at), example, uncertain)


def mark(record: Record) -> str:
    """The fingerprint of an undecided message; empty for another."""
    if record.status not in UNDECIDED or record.cause is None:
        return ""
    return fingerprint(record.envelope.destination, record.envelope.topic, record.cause)


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
        (wanted.fingerprint, mark(record)),
        (wanted.superseded_by, record.superseded_by),
    )
    return all(asked is None or asked == actual for asked, actual in given)
