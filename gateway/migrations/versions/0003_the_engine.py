"""The outbox as an engine: gates of destinations, causes that group, nodes that are seen, alarms, and when tables are swept.

Every new column is empty or has its default in the database, so that the release before this one runs on these tables.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outbox.fingerprint import fingerprint
from outbox.message import Cause

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# A queue leaves dead rows as fast as it works, and its claims read the indexes that hold them: they are swept after some
# thousands, not after a fifth of a table that may hold millions of settled rows, and at full speed.
SWEPT_SOON = {
    "autovacuum_vacuum_scale_factor": "0.01",
    "autovacuum_vacuum_threshold": "2000",
    "autovacuum_vacuum_insert_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.02",
    "autovacuum_vacuum_cost_delay": "0",
}
HOT = ("outbox_message", "outbox_attempt", "outbox_lane", "outbox_destination")


def upgrade() -> None:
    """Forward only."""
    _columns()
    _fingerprints()
    _tables()
    if op.get_bind().dialect.name == "postgresql":
        options = ", ".join(f"{name} = {value}" for name, value in SWEPT_SOON.items())
        for table in HOT:
            op.execute(f"ALTER TABLE {table} SET ({options})")


def _columns() -> None:
    for column in (
        sa.Column("breaker", sa.Text(), server_default="closed", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.Column("step_at", sa.BigInteger(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("drain_rate", sa.Float(), nullable=True),
        sa.Column("free_at", sa.BigInteger(), nullable=True),
    ):
        op.add_column("outbox_destination", column)
    op.add_column("outbox_message", sa.Column("fingerprint", sa.Text(), nullable=True))
    op.add_column("outbox_message", sa.Column("exact", sa.SmallInteger(), server_default="0", nullable=False))


def _fingerprints() -> None:
    """Those that are parked already are grouped too."""
    message = sa.table(
        "outbox_message",
        *(sa.column(name) for name in ("seq", "destination", "topic", "status", "fingerprint")),
        *(sa.column(name) for name in ("cause_code", "cause_title", "cause_detail")),
    )
    bind = op.get_bind()
    parked = sa.select(message).where(message.c.status == "parked", message.c.cause_code.is_not(None))
    for row in bind.execute(parked).all():
        mark = fingerprint(
            row.destination, row.topic, Cause(row.cause_code, row.cause_title or "", row.cause_detail or "")
        )
        bind.execute(sa.update(message).where(message.c.seq == row.seq).values(fingerprint=mark))


def _tables() -> None:
    op.create_table(
        "outbox_node",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "alarm",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "alarm_under_way",
        "alarm",
        ["name"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
