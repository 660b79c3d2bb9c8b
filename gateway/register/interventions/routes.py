"""The routes of intervention requests: rows with dates, which an operator edits; a row that ended stays to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, insert, or_, select, update

from domain.intervention.route import Route, RouteKind
from gateway.register.instants import from_column, to_column
from gateway.register.interventions.tables import route as table
from gateway.register.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

C = table.c
NAMES = tuple(column.name for column in table.columns)
ALL = select(table).order_by(C.kind, C.key, C.valid_from)
OF = Statement(
    select(table).where(
        or_(
            *(
                and_(C.kind == bindparam(f"kind{place}"), C.key == bindparam(f"key{place}"))
                for place in range(len(RouteKind))
            )
        )
    )
)
"""A click has one key of each kind at most."""
END = (
    update(table)
    .where(C.id == bindparam("route_id"), or_(C.valid_to.is_(None), C.valid_to > bindparam("end")))
    .values(valid_to=bindparam("end"), edited_by=bindparam("by"), edited_at=bindparam("end"))
)


def _read(row: Sequence[Any]) -> Route:
    fields = dict(zip(NAMES, row, strict=True))
    return Route(
        id=fields["id"],
        kind=RouteKind(fields["kind"]),
        key=fields["key"],
        destination=fields["destination"],
        label=fields["label"],
        valid_from=from_column(fields["valid_from"]),
        valid_to=from_column(fields["valid_to"]) if fields["valid_to"] is not None else None,
        second=fields["second"],
        crra=fields["crra"],
        expiry_seconds=fields["expiry_seconds"],
        phone=fields["phone"],
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
        """The rows of these keys, one of each kind at most, whenever they are in force."""
        wanted = {f"{name}{place}": "" for name in ("kind", "key") for place in range(len(RouteKind))}
        for place, (kind, key) in enumerate(keys):
            wanted |= {f"kind{place}": kind.value, f"key{place}": key}
        return [_read(row) for row in OF.run(self._connection, wanted)]

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
            "edited_by": by[:40],  # the width of its column
            "edited_at": to_column(now),
            "phone": route.phone,
        }
        self._connection.execute(insert(table), row)
        return gone == 0

    def end(self, route_id: str, by: str, now: datetime) -> bool:
        """A row is in force no longer; False when it already was not, or is unknown."""
        return self._connection.execute(END, {"route_id": route_id, "end": to_column(now), "by": by[:40]}).rowcount == 1
