"""A neighbour has a record of its own under a victim's SINUS number: the same person, or another? A person decides, nobody else.

*The same*: each record of the victim says so, and the neighbour brings its own up to date. *Another*: the number leaves the
victim, as a bracelet wrongly typed does. What a neighbour has already joined can only be undone there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.decisions.situation import identifiers_fact
from domain.errors import ConflictError, InvalidError
from domain.numbers.identifier import SINUS_KINDS, Identifier, IdentifierKind
from domain.numbers.sinus_number import SinusNumber, read_sinus_number
from domain.victim.observation import Observation, ObservationKind

if TYPE_CHECKING:
    from domain.decisions.commands import DecideNumber
    from domain.decisions.situation import Situation
    from domain.victim.victim import Victim

RULE = "F13"


def decide_number(situation: Situation, _victim: Victim, command: DecideNumber) -> tuple[Observation, ...]:
    """The decision as an observation; () where it stands already. Raises `RuleError` without a reason or a number that is borne."""
    reason = command.reason.strip()
    if not reason:
        raise InvalidError(RULE, "reason", "Le motif de la décision manque.", "un texte")
    held = _borne(situation, command.number)
    joined = [known for known in situation.holding(IdentifierKind.JOINED) if known.value == held.value]
    match command.choice:
        case "same_person":
            others = [known for known in situation.holding(IdentifierKind.JOINED) if known not in joined]
            ended = [situation.end(known, "changed") for known in others]
            changes = [] if joined else [*ended, situation.gift(IdentifierKind.JOINED, held.value)]
        case "undecided":
            changes = [situation.end(known, "changed") for known in joined]
        case _:
            changes = [situation.end(known, "rebound") for known in (held, *joined)]
    if not changes:
        return ()
    facts = {"identifiers": identifiers_fact(changes), "number_decision": command.choice, "reason": reason}
    return (situation.observed(ObservationKind.NUMBER_DECIDED, facts),)


def _borne(situation: Situation, raw: str | None) -> Identifier:
    """The number meant; one that is not named must be the only one."""
    borne = situation.holding(*SINUS_KINDS)
    if raw is None:
        if len(borne) == 1:
            return borne[0]
        expected = "un numéro que porte ce patient" if borne else "un patient qui porte un numéro SINUS"
        raise ConflictError(RULE, "number", "Aucun numéro, ou plusieurs : il faut dire lequel.", expected)
    number = read_sinus_number(raw)
    named = number.canonical if isinstance(number, SinusNumber) else None
    for known in borne:
        if known.value == named:
            return known
    raise ConflictError(RULE, "number", "Ce patient ne porte pas ce numéro SINUS.", "un numéro que porte ce patient")
