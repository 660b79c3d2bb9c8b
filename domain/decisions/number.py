"""Decisions on the names of a victim: SINUS numbers (R-10, R-12, R-17), the other systems' ids, and the CATA code (R-18, R-19).

A number that cannot be read is kept in quarantine and displaces nothing. A number is never freed in silence: each end is
a fact, with its reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from domain.errors import ConflictError, InvalidError
from domain.numbers.cata import cata_code
from domain.numbers.identifier import NUMBER_KINDS, SINUS_KINDS, Identifier, IdentifierKind
from domain.numbers.sinus_number import SinusNumber, UnreadNumber, read_sinus_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domain.decisions.situation import Situation, Surroundings

OTHER_KINDS: Final = {
    "portal_id": IdentifierKind.PORTAL,
    "sivic_id": IdentifierKind.SIVIC,
    "lrm_id": IdentifierKind.LRM,
}
KIND_OF_ORIGIN: Final = {"TR": IdentifierKind.SINUS_TR, "HP": IdentifierKind.SINUS_HP}


def may_create_with(raw: str, around: Surroundings) -> bool:
    """R-10: whether a searched text is a number that no victim of the event has, so that one may be created with it."""
    number = read_sinus_number(raw)
    return isinstance(number, SinusNumber) and around.holder_of_number(number.canonical) is None


def named(situation: Situation, fields: Mapping[str, Any]) -> list[Identifier]:
    """The identifiers that a description attaches and ends."""
    said: list[Identifier] = []
    for name in ("sinus_number", "sinus_number_hp"):
        if name in fields:
            said += _number(situation, name, fields[name])
    for name, kind in OTHER_KINDS.items():
        if name in fields:
            said += _other(situation, kind, fields[name])
    return said


def unrepeated_numbers(situation: Situation) -> list[Identifier]:
    """The numbers that a replacement empties by silence: those that its own source had given."""
    source = situation.stamp.source
    return [situation.end(one, "emptied") for one in situation.holding(*NUMBER_KINDS) if one.source is source]


def drawn_cata(situation: Situation, localisation_id: str | None) -> list[Identifier]:
    """A new CATA code of that place, and the end of the one before."""
    place = situation.event.localisation(localisation_id)
    if place is None:
        raise ConflictError(
            "R-19", "localisation_id", "Sans localisation, pas de code CATA.", "une localisation de l’évènement"
        )
    # A place without a letter is refused before a serial is asked for: to ask is to use it up.
    code = (
        cata_code(place.letter, situation.around.next_cata_serial(place.letter), situation.rules)
        if place.letter.isalpha()
        else cata_code(place.letter, 1, situation.rules)
    )
    ended = [situation.end(one, "changed") for one in situation.holding(IdentifierKind.CATA)]
    return [*ended, situation.gift(IdentifierKind.CATA, code)]


def _number(situation: Situation, field: str, raw: str | None) -> list[Identifier]:
    if raw is None:
        kinds = NUMBER_KINDS if field == "sinus_number" else (IdentifierKind.SINUS_HP,)
        return [situation.end(one, "emptied") for one in situation.holding(*kinds)]
    number = read_sinus_number(raw)
    if isinstance(number, UnreadNumber):
        return _quarantined(situation, number)
    if field == "sinus_number_hp" and number.origin != "HP":
        raise InvalidError("R-17", field, "Ce numéro n’est pas d’origine HP.", "un numéro SINUS d’origine HP")
    return _attached(situation, field, number)


def _attached(situation: Situation, field: str, number: SinusNumber) -> list[Identifier]:
    kind = KIND_OF_ORIGIN[number.origin]
    resolved = [situation.end(one, "changed") for one in situation.holding(IdentifierKind.UNREAD)]
    held = situation.holding(kind)
    if any(one.value == number.canonical for one in held):
        return resolved
    if situation.around.holder_of_number(number.canonical) not in {None, situation.victim_id}:
        raise ConflictError(
            "R-12",
            field,
            "Un autre patient de l’évènement porte déjà ce numéro SINUS.",
            "un numéro que personne ne porte dans cet évènement",
        )
    said = [*resolved, *(situation.end(one, "changed") for one in held), situation.gift(kind, number.canonical)]
    if not situation.rules.cata_kept_on_number:
        said += [situation.end(one, "changed") for one in situation.holding(IdentifierKind.CATA)]
    return said


def _quarantined(situation: Situation, number: UnreadNumber) -> list[Identifier]:
    held = situation.holding(IdentifierKind.UNREAD)
    if any(one.value == number.raw for one in held):
        return []
    ended = [situation.end(one, "changed") for one in held]
    return [*ended, situation.gift(IdentifierKind.UNREAD, number.raw, number.reason)]


def _other(situation: Situation, kind: IdentifierKind, value: str | None) -> list[Identifier]:
    held = situation.holding(kind)
    if any(one.value == value for one in held):
        return []
    ended = [situation.end(one, "emptied" if value is None else "changed") for one in held]
    return ended if value is None else [*ended, situation.gift(kind, value)]


def numbers_of(situation: Situation) -> tuple[Identifier, ...]:
    """What stands in the field of the SINUS number, quarantine included: what R-40 asks to empty."""
    return situation.holding(*SINUS_KINDS, IdentifierKind.UNREAD)
