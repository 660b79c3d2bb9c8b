"""Which destinations learn of what: a pure function over what each neighbour says that it takes."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from adapters.neighbours import NEIGHBOURS, kind_of
from domain.canon.hub import HUB_DOCUMENTS
from outbox.message import Kind, Priority

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from domain.severity import Severity

# A state may be superseded by a newer one; a command is always sent.
KINDS: dict[str, Kind] = {
    "event": Kind.STATE,
    "victim": Kind.STATE,
    "counts": Kind.STATE,
    "outcome": Kind.STATE,
    "patient.news": Kind.STATE,
    "identifier.detached": Kind.COMMAND,
    "intervention.request": Kind.COMMAND,
    "intervention.cancel": Kind.COMMAND,
    "intervention.status": Kind.STATE,
    # In a victim's lane: a vehicle that cannot be told must not hold back the victim's record.
    "evacuation": Kind.STATE,
    "evacuation.status": Kind.STATE,
    **dict.fromkeys(HUB_DOCUMENTS, Kind.COMMAND),
}

RECIPIENTS = {"partner.fire_case": "nexsis", "partner.fire_vehicles": "nexsis", "partner.mission_summary": "oru"}
"""Topics that the hub carries to somebody who may learn less than a SAMU: whose allow-list applies."""
ASKED = frozenset({"partner.help_request", "partner.help_answer", "partner.case_word", "partner.engagement"})
"""Somebody waits for these to send help."""
LATER = frozenset({"outcome", "patient.news", "partner.mission_summary"})

EVENT_DESTINATIONS = tuple(kind.name for kind in NEIGHBOURS.values() if kind.keeps_events)
"""The neighbours that keep events of their own, to be opened or linked before victims can be sent there."""


def takers(
    topic: str, configured: Iterable[str], declared: Mapping[str, frozenset[str]] = MappingProxyType({})
) -> list[str]:
    """The configured destinations that take a topic, in their configured order; `declared` are those that no line here names."""
    return [name for name in configured if topic in _topics(name, declared)]


def _topics(destination: str, declared: Mapping[str, frozenset[str]]) -> frozenset[str]:
    kind = NEIGHBOURS.get(kind_of(destination))
    return kind.topics if kind else declared.get(destination, frozenset())


def priority(topic: str, severity: Severity | None = None) -> Priority:
    """Interventions before events and UA, then the rest, then what is only told."""
    if topic.startswith("intervention.") or topic in ASKED:
        return Priority.INTERVENTION
    if topic == "event" or severity == "UA":
        return Priority.URGENT
    return Priority.BULK if topic in LATER else Priority.NORMAL
