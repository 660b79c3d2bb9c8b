"""Who works on this database: each node says now and then that it lives, with what it knows; the others read it.

Nothing about a lease depends on it: a node that says nothing loses its messages by their leases alone, and sooner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import bindparam, delete, select, text

from outbox.desk import Node
from outbox.sql.rows import instant, micros
from outbox.sql.tables import outbox_node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_N: Final = outbox_node.c
_BEAT: Final = text(
    "INSERT INTO outbox_node (name, role, started_at, seen_at, facts) VALUES (:name, :role, :started, :seen, :facts)"
    " ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at, facts = excluded.facts"
)
_ALL: Final = select(outbox_node).order_by(_N.started_at, _N.name)
_FORGET: Final = delete(outbox_node).where(_N.name.in_(bindparam("names", expanding=True)))


def beat(connection: Connection, node: Node) -> None:
    """Say that this node lives."""
    facts = orjson.dumps(node.facts)
    at = {"started": micros(node.started_at), "seen": micros(node.seen_at)}
    connection.execute(_BEAT, {"name": node.name, "role": node.role, "facts": facts, **at})


def nodes(connection: Connection) -> list[Node]:
    """Every node that was not forgotten, the first started first."""
    return [_node(row) for row in connection.execute(_ALL)]


def forget(connection: Connection, names: Sequence[str]) -> None:
    """They have ended, or others took their place."""
    if names:
        connection.execute(_FORGET, {"names": list(names)})


def _node(row: Any) -> Node:  # noqa: ANN401 - a row of the table
    return Node(row.name, row.role, instant(row.started_at), instant(row.seen_at), orjson.loads(row.facts))
