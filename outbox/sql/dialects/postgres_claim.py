"""Claiming on PostgreSQL, in one statement: who is due, who goes first, the lease.

Beside the heads that wait, it may be given lanes whose head has just been settled in this transaction: what comes next in
them is due or not like everybody, and becomes the head of its lane either way. A message that follows one that has left is
so written once instead of twice. The caller holds these lanes.

Rows are found by number from an array, never by a join: PostgreSQL's idea of how many there are is always out of date.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from outbox.dispatch.shares import share
from outbox.message import Priority
from outbox.sql.dialects.arrays import texts
from outbox.sql.rows import CLAIM, EXACT, TROUBLED, ClaimRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from outbox.sql.rows import ClaimTerms, Raw

_HEADS: Final = " UNION ALL ".join(
    f"""SELECT * FROM (
  SELECT {priority:d}::smallint AS priority, next_at, seq FROM outbox_message
  WHERE status = 'pending' AND place = 1 AND destination = %(name)s AND priority = {priority:d} AND next_at <= %(now)s
    AND (expires_at IS NULL OR expires_at > %(now)s){{guard}}
  ORDER BY next_at, seq LIMIT %(limit)s FOR UPDATE OF outbox_message SKIP LOCKED) AS p{priority:d}"""  # noqa: S608 - ours
    for priority in Priority
)
_GATE: Final = f"SELECT 1 FROM outbox_destination WHERE name = %(name)s AND ({TROUBLED})"  # noqa: S608 - ours
_GUARD: Final = f" AND NOT EXISTS ({_GATE})"
_NEXT: Final = """next AS MATERIALIZED (
  SELECT head.* FROM unnest(%(lanes)s::text[]) AS n (lane) CROSS JOIN LATERAL (
    SELECT seq, priority, next_at, expires_at, status FROM outbox_message o
    WHERE o.destination = %(name)s AND o.lane = n.lane AND o.place IS NOT NULL ORDER BY o.seq LIMIT 1) AS head),
"""
_FOLLOWING: Final = f""" UNION ALL SELECT priority, next_at, seq FROM next
  WHERE status = 'pending' AND next_at <= %(now)s AND (expires_at IS NULL OR expires_at > %(now)s){_GUARD}"""  # noqa: S608 - ours
_MOVED: Final = """, moved AS (
  UPDATE outbox_message SET place = 1
  WHERE seq = ANY (ARRAY(SELECT seq FROM next EXCEPT ALL SELECT seq FROM chosen)))"""
_CLAIM: Final = f"""
WITH {{next}}due AS MATERIALIZED ({{heads}}{{following}}),
urgent AS MATERIALIZED (SELECT seq FROM due ORDER BY priority, next_at, seq LIMIT %(urgent)s),
aged AS (
  SELECT seq FROM due WHERE seq <> ALL (ARRAY(SELECT seq FROM urgent)) ORDER BY next_at, seq LIMIT %(oldest)s),
chosen AS MATERIALIZED (SELECT seq FROM urgent UNION ALL SELECT seq FROM aged){{moved}}
UPDATE outbox_message SET status = 'sending', fence = fence + 1, attempts = attempts + 1, owner = %(owner)s,
  lease_until = %(until)s, place = 1
WHERE seq = ANY (ARRAY(SELECT seq FROM chosen))
RETURNING {", ".join(CLAIM)}, (SELECT reference FROM outbox_lane l
  WHERE l.destination = outbox_message.destination AND l.lane = outbox_message.lane), {EXACT}, next_at
"""  # noqa: S608 - built from our own column names
_FREELY: Final = _CLAIM.format(next="", heads=_HEADS.format(guard=_GUARD), following="", moved="")
_ADMITTED: Final = _CLAIM.format(next="", heads=_HEADS.format(guard=""), following="", moved="")
_GOING_ON: Final = _CLAIM.format(next=_NEXT, heads=_HEADS.format(guard=_GUARD), following=_FOLLOWING, moved=_MOVED)


def claim(raw: Raw, asked: ClaimTerms, *, admitted: bool = False, left: Sequence[str] = ()) -> list[ClaimRow] | None:
    """Lease at most `limit` due messages, in the order in which they go."""
    statement = _ADMITTED if admitted else (_GOING_ON if left else _FREELY)
    facts = {
        "name": asked.destination,
        "now": asked.now,
        "limit": asked.limit,
        "urgent": max(asked.limit - asked.oldest, 0),
        "oldest": min(asked.oldest, asked.limit),
        "owner": asked.owner,
        "until": asked.until,
    }
    if left:
        facts["lanes"] = texts(left)
    rows = [ClaimRow._make(row) for row in raw.execute(statement, facts).fetchall()]
    if not rows and not admitted and raw.execute(_GATE, facts).fetchone():
        return None
    by_number = {row.seq: row for row in rows}
    order = share(((row.priority, row.next_at, row.seq) for row in rows), asked.limit, asked.oldest)
    return [by_number[seq] for _, _, seq in order]
