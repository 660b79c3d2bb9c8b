"""Which portals may see an event. Those of before are seen by every portal key in force of their mode, as they were until now.

A release before this one runs on these tables, and opens events that no portal sees afterwards: share them by `passerelle event share`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "event_access",
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("key_name", sa.String(length=40), nullable=False),
        sa.Column("opened", sa.Boolean(), nullable=False),
        sa.Column("given_by", sa.String(length=80), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "key_name"),
    )
    op.create_index("event_access_of_key", "event_access", ["key_name"])
    _fill()


def _fill() -> None:
    """Nobody knows any more who opened what is there."""
    event = sa.table("event", *map(sa.column, ("id", "mode", "created_at")))
    key = sa.table("api_key", *map(sa.column, ("name", "scope", "mode", "revoked_at")))
    access = sa.table("event_access", *map(sa.column, ("event_id", "key_name", "opened", "given_by", "given_at")))
    seen = sa.select(event.c.id, key.c.name, sa.true(), sa.literal("migration"), event.c.created_at).where(
        event.c.mode == key.c.mode, key.c.scope == "portal", key.c.revoked_at.is_(None)
    )
    op.get_bind().execute(
        sa.insert(access).from_select(["event_id", "key_name", "opened", "given_by", "given_at"], seen)
    )
