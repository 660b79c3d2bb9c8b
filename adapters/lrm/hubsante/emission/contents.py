"""The content of every message that speaks of a case already shared, or of none: resources, documents, reports, operations.

A mapping file says values at the names of model 3; what depends on the perimeter is added here: the identifiers that carry our
organisation, and lists. It refuses what the model of the link cannot say, and never says something near it instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.lrm.hubsante.emission.cases import UPDATE, listed, number_of
from adapters.lrm.hubsante.emission.older_models import as_model

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS: dict[str, str] = {
    "evacuation": "resourcesInfo",
    "evacuation.status": "resourcesStatus",
    "partner.vehicles": "resourcesInfo",
    "partner.vehicle_status": "resourcesStatus",
    "partner.help_request": "resourcesRequest",
    "partner.help_answer": "resourcesResponse",
    "partner.case_word": UPDATE,
    "partner.positions_request": "geoResourcesRequest",
    "partner.engagement": "resourcesEngagement",
    "partner.positions": "geoPositionsUpdate",
    "partner.resource_details": "geoResourcesDetails",
    "partner.appointment": "appointment",
    "partner.document_links": "documentLink",
    "partner.fire_case": "createCase",
    "partner.fire_vehicles": "resourcesInfoCisu",
    "partner.report": "interventionReport",
    "partner.mission_summary": "rpis",
}
"""Topic → use case."""
OF_A_VICTIM = frozenset({"evacuation", "evacuation.status"})
"""Topics that follow the case of a victim of ours, in its lane."""
_ENVELOPE = frozenset({"to", "number"})
_WITHOUT_CASE = frozenset({"geoResourcesRequest", "geoPositionsUpdate", "geoResourcesDetails", "appointment", "rpis"})
_LISTS = frozenset({"externalId", "riskThreat"})
_TEXTS = frozenset({"procedure", "associatedDiagnosis", "freetext", "resourceId"})
_SHARED = {"resourceId": "resource", "requestId": "request"}


def content_of(topic: str, tree: Mapping[str, Any], organisation: str, version: int) -> tuple[str, dict[str, Any]]:
    """The use case and its content in a model. Raises `UnsaidError` when the model cannot say it."""
    key = KEYS[topic]
    body = {name: value for name, value in tree.items() if name not in _ENVELOPE}
    if topic in OF_A_VICTIM:
        body = _of_victim(key, body, organisation, number_of(tree["number"]))
    elif key not in _WITHOUT_CASE:
        body = {"caseId": tree.get("caseId") or f"{organisation}.{number_of(tree['number'])}"} | body
    if key == "createCase":
        body = {"caseId": body.pop("caseId"), "senderCaseId": number_of(tree["number"]), **body}
    made = _identified(_plain(listed(body, _LISTS)), organisation)
    return key, as_model(key, made, version)


def _of_victim(key: str, body: dict[str, Any], organisation: str, number: str) -> dict[str, Any]:
    """One vehicle for one victim: its identifier is the victim's, so that every word on it meets the others."""
    case, vehicle = f"{organisation}.{number}", f"{organisation}.resource.{number}.1"
    if key == "resourcesStatus":
        return {"caseId": case, "resourceId": vehicle, **body}
    resource = body["resource"]
    patient = f"{organisation}.patient.{number}.1"
    state = {
        "datetime": resource["datetime"],
        "resourceId": vehicle,
        "orgId": organisation,
        "patientId": patient,
        **resource,
    }
    return {"caseId": case, "resource": [state]}


def _plain(node: Any) -> Any:  # noqa: ANN401 - a JSON tree
    """The tree with its lists of texts as the wire has them, histories as lists, and nothing empty."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {name: _texts(value) if name in _TEXTS else _plain(value) for name, value in node.items()}
    return {name: value for name, value in made.items() if value not in ({}, [])}


def _texts(value: Any) -> Any:  # noqa: ANN401 - a text, or the trees of an `each`
    if isinstance(value, list):
        return [item["text"] if isinstance(item, dict) else item for item in value if item != {}]
    return value


def _identified(body: dict[str, Any], organisation: str) -> dict[str, Any]:
    """Our own numbers as shared identifiers; what is already shared stays as its owner made it."""
    holders = [body, body.get("request"), *(body.get("resource") or ()), *(body.get("position") or ())]
    for holder in holders:
        for name, word in _SHARED.items():
            if isinstance(holder, dict) and isinstance(holder.get(name), str):
                holder[name] = _shared(holder[name], word, organisation)
    for vehicle in body.get("resource") or ():
        if "resourceId" not in vehicle:  # An order to engage names a kind of vehicle, not one of them.
            continue
        vehicle.setdefault("orgId", vehicle["resourceId"].partition(".resource.")[0])
    return body


def _shared(number: str, word: str, organisation: str) -> str:
    return number if f".{word}." in number else f"{organisation}.{word}.{number_of(number)}"
