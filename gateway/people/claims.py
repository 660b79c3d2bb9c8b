"""What a provider says of a person, read by paths: `a.b.c` goes through objects, and through every element of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def texts_at(claims: Mapping[str, Any], path: str) -> frozenset[str]:
    """Every value there, as text; true and false in lower case, as JSON writes them."""
    return frozenset(_texts(_descend([claims], path.split("."))))


def _descend(values: Iterable[Any], steps: list[str]) -> Iterator[Any]:
    flat = (element for value in values for element in (value if isinstance(value, list) else [value]))
    if not steps:
        yield from flat
        return
    inner = (value[steps[0]] for value in flat if isinstance(value, dict) and steps[0] in value)
    yield from _descend(inner, steps[1:])


def _texts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, bool):
            yield str(value).lower()
        elif isinstance(value, str | int):
            yield str(value)
