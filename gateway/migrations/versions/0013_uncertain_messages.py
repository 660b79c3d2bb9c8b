"""Messages that left without a readable answer: since when, and found together with what else waits for a decision.

The new column is empty, so that the release before this one runs on these tables.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

UNDECIDED = sa.text("status IN ('parked', 'uncertain')")


def upgrade() -> None:
    """Forward only."""
    op.add_column("outbox_message", sa.Column("uncertain_at", sa.BigInteger(), nullable=True))
    op.drop_index("ix_outbox_parked", table_name="outbox_message")
    op.create_index(
        "ix_outbox_parked",
        "outbox_message",
        ["destination", "lane", "topic"],
        unique=False,
        sqlite_where=UNDECIDED,
        postgresql_where=UNDECIDED,
    )
