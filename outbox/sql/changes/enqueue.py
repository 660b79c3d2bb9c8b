"""Accepting messages inside a transaction of the caller: with what they tell of, or not at all."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from outbox.database.sealing import seal_of
from outbox.database.writers import ENQUEUED
from outbox.message import Kind, MessageStatus
from outbox.sql.dialects.statements import session
from outbox.sql.rows import envelope_row, instant, micros

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from outbox.database.sealing import Seal
    from outbox.message import Envelope
    from outbox.sql.rows import Lane, Row

DEFERRED: Final = "outbox.deferred"
"""In `Connection.info` while aftermaths run: the envelopes that they enqueue."""

Subject = tuple[str, str, str]
"""(destination, lane, topic): what a state is the whole of."""


def enqueue(connection: Connection, envelopes: Sequence[Envelope], now: datetime, *, seal: Seal | None = None) -> None:
    """Accept messages in the transaction of `connection`, in the order given.

    A state retires the older states of its (destination, lane, topic) that still wait, those of this very call included;
    they stay, with what superseded them and when. It leaves when the first of them that was never tried would have, so
    that a stream of changes puts nothing off for ever. An id that is already known is ignored.
    """
    if (waiting := connection.info.get(DEFERRED)) is not None:
        waiting.extend(envelopes)
        return
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
    due: dict[Subject, int] = {}
    if newest:
        skipped = here.engine.supersede(here.raw, [(*key, value) for key, value in newest.items()], at)
        due = _earliest([(row[:3], row[4]) for row in skipped])
        freed = sorted({row[:2] for row in skipped if row[3] == 1})
        if freed:
            here.engine.advance(here.raw, freed)
    here.engine.insert(here.raw, list(_rows(fresh, newest, due, at, seal or seal_of(connection))))
    connection.info[ENQUEUED] = True


@contextmanager
def deferring(connection: Connection) -> Iterator[list[Envelope]]:
    """While this is open, what is enqueued on this connection only gathers in the list; the opener enqueues it."""
    waiting: list[Envelope] = []
    connection.info[DEFERRED] = waiting
    try:
        yield waiting
    finally:
        del connection.info[DEFERRED]


def deferred(connection: Connection) -> list[Envelope]:
    """What has gathered."""
    waiting: list[Envelope] = connection.info[DEFERRED]
    return waiting


def announce(connection: Connection) -> None:
    """Say, at commit, that something may be claimable."""
    here = session(connection)
    here.engine.announce(here.raw)
    connection.info[ENQUEUED] = True


def _subject(envelope: Envelope) -> Subject:
    return envelope.destination, envelope.lane, envelope.topic


def _newest(envelopes: Iterable[Envelope]) -> dict[Subject, str]:
    """The last state of each subject."""
    return {_subject(envelope): envelope.id for envelope in envelopes if envelope.kind is Kind.STATE}


def _earliest(waited: Iterable[tuple[Subject, int | None]]) -> dict[Subject, int]:
    """When the first of the skipped states of each subject would have left."""
    first: dict[Subject, int] = {}
    for subject, due in waited:
        if due is not None:
            first[subject] = min(due, first.get(subject, due))
    return first


def _rows(
    fresh: list[Envelope], newest: dict[Subject, str], first: dict[Subject, int], at: int, seal: Seal
) -> Iterable[Row]:
    occupied: set[Lane] = set()
    for envelope in fresh:
        subject = _subject(envelope)
        if envelope.kind is Kind.STATE and envelope.due_at is not None:
            own = micros(envelope.due_at)
            first[subject] = min(own, first.get(subject, own))
            envelope = replace(envelope, due_at=instant(first[subject]))  # noqa: PLW2901 - the same message, sooner
        due = at if envelope.due_at is None else max(at, micros(envelope.due_at))
        by = newest.get(subject, envelope.id)
        row = (*envelope_row(envelope, seal), at, due)
        if envelope.kind is Kind.STATE and by != envelope.id:
            yield (*row, MessageStatus.SUPERSEDED.value, by, at, None)
            continue
        lane = (envelope.destination, envelope.lane)
        yield (*row, MessageStatus.PENDING.value, None, None, 2 if lane in occupied else 1)
        occupied.add(lane)
