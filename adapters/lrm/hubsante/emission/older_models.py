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
SINCE = {"documentLink": 2, "interventionReport": 2, "rpis": 2, "resourcesInfoCisu": 3}
"""Use case → the first model that has it, where that is not the first."""
_SECOND_STATUS = {"FINPEC": "FINMED", "ORIENTAT": None}
_FIRST_STATUS = {"ARRIVEE": "ARRIVE", "TRANSP": "TRANSPOR", "ORIENTAT": None}
_FIRST_FAMILY = {"TSU": "TSU ", "FSI": "FDO", "AUTREVEC": "AUTRE"}
_SECOND_ROLES = {"PILOTE": "AUTRE", "TCM": "AUTRE"}
_NO_CARE = "SANS"


class UnsaidError(Exception):
    """This model has no word for what the message is about. The text says what; it holds no value of a person."""


def as_model(key: str, body: dict[str, Any], version: int) -> dict[str, Any]:
    """The content in a model. Raises `UnsaidError`."""
    if version < SINCE.get(key, 1):
        raise UnsaidError(f"le modèle {version} n’a pas ce message")
    if key == "resourcesInfo":
        _histories(body)
    write = _WRITERS.get(key)
    return body if version >= CURRENT or write is None else write(body, version)


def _histories(body: dict[str, Any]) -> None:
    """Here a state is a history and a remark a list, whatever the number."""
    for one in body["resource"]:
        for name in ("state", "freetext"):
            if name in one and not isinstance(one[name], list):
                one[name] = [one[name]]


def _vehicles(body: dict[str, Any], version: int) -> dict[str, Any]:
    made = [_vehicle(one, version) for one in body.pop("resource")]
    return body | {"resource" if version == SECOND else "mobilizedResource": made}


def _vehicle(one: dict[str, Any], version: int) -> dict[str, Any]:
    """The patient it carries is known by neither model: the case has one."""
    one.pop("patientId", None)
    told = list(one.pop("freetext", ()))
    states = []
    for state in one.pop("state", ()):
        status = _status(state["status"], version)
        if status is None:
            told.append(f"Statut : {state['status']} ({state['datetime']})")
        else:
            states.append(state | {"status": status})
    if one.get("team", {}).get("medicalLevel") == _NO_CARE:
        told.append("Équipe sans soins")
        del one["team"]["medicalLevel"]
    if not one.get("team", {"": 0}):
        del one["team"]
    one |= {"state": states} if states else {}
    one |= {"freetext": told} if told else {}
    return one if version == SECOND else _first_vehicle(one)


def _first_vehicle(one: dict[str, Any]) -> dict[str, Any]:
    """Family and vehicle are two fields there, and both are misspelt as we write them."""
    family, _, exact = one.pop("vehicleType").partition(".")
    one["resourceType"] = _FIRST_FAMILY.get(family, family)
    one["vehiculeType"] = exact or family
    if "team" in one and "medicalLevel" in one["team"]:
        one["team"]["teamCare"] = one["team"].pop("medicalLevel")
    return one


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
}
