"""A content as canon, by the mapping file of its message; and what of it no rule reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from adapters.lrm.hubsante.reading.contract import messages
from adapters.lrm.hubsante.reading.fitting import leaves
from mapping import MappingError, shipped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.lrm.hubsante.reading.contract import Message
    from adapters.lrm.hubsante.reading.fitting import FittedContent

PREFIX = "received."
"""Of the mappings that read: `received.dossier`."""


class Rules(Protocol):
    """A mapping of what comes in, as far as reading needs it."""

    @property
    def target(self) -> str:
        """`canon#hub_case`."""

    def apply(self, document: Mapping[str, Any], /) -> dict[str, Any]:
        """The canon document. Raises MappingError."""


@dataclass(frozen=True, slots=True, repr=False)
class Content:
    """What a message says."""

    message: Message
    kind: str
    """The canon document that it is: `hub_case`."""
    canon: dict[str, Any]
    left: tuple[tuple[str, str], ...] = ()
    """Path and value of what no rule reads: shown as it came."""
    trouble: str = ""
    """Why its mapping does not apply; then nothing of it is canon."""


class Reading:
    """The mappings of what comes in, by what they read."""

    def __init__(self, mappings: Mapping[str, Rules]) -> None:
        """`mappings` by the definition of the schema that each reads; one that is missing is the product's own."""
        self._mappings = dict(mappings)

    def read(self, message: Message, fitted: FittedContent) -> Content:
        """The content of a message. A mapping that does not apply leaves everything to be shown as it came."""
        rules = self._mappings.get(message.root) or _own(message.root)
        try:
            kind = rules.target.partition("#")[2]
            return Content(message, kind, rules.apply(fitted.tree), tuple(fitted.left))
        except MappingError as error:
            everything = (*leaves(fitted.tree, ""), *fitted.left)
            return Content(message, "", {}, everything, f"{error.path} : {error.reason}")


def reading_of(mappings: Mapping[str, Rules]) -> Reading:
    """The reading of a deployment, from all the mappings of its hub."""
    return Reading({use.removeprefix(PREFIX): rules for use, rules in mappings.items() if use.startswith(PREFIX)})


@cache
def shipped_reading() -> Reading:
    """By the product's own files."""
    return Reading({message.root: _own(message.root) for message in messages().values()})


def _own(root: str) -> Rules:
    return shipped().mapping(f"hub/recu-{root}@1")
