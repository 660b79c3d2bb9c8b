"""The Hub Santé's timeline says what each message of ours was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    op.add_column("hub_timeline", sa.Column("use_case", sa.String(length=40), nullable=True))
