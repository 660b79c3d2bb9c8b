"""What the store keeps and nobody can read: counted by kind, alarmed once, and said by readiness, measures and `passerelle check`.

A row is unreadable where no key of `store.seal_keys` opens it, or where it is not what was written. It harms no other row; but
somebody must know, because what it says is missing from lists and a message of it waits for its key.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select, text

from gateway.operations.alarms import end, sound
from gateway.register.interventions.tables import intervention
from gateway.register.readable import read_whole
from gateway.register.tables import event, unknown_person, victim
from gateway.register.victims.victims import stored_victim
from outbox.database.sealing import UnreadableError, open_json, seal_of
from outbox.sql.reading.unreadable import live_bodies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Connection, Select

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
    if not await runtime.heartbeat.leads():
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
    sealed = partial(open_json, seal_of(connection))

    def newest(query: Select[Any]) -> Iterable[bytes]:
        return connection.execute(query.limit(MOST)).scalars()

    return {
        "requests": _count(sealed, newest(_REQUESTS)),
        "messages": _count(sealed, live_bodies(connection, MOST)),
        "victims": _count(stored_victim, newest(_VICTIMS)),
        "unknown_persons": _count(sealed, newest(_UNKNOWN)),
    }


def _count(read: Callable[[bytes], object], rows: Iterable[bytes]) -> int:
    unreadable = 0
    for stored in rows:
        try:
            read_whole(read, stored)
        except UnreadableError:
            unreadable += 1
    return unreadable
