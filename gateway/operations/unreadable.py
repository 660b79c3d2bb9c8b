"""What the store keeps and nobody can read: counted by kind, alarmed once, and said by readiness, measures and `passerelle check`.

A row is unreadable where no key of `store.seal_keys` opens it, or where it is not what was written. It harms no other row; but
somebody must know, because what it says is missing from lists and a message of it waits for its key.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import orjson
from sqlalchemy import select, text

from domain.victim.projection import from_record
from gateway.operations.alarms import end, sound
from gateway.register.interventions.tables import intervention
from gateway.register.readable import read_whole
from gateway.register.tables import event, unknown_person, victim
from outbox.database.sealing import UnreadableError, open_json, seal_of
from outbox.sql.reading.unreadable import count_unreadable

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sqlalchemy import Connection

    from gateway.register import Register
    from gateway.runtime import Runtime

log = logging.getLogger("gateway.operations.unreadable")

ALARM: Final = "unreadable"
KINDS: Final = ("requests", "messages", "victims", "unknown_persons")
"""Intervention requests under way; messages that have not ended; victims of open events; tasks about persons nobody knows."""
MOST: Final = 20_000
"""Rows of one kind that one look reads, the newest first."""

_REQUESTS = select(intervention.c.document).where(text("NOT closed")).order_by(intervention.c.received_at.desc())
_UNKNOWN = (
    select(unknown_person.c.words).where(unknown_person.c.state == "open").order_by(unknown_person.c.last_at.desc())
)
_VICTIMS = (
    select(victim.c.record)
    .join(event, event.c.id == victim.c.event_id)
    .where(event.c.status == "open", victim.c.deleted.is_(False))
    .order_by(victim.c.updated_at.desc())
)


async def look_for_unreadable(runtime: Runtime) -> None:
    """Count, and raise or end the alarm of each kind; on one node."""
    if not await runtime.pulse.leads():
        return
    counted = await runtime.read(lambda register: count_by_kind(register.connection))
    under_way = await runtime.read(alarmed)
    if {kind: rows for kind, rows in counted.items() if rows} == under_way:
        return
    now, mode = runtime.clock(), runtime.settings.mode

    def note(register: Register) -> None:
        for kind, rows in counted.items():
            name = f"{ALARM}:{kind}"
            if rows != under_way.get(kind, 0) and kind in under_way:
                end(register, name, mode, now)  # the number has changed: the alarm says the one of now
            if rows:
                sound(register, name, {"what": kind, "rows": rows}, mode, now)

    await runtime.write(note)


def alarmed(register: Register) -> dict[str, int]:
    """Kind → rows, of the alarms under way."""
    return {alarm.facts["what"]: alarm.facts["rows"] for alarm in register.alarms.under_way() if alarm.kind == ALARM}


def count_by_kind(connection: Connection) -> dict[str, int]:
    """Kind → rows that cannot be read now, 0 included."""
    seal = seal_of(connection)

    def sealed(stored: bytes) -> Any:  # noqa: ANN401 - JSON
        return open_json(seal, stored)

    def record(stored: bytes) -> object:
        return from_record(orjson.loads(stored))

    return {
        "requests": _count(connection, _REQUESTS, sealed),
        "messages": count_unreadable(connection, seal, MOST),
        "victims": _count(connection, _VICTIMS, record),
        "unknown_persons": _count(connection, _UNKNOWN, sealed),
    }


def _count(connection: Connection, query: Any, read: Callable[[bytes], object]) -> int:  # noqa: ANN401 - a select of one column
    unreadable = 0
    for stored in connection.execute(query.limit(MOST)).scalars():
        try:
            read_whole(read, stored)
        except UnreadableError:
            unreadable += 1
    return unreadable
