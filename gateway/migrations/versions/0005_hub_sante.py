"""The Hub Santé: messages received, cases, and the timeline of what we sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "hub_message",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        sa.Column("vhost", sa.String(length=64), nullable=False),
        sa.Column("distribution_id", sa.String(length=1023), nullable=False),
        sa.Column("box", sa.String(length=8), nullable=False),
        sa.Column("sender", sa.String(length=255), nullable=True),
        sa.Column("mode", sa.String(length=8), nullable=True),
        sa.Column("use_case", sa.String(length=40), nullable=True),
        sa.Column("case_id", sa.String(length=255), nullable=True),
        sa.Column("patient_id", sa.String(length=255), nullable=True),
        sa.Column("resource_id", sa.String(length=255), nullable=True),
        sa.Column("request_id", sa.String(length=255), nullable=True),
        sa.Column("content_type", sa.String(length=80), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("hold_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("vhost", "distribution_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("hub_message_of_case", "hub_message", ["case_id", "seq"], unique=False)
    op.create_index(
        "hub_message_held",
        "hub_message",
        ["hold_until"],
        unique=False,
        sqlite_where=sa.text("hold_until IS NOT NULL"),
        postgresql_where=sa.text("hold_until IS NOT NULL"),
    )
    op.create_table(
        "hub_case",
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("lane", sa.String(length=255), nullable=True),
        sa.Column("topic", sa.String(length=32), nullable=True),
        sa.Column("scope", sa.String(length=64), nullable=True),
        sa.Column("reference", sa.String(length=80), nullable=True),
        sa.Column("vhost", sa.String(length=64), nullable=False),
        sa.Column("partner", sa.String(length=255), nullable=True),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.create_table(
        "hub_timeline",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        sa.Column("distribution_id", sa.String(length=1023), nullable=False),
        sa.Column("case_id", sa.String(length=255), nullable=True),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("by", sa.String(length=255), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("hub_timeline_of_message", "hub_timeline", ["distribution_id", "seq"], unique=False)
    op.create_index("hub_timeline_of_case", "hub_timeline", ["case_id", "seq"], unique=False)
