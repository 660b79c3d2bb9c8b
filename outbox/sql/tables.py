"""The tables of the outbox, for SQLite and PostgreSQL; the migration that creates them is generated from `metadata`.

Instants are integers: microseconds since 1970-01-01 UTC. Both databases compare and index them alike, and nothing is
lost or converted on the way. Bodies, and the bytes of attempts, are sealed by the caller before they come here.

`place` is where a message stands in its lane: 1 the head, 2 behind it, NULL out of it (settled, or a parked or
uncertain state, which holds nobody up). It is kept up by enqueue and settle, so that a claim reads one small index of due heads and never
looks for an older neighbour; every hot index is partial, on live rows only, so settled rows cost a claim nothing.

A destination has a row only once somebody stopped it or it was not there; the row is its `gate.Gate`, shared by all nodes.
`uncertain_at` is when a message first left without a readable answer, and empty again once it is delivered.
`fingerprint` groups parked and uncertain messages by their cause; `exact` asks that the bytes of the last attempt be sent again as they were.

`outbox_attempt` has no foreign key: evidence may outlive its message, and retention must not lock traffic.

`outbox_archive` is written on PostgreSQL alone: what was to be said and what was last sent and answered, once a message has
ended, in one table a day and kind, so that a day goes whole (`sql.archive`). On SQLite they stay where they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    event,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

metadata: Final = MetaData()

_KEY = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only in an INTEGER column.

outbox_message: Final = Table(
    "outbox_message",
    metadata,
    Column("seq", _KEY, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("destination", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("trace", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("expires_at", BigInteger),
    Column("enqueued_at", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("place", SmallInteger),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("unreachable", Integer, nullable=False, server_default="0"),
    Column("next_at", BigInteger, nullable=False),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("owner", Text),
    Column("lease_until", BigInteger),
    Column("settled_at", BigInteger),
    Column("superseded_by", Text),
    Column("cause_code", Text),
    Column("cause_title", Text),
    Column("cause_detail", Text),
    Column("decided_by", Text),
    Column("decided_at", BigInteger),
    Column("decision", Text),
    Column("fingerprint", Text),
    Column("exact", SmallInteger, nullable=False, server_default="0"),
    Column("uncertain_at", BigInteger),
    sqlite_autoincrement=True,  # A number is never given twice, even after retention removed the newest rows.
)


UNDECIDED: Final = "status IN ('parked', 'uncertain')"
"""Its tries are over, and a person decides."""


def _partial(name: str, *columns: str, where: str) -> Index:
    """An index of the rows that matter to one hot question; the question repeats `where` word for word."""
    chosen = [outbox_message.c[column] for column in columns]
    return Index(name, *chosen, sqlite_where=text(where), postgresql_where=text(where))


_partial("ix_outbox_due", "destination", "priority", "next_at", "seq", where="status = 'pending' AND place = 1")
_partial("ix_outbox_lane", "destination", "lane", "seq", where="place IS NOT NULL")
_partial("ix_outbox_leased", "lease_until", where="status = 'sending'")
_partial("ix_outbox_expiring", "expires_at", where="status = 'pending' AND expires_at IS NOT NULL")
_partial("ix_outbox_parked", "destination", "lane", "topic", where=UNDECIDED)
Index("ix_outbox_scope", outbox_message.c.scope, outbox_message.c.seq)

outbox_attempt: Final = Table(
    "outbox_attempt",
    metadata,
    Column("message", BigInteger, primary_key=True, autoincrement=False),
    Column("fence", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("started_at", BigInteger),
    Column("finished_at", BigInteger, nullable=False),
    Column("cause_code", Text),
    Column("cause_title", Text),
    Column("cause_detail", Text),
    Column("reference", Text),
    Column("sent", LargeBinary),
    Column("answered", LargeBinary),
)

ENDED: Final = "status IN ('delivered', 'superseded', 'expired', 'discarded')"
LEFT: Final = (
    f"CREATE INDEX ix_outbox_left ON outbox_message (settled_at) WHERE {ENDED} AND body <> ''",
    "CREATE INDEX ix_outbox_evidence ON outbox_attempt (message) WHERE sent IS NOT NULL OR answered IS NOT NULL",
)
"""PostgreSQL: what did not go through the archive, or not yet; both are nearly empty, and cost what goes its usual way nothing."""

outbox_archive: Final = Table(
    "outbox_archive",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("settled_at", BigInteger, primary_key=True, autoincrement=False),
    Column("message", BigInteger, primary_key=True, autoincrement=False),
    Column("fence", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("sent", LargeBinary),
    Column("answered", LargeBinary),
    postgresql_partition_by="LIST (kind)",
)
BY_KIND: Final = tuple(
    statement
    for kind in ("state", "command")
    for statement in (
        f"CREATE TABLE outbox_archive_{kind} PARTITION OF outbox_archive FOR VALUES IN ('{kind}') PARTITION BY RANGE (settled_at)",
        f"CREATE TABLE outbox_archive_{kind}_rest PARTITION OF outbox_archive_{kind} DEFAULT",
    )
)
"""A day for which no table was cut goes to the rest: a sweep that did not run must not keep a message from being settled."""


def _on_postgresql(table: Table, statements: Sequence[str]) -> None:
    """Say these once the table is made."""

    def said(_table: Table, connection: Connection, **_options: object) -> None:
        if connection.dialect.name == "postgresql":
            for statement in statements:
                connection.exec_driver_sql(statement)

    event.listen(table, "after_create", said)


_on_postgresql(outbox_message, LEFT[:1])
_on_postgresql(outbox_attempt, LEFT[1:])
_on_postgresql(outbox_archive, BY_KIND)

outbox_lane: Final = Table(
    "outbox_lane",
    metadata,
    Column("destination", Text, primary_key=True),
    Column("lane", Text, primary_key=True),
    Column("reference", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

outbox_destination: Final = Table(
    "outbox_destination",
    metadata,
    Column("name", Text, primary_key=True),
    Column("paused_at", BigInteger),
    Column("paused_by", Text),
    Column("pause_reason", Text),
    Column("breaker", Text, nullable=False, server_default="closed"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("opened_at", BigInteger),
    Column("step_at", BigInteger),
    Column("width", Integer),
    Column("drain_rate", Float),
    Column("free_at", BigInteger),
)

outbox_node: Final = Table(
    "outbox_node",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("facts", LargeBinary, nullable=False),
)
