"""The house rules that intake needs and that a deployment chooses: trade rules, destinations, allow-lists, how long things may wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from domain.rules import DEFAULT_RULES, Rules

if TYPE_CHECKING:
    from collections.abc import Mapping


class AllowList(Protocol):
    """What one recipient may learn."""

    def restrict(self, topic: str, canon: Mapping[str, Any]) -> dict[str, Any]:
        """The document without what is not on the list."""


@dataclass(frozen=True, slots=True)
class House:
    """The rules in force here."""

    rules: Rules = DEFAULT_RULES
    destinations: tuple[str, ...] = ()
    """The destinations this deployment has, in the order it names them."""
    allow_lists: Mapping[str, AllowList] = field(default_factory=dict)
    count_delay: timedelta = timedelta(milliseconds=250)
    """Changes of counts within this time leave as one document."""

    def restrict(self, destination: str, topic: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """The document as this destination may learn it. A destination without an allow-list learns nothing."""
        return self.allow_lists[destination].restrict(topic, document)
