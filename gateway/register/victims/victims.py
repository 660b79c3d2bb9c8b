"""The current record of each victim: a projection of the observations, with the columns that counts group by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from sqlalchemy import bindparam, func, insert, select, update

from domain.counting.counts import Cell, cell_of
from domain.severity import Severity
from domain.victim.care_path import CareStatus
from domain.victim.projection import from_record, to_record
from gateway.register.instants import to_column
from gateway.register.readable import each_readable, read_whole
from gateway.register.statement import Statement
from gateway.register.tables import cata_serial
from gateway.register.tables import victim as table
from gateway.register.victims.numbers import Numbers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from domain.rules import Rules
    from domain.victim.victim import Victim

_FIND = select(table.c.record).where(table.c.id == bindparam("id"), table.c.event_id == bindparam("event_id"))
FIND = Statement(_FIND)
KNOWN = select(table.c.event_id).where(table.c.id == bindparam("id"))
FIND_FOR_CHANGE = Statement(_FIND.with_for_update())
OF_EVENT = (
    select(table.c.record)
    .where(table.c.event_id == bindparam("event_id"), table.c.deleted.is_(False))
    .order_by(table.c.created_at, table.c.id)
)
ADD = Statement(insert(table))
CHANGED = (
    "revision",
    "deleted",
    "record",
    "status",
    "severity",
    "localisation_id",
    "destination_finess",
    "destination_name",
    "age_band",
    "nationality",
    "sinus_number",
    "updated_at",
)
CHANGE = Statement(
    update(table)
    .where(table.c.id == bindparam("victim_id"))
    .values({name: bindparam(f"new_{name}") for name in CHANGED})
)
GROUPS = (
    table.c.localisation_id,
    table.c.status,
    table.c.severity,
    table.c.destination_finess,
    table.c.destination_name,
    table.c.age_band,
    table.c.nationality,
)
CELLS = (
    select(*GROUPS, func.count().label("persons"))
    .where(table.c.event_id == bindparam("event_id"), table.c.deleted.is_(False))
    .group_by(*GROUPS)
)
LAST_SERIAL = (
    select(cata_serial.c.last)
    .where(cata_serial.c.event_id == bindparam("event_id"), cata_serial.c.letter == bindparam("letter"))
    .with_for_update()
)
FIRST_SERIAL = insert(cata_serial)
NEXT_SERIAL = (
    update(cata_serial)
    .where(cata_serial.c.event_id == bindparam("of_event"), cata_serial.c.letter == bindparam("of_letter"))
    .values(last=bindparam("serial"))
)


class Victims:
    """The current records."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, event_id: str, victim_id: str, *, for_change: bool = False) -> Victim | None:
        """One record, also when it is deleted; raises UnreadableError. Locked until the end of the transaction when it is to be changed."""
        statement = FIND_FOR_CHANGE if for_change else FIND
        record = statement.one(self._connection, {"id": victim_id, "event_id": event_id})
        return read_whole(stored_victim, record) if record is not None else None

    def knows(self, victim_id: str) -> bool:
        """Whether any event has a record under this identifier."""
        return self.event_of(victim_id) is not None

    def event_of(self, victim_id: str) -> str | None:
        """The event whose record bears this identifier, deleted ones included."""
        row = self._connection.execute(KNOWN, {"id": victim_id}).scalar()
        return str(row) if row is not None else None

    def of_event(self, event_id: str) -> Iterator[Victim]:
        """Every victim of the event that is not deleted, first registered first."""
        rows = self._connection.execute(OF_EVENT, {"event_id": event_id}).scalars()
        return each_readable("victim", stored_victim, rows)

    def add(self, victim: Victim, now: datetime, rules: Rules) -> None:
        """A new record."""
        at = to_column(now)
        Numbers(self._connection).keep(None, victim)
        row = {"id": victim.id, "event_id": victim.event_id, "created_at": at, **_columns(victim, at, rules)}
        ADD.run(self._connection, row)

    def change(self, before: Victim, victim: Victim, now: datetime, rules: Rules) -> None:
        """The record as it now is, and as it was read in this transaction."""
        if before.identifiers != victim.identifiers:
            Numbers(self._connection).keep(before, victim)
        columns = {f"new_{name}": value for name, value in _columns(victim, to_column(now), rules).items()}
        CHANGE.run(self._connection, {"victim_id": victim.id, **columns})

    def next_cata_serial(self, event_id: str, letter: str) -> int:
        """The next serial of a localisation. A number given is spent even when its victim is deleted later."""
        last = self._connection.execute(LAST_SERIAL, {"event_id": event_id, "letter": letter}).scalar()
        if last is None:
            self._connection.execute(FIRST_SERIAL, {"event_id": event_id, "letter": letter, "last": 1})
            return 1
        self._connection.execute(NEXT_SERIAL, {"of_event": event_id, "of_letter": letter, "serial": last + 1})
        return int(last) + 1

    def cells(self, event_id: str) -> list[tuple[Cell, int]]:
        """How many persons stand in each cell of every count and board of the event."""
        return [
            (
                Cell(
                    localisation_id=row.localisation_id,
                    status=CareStatus(row.status),
                    severity=Severity(row.severity),
                    destination_finess=row.destination_finess,
                    destination_name=row.destination_name,
                    age_band=row.age_band,
                    nationality=row.nationality,
                ),
                row.persons,
            )
            for row in self._connection.execute(CELLS, {"event_id": event_id})
        ]


def stored_victim(record: bytes) -> Victim:
    """A victim from its column. Raises what `read_whole` makes an `UnreadableError` of."""
    return from_record(orjson.loads(record))


def _columns(victim: Victim, at: int, rules: Rules) -> dict[str, object]:
    cell = cell_of(victim, rules)
    columns: dict[str, object] = {
        "revision": victim.revision,
        "deleted": victim.deleted,
        "record": orjson.dumps(to_record(victim)),
        "status": victim.status.value,
        "severity": victim.severity.value,
        "localisation_id": None,
        "destination_finess": None,
        "destination_name": None,
        "age_band": None,
        "nationality": None,
        "sinus_number": victim.sinus_number,
        "updated_at": at,
    }
    if cell is not None:
        columns |= {
            "localisation_id": cell.localisation_id,
            "destination_finess": cell.destination_finess,
            "destination_name": cell.destination_name,
            "age_band": cell.age_band,
            "nationality": cell.nationality,
        }
    return columns
