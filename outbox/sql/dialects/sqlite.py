"""The hot statements on SQLite: one writer, so nothing needs a lock; lists travel as one JSON argument or by executemany."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from outbox.dispatch.shares import share
from outbox.message import Priority
from outbox.sql.rows import CLAIM, EXACT, TROUBLED, ClaimRow
from outbox.sql.tables import UNDECIDED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from outbox.sql.rows import ClaimTerms, Lane, Raw, Row


def lock(_raw: Raw, _lanes: set[Lane], _shared: AbstractSet[Lane] = frozenset()) -> None:
    """The writer is alone."""


def announce(_raw: Raw) -> None:
    """The process is alone: `Database.wake` is enough."""


KNOWN: Final = "SELECT id FROM outbox_message WHERE id = ?"


def known(raw: Raw, ids: Sequence[str]) -> set[str]:
    """One probe each."""
    return {key for key in ids if raw.execute(KNOWN, (key,)).fetchone()}


WAITING: Final = """
SELECT ?1, ?2, ?3, place, CASE WHEN attempts = 0 THEN due_at END FROM outbox_message
WHERE destination = ?1 AND lane = ?2 AND place IS NOT NULL AND topic = ?3 AND kind = 'state' AND status = 'pending'
"""
SUPERSEDE: Final = """
UPDATE outbox_message SET status = 'superseded', place = NULL, superseded_by = ?4, settled_at = ?5
WHERE destination = ?1 AND lane = ?2 AND place IS NOT NULL AND topic = ?3 AND kind = 'state' AND status = 'pending'
"""


def supersede(raw: Raw, states: Sequence[Row], now: int) -> list[Row]:
    """RETURNING would show places after the change, so they are read before it."""
    skipped: list[Row] = []
    for destination, lane, topic, key in states:
        waiting = raw.execute(WAITING, (destination, lane, topic)).fetchall()
        if waiting:
            raw.execute(SUPERSEDE, (destination, lane, topic, key, now))
            skipped += waiting
    return skipped


INSERT: Final = """
INSERT INTO outbox_message (id, destination, lane, topic, kind, mode, scope, priority, body, trace, created_at, due_at,
  expires_at, enqueued_at, next_at, status, superseded_by, settled_at, place)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
  CASE WHEN ?19 = 1 AND EXISTS (SELECT 1 FROM outbox_message WHERE destination = ?2 AND lane = ?3 AND place IS NOT NULL)
       THEN 2 ELSE ?19 END)
"""


def insert(raw: Raw, rows: Sequence[Row]) -> None:
    """One by one, each seeing the ones before it."""
    raw.executemany(INSERT, rows)


ADVANCE: Final = """
UPDATE outbox_message SET place = 1 WHERE seq = (
  SELECT seq FROM outbox_message WHERE destination = ? AND lane = ? AND place IS NOT NULL ORDER BY seq LIMIT 1)
"""


def advance(raw: Raw, lanes: Sequence[Lane]) -> None:
    """One index probe a lane."""
    raw.executemany(ADVANCE, lanes)


DUE_HEADS: Final = " UNION ALL ".join(
    f"""SELECT * FROM (
  SELECT {priority:d} AS priority, next_at, seq FROM outbox_message
  WHERE status = 'pending' AND place = 1 AND destination = ?1 AND priority = {priority:d} AND next_at <= ?2
    AND (expires_at IS NULL OR expires_at > ?2){{guard}}
  ORDER BY next_at, seq LIMIT ?3)"""  # noqa: S608 - built from our own enumeration
    for priority in Priority
)
_GATE: Final = f"SELECT 1 FROM outbox_destination WHERE name = ?1 AND ({TROUBLED})"  # noqa: S608 - ours
CANDIDATES: Final = (
    DUE_HEADS.format(guard=f" AND NOT EXISTS ({_GATE})") + f" UNION ALL SELECT -1, 0, 0 WHERE EXISTS ({_GATE})"
)
BEHIND_GATE: Final = DUE_HEADS.format(guard="")


TAKE: Final = f"""
UPDATE outbox_message SET status = 'sending', fence = fence + 1, attempts = attempts + 1, owner = ?2, lease_until = ?3
WHERE seq IN (SELECT value FROM json_each(?1))
RETURNING {", ".join(CLAIM)}, (SELECT reference FROM outbox_lane l
  WHERE l.destination = outbox_message.destination AND l.lane = outbox_message.lane), {EXACT}, next_at
"""  # noqa: S608 - built from our own column names


def claim(raw: Raw, asked: ClaimTerms, *, admitted: bool = False, left: Sequence[str] = ()) -> list[ClaimRow] | None:
    """A range of the index of due heads, per priority; then the chosen, by number."""
    if left:
        advance(raw, [(asked.destination, lane) for lane in left])
    statement = BEHIND_GATE if admitted else CANDIDATES
    due = raw.execute(statement, (asked.destination, asked.now, asked.limit)).fetchall()
    if due and due[-1][0] < 0:
        return None
    if not due:
        return []
    order = {seq: turn for turn, (_, _, seq) in enumerate(share(due, asked.limit, asked.oldest))}
    taken = map(ClaimRow._make, raw.execute(TAKE, (_list(list(order)), asked.owner, asked.until)).fetchall())
    return sorted(taken, key=lambda row: order[row.seq])


HOLD: Final = """
SELECT m.id, m.fence, m.seq FROM json_each(?) j
CROSS JOIN outbox_message m ON m.id = j.value ->> 0 AND m.fence = j.value ->> 1
WHERE m.status = 'sending'
"""


def hold(raw: Raw, fences: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """CROSS JOIN keeps the list outside, the unique index inside."""
    return {(key, fence): seq for key, fence, seq in raw.execute(HOLD, (_list(fences),))}


OVERTAKEN: Final = """
SELECT id FROM outbox_message
WHERE destination = ? AND lane = ? AND place IS NOT NULL AND topic = ? AND seq > ? AND kind = 'state' AND status = 'pending'
ORDER BY seq DESC LIMIT 1
"""


def overtaken(raw: Raw, states: Sequence[Row]) -> dict[int, str]:
    """One probe each."""
    newer = ((state[3], raw.execute(OVERTAKEN, state).fetchone()) for state in states)
    return {seq: row[0] for seq, row in newer if row}


CONCLUDE: Final = """
UPDATE outbox_message SET status = ?, place = ?, attempts = ?, unreachable = ?, next_at = ?, settled_at = ?,
  superseded_by = ?, cause_code = ?, cause_title = ?, cause_detail = ?, fingerprint = ?, exact = ?, uncertain_at = ?, owner = NULL,
  lease_until = NULL
WHERE seq = ?
"""


def conclude(raw: Raw, rows: Sequence[Row], attempts: Sequence[Row]) -> None:
    """By the row's number; bodies and evidence stay where they are."""
    raw.executemany(CONCLUDE, rows)
    log(raw, attempts)


LOG: Final = """
INSERT INTO outbox_attempt (message, fence, number, outcome, started_at, finished_at,
  cause_code, cause_title, cause_detail, reference, sent, answered)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (message, fence) DO UPDATE SET outcome = excluded.outcome, started_at = excluded.started_at,
  finished_at = excluded.finished_at, cause_code = excluded.cause_code, cause_title = excluded.cause_title,
  cause_detail = excluded.cause_detail, reference = excluded.reference, sent = excluded.sent, answered = excluded.answered
WHERE outcome = 'lease_lost'
"""


def log(raw: Raw, rows: Sequence[Row]) -> None:
    """A late settlement replaces the line that said the lease was lost."""
    raw.executemany(LOG, rows)


REMEMBER: Final = """
INSERT INTO outbox_lane (destination, lane, reference, updated_at) VALUES (?, ?, ?, ?)
ON CONFLICT (destination, lane) DO UPDATE SET reference = excluded.reference, updated_at = excluded.updated_at
WHERE reference <> excluded.reference
"""


def remember(raw: Raw, rows: Sequence[Row]) -> None:
    """A reference that did not change is not written again."""
    raw.executemany(REMEMBER, rows)


HEAL: Final = f"""
UPDATE outbox_message SET status = 'superseded', superseded_by = ?5, settled_at = ?6
WHERE destination = ?1 AND lane = ?2 AND topic = ?3 AND seq < ?4 AND {UNDECIDED} AND kind = 'state'
"""  # noqa: S608 - ours


def heal(raw: Raw, states: Sequence[Row], now: int) -> None:
    """By the small index of undecided rows."""
    raw.executemany(HEAL, [(*state, now) for state in states])


RENEW: Final = """
UPDATE outbox_message SET lease_until = ?2 WHERE status = 'sending' AND seq IN (
  SELECT m.seq FROM json_each(?1) j CROSS JOIN outbox_message m ON m.id = j.value ->> 0 AND m.fence = j.value ->> 1)
"""


def renew(raw: Raw, fences: Sequence[tuple[str, int]], until: int) -> None:
    """One statement."""
    raw.execute(RENEW, (_list(fences), until))


_EARLIEST: Final = ", ".join(
    f"""(SELECT min(next_at) FROM outbox_message
  WHERE status = 'pending' AND place = 1 AND destination = j.value AND priority = {priority:d})"""  # noqa: S608 - same
    for priority in Priority
)
DUE: Final = f"""
SELECT j.value, max(coalesce(CASE WHEN d.breaker <> 'closed' THEN d.step_at END, 0), coalesce(d.free_at, 0)), {_EARLIEST}
FROM json_each(?) j LEFT JOIN outbox_destination d ON d.name = j.value WHERE d.paused_at IS NULL
"""  # noqa: S608 - same


def due(raw: Raw, destinations: Sequence[str]) -> list[tuple[str, int]]:
    """One index probe per destination and priority."""
    rows = raw.execute(DUE, (_list(destinations),)).fetchall()
    return [(row[0], max(row[1], min(times))) for row in rows if (times := [at for at in row[2:] if at is not None])]


def _list(values: Sequence[object]) -> str:
    return orjson.dumps(values).decode()
