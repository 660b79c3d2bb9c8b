"""What a neighbour's step may not undo: a move back, a destination or a vecteur that a person has just decided.

Such a word moves nobody. It is kept beside the record with its source, under a name of `ASIDE`, shown and offered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from domain.decisions import commands as c
from domain.errors import ConflictError
from domain.source import BY_HAND
from domain.victim.care_path import CANCELS, CareStatus
from domain.victim.fields import place_of_care
from domain.victim.victim import standing

if TYPE_CHECKING:
    from domain.victim.victim import StepTaken, Victim

ASIDE: Final = {
    "status": "aside_status",
    "orientation": "aside_orientation",
    "destination": "aside_destination",
    "vector": "aside_vector",
}
"""Field of the care path → the field that keeps what a neighbour says of it when a person decided otherwise."""


def kept_beside(victim: Victim, command: c.PatientCommand) -> dict[str, Any] | None:
    """The fields that keep a neighbour's step beside the record; None when the step undoes nobody's act.

    Raises `ConflictError` (R-28) for a neighbour that would step back from what a person did.
    """
    if isinstance(command, c.StepBack):
        _refuse_step_back(victim)
        return None
    wish = _wish(command)
    if not wish:
        return None
    if _stepped_back_by_hand(victim) or any(_decided_otherwise(victim, name, wish[name]) for name in wish):
        return {ASIDE[name]: value for name, value in wish.items()}
    return None


MOVES_TO: Final[dict[type, CareStatus]] = {
    c.AskOrientation: CareStatus.ATTENTE_ORIENTATION,
    c.ConfirmEvacuation: CareStatus.PATIENT_EVACUE,
    c.ConfirmExit: CareStatus.LAISSE_SUR_PLACE,
}


def _wish(command: c.PatientCommand) -> dict[str, Any]:
    """What the step asks to be true, by the names of the record."""
    if status := MOVES_TO.get(type(command)):
        return {"status": status.value}
    if isinstance(command, c.DecideOrientation):
        on_site = command.choice == "SUR_PLACE"
        return {"orientation": "SUR_PLACE"} if on_site else {"destination": place_of_care(command.destination)}
    if isinstance(command, c.RequestEvacuation):
        vector = command.vector.strip()
        asked = {"vector": vector, "destination": command.destination and place_of_care(command.destination)}
        return {name: value for name, value in asked.items() if value}
    return {}


def _stepped_back_by_hand(victim: Victim) -> bool:
    last = victim.steps[-1] if victim.steps else None
    return last is not None and last.step not in CANCELS and last.stamp.source in BY_HAND


def _decided_otherwise(victim: Victim, name: str, wish: object) -> bool:
    """Whether a person decided this very thing, and something else of it."""
    if name == "status":
        return False  # A step forward contradicts no earlier step forward: only a move back does.
    decided = _last_decision(victim, "orientation" if wish == "SUR_PLACE" else name)
    return decided is not None and decided.stamp.source in BY_HAND and decided.facts.get(name) != wish


def _last_decision(victim: Victim, name: str) -> StepTaken | None:
    for step in reversed(standing(victim.steps)):
        if name in step.facts:
            return step
    return None


def _refuse_step_back(victim: Victim) -> None:
    kept = standing(victim.steps)
    if kept and kept[-1].stamp.source in BY_HAND:
        raise ConflictError("R-28", "status", "Un autre système ne revient pas sur l’acte d’une personne.")
