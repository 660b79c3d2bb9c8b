"""Columns as the text of PostgreSQL arrays: the driver quotes each element by itself, which cost more than the statement.

Strings are joined and quoted as a whole. It refuses the NUL character, as PostgreSQL does, and knows three sorts of column only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Column = Sequence[Any]

NUL: Final = "\0"


def columns(sorts: str, rows: Sequence[Sequence[object]]) -> tuple[str, ...]:
    """Rows turned into one array per column: `i` integers, `t` texts, `b` bytes; None is NULL in each."""
    return tuple(_WRITTEN[sort](column) for sort, column in zip(sorts, zip(*rows, strict=True), strict=True))


def integers(column: Column) -> str:
    """Of any width, booleans included."""
    if None in column:
        return "{" + ",".join(["NULL" if value is None else str(int(value)) for value in column]) + "}"
    return "{" + ",".join(map(str, column)) + "}"


def texts(column: Column) -> str:
    """Whatever they hold, but for NUL."""
    if not column:
        return "{}"
    if None in column:
        return _with_nulls(column, texts)
    joined = NUL.join(column)
    if joined.count(NUL) != len(column) - 1:
        raise ValueError("a text holds the NUL character")
    if '"' in joined or "\\" in joined:
        joined = joined.replace("\\", "\\\\").replace('"', '\\"')
    return '{"' + joined.replace(NUL, '","') + '"}'


def blobs(column: Column) -> str:
    """In hexadecimal."""
    if not column:
        return "{}"
    if None in column:
        return _with_nulls(column, blobs)
    return '{"\\\\x' + '","\\\\x'.join([value.hex() for value in column]) + '"}'


def _with_nulls(column: Column, write: Callable[[Column], str]) -> str:
    """Written without the NULLs, which are then put back."""
    there = [value for value in column if value is not None]
    if not there:
        return "{" + ",".join(["NULL"] * len(column)) + "}"
    left = iter([write([value])[1:-1] for value in there])
    return "{" + ",".join(["NULL" if value is None else next(left) for value in column]) + "}"


_WRITTEN: Final = {"i": integers, "t": texts, "b": blobs}
