"""Instants in a column: whole microseconds since 1970, UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def to_column(at: datetime) -> int:
    """Exact: no float is involved."""
    return (at - EPOCH) // MICROSECOND


def from_column(value: int) -> datetime:
    """In UTC."""
    return EPOCH + value * MICROSECOND
