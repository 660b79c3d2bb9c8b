"""A SINUS number of any origin has one bearer at a time in an event: the table of bearers, filled from the records."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KINDS = {"sinus_tr": False, "sinus_hp": False, "unread": True}
LONGEST = 96


def upgrade() -> None:
    """Forward only."""
    op.create_table(
        "victim_number",
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=LONGEST), nullable=False),
        sa.Column("victim_id", sa.String(length=64), nullable=False),
        sa.Column("unread", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "number", "victim_id"),
    )
    _fill()
    op.create_index(
        "victim_number_bearer",
        "victim_number",
        ["event_id", "number"],
        unique=True,
        sqlite_where=sa.text("unread = 0"),
        postgresql_where=sa.text("unread = false"),
    )


def _fill() -> None:
    """Of two victims that bear one number, which older releases let happen with those of hospitals, the first known keeps it."""
    connection = op.get_bind()
    victims = sa.table("victim", *map(sa.column, ("id", "event_id", "record", "created_at")))
    numbers = sa.table("victim_number", *map(sa.column, ("event_id", "number", "victim_id", "unread")))
    borne: set[tuple[str, str]] = set()
    for row in connection.execute(sa.select(victims).order_by(victims.c.created_at, victims.c.id)).all():
        for kind, value, _source, _since, ended, *_ in json.loads(bytes(row.record))["identifiers"]:
            unread = KINDS.get(kind)
            number = value.upper().replace(" ", "").replace("-", "")[:LONGEST] if unread else value
            place = (row.event_id, f"{number} {row.id}" if unread else number)
            if unread is None or ended is not None or place in borne:
                continue
            borne.add(place)
            given = {"event_id": row.event_id, "number": number, "victim_id": row.id, "unread": unread}
            connection.execute(sa.insert(numbers), given)
