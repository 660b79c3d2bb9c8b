"""Decisions on the names of a victim: SINUS numbers (R-10, R-12, R-17), the other systems' ids, and the CATA code (R-18, R-19).

A number that cannot be read is kept in quarantine and displaces nothing. A number is never freed in silence: each end is
a fact, with its reason. A number that a neighbour gives never takes the place of what a person decided: it is set aside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from domain.errors import ConflictError, InvalidError
from domain.numbers.cata import cata_code
from domain.numbers.identifier import (
    NUMBER_KINDS,
    SET_ASIDE,
    SINUS_KINDS,
    TAKEN_BY_HAND,
    Identifier,
    IdentifierKind,
)
from domain.numbers.sinus_number import SinusNumber, UnreadNumber, read_sinus_number
from domain.source import BY_HAND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domain.decisions.situation import Situation, Surroundings

OTHER_KINDS: Final = {
    "portal_id": IdentifierKind.PORTAL,
    "sivic_id": IdentifierKind.SIVIC,
    "lrm_id": IdentifierKind.LRM,
    "hospital_id": IdentifierKind.HOSPITAL,
    "sinus_id": IdentifierKind.SINUS,
}
KIND_OF_ORIGIN: Final = {"TR": IdentifierKind.SINUS_TR, "HP": IdentifierKind.SINUS_HP}


def may_create_with(raw: str, around: Surroundings) -> bool:
    """R-10: whether a searched text is a number that no victim of the event has, so that one may be created with it."""
    number = read_sinus_number(raw)
    return isinstance(number, SinusNumber) and around.holder_of_number(number.canonical) is None


def named(situation: Situation, fields: Mapping[str, Any]) -> list[Identifier]:
    """The identifiers that a description attaches and ends."""
    changes: list[Identifier] = []
    for name in ("sinus_number", "sinus_number_hp"):
        if name in fields:
            changes += _number(situation, name, fields[name])
    for name, kind in OTHER_KINDS.items():
        if name in fields:
            changes += _other(situation, kind, fields[name])
    return changes


def unrepeated_numbers(situation: Situation) -> list[Identifier]:
    """The numbers that a replacement empties by silence: those that its own source had given."""
    source = situation.stamp.source
    return [
        situation.end(identifier, "emptied")
        for identifier in situation.holding(*NUMBER_KINDS)
        if identifier.source is source
    ]


def drawn_cata(situation: Situation, localisation_id: str | None) -> list[Identifier]:
    """A new CATA code of that place, and the end of the one before."""
    place = situation.event.localisation(localisation_id)
    if place is None:
        raise ConflictError(
            "R-19", "localisation_id", "Sans localisation, pas de code CATA.", "une localisation de l’événement"
        )
    # A place without a letter is refused before a serial is asked for: to ask is to use it up.
    code = (
        cata_code(place.letter, situation.around.next_cata_serial(place.letter), situation.rules)
        if place.letter.isalpha()
        else cata_code(place.letter, 1, situation.rules)
    )
    ended = [situation.end(identifier, "changed") for identifier in situation.holding(IdentifierKind.CATA)]
    return [*ended, situation.gift(IdentifierKind.CATA, code)]


def _number(situation: Situation, field: str, raw: str | None) -> list[Identifier]:
    if raw is None:
        kinds = NUMBER_KINDS if field == "sinus_number" else (IdentifierKind.SINUS_HP,)
        return [situation.end(held, "emptied") for held in situation.holding(*kinds) if _may_end(situation, held)]
    number = read_sinus_number(raw)
    if isinstance(number, UnreadNumber):
        return _quarantined(situation, number)
    if field == "sinus_number_hp" and number.origin != "HP":
        raise InvalidError("R-17", field, "Ce numéro n’est pas d’origine HP.", "un numéro SINUS d’origine HP")
    return _attached(situation, field, number)


def _attached(situation: Situation, field: str, number: SinusNumber) -> list[Identifier]:
    kind = KIND_OF_ORIGIN[number.origin]
    held = situation.holding(kind)
    if not situation.by_hand and _kept_out(situation, kind, number):
        return _set_aside(situation, kind, number)
    # What a person typed and nobody could read is settled by a person's reading, not by a neighbour's number.
    unread = situation.holding(IdentifierKind.UNREAD) if situation.by_hand else ()
    resolved = [situation.end(quarantined, "changed") for quarantined in unread]
    if any(known.value == number.canonical for known in held):
        return resolved
    if situation.around.holder_of_number(number.canonical) not in {None, situation.victim_id}:
        raise ConflictError(
            "R-12",
            field,
            "Un autre patient de l’événement porte déjà ce numéro SINUS.",
            "un numéro que personne ne porte dans cet événement",
        )
    changes = [
        *resolved,
        *(situation.end(former, "changed") for former in held),
        situation.gift(kind, number.canonical),
    ]
    if not situation.rules.cata_kept_on_number:
        changes += [situation.end(code, "changed") for code in situation.holding(IdentifierKind.CATA)]
    return changes


def _may_end(situation: Situation, held: Identifier) -> bool:
    """A neighbour takes back what it gave itself, and nothing else."""
    return situation.by_hand or held.source is situation.stamp.source


def _kept_out(situation: Situation, kind: IdentifierKind, number: SinusNumber) -> bool:
    """Whether what people decided stands against a number that a neighbour gives to this victim.

    Another victim bears it; a person gave a number of this kind; a person took this number away; or a person emptied
    the field, which stays empty until a person fills it (R-40).
    """
    if situation.around.holder_of_number(number.canonical) not in {None, situation.victim_id}:
        return True
    if any(held.source in BY_HAND and held.value != number.canonical for held in situation.holding(kind)):
        return True
    past = [known for known in situation.known if known.kind in NUMBER_KINDS and not known.holds]
    if any(known.value == number.canonical and known.ended_because in TAKEN_BY_HAND for known in past):
        return not any(held.value == number.canonical for held in situation.holding(kind))
    return not situation.holding(*NUMBER_KINDS) and any(known.ended_because == "emptied" for known in past)


def _set_aside(situation: Situation, kind: IdentifierKind, number: SinusNumber) -> list[Identifier]:
    """Kept beside with its source, once: shown and offered to people, and naming nobody."""
    source = situation.stamp.source
    again = any(
        (known.kind, known.value, known.source, known.ended_because) == (kind, number.canonical, source, SET_ASIDE)
        for known in situation.known
    )
    return [] if again else [situation.end(situation.gift(kind, number.canonical), SET_ASIDE)]


def _quarantined(situation: Situation, number: UnreadNumber) -> list[Identifier]:
    held = situation.holding(IdentifierKind.UNREAD)
    if any(identifier.value == number.raw for identifier in held):
        return []
    ended = [situation.end(identifier, "changed") for identifier in held]
    return [*ended, situation.gift(IdentifierKind.UNREAD, number.raw, number.reason)]


def _other(situation: Situation, kind: IdentifierKind, value: str | None) -> list[Identifier]:
    held = situation.holding(kind)
    if any(identifier.value == value for identifier in held):
        return []
    ended = [situation.end(identifier, "emptied" if value is None else "changed") for identifier in held]
    return ended if value is None else [*ended, situation.gift(kind, value)]


def numbers_of(situation: Situation) -> tuple[Identifier, ...]:
    """What stands in the field of the SINUS number, quarantine included: what R-40 asks to empty."""
    return situation.holding(*SINUS_KINDS, IdentifierKind.UNREAD)
