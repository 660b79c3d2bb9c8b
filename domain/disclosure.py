"""Who learns of which person, and whether by name.

SI-VIC learns of a victim from a status on, an établissement of its own victims only, and nobody the name of a dead person
whose identity is not established (F26). A deployment's choices are in `domain.rules`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from domain.severity import Severity
from domain.victim.fields import IDENTITY_STATUSES

if TYPE_CHECKING:
    from domain.canon.documents import VictimDocument
    from domain.rules import Rules
    from domain.victim.victim import Victim

NOMINATIVE: Final = (
    "birth_name",
    "used_name",
    "given_name",
    "birth_date",
    "nir",
    "contact",
    "contact_person",
)
"""The fields of a record that name a person or lead to one."""


def may_be_named(victim: Victim, rules: Rules) -> bool:
    """Whether a neighbour may learn the name: always of the living, of the dead once the identity is sure enough (F26)."""
    if victim.severity is not Severity.DCD:
        return True
    status = victim.value("identity_status") or IDENTITY_STATUSES[0]
    return IDENTITY_STATUSES.index(status) >= IDENTITY_STATUSES.index(rules.dead_named_from)


def told_to_sivic(victim: Victim, rules: Rules) -> bool:
    """Whether SI-VIC has to do with the victim: not before somebody is to receive it, by default (9.1)."""
    return victim.status in rules.sivic_statuses


def belongs_to(victim: Victim, finess: frozenset[str]) -> bool:
    """Whether the victim is oriented or admitted to one of these établissements (geographic FINESS)."""
    if victim.deleted:
        return False
    decided, recorded = victim.care.destination, victim.value("destination")
    places = {place["finess"] for place in (decided, recorded) if place is not None}
    return not places.isdisjoint(finess)


def unnamed(document: VictimDocument) -> VictimDocument:
    """The same document without what names the person."""
    person = {**document["victim"], **dict.fromkeys(NOMINATIVE)}
    return {**document, "victim": person}  # type: ignore[typeddict-item] # the same keys, some of them emptied


def withdrawn(document: VictimDocument) -> VictimDocument:
    """What a recipient that no longer has to do with the victim is told: that it is gone from there, and no name."""
    bare = unnamed(document)
    return {**bare, "victim": {**bare["victim"], "deleted": True}}


def without_numbers(document: VictimDocument) -> VictimDocument:
    """The same document without a SINUS number, so that it names none there again."""
    person = {**document["victim"], "sinus_number": None, "sinus_number_hp": None, "joined_number": None}
    return {**document, "victim": person}  # type: ignore[typeddict-item] # the same keys, some of them emptied
