"""The outbox on SQLite and PostgreSQL: `enqueue`, `withdraw_lane` and `free_lane` join a caller's transaction, `SqlStore` is the queue and the desk."""

from outbox.sql.enqueuing import enqueue
from outbox.sql.store import SqlStore
from outbox.sql.withdrawing import free_lane, withdraw_lane

__all__ = ["SqlStore", "enqueue", "free_lane", "withdraw_lane"]
