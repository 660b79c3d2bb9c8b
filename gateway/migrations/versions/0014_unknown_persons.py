"""Persons that a neighbour speaks of and nobody here knows; and the neighbours' own identifiers among what finds a record."""

from __future__ import annotations

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

LONGEST_KEY = 80


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "unknown_person",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("why", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("victim_id", sa.String(length=64), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.String(length=255), nullable=True),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("unknown_person_same", "unknown_person", ["digest", "state"])
    op.create_index("unknown_person_of", "unknown_person", ["event_id", "state", "first_at"])
    _fill()


def _fill() -> None:
    """SI-VIC's identifiers of the records that are there."""
    connection = op.get_bind()
    victims = sa.table("victim", *map(sa.column, ("id", "event_id", "record")))
    numbers = sa.table("victim_number", *map(sa.column, ("event_id", "number", "victim_id", "unread")))
    for row in connection.execute(sa.select(victims)).all():
        keys = {
            value if len(value) <= LONGEST_KEY else hashlib.sha256(value.encode()).hexdigest()
            for kind, value, _source, _since, ended, *_ in json.loads(bytes(row.record))["identifiers"]
            if kind == "sivic" and ended is None
        }
        for key in keys:
            given = {"event_id": row.event_id, "number": f"sivic:{key}", "victim_id": row.id, "unread": True}
            connection.execute(sa.insert(numbers), given)
