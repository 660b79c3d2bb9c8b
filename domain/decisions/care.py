"""Decisions on the care path: each step, what it needs besides a status to start from, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from domain.errors import ConflictError, InvalidError
from domain.severity import Severity
from domain.victim.care_path import CANCELS, MOVES, TARGETS, CareStatus, Step
from domain.victim.fields import NAME_LENGTH, place_of_care
from domain.victim.victim import standing

if TYPE_CHECKING:
    from domain.decisions.commands import (
        AskOrientation,
        ConfirmEvacuation,
        ConfirmExit,
        DecideOrientation,
        RequestEvacuation,
        StepBack,
    )
    from domain.decisions.situation import Situation
    from domain.rules import Rules
    from domain.victim.victim import Victim

RULE_OF: dict[Step, str] = {
    Step.ASK_ORIENTATION: "R-30",
    Step.DECIDE_ON_SITE: "R-33",
    Step.DECIDE_DESTINATION: "R-31",
    Step.REQUEST_EVACUATION: "R-32",
    Step.CONFIRM_EVACUATION: "R-35",
    Step.CONFIRM_EXIT: "R-33",
    Step.DELETE: "R-39",
}


def ask_orientation(situation: Situation, victim: Victim, _command: AskOrientation) -> dict[str, Any]:
    """R-29, R-30: with a severity at exit."""
    if not enough_to_go_on(victim.severity_exit, situation.rules):
        raise ConflictError(
            "R-29",
            "severity_exit",
            "La gravité en sortie est nécessaire pour demander une orientation.",
            "UA, UR, IMP ou DCD",
        )
    return step_fact(victim, Step.ASK_ORIENTATION)


def enough_to_go_on(severity: Severity | None, rules: Rules) -> bool:
    """R-29: whether a severity at exit opens the rest of the path."""
    return severity is not None and (severity is not Severity.NC or rules.exit_severity_may_be_nc)


def decide_orientation(_situation: Situation, victim: Victim, command: DecideOrientation) -> dict[str, Any]:
    """R-31, R-33: on site, or to an établissement."""
    if command.choice == "SUR_PLACE":
        decided: dict[str, Any] = {"orientation": "SUR_PLACE", "destination": None, "vector": None}
        return step_fact(victim, Step.DECIDE_ON_SITE, decided)
    if command.choice != "ETABLISSEMENT":
        raise InvalidError("R-31", "choice", "Cette décision n’existe pas.", "SUR_PLACE ou ETABLISSEMENT")
    decided = {"orientation": "ETABLISSEMENT", "destination": place_of_care(command.destination)}
    return step_fact(victim, Step.DECIDE_DESTINATION, decided)


def request_evacuation(_situation: Situation, victim: Victim, command: RequestEvacuation) -> dict[str, Any]:
    """R-32: with an établissement and a type of vecteur."""
    planned = step_fact(victim, Step.REQUEST_EVACUATION)
    destination = _destination(victim, command.destination)
    vector = _vector(command.vector)
    if vector is None:
        raise InvalidError("R-32", "vector", "Le type de vecteur manque.", "un type de vecteur, par exemple SMUR.AR")
    return planned | {"decided": {"orientation": "ETABLISSEMENT", "destination": destination, "vector": vector}}


def confirm_evacuation(_situation: Situation, victim: Victim, command: ConfirmEvacuation) -> dict[str, Any]:
    """R-34, R-35: as it was requested, unless said otherwise."""
    confirmed = step_fact(victim, Step.CONFIRM_EVACUATION)
    destination = _destination(victim, command.destination)
    vector = _vector(command.vector) or victim.care.vector
    return confirmed | {"decided": {"orientation": "ETABLISSEMENT", "destination": destination, "vector": vector}}


def confirm_exit(_situation: Situation, victim: Victim, _command: ConfirmExit) -> dict[str, Any]:
    """R-33, R-38: left on site, a dead person too."""
    return step_fact(victim, Step.CONFIRM_EXIT)


def step_back(situation: Situation, victim: Victim, command: StepBack) -> dict[str, Any]:
    """Cancel the last step that still holds, by a step of its own."""
    kept = standing(victim.steps)
    if not kept:
        raise ConflictError("R-28", "status", "Il n’y a aucune étape à annuler.")
    back, target = CANCELS[kept[-1].step], kept[-1].moved_from
    if back not in situation.rules.back_steps or (victim.status, target) not in MOVES[back]:
        raise ConflictError("R-28", "status", f"Ce retour n’est pas permis depuis « {victim.status.label} ».")
    fact = _fact(victim, back, target)
    reason = command.reason.strip() if command.reason else ""
    return fact | {"decided": {"reason": reason}} if reason else fact


def step_fact(victim: Victim, step: Step, decided: dict[str, Any] | None = None) -> dict[str, Any]:
    """The fact of a forward step, if the table has such a move from where the victim is."""
    target = TARGETS.get((step, victim.status))
    if target is None:
        starts = " ou ".join(f"« {start.label} »" for start in CareStatus if (step, start) in TARGETS)
        raise ConflictError(
            RULE_OF[step],
            "status",
            f"Cette étape n’est pas possible depuis « {victim.status.label} ».",
            f"depuis {starts}",
        )
    fact = _fact(victim, step, target)
    return fact | {"decided": decided} if decided else fact


def _fact(victim: Victim, step: Step, target: CareStatus) -> dict[str, Any]:
    rank = victim.steps[-1].n + 1 if victim.steps else 0
    return {"n": rank, "step": step.value, "from": victim.status.value, "to": target.value}


def _destination(victim: Victim, destination: dict[str, Any] | None) -> dict[str, Any]:
    if destination is not None:
        return place_of_care(destination)
    decided = victim.care.destination
    if decided is None:
        raise InvalidError("R-32", "destination", "L’établissement n’est pas encore décidé.", "finess, name, service")
    return dict(decided)


def _vector(vector: str | None) -> str | None:
    if vector is not None and len(vector) > NAME_LENGTH:
        raise InvalidError("R-32", "vector", "Ce texte est trop long.", f"{NAME_LENGTH} caractères au plus")
    return (vector or "").strip() or None
