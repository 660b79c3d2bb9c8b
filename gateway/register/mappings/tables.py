"""The tables of the integrator: which mapping was in force since when and by whose decision, and codes that no table had."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table

from gateway.register.tables import Serial, metadata

mapping_activation = Table(
    "mapping_activation",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    # As the settings name it: `sivic.victim`.
    Column("use", String(80), nullable=False),
    Column("mapping", String(120), nullable=False),
    Column("previous", String(120)),
    # settings, activation or rollback.
    Column("kind", String(12), nullable=False),
    Column("by", String(80), nullable=False),
    Column("why", String(255), nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

# Messages that a person wants mapped by what is in force now, not by what was when they were queued.
mapping_release = Table(
    "mapping_release",
    metadata,
    Column("message_id", String(64), primary_key=True),
    Column("by", String(80), nullable=False),
    Column("at", BigInteger, nullable=False),
)

mapping_unknown_code = Table(
    "mapping_unknown_code",
    metadata,
    Column("table_name", String(120), primary_key=True),
    Column("code", String(16), primary_key=True),
    Column("times", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)

# The deployment's mapping files as they were put in force: a node that has others, or none any more, loads these.
mapping_files = Table(
    "mapping_files",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
)
