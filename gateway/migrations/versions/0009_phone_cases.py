"""Cases that a SAMU opened by telephone, beside the requests that they resemble."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "phone_case",
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("partner", sa.String(length=80), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.create_index("phone_case_by_age", "phone_case", ["received_at"])
    op.create_table(
        "phone_case_key",
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "digest"),
    )
    op.create_index("phone_case_of", "phone_case_key", ["digest"])
