"""Run by Alembic: opens the database, takes the lock that makes one node migrate at a time, and goes forward."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, pool, text

from gateway.register.tables import metadata as register
from outbox.sql.tables import metadata as outbox

MIGRATING = 7_261_936_201  # any number, always the same: PostgreSQL's advisory lock of this product's migrations

engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "", poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=[register, outbox], transactional_ddl=True)
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATING})
        context.run_migrations()
    connection.commit()
engine.dispose()
