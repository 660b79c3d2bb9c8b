"""The routes of intervention requests: rows with dates, which an operator edits; a row that ended stays to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, or_, select, tuple_, update

from domain.intervention_route import Route, RouteKind
from gateway.register.instants import from_column, to_column
from gateway.register.intervention_tables import route as table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

C = table.c
ALL = select(table).order_by(C.kind, C.key, C.valid_from)
END = (
    update(table)
    .where(C.id == bindparam("route_id"), or_(C.valid_to.is_(None), C.valid_to > bindparam("end")))
    .values(valid_to=bindparam("end"), edited_by=bindparam("by"), edited_at=bindparam("end"))
)


def _read(row: Row[Any]) -> Route:
    return Route(
        id=row.id,
        kind=RouteKind(row.kind),
        key=row.key,
        destination=row.destination,
        label=row.label,
        valid_from=from_column(row.valid_from),
        valid_to=from_column(row.valid_to) if row.valid_to is not None else None,
        second=row.second,
        crra=row.crra,
        expiry_seconds=row.expiry_seconds,
    )


class Routes:
    """The table."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[Route]:
        """Every row there is, those that ended included."""
        return [_read(row) for row in self._connection.execute(ALL)]

    def of(self, keys: Sequence[tuple[RouteKind, str]]) -> list[Route]:
        """The rows of these keys, whenever they are in force."""
        wanted = [(kind.value, key) for kind, key in keys]
        return [_read(row) for row in self._connection.execute(select(table).where(tuple_(C.kind, C.key).in_(wanted)))]

    def put(self, route: Route, by: str, now: datetime) -> bool:
        """Write a row under its identifier; whether it is a new one."""
        gone = self._connection.execute(delete(table).where(C.id == route.id)).rowcount
        row = {
            "id": route.id,
            "kind": route.kind.value,
            "key": route.key,
            "destination": route.destination,
            "second": route.second,
            "crra": route.crra,
            "label": route.label,
            "expiry_seconds": route.expiry_seconds,
            "valid_from": to_column(route.valid_from),
            "valid_to": to_column(route.valid_to) if route.valid_to else None,
            "edited_by": by,
            "edited_at": to_column(now),
        }
        self._connection.execute(insert(table), row)
        return gone == 0

    def end(self, route_id: str, by: str, now: datetime) -> bool:
        """A row is in force no longer; False when it already was not, or is unknown."""
        return self._connection.execute(END, {"route_id": route_id, "end": to_column(now), "by": by}).rowcount == 1
