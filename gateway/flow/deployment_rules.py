"""The house rules that intake needs and that a deployment chooses: trade rules, destinations, allow-lists, how long things may wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from adapters.neighbours import kind_of
from domain.disclosure import belongs_to, may_be_named, told_to_sivic
from domain.rules import DEFAULT_RULES, Rules
from domain.victim.care_path import CareStatus
from gateway.flow.routing import RECIPIENTS, takers

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from domain.victim.victim import Victim


class AllowList(Protocol):
    """What one recipient may learn."""

    def restrict(self, topic: str, canon: Mapping[str, Any]) -> dict[str, Any]:
        """The document without what is not on the list."""


@dataclass(frozen=True, slots=True)
class InterventionRules:
    """How long things may take between a click and an answer."""

    expiry: timedelta = timedelta(seconds=300)
    """After this a request is not sent any more."""
    alarm: timedelta = timedelta(seconds=60)
    """After this without an answer of the CRRA, the sender is told to telephone."""
    second_after: timedelta = timedelta(seconds=30)
    """A first route that was down for so long gives way to the second."""
    agreements: Mapping[str, timedelta] = field(default_factory=dict)
    """Platform → its own expiry."""
    structures: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Platform → the structures that may ask by it; absent, nobody said."""


@dataclass(frozen=True, slots=True)
class DeploymentRules:
    """The rules in force here."""

    rules: Rules = DEFAULT_RULES
    destinations: tuple[str, ...] = ()
    """The destinations this deployment has, in the order it names them."""
    allow_lists: Mapping[str, AllowList] = field(default_factory=dict)
    count_delay: timedelta = timedelta(milliseconds=250)
    """Changes of counts within this time leave as one document."""
    interventions: InterventionRules = InterventionRules()
    unserved: frozenset[tuple[str, str]] = frozenset()
    """(destination, topic) that the destination could take and that no link of this deployment carries."""

    declared: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Destination known by its files alone → the topics that were agreed with it."""

    establishments: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Destination that learns of its own persons only → its établissements; of none, it learns no name at all."""

    _takers: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Topic → who is told of it, filled as topics are asked for: none of what decides it changes while the house stands."""

    def concerned(self, destination: str, victim: Victim) -> bool:
        """Whether a destination has to do with this victim."""
        if kind_of(destination) == "sivic":
            return told_to_sivic(victim, self.rules)
        finess = self.establishments.get(destination)
        return not finess or belongs_to(victim, finess)

    def statuses_told(self, destination: str) -> frozenset[CareStatus]:
        """The statuses in which a national base has to do with a victim."""
        return self.rules.sivic_statuses if kind_of(destination) == "sivic" else frozenset(CareStatus)

    def may_name(self, destination: str, victim: Victim) -> bool:
        """Whether a destination may learn who this victim is."""
        knows_no_place = self.establishments.get(destination) == frozenset()
        return not knows_no_place and may_be_named(victim, self.rules)

    def takers(self, topic: str, among: Collection[str] | None = None) -> list[str]:
        """The destinations that are told of a topic here, of all or of those named."""
        if topic not in self._takers:
            takers_here = takers(topic, self.destinations, self.declared)
            self._takers[topic] = tuple(name for name in takers_here if (name, topic) not in self.unserved)
        return [name for name in self._takers[topic] if among is None or name in among]

    def restrict(self, destination: str, topic: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """The document as who reads it there may learn it. Whoever has no allow-list learns nothing."""
        return self.allow_lists[RECIPIENTS.get(topic, destination)].restrict(topic, document)
