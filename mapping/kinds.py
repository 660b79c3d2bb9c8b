"""The sorts of value that a document holds, and what they are called."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind: TypeAlias = Literal["object", "list", "text", "integer", "decimal", "boolean"]

KIND_IN_FRENCH: Mapping[Kind, str] = MappingProxyType(
    {
        "object": "un objet",
        "list": "une liste",
        "text": "un texte",
        "integer": "un entier",
        "decimal": "un nombre",
        "boolean": "un booléen",
    }
)
