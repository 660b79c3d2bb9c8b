"""The register's tables: what was observed (append-only), and the projections made of it.

Instants are whole microseconds since 1970 in UTC: exact, sortable, and the same in both databases.
Documents (`record`, `facts`, `body`) are JSON as bytes.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text, text

metadata = MetaData()

# SQLite numbers rows by itself only when the key is exactly INTEGER.
Serial = BigInteger().with_variant(Integer, "sqlite")

event = Table(
    "event",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("mode", String(8), nullable=False),
    Column("status", String(8), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

# Which portals may see an event: the one that opened it, and those it was shared with.
event_access = Table(
    "event_access",
    metadata,
    Column("event_id", String(64), primary_key=True),
    Column("key_name", String(40), primary_key=True),
    Column("opened", Boolean, nullable=False),
    Column("given_by", String(80), nullable=False),
    Column("given_at", BigInteger, nullable=False),
    Index("event_access_of_key", "key_name"),
)

victim = Table(
    "victim",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("event_id", String(64), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("record", LargeBinary, nullable=False),
    # What counts and boards group by, so that counting never opens a record.
    Column("status", String(24), nullable=False),
    Column("severity", String(4), nullable=False),
    Column("localisation_id", String(64)),
    Column("destination_finess", String(16)),
    Column("destination_name", String(255)),
    Column("age_band", String(16)),
    Column("nationality", String(64)),
    Column("sinus_number", String(32)),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("victim_of_event", "event_id", "created_at"),
    # a SINUS number is unique inside one event, and only there.
    Index(
        "victim_sinus_number",
        "event_id",
        "sinus_number",
        unique=True,
        sqlite_where=text("sinus_number IS NOT NULL"),
        postgresql_where=text("sinus_number IS NOT NULL"),
    ),
)

victim_number = Table(
    "victim_number",
    metadata,
    Column("event_id", String(64), primary_key=True),
    Column("number", String(96), primary_key=True),
    Column("victim_id", String(64), primary_key=True),
    # A text that is no number may stand on several victims: they are told apart by people.
    Column("unread", Boolean, nullable=False),
    # a number of the field or of a hospital has one bearer at a time in one event, and only there.
    Index(
        "victim_number_bearer",
        "event_id",
        "number",
        unique=True,
        sqlite_where=text("unread = 0"),
        postgresql_where=text("unread = false"),
    ),
)

unknown_person = Table(
    "unknown_person",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("event_id", String(64), nullable=False),
    Column("mode", String(8), nullable=False),
    Column("source", String(16), nullable=False),
    Column("author", String(80), nullable=False),
    Column("why", String(40), nullable=False),
    # What names the person best, so that its words come together.
    Column("digest", LargeBinary, nullable=False),
    Column("words", LargeBinary, nullable=False),
    Column("state", String(12), nullable=False),
    Column("victim_id", String(64)),
    Column("decided_by", String(80)),
    Column("reason", String(255)),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Index("unknown_person_same", "digest", "state"),
    Index("unknown_person_of", "event_id", "state", "first_at"),
)

news_cursor = Table(
    "news_cursor",
    metadata,
    Column("neighbour", String(80), primary_key=True),
    Column("mode", String(8), primary_key=True),
    # What to ask the next page by, as the neighbour gave it.
    Column("cursor", String(200)),
    Column("read_at", BigInteger),
    # Why the last page was not taken; empty once one is.
    Column("fault", String(80)),
    Column("fault_field", String(200)),
    Column("fault_since", BigInteger),
)

# What a person asked to be run now, until a node that may run it has taken it.
job_order = Table(
    "job_order",
    metadata,
    Column("job", String(64), primary_key=True),
    Column("asked_by", String(80), nullable=False),
    Column("asked_at", BigInteger, nullable=False),
)

observation = Table(
    "observation",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("event_id", String(64), nullable=False),
    Column("victim_id", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("source", String(16), nullable=False),
    Column("author", String(80), nullable=False),
    Column("happened_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("facts", LargeBinary, nullable=False),
    Column("after", Integer, nullable=False),
    Index("observation_of_victim", "victim_id", "seq"),
    Index("observation_of_event", "event_id", "received_at"),
    sqlite_autoincrement=True,
)

cata_serial = Table(
    "cata_serial",
    metadata,
    Column("event_id", String(64), primary_key=True),
    Column("letter", String(4), primary_key=True),
    Column("last", Integer, nullable=False),
)

reply = Table(
    "reply",
    metadata,
    Column("key_name", String(40), primary_key=True),
    Column("idempotency_key", String(128), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("kept_at", BigInteger, nullable=False),
    Index("reply_by_age", "kept_at"),
)

feed = Table(
    "feed",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("event_id", String(64), nullable=False),
    Column("mode", String(8), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("feed_of_event", "event_id", "seq"),
    sqlite_autoincrement=True,
)

api_key = Table(
    "api_key",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("scope", String(16), nullable=False),
    Column("mode", String(8), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

session = Table(
    "session",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("key_name", String(40), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

person_session = Table(
    "person_session",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("person_id", String(60), nullable=False),
    Column("person_name", String(60), nullable=False),
    Column("role", String(20), nullable=False),
    Column("acts", Boolean, nullable=False),
    Column("sites", Text, nullable=False),
    Column("name", String(40), nullable=False),
    Column("scope", String(16), nullable=False),
    Column("mode", String(8), nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

alarm = Table(
    "alarm",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("name", String(160), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("facts", LargeBinary, nullable=False),
    Column("raised_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("ended_by", String(80)),
    # One alarm of a name at a time.
    Index(
        "alarm_under_way",
        "name",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    sqlite_autoincrement=True,
)

agreement = Table(
    "agreement",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("event_id", String(64), nullable=False),
    Column("destination", String(80), nullable=False),
    Column("state", String(16), nullable=False),
    # Persons: counted here, held there, and how they differ. Messages: on their way, waiting for a decision.
    Column("portal", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    Column("missing", Integer, nullable=False),
    Column("extra", Integer, nullable=False),
    Column("different", Integer, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("undecided", Integer, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Index("agreement_of_event", "event_id", "destination", "seq"),
    sqlite_autoincrement=True,
)
