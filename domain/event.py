"""An event, its places, and how its neighbours know it.

It exists before, without and after any link (R-53): a link that fails changes a word in `links` and nothing else.
It refuses to change its mode, and to give a letter twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

from domain.errors import ConflictError, InvalidError, UnknownError
from domain.mode import Mode
from domain.numbers.cata import letter_of
from domain.rules import DEFAULT_RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from domain.rules import Rules

CHANGEABLE: Final = frozenset({"name", "type", "started_at", "planned_end", "particularity_groups"})
GROUPS: Final = ("A", "B", "C")


@dataclass(frozen=True, slots=True)
class Localisation:
    """A place of the event; once removed it is offered to nobody, and keeps its name for those who are there."""

    id: str
    name: str
    letter: str
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """The correspondence with a neighbour's own event."""

    action: Literal["create", "link"]
    external_id: str | None = None
    state: Literal["requested", "linked", "failed"] = "requested"


@dataclass(frozen=True, slots=True)
class Event:
    """What happened somewhere to several people; one is enough."""

    id: str
    name: str
    type: str
    mode: Mode
    status: Literal["open", "closed"]
    started_at: datetime
    ended_at: datetime | None = None
    planned_end: datetime | None = None
    """When it is expected to end; closing it is another thing, and says when it did."""
    localisations: tuple[Localisation, ...] = ()
    particularity_groups: Mapping[str, str] = field(default_factory=dict)
    """R-21: what A, B and C mean here."""
    revision: int = 1
    links: Mapping[str, Link] = field(default_factory=dict)
    """Destination → link."""
    left: Mapping[str, str] = field(default_factory=dict)
    """Destination → the event of its own that this one was taken for, and no longer is."""

    def localisation(self, localisation_id: str | None) -> Localisation | None:
        """The place of that id, removed ones included."""
        for place in self.localisations:
            if place.id == localisation_id:
                return place
        return None

    @property
    def open_localisations(self) -> tuple[Localisation, ...]:
        """Those that may be chosen (R-22), in the order they were declared."""
        return tuple(place for place in self.localisations if not place.removed)


def open_event(  # noqa: PLR0913 - an event is all of this
    id: str,  # noqa: A002 - the trade's own word
    name: str,
    type: str,  # noqa: A002 - the trade's own word
    mode: str,
    started_at: datetime,
    localisations: Iterable[tuple[str, str]] = (),
    particularity_groups: Mapping[str, str] | None = None,
    rules: Rules = DEFAULT_RULES,
    planned_end: datetime | None = None,
) -> Event:
    """A new event with its places, as (id, name) in the order they are declared: the first is A."""
    if mode not in tuple(Mode):
        raise InvalidError("MODE", "mode", "Le mode de l’événement est inconnu.", "Actual ou Exercise")
    _aware("started_at", started_at)
    event = Event(
        id=id,
        name=_named("name", name),
        type=type.strip(),
        mode=Mode(mode),
        status="open",
        started_at=started_at,
        planned_end=_planned(planned_end, started_at),
        particularity_groups=_groups(particularity_groups or {}),
    )
    for place_id, place_name in localisations:
        event = add_localisation(event, place_id, place_name, rules)
    return replace(event, revision=1)


def change_event(event: Event, **changes: object) -> Event:
    """The event with other fields of `CHANGEABLE`; its mode never changes, and None takes a planned end back."""
    for name in changes:
        if name == "mode":
            raise ConflictError("MODE", "mode", "Le mode d’un événement ne change jamais : ouvrez-en un autre.")
        if name not in CHANGEABLE:
            raise InvalidError(
                "R-06", name, "Ce champ de l’événement ne se modifie pas.", ", ".join(sorted(CHANGEABLE))
            )
    started = _aware("started_at", changes.get("started_at", event.started_at))
    groups = changes.get("particularity_groups", event.particularity_groups)
    if not isinstance(groups, dict):
        raise InvalidError("R-21", "particularity_groups", "Les groupes sont un objet A, B, C.")
    changed = replace(
        event,
        name=_named("name", changes.get("name", event.name)),
        type=str(changes.get("type", event.type)).strip(),
        started_at=started,
        planned_end=_planned(changes.get("planned_end", event.planned_end), started),
        particularity_groups=_groups(groups),
    )
    return event if changed == event else _next(changed)


def close_event(event: Event, at: datetime) -> Event:
    """Closed at that instant; closed already, it stays as it was. No expected number of victims is asked for."""
    if event.status == "closed":
        return event
    if _aware("ended_at", at) < event.started_at:
        raise InvalidError("R-06", "ended_at", "La fin précède le début de l’événement.", "une date après started_at")
    return _next(replace(event, status="closed", ended_at=at))


def reopen_event(event: Event) -> Event:
    """Open again, with no end."""
    return event if event.status == "open" else _next(replace(event, status="open", ended_at=None))


def add_localisation(event: Event, id: str, name: str, rules: Rules = DEFAULT_RULES) -> Event:  # noqa: A002 - the trade's own word
    """One more place, with the next letter; declared again with the same id and name, nothing changes."""
    known = event.localisation(id)
    if known is not None and known.name == name.strip() and not known.removed:
        return event
    if known is not None:
        raise ConflictError("R-22", "localisation_id", "Cet identifiant de localisation est déjà pris.")
    _unlike_others(event, id, name)
    place = Localisation(id, _named("localisation.name", name), letter_of(len(event.localisations), rules))
    return _next(replace(event, localisations=(*event.localisations, place)))


def rename_localisation(event: Event, id: str, name: str) -> Event:  # noqa: A002 - the trade's own word
    """The same place, the same letter, another name."""
    place = open_localisation(event, id)
    _unlike_others(event, id, name)
    return _with_place(event, replace(place, name=_named("localisation.name", name)))


def remove_localisation(event: Event, id: str) -> Event:  # noqa: A002 - the trade's own word
    """No longer offered. Those who are there stay there, and are counted under its name; its letter is not given again."""
    return _with_place(event, replace(open_localisation(event, id), removed=True))


def open_localisation(event: Event, localisation_id: object, field: str = "localisation_id") -> Localisation:
    """The place of that id among those that may be chosen (R-22)."""
    place = event.localisation(localisation_id) if isinstance(localisation_id, str) else None
    if place is None or place.removed:
        raise UnknownError(
            "R-22", field, "Cette localisation n’est pas une localisation de l’événement.", "une localisation déclarée"
        )
    return place


def link_event(event: Event, destination: str, link: Link) -> Event:
    """How that neighbour knows the event from now on; the other links, and everything else, stay."""
    if link.action == "link" and not link.external_id:
        raise InvalidError(
            "R-53", "external_id", "L’événement à lier n’est pas désigné.", "l’identifiant chez le voisin"
        )
    if event.links.get(destination) == link:
        return event
    return _next(replace(event, links={**event.links, destination: link}))


def unlink_event(event: Event, destination: str) -> Event:
    """No longer known to that neighbour; the event that it was taken for there is remembered, to be left."""
    link = event.links.get(destination)
    if link is None:
        return event
    others = {name: other for name, other in event.links.items() if name != destination}
    left = {**event.left, destination: link.external_id} if link.external_id else event.left
    return _next(replace(event, links=others, left=left))


def links_at_creation(event_type: str, rules: Rules = DEFAULT_RULES) -> bool:
    """R-51: whether this type of event asks for its links at once; a type may name several (`ACEL+ORSAN`)."""
    return not set(re.findall(r"\w+", event_type.upper())).isdisjoint(rules.link_event_types)


def require_mode(event: Event, mode: str) -> None:
    """Refuse what is not of the event's own mode: an exercise never meets reality."""
    if event.mode != mode:
        raise ConflictError("MODE", "mode", "Le réel et l’exercice ne se mélangent pas.", f"mode {event.mode.value}")


def _next(event: Event) -> Event:
    return replace(event, revision=event.revision + 1)


def _with_place(event: Event, place: Localisation) -> Event:
    if place in event.localisations:
        return event
    return _next(
        replace(event, localisations=tuple(place if old.id == place.id else old for old in event.localisations))
    )


def _unlike_others(event: Event, localisation_id: str, name: str) -> None:
    if any(
        place.id != localisation_id and place.name.casefold() == name.strip().casefold()
        for place in event.open_localisations
    ):
        raise ConflictError("R-22", "localisation.name", "Une localisation de l’événement porte déjà ce nom.")


def _named(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidError("R-06", name, "Le nom est vide.", "un texte")
    return value.strip()


def _aware(name: str, value: object) -> datetime:
    if getattr(value, "tzinfo", None) is None:
        raise InvalidError("R-06", name, "La date n’a pas de fuseau horaire.", "une date ISO 8601 avec décalage")
    return value  # type: ignore[return-value] # Only an aware datetime has a tzinfo that is not None.


def _planned(value: object, started_at: datetime) -> datetime | None:
    if value is None:
        return None
    planned = _aware("planned_end", value)
    if planned < started_at:
        raise InvalidError(
            "R-47", "planned_end", "La fin prévue précède le début de l’événement.", "une date après started_at"
        )
    return planned


def _groups(groups: Mapping[str, str]) -> dict[str, str]:
    if unknown := [key for key in groups if key not in GROUPS]:
        raise InvalidError("R-21", f"particularity_groups.{unknown[0]}", "Ce groupe n’existe pas.", "A, B ou C")
    return dict(groups)
