"""Rows read one by one: what cannot be read of one spoils none of the others, is logged by its kind, and never by its content."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeVar

from outbox.database.sealing import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")

log = logging.getLogger("gateway.register")


def read_whole(read: Callable[[Any], T], row: Any) -> T:  # noqa: ANN401 - a row, or a column of one
    """One row by its reader. Raises UnreadableError where it is not what was written, whatever the reader stumbled over."""
    try:
        return read(row)
    except UnreadableError:
        raise
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        # The text of the error may hold a piece of the row.
        raise UnreadableError(type(error).__name__) from None


def each_readable(kind: str, read: Callable[[Any], T], rows: Iterable[Any]) -> Iterator[T]:
    """The rows that can be read, in their order. `kind` names them in the log."""
    for row in rows:
        try:
            yield read_whole(read, row)
        except UnreadableError as error:
            log.error("register.unreadable kind=%s error=%s", kind, error)  # noqa: TRY400 - a trace may hold the content
