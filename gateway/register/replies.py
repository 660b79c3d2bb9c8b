"""Answers kept per (key, Idempotency-Key), in the transaction of the change they tell of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import bindparam, delete, insert, select

from gateway.register.instants import to_column
from gateway.register.statement import Statement
from gateway.register.tables import reply as table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

FIND = Statement(
    select(table.c.content, table.c.answer).where(
        table.c.key_name == bindparam("key_name"), table.c.idempotency_key == bindparam("idempotency_key")
    )
)
KEEP = Statement(insert(table))
FORGET = delete(table).where(table.c.kept_at < bindparam("before"))


@dataclass(frozen=True, slots=True)
class StoredReply:
    """What was answered, and to what content (SHA-256 of method, path and body)."""

    content: bytes
    answer: Sequence[Any]
    """What the door made of it: JSON-safe values."""


class Replies:
    """The answers."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, key_name: str, idempotency_key: str) -> StoredReply | None:
        """What this key was answered under this Idempotency-Key, if it was."""
        row = FIND.run(self._connection, {"key_name": key_name, "idempotency_key": idempotency_key}).fetchone()
        return StoredReply(bytes(row[0]), orjson.loads(row[1])) if row else None

    def keep(self, key_name: str, idempotency_key: str, content: bytes, answer: Sequence[Any], now: datetime) -> None:
        """Remember an answer."""
        row = {
            "key_name": key_name,
            "idempotency_key": idempotency_key,
            "content": content,
            "answer": orjson.dumps(answer),
            "kept_at": to_column(now),
        }
        KEEP.run(self._connection, row)

    def forget(self, before: datetime) -> int:
        """Drop answers older than that; returns how many."""
        return self._connection.execute(FORGET, {"before": to_column(before)}).rowcount
