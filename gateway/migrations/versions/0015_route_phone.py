"""The telephone number of a SAMU, on its route: told to a sender whose request cannot leave.

The new column is empty, so that the release before this one runs on these tables.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    op.add_column("route", sa.Column("phone", sa.String(length=20), nullable=True))
