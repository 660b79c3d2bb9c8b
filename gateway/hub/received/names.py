"""The names that people say of messages, from the schema of what is read: RS-EDA, RS-DR."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import orjson

from mapping import shipped

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "hub-recu-v1.schema.json"


def name_of(use_case: str | None) -> str | None:
    """The name of its model; the key itself for one that is not known."""
    return _names().get(use_case or "", use_case)


def use_cases(name: str) -> list[str]:
    """The keys under which messages of that name are kept."""
    return [key for key, known in _names().items() if known == name]


@cache
def _names() -> Mapping[str, str]:
    path = shipped().contracts.path(FILE)
    schema = orjson.loads(path.read_bytes()) if path else {"definitions": {}}
    return {
        key: name for definition in schema["definitions"].values() for key, name in definition["x-messages"].items()
    }
