"""A tablet's assessment goes on to the SAMU that regulates, a mission's summary to the observatory, where the deployment says to whom.

What is passed on is read into canon and leaves by its own mapping, under the allow-list of who receives it: bytes are never forwarded.
It refuses to send a message back to its sender, and to relay what it cannot read whole: that is told, and kept where it came.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from gateway.hub.say import HUB, queue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from adapters.lrm.hubsante.inbound import Received
    from gateway.flow.deployment_rules import House
    from gateway.register import Register

log = logging.getLogger("gateway.hub")

LIFE = 24 * 60
"""Minutes: nobody waits for these, and they are worth sending the day they were made."""
UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)


def relay(register: Register, house: House, relays: Mapping[str, str], received: Received, mode: str) -> bool:
    """Queue what is to be passed on of a message received; whether something was."""
    known = _READERS.get(received.key or "")
    to = relays.get(known[0]) if known else None
    if known is None or to is None or (received.envelope is not None and received.envelope.sender == to):
        return False
    name, topic, read = known
    if not house.takers(topic, [HUB]):
        log.warning("hub.not_relayed message=%s reason=no_perimeter", name)
        return False
    try:
        document = read(received.body or {})
    except UNREADABLE:
        log.warning("hub.not_relayed message=%s reason=unreadable", name)
        register.feed.tell("", mode, "hub", {"step": "not_relayed", "use_case": name}, received.at)
        return False
    said = {**document, "mode": mode, "to": to, "said_at": received.at.isoformat()}
    queue(register, topic, house.restrict(HUB, topic, said), mode, received.at, None, LIFE)
    return True


def _report(body: Mapping[str, Any]) -> dict[str, Any]:
    patient, evaluation = body["patient"], body.get("evaluation", {})
    numbers = {each["source"]: each["value"] for each in patient.get("externalId", ())}
    return {
        "case_id": body["caseId"],
        "number": body["reportId"],
        "written_at": body["creation"],
        "author": body["redactor"].get("label"),
        "role": body["redactor"]["role"],
        "patient": {
            "patient_id": patient["patientId"],
            "birth_name": patient.get("birthName"),
            "name": patient["lastName"],
            "given_name": patient["firstName"],
            "birth_date": patient.get("birthDate"),
            "age": patient.get("age"),
            "sex": patient.get("sex"),
            "sinus_number": numbers.get("SINUS"),
            "height": patient.get("height"),
            "weight": patient.get("weight"),
        },
        "diagnosis": evaluation.get("mainDiagnosis"),
        "associated": _several(evaluation.get("associatedDiagnosis")),
        "procedures": _several(evaluation.get("procedure")),
        "measures": [{"precision": None, **each} for each in evaluation.get("parameter", ())],
        "history": evaluation.get("medicalHistory"),
        "treatment": evaluation.get("treatment"),
        "notes": _several(evaluation.get("freetext")),
    }


def _summary(body: Mapping[str, Any]) -> dict[str, Any]:
    context, regulation, patient = body["context"], body["regulation"], body["patient"]
    home = patient.get("residentialAddress", {})
    return {
        "context": {
            "organisation": context["orgId"],
            "case_number": context["senderCaseId"],
            "created_at": context["creationDate"],
            "decided_at": context["decisionDate"],
            "finess_legal": context["ressourceFinessLegal"],
            "finess_geo": context["ressourceFinessGeo"],
            "structure": context["ressourceStructure"],
        },
        "regulation": {
            "what_happens": dict(regulation["whatsHappen"]),
            "health_motive": dict(regulation["healthMotive"]),
            "care": regulation["medicalLevel"],
        },
        "patient": {
            "patient_id": patient["patientId"],
            "birth_date": patient["birthDate"],
            "sex": patient["sex"],
            "insee_code": home.get("inseeCode"),
            "city": home.get("city"),
        },
        "intervention": _intervention(body["intervention"]),
        "orientation": _orientation(body["orientation"]),
    }


def _intervention(said: Mapping[str, Any]) -> dict[str, Any]:
    place, team, times = said["location"], said["team"], said.get("smurStatus")
    return {
        "place_kind": place.get("type"),
        "finess": place.get("finessGeo"),
        "service": place.get("service"),
        "insee_code": place["detailedAddress"]["inseeCode"],
        "city": place["detailedAddress"]["city"],
        **{name: team[name] for name in ("doctor", "nurse", "driver")},
        "times": times
        and {
            "left_base_at": times["departSmur"],
            "arrived_at": times.get("arrivedSmur"),
            "left_scene_at": times.get("departLocation"),
            "at_destination_at": times.get("arrivedDestination"),
            "available_at": times["teamAvailable"],
            "back_at": times["returnSmur"],
        },
        "procedures": _several(said.get("procedure")),
        "diagnosis": said["mainDiagnosis"],
        "associated": said.get("associatedDiagnosis"),
    }


def _orientation(said: Mapping[str, Any]) -> dict[str, Any]:
    place, way = said.get("destination"), said.get("decision")
    return {
        "type": said["type"],
        "destination": place
        and {
            "country": place["destinationCountry"],
            "category": place["destinationCategory"],
            "care_type": place["healthcareType"],
            "finess": place["finess"],
        },
        "transport": way
        and {"resource": way["resourceType"], "vehicle": way["vehicleType"], "care": way["medicalLevel"]},
    }


def _several(said: Any) -> list[str]:  # noqa: ANN401 - one text or several, by model
    return [said] if isinstance(said, str) else list(said or ())


_READERS: dict[str, tuple[str, str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "interventionReport": ("RS-BPV", "partner.report", _report),
    "rpis": ("RS-RPIS", "partner.mission_summary", _summary),
}
"""Use case → its name, the topic it leaves under, and how it is read."""
