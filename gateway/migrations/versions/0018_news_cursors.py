"""Up to where each neighbour's own news were read, and why the last page was not taken.

A new table, so that the release before this one runs beside it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "news_cursor",
        sa.Column("neighbour", sa.String(length=80), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("cursor", sa.String(length=200), nullable=True),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("fault", sa.String(length=80), nullable=True),
        sa.Column("fault_field", sa.String(length=200), nullable=True),
        sa.Column("fault_since", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("neighbour", "mode"),
    )
