"""A content of model 3 as models 1 and 2 say it: other names, other codes, and what they lack.

What an older model has under another name is renamed. What it lacks and is not essential goes into its free text, or is left
out where the fact stands elsewhere; what it lacks and is the message itself is refused: nothing near it is said instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.lrm.hubsante.emission.cases import renamed

if TYPE_CHECKING:
    from collections.abc import Callable

CURRENT, SECOND = 3, 2
SINCE = {
    "documentLink": 2,
    "interventionReport": 2,
    "resourcesEngagement": 2,
    "rpis": 2,
    "resourcesInfoCisu": 3,
    "appointment": 3,
}
"""Use case → the first model that has it, where that is not the first."""
_SECOND_STATUS = {"FINPEC": "FINMED", "ORIENTAT": None}
_FIRST_STATUS = {"ARRIVEE": "ARRIVE", "TRANSP": "TRANSPOR", "ORIENTAT": None}
_FIRST_FAMILY = {"TSU": "TSU ", "FSI": "FDO", "AUTREVEC": "AUTRE"}
_SECOND_ROLES = {"PILOTE": "AUTRE", "TCM": "AUTRE"}
_NO_CARE = "SANS"
_NOT_CONVERTED = "ORIENTAT"
_OF_VEHICLES = frozenset({"resourcesInfo", "resourcesEngagement"})
_NARROW_SHIP = "SHIP "  # The value of models 1 and 2, with its space.


class UnsaidError(Exception):
    """This model has no word for what the message is about. The text says what; it holds no value of a person."""


def as_model(key: str, body: dict[str, Any], version: int) -> dict[str, Any]:
    """The content in a model. Raises `UnsaidError`."""
    if version < SINCE.get(key, 1):
        raise UnsaidError(f"le modèle {version} n’a pas ce message")
    if key in _OF_VEHICLES:
        for vehicle in body["resource"]:
            _histories(vehicle)
            _say_what_no_conversion_keeps(vehicle)
    write = _WRITERS.get(key)
    return body if version >= CURRENT or write is None else write(body, version)


def _histories(vehicle: dict[str, Any]) -> None:
    """Here a state is a history and a remark a list, whatever the number."""
    for name in ("state", "freetext"):
        if name in vehicle and not isinstance(vehicle[name], list):
            vehicle[name] = [vehicle[name]]


def _say_what_no_conversion_keeps(vehicle: dict[str, Any]) -> None:
    """Say a team without care and a destination told in words.

    Models 1 and 2 have neither code, and the hub’s converter, which decides by the recipient what leaves it, hands them on as
    they are: the message would be refused whole.
    """
    remarks = list(vehicle.pop("freetext", ()))
    kept = []
    for state in vehicle.pop("state", ()):
        if state["status"] == _NOT_CONVERTED:
            remarks.append(f"Statut : {state['status']} ({state['datetime']})")
        else:
            kept.append(state)
    team = vehicle.get("team", {})
    if team.get("medicalLevel") == _NO_CARE:
        remarks.append("Équipe sans soins")
        del team["medicalLevel"]
    if "team" in vehicle and not team:
        del vehicle["team"]
    vehicle |= {"state": kept} if kept else {}
    vehicle |= {"freetext": remarks} if remarks else {}


def _vehicles(body: dict[str, Any], version: int) -> dict[str, Any]:
    made = [_vehicle(vehicle, version) for vehicle in body.pop("resource")]
    return body | {"resource" if version == SECOND else "mobilizedResource": made}


def _vehicle(vehicle: dict[str, Any], version: int) -> dict[str, Any]:
    """The patient it carries is known by neither model: the case has one."""
    vehicle.pop("patientId", None)
    if "state" in vehicle:
        vehicle["state"] = [state | {"status": _status(state["status"], version)} for state in vehicle["state"]]
    return vehicle if version == SECOND else _first_vehicle(vehicle)


def _first_vehicle(vehicle: dict[str, Any]) -> dict[str, Any]:
    """Family and vehicle are two fields there, and both are misspelt as we write them."""
    family, _, exact = vehicle.pop("vehicleType").partition(".")
    vehicle["resourceType"] = _FIRST_FAMILY.get(family, family)
    vehicle["vehiculeType"] = exact or family
    if "team" in vehicle and "medicalLevel" in vehicle["team"]:
        vehicle["team"]["teamCare"] = vehicle["team"].pop("medicalLevel")
    return vehicle


def _status(status: str, version: int) -> str | None:
    table = _SECOND_STATUS if version == SECOND else _FIRST_STATUS
    return table.get(status, status)


def _one_status(body: dict[str, Any], version: int) -> dict[str, Any]:
    status = _status(body["state"]["status"], version)
    if status is None:
        raise UnsaidError(f"le modèle {version} ne dit pas le statut {body['state']['status']}")
    state = body.pop("state") | {"status": status}
    return body | ({"state": state} if version == SECOND else state)


def _request(body: dict[str, Any], version: int) -> dict[str, Any]:
    deadline = body["request"].get("deadline")
    if version < SECOND and deadline and deadline[0].isdigit():
        body["request"]["deadline"] = f"DEL{deadline}"
    return body


def _links(body: dict[str, Any], _version: int) -> dict[str, Any]:
    body.pop("code", None)
    return body


def _report(body: dict[str, Any], _version: int) -> dict[str, Any]:
    redactor, evaluation = body["redactor"], body.get("evaluation", {})
    redactor["role"] = _SECOND_ROLES.get(redactor["role"], redactor["role"])
    if "associatedDiagnosis" in evaluation:
        evaluation["associatedDiagnosis"] = ", ".join(evaluation["associatedDiagnosis"])
    for measure in evaluation.get("parameter", ()):
        measure.pop("precision", None)
    return body


def _summary(body: dict[str, Any], _version: int) -> dict[str, Any]:
    levels = (body["regulation"], body["orientation"].get("decision", {}))
    if any(level.get("medicalLevel") == _NO_CARE for level in levels):
        raise UnsaidError("le modèle 2 ne dit pas une équipe sans soins")
    return body


def _case_word(body: dict[str, Any], _version: int) -> dict[str, Any]:
    details = body.get("qualification", {}).get("details", {})
    if details.get("status") == "ACTIF":
        details["status"] = " ACTIF"  # The value of these models, with its space.
    return body


def _positions(body: dict[str, Any], version: int) -> dict[str, Any]:
    """Coordinates are a list and a heading a text there; in model 1 a resource has another name."""
    for position in body["position"]:
        position["coord"] = [position["coord"]]
        if "cap" in position:
            position["cap"] = f"{position['cap']:g}"
        if version < SECOND:
            position["id"] = position.pop("resourceId")
    return body


def _details(body: dict[str, Any], version: int) -> dict[str, Any]:
    for resource in body["resource"]:
        if resource.get("mobility") == _NARROW_SHIP.strip():
            resource["mobility"] = _NARROW_SHIP
        if version < SECOND:
            resource["id"], resource["type"] = resource.pop("resourceId"), resource.pop("resourceType")
    return body


def _operation(body: dict[str, Any], version: int) -> dict[str, Any]:
    made: dict[str, Any] = renamed(body) if version < SECOND else body
    return made


_WRITERS: dict[str, Callable[[dict[str, Any], int], dict[str, Any]]] = {
    "resourcesInfo": _vehicles,
    "resourcesStatus": _one_status,
    "resourcesRequest": _request,
    "documentLink": _links,
    "interventionReport": _report,
    "rpis": _summary,
    "createCaseHealthUpdate": _case_word,
    "createCase": _operation,
    "geoPositionsUpdate": _positions,
    "geoResourcesDetails": _details,
}
