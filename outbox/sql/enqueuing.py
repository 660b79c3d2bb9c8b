"""Accepting messages inside a transaction of the caller: with what they tell of, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outbox.message import Kind, Status
from outbox.sql.engine import session
from outbox.sql.rows import UNSEALED, envelope_row, micros
from outbox.writing import ENQUEUED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from outbox.message import Envelope
    from outbox.sql.rows import Lane, Row, Seal


def enqueue(connection: Connection, envelopes: Sequence[Envelope], now: datetime, *, seal: Seal = UNSEALED) -> None:
    """Accept messages in the transaction of `connection`, in the order given.

    A state retires the older states of its (destination, lane, topic) that still wait, those of this very call included;
    they stay, with what superseded them and when. An id that is already known is ignored.
    """
    first: dict[str, Envelope] = {}
    for envelope in envelopes:
        first.setdefault(envelope.id, envelope)
    if not first:
        return
    here = session(connection)
    here.engine.lock(here.raw, {(envelope.destination, envelope.lane) for envelope in first.values()})
    known = here.engine.known(here.raw, list(first))
    fresh = [envelope for envelope in first.values() if envelope.id not in known]
    if not fresh:
        return
    at = micros(now)
    newest = _newest(fresh)
    if newest:
        freed = here.engine.supersede(here.raw, [(*key, value) for key, value in newest.items()], at)
        if freed:
            here.engine.advance(here.raw, freed)
    here.engine.insert(here.raw, list(_rows(fresh, newest, at, seal)))
    announce(connection)


def announce(connection: Connection) -> None:
    """Say, at commit, that something may be claimable."""
    here = session(connection)
    here.engine.announce(here.raw)
    connection.info[ENQUEUED] = True


def _newest(envelopes: Iterable[Envelope]) -> dict[tuple[str, str, str], str]:
    """The last state of each (destination, lane, topic)."""
    return {(one.destination, one.lane, one.topic): one.id for one in envelopes if one.kind is Kind.STATE}


def _rows(fresh: list[Envelope], newest: dict[tuple[str, str, str], str], at: int, seal: Seal) -> Iterable[Row]:
    occupied: set[Lane] = set()
    for envelope in fresh:
        due = at if envelope.due_at is None else max(at, micros(envelope.due_at))
        by = newest.get((envelope.destination, envelope.lane, envelope.topic), envelope.id)
        row = (*envelope_row(envelope, seal), at, due)
        if envelope.kind is Kind.STATE and by != envelope.id:
            yield (*row, Status.SUPERSEDED.value, by, at, None)
            continue
        lane = (envelope.destination, envelope.lane)
        yield (*row, Status.PENDING.value, None, None, 2 if lane in occupied else 1)
        occupied.add(lane)
