"""The parts of a document as its contract says them, read only as far as somebody asks: contracts may hold themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mapping.kinds import Kind


@dataclass(frozen=True)
class Part:
    """One element, attribute or field."""

    name: str
    """As a target path says it: `@` stands before an attribute."""
    kind: Kind = "text"
    required: bool = False
    many: bool = False
    codes: frozenset[str] | None = None
    """Every value it may have, where the contract lists them."""
    tag: str = ""
    """In an XML document, `{namespace}name`."""
    inside: Callable[[], Level] | None = None

    @cached_property
    def level(self) -> Level | None:
        """What it is made of, or None for a simple value."""
        return self.inside() if self.inside else None


@dataclass(frozen=True)
class Level:
    """What one element holds."""

    parts: Mapping[str, Part] = field(default_factory=dict)
    """In the order of the contract."""
    ordered: bool = False
    """The order is part of the contract: an XML sequence."""
    lists: bool = False
    """What repeats is a list even when it is alone: JSON."""
    slices: bool = False
    """What repeats is written once, or once per slice (`name:usual`): its link makes the list."""
    plain: bool = False
    """A simple value may stand in the place of all this."""
    open: bool = False
    """Other parts than these may be there."""
    choices: tuple[frozenset[str], ...] = ()
    """One of each of these must be there."""
    of: Callable[[str], Level | None] | None = None
    """Where a `resourceType` decides what stands here: its name → its level."""

    @property
    def required(self) -> tuple[str, ...]:
        """What must be there."""
        return tuple(name for name, part in self.parts.items() if part.required)
