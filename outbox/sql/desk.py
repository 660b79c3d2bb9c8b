"""The desk on a `Database`: what a person searches, replays, discards and pauses."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, case, func, select, text

from outbox.desk import Attempt, Backlog, Group, Lag, Pause, Record, portions
from outbox.message import Cause, MessageStatus, Outcome, Priority
from outbox.sql import archive, gates, rows
from outbox.sql.changes import decide
from outbox.sql.changes.enqueue import announce
from outbox.sql.tables import UNDECIDED, outbox_attempt, outbox_destination, outbox_message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from outbox.database.database import Database
    from outbox.database.sealing import Seal
    from outbox.desk import Filter
    from outbox.gate import Gate
    from outbox.ports import Aftermath

_M: Final = outbox_message.c
_LIVE: Final = text("place IS NOT NULL")
_RECORDS: Final = select(*(_M[name] for name in rows.RECORD))
_ONE: Final = _RECORDS.where(_M.id == bindparam("key"))
_ATTEMPTS: Final = (
    select(outbox_attempt)
    .join(outbox_message, outbox_message.c.seq == outbox_attempt.c.message)
    .where(_M.id == bindparam("key"))
    .order_by(outbox_attempt.c.fence)
)
_SINCE: Final = func.coalesce(_M.due_at, _M.enqueued_at)
_LAGS: Final = (
    select(_M.destination, _M.priority, func.min(_SINCE), func.count())
    .where(_LIVE, bindparam("now") >= _SINCE)
    .group_by(_M.destination, _M.priority)
    .order_by(_M.destination, _M.priority)
)
_BACKLOG: Final = (
    select(_M.destination, _M.status, func.count()).where(_LIVE).group_by(_M.destination, _M.status),
    select(_M.destination, _M.status, func.count())
    .where(text(UNDECIDED), text("place IS NULL"))
    .group_by(_M.destination, _M.status),
)
_GROUPS: Final = (
    select(
        _M.fingerprint, _M.destination, _M.topic, _M.cause_code, func.min(_M.cause_title), func.min(_M.cause_detail),
        func.count().label("messages"), func.min(_M.settled_at), func.max(_M.settled_at), func.min(_M.id),
        func.sum(case((_M.status == MessageStatus.UNCERTAIN.value, 1), else_=0)),
    )
    .where(text(UNDECIDED))
    .group_by(_M.fingerprint, _M.destination, _M.topic, _M.cause_code)
    .order_by(text("messages DESC"), _M.fingerprint)
)  # fmt: skip
_PARKED_KEYS: Final = (
    select(_M.id, _M.destination, _M.lane).where(text(UNDECIDED)).order_by(_M.destination, _M.lane, _M.seq)
)
_GATES: Final = select(outbox_destination)
_PAUSED: Final = select(outbox_destination).where(outbox_destination.c.paused_at.is_not(None))


class SqlDesk:
    """`Desk` on SQLite or PostgreSQL."""

    def __init__(
        self, database: Database, *, clock: Callable[[], datetime], aftermath: Aftermath | None, seal: Seal
    ) -> None:
        self._database = database
        self._clock = clock
        self._aftermath = aftermath
        self._seal = seal

    async def find(self, wanted: Filter, *, before: int | None = None, limit: int = 50) -> list[Record]:
        """The newest messages first, below the cursor."""
        query = _RECORDS.where(*_conditions(wanted, before)).order_by(_M.seq.desc()).limit(limit)
        named_rows, bodies = await self._database.read(lambda c: _with_bodies(c, query))
        return [self._record(row, bodies) for row in named_rows]

    async def message(self, message_id: str) -> Record | None:
        """One message."""
        named_rows, bodies = await self._database.read(lambda c: _with_bodies(c, _ONE, {"key": message_id}))
        return self._record(named_rows[0], bodies) if named_rows else None

    def _record(self, row: Row[Any], bodies: Mapping[int, bytes]) -> Record:
        """A row of `rows.RECORD`; its body is where retention or the archive left it."""
        whole = rows.record(row, self._seal)
        body = bodies.get(row.seq)
        return whole if body is None else replace(whole, envelope=rows.refilled(whole.envelope, body, self._seal))

    async def attempts(self, message_id: str) -> list[Attempt]:
        """Every try at one message, the oldest first."""

        def work(connection: Connection) -> list[Attempt]:
            attempt_rows = connection.execute(_ATTEMPTS, {"key": message_id}).all()
            record = connection.execute(_ONE, {"key": message_id}).first()
            kept = archive.evidence(connection, record) if record else {}
            return [self._attempt(row, kept.get(row.fence, row)) for row in attempt_rows]

        return await self._database.read(work)

    def _attempt(self, row: Row[Any], kept: Row[Any]) -> Attempt:
        """A row of `outbox_attempt`, and the row that has its bytes."""
        sent, answered = rows.evidence(kept.sent, self._seal), rows.evidence(kept.answered, self._seal)
        return Attempt(
            number=row.number,
            fence=row.fence,
            outcome=Outcome(row.outcome),
            started_at=None if row.started_at is None else rows.instant(row.started_at),
            finished_at=rows.instant(row.finished_at),
            cause=rows.cause(row.cause_code, row.cause_title, row.cause_detail),
            reference=row.reference,
            sent=sent or b"",
            answered=answered or b"",
            readable=sent is not None and answered is not None,
        )

    async def backlog(self) -> list[Backlog]:
        """How many messages are pending, sending, parked or uncertain, per destination."""
        backlog_rows = await self._database.read(
            lambda connection: [row for q in _BACKLOG for row in connection.execute(q)]
        )
        counts: dict[tuple[str, str], int] = {}
        for destination, status, number in backlog_rows:
            counts[destination, status] = counts.get((destination, status), 0) + number
        return [Backlog(name, MessageStatus(status), number) for (name, status), number in sorted(counts.items())]

    async def lags(self) -> list[Lag]:
        """How late each destination is, per priority."""
        now = rows.micros(self._clock())
        lag_rows = await self._database.read(lambda connection: connection.execute(_LAGS, {"now": now}).all())
        return [
            Lag(name, Priority(priority), rows.instant(oldest), (now - oldest) / 1e6, number)
            for name, priority, oldest, number in lag_rows
        ]

    async def replay(self, ids: Sequence[str], *, by: str, exactly: bool = False) -> int:
        """Send messages that wait or are undecided again, in the original order of their lanes."""
        return await self._database.write(
            lambda c: decide.replay(c, ids, by, self._clock(), self._seal, exactly=exactly)
        )

    async def groups(self, wanted: Filter) -> list[Group]:
        """Undecided messages by the fingerprint of their cause, the largest group first."""
        query = _GROUPS.where(*_conditions(wanted, None))
        result_rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [_group(tuple(row)) for row in result_rows]

    async def parked(self, wanted: Filter) -> list[list[str]]:
        """Every undecided message that is wanted, in portions that cut no lane."""
        query = _PARKED_KEYS.where(*_conditions(wanted, None))
        result_rows = await self._database.read(lambda connection: connection.execute(query).all())
        return portions([(row[0], (row[1], row[2])) for row in result_rows])

    async def discard(self, ids: Sequence[str], *, by: str, reason: str) -> int:
        """Give up messages that wait or are undecided, which frees their lanes."""
        return await self._database.write(
            lambda c: decide.discard(c, ids, by, reason, self._clock(), self._aftermath, self._seal)
        )

    async def pause(self, destination: str, *, by: str, reason: str) -> None:
        """Stop claiming for a destination, durably, on every node."""
        values = {"paused_at": rows.micros(self._clock()), "paused_by": by, "pause_reason": reason}
        await self._database.write(lambda connection: gates.mark(connection, destination, values))

    async def resume(self, destination: str, *, rate: float | None = None) -> None:
        """Let a paused destination go on, slowly where a rate is given."""
        await self._database.write(lambda connection: _resume(connection, destination, rate))

    async def gates(self) -> Mapping[str, Gate]:
        """The state of the way to each destination."""
        gate_rows = await self._database.read(lambda connection: connection.execute(_GATES).all())
        return {row.name: gates.gate(row) for row in gate_rows}

    async def paused(self) -> Mapping[str, Pause]:
        """Which destinations are stopped."""
        paused_rows = await self._database.read(lambda connection: connection.execute(_PAUSED).all())
        return {
            row.name: Pause(row.name, row.paused_by or "", row.pause_reason or "", rows.instant(row.paused_at))
            for row in paused_rows
        }


def _with_bodies(
    connection: Connection, query: Select[Any], facts: Mapping[str, object] = MappingProxyType({})
) -> tuple[Sequence[Row[Any]], Mapping[int, bytes]]:
    """Rows of `rows.RECORD`, and the bodies that the archive has of them."""
    result_rows = connection.execute(query, facts).all()
    return result_rows, archive.bodies(connection, result_rows)


def _group(row: Sequence[Any]) -> Group:
    mark, destination, topic, code, title, detail, messages, oldest, newest, example, uncertain = row
    cause = rows.cause(code, title, detail) or Cause("", "")
    return Group(
        mark, destination, topic, cause, messages, rows.instant(oldest), rows.instant(newest), example, uncertain
    )


def _resume(connection: Connection, destination: str, rate: float | None) -> None:
    plain = {"paused_at": None, "paused_by": None, "pause_reason": None, "drain_rate": rate, "free_at": None}
    gates.mark(connection, destination, plain)
    announce(connection)


def _conditions(wanted: Filter, before: int | None) -> list[ColumnElement[bool]]:
    """Every field that is given."""
    given = {
        _M.status: None if wanted.status is None else wanted.status.value,
        _M.destination: wanted.destination,
        _M.lane: wanted.lane,
        _M.topic: wanted.topic,
        _M.scope: wanted.scope,
        _M.cause_code: wanted.cause,
        _M.fingerprint: wanted.fingerprint,
        _M.superseded_by: wanted.superseded_by,
    }
    conditions = [column == value for column, value in given.items() if value is not None]
    return conditions if before is None else [*conditions, _M.seq < before]
