"""PostgreSQL: what has ended leaves the rows that are written again and again, for tables of its day that go whole.

Nothing is moved: what has ended before is emptied in its rows as it always was, and the release before this one, which knows
nothing of the archive, goes on as it did. On SQLite the table stays empty.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

AHEAD = 3
ENDED = "status IN ('delivered', 'superseded', 'expired', 'discarded')"


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "outbox_archive",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sent", sa.LargeBinary(), nullable=True),
        sa.Column("answered", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "settled_at", "message"),
        postgresql_partition_by="LIST (kind)",
    )
    if op.get_bind().dialect.name == "postgresql":
        _partitions()
        op.execute(f"CREATE INDEX ix_outbox_left ON outbox_message (settled_at) WHERE {ENDED} AND body <> ''")
        op.execute(
            "CREATE INDEX ix_outbox_evidence ON outbox_attempt (message) WHERE sent IS NOT NULL OR answered IS NOT NULL"
        )


def _partitions() -> None:
    """By kind, since each is kept for its own time, then by day; later days are cut by the sweep."""
    now: datetime = op.get_bind().execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    first = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for kind in ("state", "command"):
        parent = f"outbox_archive_{kind}"
        op.execute(
            f"CREATE TABLE {parent} PARTITION OF outbox_archive FOR VALUES IN ('{kind}') PARTITION BY RANGE (settled_at)"
        )
        op.execute(f"CREATE TABLE {parent}_rest PARTITION OF {parent} DEFAULT")
        for number in range(AHEAD + 1):
            day = first + timedelta(days=number)
            begin, end = (int(at.timestamp()) * 1_000_000 for at in (day, day + timedelta(days=1)))
            op.execute(f"CREATE TABLE {parent}_{day:%Y%m%d} PARTITION OF {parent} FOR VALUES FROM ({begin}) TO ({end})")
