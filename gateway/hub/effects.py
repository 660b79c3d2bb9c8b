"""What a partner's message changes here: the status of a request, the word of a SAMU on a victim, the owner of a case.

A word enters by the same rules as any other, as an observation of source LRM; one that the rules refuse is told, never
forced. A message is integrated when all that it says entered a record of ours; what did not is kept, and shown as it came.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from adapters.lrm.hubsante.emission.readback import only_patient
from domain.decisions.commands import ConfirmEvacuation, ConfirmExit, DecideOrientation, RecordBilan, RequestEvacuation
from domain.decisions.decide import decide
from domain.errors import RuleError
from domain.source import Source
from domain.victim.observation import Stamp
from gateway.flow.accept import record, surroundings
from gateway.interventions.follow import LrmAnswer, hear
from gateway.register.hub.messages import LONGEST_STATUS, fits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from adapters.lrm.hubsante.inbound import ReceivedMessage
    from domain.decisions.commands import PatientCommand
    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.register import Register
    from gateway.register.hub.messages import HubCase

    Canon = Mapping[str, Any]

log = logging.getLogger("gateway.hub")

REQUEST, VICTIM = "intervention.request", "victim"
ENDED = frozenset({"done", "closed", "filed", "archived"})
# A vehicle's step → where a request is, in the words of `domain.intervention.status`.
ON_THE_WAY = {
    "decided": "MOYEN_ENGAGE",
    "dispatched": "MOYEN_ENGAGE",
    "departed": "MOYEN_ENGAGE",
    "arrived": "SUR_PLACE",
    "arrived_older": "SUR_PLACE",
    "caring": "SUR_PLACE",
    "assessed": "SUR_PLACE",
    "transporting": "TRANSPORT",
    "transporting_older": "TRANSPORT",
    "at_destination": "TERMINEE",
    "care_ended": "TERMINEE",
    "care_ended_older": "TERMINEE",
}
TRANSPORTING = frozenset({"transporting", "transporting_older"})
ANSWERS = {
    "accepted": "DOSSIER_OUVERT",
    "partial": "PARTIELLE",
    "deferred": "DIFFEREE",
    "refused": "REFUSEE",
}
ABOUT = frozenset({
    "case_id", "sender_case_id", "created_at", "status_code", "status_words", "number", "request_id", "answered_at",
    "answer_words", "step_words", "at", "available", "written_at", "author", "role", "role_words", "patient",
})  # fmt: skip
"""Fields that say what a message is about, when, and by whom: they enter with what it says."""
ENGAGED = frozenset({
    "number", "request_id", "mission_id", "patient_id", "organisation", "centre", "centre_city", "type", "type_words", "family",
    "name", "steps", "said_at",
})  # fmt: skip
"""What of a vehicle is in a record that knows by what, and how far: more than this is for people to read."""


def follow(register: Register, deployment: DeploymentRules, received: ReceivedMessage) -> bool:
    """Whether everything that the message says entered our records."""
    content = received.content
    case = register.hub.case(received.ids.case) if received.ids.case else None
    effect = EFFECTS.get(content.kind) if content else None
    if content is None or case is None or effect is None:
        return False
    taken = effect(register, deployment, received, case)
    filled = {name for name, value in content.canon.items() if value not in ([], {}, None)}
    return bool(taken) and not content.left and filled <= taken | ABOUT


def _case(register: Register, deployment: DeploymentRules, received: ReceivedMessage, case: HubCase) -> set[str]:
    """Its owner and its status; for a request, that it was taken or ended; for a victim, what was decided."""
    canon = _canon(received)
    owner, status = fits(canon.get("owner")), fits(canon.get("status_code"), LONGEST_STATUS)
    register.hub.change_case(case.case_id, owner, status, received.at)
    taken = {name for name, value in (("owner", owner), ("status", status)) if value is not None}
    if case.ours and case.topic == REQUEST and case.reference:
        if owner:
            word = "DOSSIER_OUVERT" if owner == case.partner else "REFUSEE"
            hear(
                register,
                deployment,
                case.reference,
                LrmAnswer(word, case_id=canon.get("sender_case_id")),
                received.at,
                "hub",
            )
        if canon.get("status") in ENDED:
            hear(register, deployment, case.reference, LrmAnswer("TERMINEE"), received.at, "hub")
    decisions = canon.get("decisions") or ()
    if case.ours and case.topic == VICTIM and decisions:
        mine = only_patient(case.case_id)
        entered = [
            (command := _decided(each)) is not None
            and speaks_of(each, canon, mine)
            and _observe(register, deployment, case, received, command)
            for each in decisions
        ]
        taken |= {"decisions"} if all(entered) else set()
    if all(set(each) <= {"patient_id"} for each in canon.get("patients") or ()):
        taken |= {"patients"} if taken else set()
    return taken


def _answer(register: Register, deployment: DeploymentRules, received: ReceivedMessage, case: HubCase) -> set[str]:
    word = ANSWERS.get(_canon(received).get("answer", ""))
    if word is None or case.reference is None or not (case.ours and case.topic == REQUEST):
        return set()
    return {"answer"} if hear(register, deployment, case.reference, LrmAnswer(word), received.at, "hub") else set()


def _vehicles(register: Register, deployment: DeploymentRules, received: ReceivedMessage, case: HubCase) -> set[str]:
    canon = _canon(received)
    vehicles = canon.get("vehicles") or ()
    steps = [step.get("step", "") for each in vehicles for step in each.get("steps") or ()]
    entered: list[bool] = []
    if case.ours and case.topic == REQUEST and case.reference:
        words = ["MOYEN_ENGAGE", *(ON_THE_WAY[step] for step in steps if step in ON_THE_WAY)]
        moved = [hear(register, deployment, case.reference, LrmAnswer(word), received.at, "hub") for word in words]
        entered = [any(moved)]
    elif case.ours and case.topic == VICTIM:
        mine = only_patient(case.case_id)
        entered = [
            speaks_of(each, canon, mine) and _observe(register, deployment, case, received, command)
            for each in vehicles
            for command in _carries(each)
        ]
    whole = all(set(each) <= ENGAGED for each in vehicles)
    return {"vehicles"} if entered and all(entered) and whole else set()


def _step(register: Register, deployment: DeploymentRules, received: ReceivedMessage, case: HubCase) -> set[str]:
    step = _canon(received).get("step", "")
    if case.ours and case.topic == REQUEST and case.reference and step in ON_THE_WAY:
        moved = hear(register, deployment, case.reference, LrmAnswer(ON_THE_WAY[step]), received.at, "hub")
        return {"step"} if moved else set()
    if case.ours and case.topic == VICTIM and step in TRANSPORTING:
        return {"step"} if _observe(register, deployment, case, received, ConfirmEvacuation()) else set()
    return set()


def _report(register: Register, deployment: DeploymentRules, received: ReceivedMessage, case: HubCase) -> set[str]:
    canon = _canon(received)
    patient = canon.get("patient") or {}
    text = assessment(canon)
    if not (case.ours and case.topic == VICTIM and text) or not speaks_of(patient, {}, only_patient(case.case_id)):
        return set()
    entered = _observe(register, deployment, case, received, RecordBilan(text=text))
    return set(ASSESSED) | {"measures", "notes"} if entered else set()


EFFECTS: dict[str, Callable[[Register, DeploymentRules, ReceivedMessage, HubCase], set[str]]] = {
    "hub_case": _case,
    "hub_help_answer": _answer,
    "hub_vehicles": _vehicles,
    "hub_vehicle_status": _step,
    "hub_report": _report,
}
"""Canon document → what it does here: the fields that entered a record."""
ASSESSED = {
    "diagnosis": "Diagnostic",
    "associated": "Diagnostics associés",
    "procedures": "Gestes",
    "history": "Antécédents",
    "treatment": "Traitement",
}


def assessment(canon: Canon) -> str:
    """The measures and words of a tablet's assessment, as a person reads them."""
    measures = [
        " ".join(str(each[name]) for name in ("type", "value", "precision") if each.get(name))
        for each in canon.get("measures") or ()
    ]
    assessed = [
        f"{word} : {', '.join(value) if isinstance(value, list) else value}"
        for name, word in ASSESSED.items()
        if (value := canon.get(name))
    ]
    return "\n".join([*measures, *assessed, *(canon.get("notes") or ())])


def speaks_of(item: Canon, canon: Canon, patient: str) -> bool:
    """Whether an item of a message is about this patient: by its id, or by none where nobody else is in the message."""
    named = item.get("patient_id")
    others = [each for each in canon.get("patients") or () if each.get("patient_id") != patient]
    return bool(named == patient or (named is None and not others))


def _decided(decision: Canon) -> PatientCommand | None:
    """An orientation to a place that has a FINESS is a decision; another is for people to read."""
    if decision.get("kind") == "nothing_more":
        return ConfirmExit()
    numbers = {each.get("kind"): each.get("value") for each in decision.get("destination_numbers") or ()}
    finess = numbers.get("finess_site") or numbers.get("finess_legal")
    if decision.get("kind") != "orientation" or finess is None:
        return None
    return DecideOrientation("ETABLISSEMENT", {"finess": finess, "name": decision.get("destination") or finess})


def _carries(vehicle: Canon) -> Iterator[PatientCommand]:
    vector = vehicle.get("name") or vehicle.get("type")
    if vector:
        yield RequestEvacuation(vector=vector)
    if TRANSPORTING & {step.get("step") for step in vehicle.get("steps") or ()}:
        yield ConfirmEvacuation()


def _canon(received: ReceivedMessage) -> Canon:
    return received.content.canon if received.content else {}


def _observe(
    register: Register, deployment: DeploymentRules, case: HubCase, received: ReceivedMessage, command: PatientCommand
) -> bool:
    """Write down one word of a SAMU on a victim of ours; whether the record now says it."""
    victim_id = (case.lane or "").removeprefix("victim:")
    event = register.events.find(case.scope) if case.scope else None
    victim = register.victims.find(case.scope, victim_id, for_change=True) if event and case.scope else None
    if event is None or victim is None or victim.deleted:
        return False
    author = received.envelope.sender if received.envelope else "hub"
    stamp = Stamp(Source.LRM, author[:80], received.at, received.at)
    try:
        observations = decide(event, victim, command, stamp, surroundings(register, event), deployment.rules)
    except RuleError as refusal:
        body = {"patient_id": victim.id, "source": Source.LRM, "code": refusal.code, "field": refusal.field}
        register.feed.tell(event.id, event.mode, "refused", body, received.at)
        return False
    record(
        register,
        deployment,
        event,
        victim,
        observations,
        received.at,
        [n for n in deployment.destinations if n != "hub"],
    )
    return True
