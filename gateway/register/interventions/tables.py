"""The tables of intervention requests: every message that came, what each request is now, what was said of it, the routes, and the audit.

`document`, `said` and `content` hold a patient: sealed where the deployment has a key, emptied by age.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, text

from gateway.register.tables import Serial, metadata

intervention = Table(
    "intervention",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("sender", String(40), nullable=False),
    Column("request_id", String(80), nullable=False),
    Column("reference", String(16), nullable=False, unique=True),
    Column("mode", String(8), nullable=False),
    Column("status", String(16), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("reason", String(255)),
    Column("version", Integer, nullable=False),
    Column("destination", String(80), nullable=False),
    Column("second", String(80)),
    Column("crra", String(80), nullable=False),
    Column("case_id", String(80)),
    # What the CRRA is told, current version.
    Column("document", LargeBinary, nullable=False),
    # SHA-256 of what two requests of one patient share: comparing never opens a document.
    Column("ins_digest", LargeBinary),
    Column("person_digest", LargeBinary),
    Column("received_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("delivered_at", BigInteger),
    Column("alarmed_at", BigInteger),
    Column("closed", Boolean, nullable=False),
    Index("intervention_of_sender", "sender", "request_id", unique=True),
    Index("intervention_by_time", "received_at"),
    Index("intervention_of_ins", "ins_digest", "received_at"),
    Index("intervention_of_person", "person_digest", "received_at"),
    Index("intervention_open", "received_at", sqlite_where=text("NOT closed"), postgresql_where=text("NOT closed")),
)

intervention_message = Table(
    "intervention_message",
    metadata,
    Column("sender", String(40), primary_key=True),
    Column("message_id", String(128), primary_key=True),
    Column("intervention_id", String(32), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("version", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    # The message as its sender said it, and what it was answered.
    Column("said", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Index("intervention_message_of", "intervention_id", "version"),
)

intervention_document = Table(
    "intervention_document",
    metadata,
    Column("intervention_id", String(32), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("title", String(255), nullable=False),
    Column("content", LargeBinary, nullable=False),
)

intervention_observation = Table(
    "intervention_observation",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("intervention_id", String(32), nullable=False),
    Column("source", String(80), nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", String(255)),
    Column("moved", Boolean, nullable=False),
    Column("happened_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Index("intervention_observation_of", "intervention_id", "seq"),
    sqlite_autoincrement=True,
)

route = Table(
    "route",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("key", String(80), nullable=False),
    Column("destination", String(80), nullable=False),
    Column("second", String(80)),
    Column("crra", String(40)),
    Column("label", String(80), nullable=False),
    Column("expiry_seconds", Integer),
    Column("valid_from", BigInteger, nullable=False),
    Column("valid_to", BigInteger),
    Column("edited_by", String(40), nullable=False),
    Column("edited_at", BigInteger, nullable=False),
    Column("phone", String(20)),
    Index("route_key", "kind", "key"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("by", String(80), nullable=False),
    Column("act", String(40), nullable=False),
    Column("about", String(160), nullable=False),
    Column("facts", LargeBinary, nullable=False),
    Index("audit_about", "about", "seq"),
    Index("audit_by_age", "at"),
    sqlite_autoincrement=True,
)

# Cases that a SAMU opened by telephone and shared: to be shown beside a request of the same patient.
phone_case = Table(
    "phone_case",
    metadata,
    Column("case_id", String(255), primary_key=True),
    Column("mode", String(8), nullable=False),
    Column("partner", String(80)),
    Column("document", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Index("phone_case_by_age", "received_at"),
)

phone_case_key = Table(
    "phone_case_key",
    metadata,
    Column("case_id", String(255), primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Index("phone_case_of", "digest"),
)
