"""The outbox in memory: for tests and demonstrations. Proved by the same suite as the others, and lost with its process.

It is written for reading. It is not a cache of, nor a stand-in under, another store.
"""

from outbox.memory.store import MemoryStore

__all__ = ["MemoryStore"]
