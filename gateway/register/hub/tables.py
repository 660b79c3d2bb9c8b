"""The tables of the Hub Santé: every message received, whose case is whose, and what became of what we sent, step by step."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint, text

from gateway.register.tables import Serial, metadata

hub_message = Table(
    "hub_message",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("vhost", String(64), nullable=False),
    Column("distribution_id", String(1023), nullable=False),
    Column("box", String(8), nullable=False),
    Column("sender", String(255)),
    Column("mode", String(8)),
    Column("use_case", String(40)),
    Column("case_id", String(255)),
    Column("patient_id", String(255)),
    Column("resource_id", String(255)),
    Column("request_id", String(255)),
    Column("content_type", String(80), nullable=False),
    Column("raw", LargeBinary, nullable=False),
    # received, held, refused, unreadable
    Column("state", String(12), nullable=False),
    Column("code", Integer),
    Column("times", Integer, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("hold_until", BigInteger),
    UniqueConstraint("vhost", "distribution_id"),
    Index("hub_message_of_case", "case_id", "seq"),
    Index(
        "hub_message_held",
        "hold_until",
        sqlite_where=text("hold_until IS NOT NULL"),
        postgresql_where=text("hold_until IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)

hub_case = Table(
    "hub_case",
    metadata,
    Column("case_id", String(255), primary_key=True),
    Column("ours", Boolean, nullable=False),
    # Of ours: the lane, the event or request, and what it was made from.
    Column("lane", String(255)),
    Column("topic", String(32)),
    Column("scope", String(64)),
    Column("reference", String(80)),
    Column("vhost", String(64), nullable=False),
    Column("partner", String(255)),
    Column("owner", String(255)),
    Column("status", String(16)),
    Column("opened_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

hub_timeline = Table(
    "hub_timeline",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    # Of the message of ours that the step is about.
    Column("distribution_id", String(1023), nullable=False),
    Column("case_id", String(255)),
    Column("step", String(16), nullable=False),
    Column("code", Integer),
    Column("by", String(255)),
    Column("at", BigInteger, nullable=False),
    Column("use_case", String(40)),
    Index("hub_timeline_of_message", "distribution_id", "seq"),
    Index("hub_timeline_of_case", "case_id", "seq"),
    sqlite_autoincrement=True,
)
