"""The hot statements on PostgreSQL: lists travel as arrays, one round trip each; nodes meet at lane locks and row locks.

Who changes the places of a lane (enqueue, settle, replay) holds the lane: an advisory lock of the transaction, from a fixed
number of buckets so that a large batch cannot exhaust the server's lock table. Settlements share it: a lane has one message
that is being sent, so no two of them meet in a lane. A claim changes no place and holds no lane of its own; it skips rows that
others have locked. A settlement holds rows that are being sent, which nobody waits for, then lanes; all others lock lanes
before rows, in the order of their buckets. Two calls in one transaction may still meet another the wrong way
round, then PostgreSQL ends one, after a second, and the writer runs it again.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from outbox.message import Priority
from outbox.sql.dialects import postgres_claim
from outbox.sql.dialects.arrays import columns, integers, texts
from outbox.sql.rows import ENDED
from outbox.sql.tables import UNDECIDED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from outbox.sql.rows import Lane, Raw, Row

BUCKETS: Final = 1024

LOCK: Final = "SELECT pg_advisory_xact_lock(7361, bucket) FROM unnest(%s::int[]) AS bucket"
SHARE: Final = """
SELECT CASE WHEN alone THEN pg_advisory_xact_lock(7361, bucket) ELSE pg_advisory_xact_lock_shared(7361, bucket) END
FROM unnest(%s::int[], %s::bool[]) AS n (bucket, alone)
"""


def lock(raw: Raw, lanes: set[Lane], shared: AbstractSet[Lane] = frozenset()) -> None:
    """Two lanes of one bucket wait for each other without need, for as long as a transaction lasts; shared ones do not."""
    alone = {_bucket(lane) for lane in lanes}
    if not shared:
        raw.execute(LOCK, (integers(sorted(alone)),))
        return
    buckets = sorted(alone | {_bucket(lane) for lane in shared})
    raw.execute(SHARE, (integers(buckets), integers([bucket in alone for bucket in buckets])))


def _bucket(lane: Lane) -> int:
    return zlib.crc32(f"{lane[0]}\0{lane[1]}".encode()) % BUCKETS


ANNOUNCE: Final = "SELECT pg_notify('outbox', '')"


def announce(raw: Raw) -> None:
    """Sent by the server when the transaction commits, once however often it is said."""
    raw.execute(ANNOUNCE)


KNOWN: Final = "SELECT id FROM outbox_message WHERE id = ANY(%s::text[])"


def known(raw: Raw, ids: Sequence[str]) -> set[str]:
    """One statement."""
    return {row[0] for row in raw.execute(KNOWN, (texts(ids),))}


SUPERSEDE: Final = """
WITH waiting AS (
  SELECT m.seq, n.destination, n.lane, n.topic, m.place, m.since, n.id, m.fence, m.body
  FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) AS n (destination, lane, topic, id)
  CROSS JOIN LATERAL (SELECT seq, place, CASE WHEN attempts = 0 THEN due_at END AS since, fence, body FROM outbox_message o
    WHERE o.destination = n.destination AND o.lane = n.lane
    AND o.place IS NOT NULL AND o.topic = n.topic AND o.kind = 'state' AND o.status = 'pending' FOR UPDATE SKIP LOCKED) AS m),
kept AS (
  INSERT INTO outbox_archive (kind, settled_at, message, fence, body) SELECT 'state', %s, seq, fence, body FROM waiting),
done AS (
  UPDATE outbox_message m SET status = 'superseded', place = NULL, superseded_by = waiting.id, settled_at = %s, body = ''
  FROM waiting WHERE m.seq = waiting.seq)
SELECT destination, lane, topic, place, since FROM waiting
"""


def supersede(raw: Raw, states: Sequence[Row], now: int) -> list[Row]:
    """A head that is being claimed at this instant is left alone.

    It is never waited for: who claimed it may be settling it when the wait is over, and wait for this lane.
    """
    skipped: list[Row] = raw.execute(SUPERSEDE, (*columns("tttt", states), now, now)).fetchall()
    return skipped


INSERT: Final = f"""
WITH told AS (INSERT INTO outbox_message (id, destination, lane, topic, kind, mode, scope, priority, body, trace, created_at, due_at,
  expires_at, enqueued_at, next_at, status, superseded_by, settled_at, place)
SELECT id, destination, lane, topic, kind, mode, scope, priority, body, trace, created_at, due_at,
  expires_at, enqueued_at, next_at, status, superseded_by, settled_at,
  CASE WHEN n.place = 1 AND EXISTS (
      SELECT 1 FROM outbox_message o WHERE o.destination = n.destination AND o.lane = n.lane AND o.place IS NOT NULL)
    THEN 2 ELSE n.place END
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::smallint[],
  %s::bytea[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[],
  %s::text[], %s::bigint[], %s::smallint[]) WITH ORDINALITY AS n (id, destination, lane, topic, kind, mode, scope,
  priority, body, trace, created_at, due_at, expires_at, enqueued_at, next_at, status, superseded_by, settled_at, place,
  position)
ORDER BY position)
{ANNOUNCE}
"""  # noqa: S608 - ours


def insert(raw: Raw, rows: Sequence[Row]) -> None:
    """One statement, with the word; rows do not see each other, so the caller says which is the first of its lane."""
    raw.execute(INSERT, columns("tttttttibtiiiiittii", rows))


ADVANCE: Final = """
UPDATE outbox_message SET place = 1 WHERE seq IN (
  SELECT head.seq FROM unnest(%s::text[], %s::text[]) AS n (destination, lane)
  CROSS JOIN LATERAL (SELECT seq FROM outbox_message o WHERE o.destination = n.destination AND o.lane = n.lane
    AND o.place IS NOT NULL ORDER BY o.seq LIMIT 1) AS head)
"""


def advance(raw: Raw, lanes: Sequence[Lane]) -> None:
    """One index probe a lane."""
    raw.execute(ADVANCE, columns("tt", lanes))


claim: Final = postgres_claim.claim

HOLD: Final = """
SELECT m.id, m.fence, m.seq FROM outbox_message m
JOIN unnest(%s::text[], %s::int[]) AS n (id, fence) ON m.id = n.id AND m.fence = n.fence
WHERE m.status = 'sending' ORDER BY m.seq FOR UPDATE OF m
"""


def hold(raw: Raw, fences: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """Locked until the transaction ends, so that no node releases them meanwhile."""
    return {(key, fence): seq for key, fence, seq in raw.execute(HOLD, columns("ti", fences)).fetchall()}


OVERTAKEN: Final = """
SELECT n.seq, newer.id FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[]) AS n (destination, lane, topic, seq)
CROSS JOIN LATERAL (SELECT id FROM outbox_message o WHERE o.destination = n.destination AND o.lane = n.lane
  AND o.place IS NOT NULL AND o.topic = n.topic AND o.seq > n.seq AND o.kind = 'state' AND o.status = 'pending'
  ORDER BY o.seq DESC LIMIT 1) AS newer
"""


def overtaken(raw: Raw, states: Sequence[Row]) -> dict[int, str]:
    """One statement."""
    return dict(raw.execute(OVERTAKEN, columns("ttti", states)).fetchall())


_RECORDED: Final = """
ON CONFLICT (message, fence) DO UPDATE SET outcome = excluded.outcome, started_at = excluded.started_at,
  finished_at = excluded.finished_at, cause_code = excluded.cause_code, cause_title = excluded.cause_title,
  cause_detail = excluded.cause_detail, reference = excluded.reference, sent = excluded.sent, answered = excluded.answered
WHERE outbox_attempt.outcome = 'lease_lost'
"""
_ATTEMPT: Final = """INSERT INTO outbox_attempt (message, fence, number, outcome, started_at, finished_at,
  cause_code, cause_title, cause_detail, reference, sent, answered)"""
CONCLUDE: Final = f"""
WITH n AS MATERIALIZED (
  SELECT * FROM unnest(%s::text[], %s::smallint[], %s::int[], %s::int[], %s::bigint[], %s::bigint[], %s::text[],
    %s::text[], %s::text[], %s::text[], %s::text[], %s::smallint[], %s::bigint[], %s::bigint[], %s::bool[], %s::int[], %s::int[],
    %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::bytea[], %s::bytea[])
    AS n (status, place, attempts, unreachable, next_at, settled_at, superseded_by, code, title, detail, fingerprint, exact,
      uncertain_at, seq, ended, fence, number, outcome, started_at, finished_at, reference, sent, answered)),
kept AS (
  INSERT INTO outbox_archive (kind, settled_at, message, fence, body, sent, answered)
  SELECT m.kind, n.settled_at, m.seq, m.fence, m.body, n.sent, n.answered
  FROM n JOIN outbox_message m ON m.seq = n.seq WHERE n.ended),
logged AS ({_ATTEMPT}
  SELECT seq, fence, number, outcome, started_at, finished_at, code, title, detail, reference,
    CASE WHEN NOT ended THEN sent END, CASE WHEN NOT ended THEN answered END FROM n WHERE outcome IS NOT NULL {_RECORDED})
UPDATE outbox_message m SET status = n.status, place = n.place, attempts = n.attempts, unreachable = n.unreachable,
  next_at = n.next_at, settled_at = n.settled_at, superseded_by = n.superseded_by, cause_code = n.code,
  cause_title = n.title, cause_detail = n.detail, fingerprint = n.fingerprint, exact = n.exact,
  uncertain_at = n.uncertain_at, owner = NULL,
  lease_until = NULL, body = CASE WHEN n.ended THEN '' ELSE m.body END
FROM n WHERE m.seq = n.seq
"""  # noqa: S608 - ours
_UNTRIED: Final = (None,) * 8


def conclude(raw: Raw, rows: Sequence[Row], attempts: Sequence[Row]) -> None:
    """What has ended leaves its body, and what its last attempt sent and heard, to the archive of its day."""
    tried = {row[0]: (*row[1:6], *row[9:]) for row in attempts}
    whole = [(*row, row[0] in ENDED, *tried.get(row[-1], _UNTRIED)) for row in rows]
    raw.execute(CONCLUDE, columns("tiiiiitttttiiiiiitiitbb", whole))


LOG: Final = f"""{_ATTEMPT}
SELECT * FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[],
  %s::text[], %s::text[], %s::bytea[], %s::bytea[]) {_RECORDED}"""  # noqa: S608 - ours


def log(raw: Raw, rows: Sequence[Row]) -> None:
    """A late settlement replaces the line that said the lease was lost."""
    raw.execute(LOG, columns("iiitiittttbb", rows))


REMEMBER: Final = """
INSERT INTO outbox_lane (destination, lane, reference, updated_at)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[])
ON CONFLICT (destination, lane) DO UPDATE SET reference = excluded.reference, updated_at = excluded.updated_at
WHERE outbox_lane.reference <> excluded.reference
"""


def remember(raw: Raw, rows: Sequence[Row]) -> None:
    """A reference that did not change is not written again."""
    raw.execute(REMEMBER, columns("ttti", rows))


HEAL: Final = f"""
UPDATE outbox_message m SET status = 'superseded', superseded_by = n.id, settled_at = %s
FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[]) AS n (destination, lane, topic, seq, id)
WHERE m.{UNDECIDED} AND m.kind = 'state' AND m.destination = n.destination AND m.lane = n.lane
  AND m.topic = n.topic AND m.seq < n.seq
"""  # noqa: S608 - ours


def heal(raw: Raw, states: Sequence[Row], now: int) -> None:
    """By the small index of undecided rows."""
    raw.execute(HEAL, (now, *columns("tttit", states)))


RENEW: Final = """
WITH ours AS (
  SELECT m.seq FROM outbox_message m JOIN unnest(%s::text[], %s::int[]) AS n (id, fence) USING (id, fence)
  WHERE m.status = 'sending' FOR UPDATE OF m SKIP LOCKED)
UPDATE outbox_message SET lease_until = %s WHERE seq IN (SELECT seq FROM ours)
"""


def renew(raw: Raw, fences: Sequence[tuple[str, int]], until: int) -> None:
    """A row that somebody is settling needs no renewal."""
    raw.execute(RENEW, (*columns("ti", fences), until))


_EARLIEST: Final = ", ".join(
    f"""(SELECT min(next_at) FROM outbox_message
  WHERE status = 'pending' AND place = 1 AND destination = n.name AND priority = {priority:d})"""  # noqa: S608 - ours
    for priority in Priority
)
DUE: Final = f"""
SELECT n.name, least({_EARLIEST}), greatest(CASE WHEN d.breaker <> 'closed' THEN d.step_at END, d.free_at)
FROM unnest(%s::text[]) AS n (name) LEFT JOIN outbox_destination d ON d.name = n.name WHERE d.paused_at IS NULL
"""  # noqa: S608 - ours


def due(raw: Raw, destinations: Sequence[str]) -> list[tuple[str, int]]:
    """One index probe per destination and priority."""
    rows = raw.execute(DUE, (texts(destinations),)).fetchall()
    return [(name, max(at, gate or at)) for name, at, gate in rows if at is not None]
