"""The outbox on SQLite and PostgreSQL: `enqueue` joins a caller's transaction, `SqlStore` is the queue and the desk."""

from outbox.sql.enqueuing import enqueue
from outbox.sql.store import SqlStore

__all__ = ["SqlStore", "enqueue"]
