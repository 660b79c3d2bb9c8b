"""What a partner's message changes here: the status of a request, the word of a SAMU on a victim, the owner of a case.

A word enters by the same rules as any other, as an observation of source LRM; one that the rules refuse is told, never
forced. What speaks of nobody here is kept, and changes nothing.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from adapters.lrm.hubsante.emission.readback import only_patient, speaks_of
from domain.decisions.commands import ConfirmEvacuation, ConfirmExit, DecideOrientation, RecordBilan, RequestEvacuation
from domain.decisions.decide import decide
from domain.errors import RuleError
from domain.source import Source
from domain.victim.observation import Stamp
from gateway.flow.accept import record, surroundings
from gateway.interventions.follow import Heard, hear
from gateway.register.hub.messages import LONGEST_STATUS, fits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from adapters.lrm.hubsante.inbound import Received
    from domain.decisions.commands import PatientCommand
    from gateway.flow.deployment_rules import House
    from gateway.register import Register
    from gateway.register.hub.messages import HubCase

log = logging.getLogger("gateway.hub")

REQUEST = "intervention.request"
ENDED = frozenset({"ACHEVE", "CLOTURE", "CLASSE", "ARCHIVE"})
# A vehicle's status → where a request is, in the words of `domain.intervention.status`.
ON_THE_WAY = {
    "DECISION": "MOYEN_ENGAGE",
    "DECLENCHE": "MOYEN_ENGAGE",
    "DEPART": "MOYEN_ENGAGE",
    "ARRIVEE": "SUR_PLACE",
    "PEC": "SUR_PLACE",
    "BILAN": "SUR_PLACE",
    "TRANSP": "TRANSPORT",
    "DESTIN": "TERMINEE",
    "FINPEC": "TERMINEE",
    "FINMED": "TERMINEE",
}
ANSWERS = {"ACCEPTEE": "DOSSIER_OUVERT", "PARTIELLE": "PARTIELLE", "DIFFEREE": "DIFFEREE", "REFUSEE": "REFUSEE"}


def follow(register: Register, house: House, received: Received) -> bool:
    """Whether the message changed something here."""
    case = register.hub.case(received.ids.case) if received.ids.case else None
    body = received.body or {}
    if case is None:
        return False
    changed = False
    if received.key == "createCaseHealthUpdate":
        status = _status(body)
        owner = fits(body.get("owner"))
        register.hub.change_case(case.case_id, owner, fits(status, LONGEST_STATUS), received.at)
        changed = body.get("owner") is not None or status is not None
    if not case.ours:
        return changed
    if case.topic == REQUEST and case.reference:
        words = [hear(register, house, case.reference, said, received.at, "hub") for said in _words(received, case)]
        return changed or any(words)
    if case.topic == "victim":
        said = [_observe(register, house, case, received, command) for command in _commands(received, case)]
        return changed or any(said)
    return changed


def _status(body: Mapping[str, Any]) -> str | None:
    found = body.get("qualification", {}).get("details", {}).get("status")
    return found.strip() if isinstance(found, str) else None


def _words(received: Received, case: HubCase) -> Iterator[Heard]:
    """What a partner's message says of a request, in order."""
    body = received.body or {}
    match received.key:
        case "createCaseHealthUpdate":
            if owner := body.get("owner"):
                accepted = owner == case.partner
                yield Heard("DOSSIER_OUVERT" if accepted else "REFUSEE", case_id=body.get("senderCaseId"))
            if _status(body) in ENDED:
                yield Heard("TERMINEE")
        case "resourcesResponse":
            yield Heard(ANSWERS.get(body["response"]["answer"], ""))
        case "resourcesInfo":
            yield Heard("MOYEN_ENGAGE")
            yield from (Heard(ON_THE_WAY[status]) for status in _statuses(body) if status in ON_THE_WAY)
        case "resourcesStatus":
            yield from (Heard(ON_THE_WAY[status]) for status in _statuses(body) if status in ON_THE_WAY)


def _statuses(body: Mapping[str, Any]) -> list[str]:
    """The statuses of every vehicle of a message; one object or a history, by message and model."""
    holders = [body, *(body.get("resource") or body.get("mobilizedResource") or ())]
    states = [state for holder in holders for state in _listed(holder.get("state"))]
    return [state["status"] for state in states if isinstance(state.get("status"), str)]


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - one object, several, or none
    return value if isinstance(value, list) else [value] if value else []


def _commands(received: Received, case: HubCase) -> Iterator[PatientCommand]:
    """What a partner's message says of our victim; what it says of another patient of the case is for people to read."""
    body, mine = received.body or {}, only_patient(case.case_id)
    match received.key:
        case "createCaseHealthUpdate":
            said = [each for each in body.get("decision", ()) if speaks_of(each, body, mine)]
            yield from (command for each in said if (command := _orientation(each)))
        case "resourcesInfo":
            for one in body.get("resource") or body.get("mobilizedResource") or ():
                if speaks_of(one, body, mine):
                    vehicle = one.get("vehicleType", one.get("vehiculeType"))
                    yield RequestEvacuation(vector=one.get("name") or str(vehicle))
        case "resourcesStatus":
            if "TRANSP" in _statuses(body):
                yield ConfirmEvacuation()
        case "interventionReport":
            if speaks_of(body.get("patient", {}), {}, mine) and (text := _report(body)):
                yield RecordBilan(text=text)


def _orientation(decision: Mapping[str, Any]) -> PatientCommand | None:
    """An ORIENT with a place that has a FINESS is a decision; another is for people to read."""
    if decision.get("decisionType") == "PASPLUS":
        return ConfirmExit()
    place = decision.get("destination", {})
    finess = next(
        (each["value"] for each in place.get("externalLocationId", ()) if each["source"].startswith("FINESS")), None
    )
    if decision.get("decisionType") != "ORIENT" or finess is None:
        return None
    return DecideOrientation("ETABLISSEMENT", {"finess": finess, "name": place.get("freetext") or finess})


def _report(body: Mapping[str, Any]) -> str:
    """The words and measures of a tablet's assessment, as a person reads them."""
    evaluation = body.get("evaluation", {})
    measures = [f"{each['type']} {each['value']}" for each in evaluation.get("parameter", ())]
    free = evaluation.get("freetext", ())
    return "\n".join([*measures, *([free] if isinstance(free, str) else free)])


def _observe(register: Register, house: House, case: HubCase, received: Received, command: PatientCommand) -> bool:
    """Write down one word of a SAMU on a victim of ours; whether the rules took it."""
    victim_id = (case.lane or "").removeprefix("victim:")
    event = register.events.find(case.scope) if case.scope else None
    victim = register.victims.find(case.scope, victim_id, for_change=True) if event and case.scope else None
    if event is None or victim is None or victim.deleted:
        return False
    author = received.envelope.sender if received.envelope else "hub"
    stamp = Stamp(Source.LRM, author[:80], received.at, received.at)
    try:
        observations = decide(event, victim, command, stamp, surroundings(register, event), house.rules)
    except RuleError as refusal:
        body = {"patient_id": victim.id, "source": Source.LRM, "code": refusal.code, "field": refusal.field}
        register.feed.tell(event.id, event.mode, "refused", body, received.at)
        return False
    record(register, house, event, victim, observations, received.at, [n for n in house.destinations if n != "hub"])
    return bool(observations)
