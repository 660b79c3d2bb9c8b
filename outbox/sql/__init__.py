"""The outbox on SQLite and PostgreSQL: `enqueue`, `withdraw_lane`, `free_lane` and `free_scope` join a caller's transaction, `SqlStore` is the queue and the desk."""

from outbox.sql.changes.enqueue import enqueue
from outbox.sql.changes.withdraw import free_lane, free_scope, withdraw_lane
from outbox.sql.store import SqlStore

__all__ = ["SqlStore", "enqueue", "free_lane", "free_scope", "withdraw_lane"]
