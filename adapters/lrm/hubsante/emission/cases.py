"""A mapped document as the body of an RS-EDA, an RS-EDA-MAJ or an EMSI: lists, shared identifiers, the note.

A mapping file says values at the names of model 3; it cannot say a list of one, nor an identifier that depends on the
perimeter the message leaves through. That is added here, and the two older models are written from the third, each loss
of theirs already said in the note. It knows no victim and no rule of triage.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from adapters.lrm.hubsante.emission.notes import write_note
from adapters.lrm.hubsante.wire.dates import read_date

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CREATE, UPDATE, PICTURE = "createCaseHealth", "createCaseHealthUpdate", "emsi"
_OUTSIDE = re.compile(r"[^A-Za-z0-9_-]")
_LISTS = frozenset({"patient", "medicalNote", "decision", "externalId", "externalLocationId", "CASUALTIES", "EVAC"})
_DESTINATION_SINCE, _FIRST = 3, 1


def number_of(identifier: str) -> str:
    """An identifier of ours as one segment of the hub's: what it cannot hold becomes a dash."""
    return _OUTSIDE.sub("-", identifier)


def case_id(organisation: str, identifier: str) -> str:
    """The shared identifier of a case that we create: `fr.health.passerelle.123`."""
    return f"{organisation}.{number_of(identifier)}"


def case_body(tree: Mapping[str, Any], organisation: str, owner: str, version: int) -> dict[str, Any]:
    """The RS-EDA of a mapped document: a case of one patient."""
    number = number_of(tree["number"])
    patient_id = f"{organisation}.patient.{number}.1"
    body: dict[str, Any] = {
        "caseId": f"{organisation}.{number}",
        "senderCaseId": number,
        **{name: tree[name] for name in ("creation", "qualification", "location", "initialAlert") if name in tree},
        "owner": owner,
        "patient": {"patientId": patient_id, **_person(tree.get("patient", {}), tree["creation"])},
        **_notes(tree, f"{organisation}.medicalNote.{number}", {"patientId": patient_id}),
    }
    if "decision" in tree:
        body["decision"] = {"patientId": patient_id, **tree["decision"]}
    return _for_model(listed(body), version)


def update_body(tree: Mapping[str, Any], organisation: str, owner: str, version: int) -> dict[str, Any]:
    """The RS-EDA-MAJ of the same document: what an update has, its owner always."""
    number = number_of(tree["number"])
    if "creation" in tree:
        whole = case_body(tree, organisation, owner, version)
    else:
        changed = {"qualification": tree["qualification"], **_notes(tree, f"{organisation}.medicalNote.{number}", {})}
        whole = _for_model(listed(changed), version)
    body: dict[str, Any] = {"caseId": f"{organisation}.{number}", "senderCaseId": number}
    details = whole.get("qualification", {}).get("details")
    if details:
        body["qualification"] = {"details": details}
    body["owner"] = owner
    kept = {name: whole[name] for name in ("patient", "medicalNote", "decision") if name in whole}
    return body | kept | ({"freetext": tree["freetext"]} if "freetext" in tree else {})


def picture_body(tree: Mapping[str, Any], message_id: str, *, first: bool) -> dict[str, Any]:
    """The EMSI of a mapped count."""
    context = {"ID": message_id, "MODE": tree["CONTEXT"]["MODE"], "MSGTYPE": "ALERT" if first else "UPDATE"}
    picture: dict[str, Any] = listed({"CONTEXT": {**context, **tree["CONTEXT"]}, "EVENT": tree["EVENT"]})
    return picture


def _notes(tree: Mapping[str, Any], identifier: str, about: Mapping[str, str]) -> dict[str, Any]:
    """The medical notes that the mapping says, by their slice, then ours with every line that has no field."""
    medical_notes = {key: note for key, note in tree.items() if key.partition(":")[0] == "medicalNote"}
    medical_notes["medicalNote:portail"] = {**tree["note"], "freetext": write_note(tree["note"]["lines"])}
    return {
        key: {
            **about,
            "operator": note["operator"],
            "medicalNoteId": f"{identifier}.{key.partition(':')[2]}",
            "creation": note["creation"],
            "freetext": note["freetext"],
        }
        for key, note in medical_notes.items()
    }


def _person(patient: Mapping[str, Any], at: str) -> dict[str, Any]:
    """The patient, with the parts of a name joined and an age in the hub's form."""
    made = {name: value for name, value in patient.items() if name != "detail"}
    usual = patient.get("identity", {}).get("nonStrictFeatures")
    if usual:
        complete = " ".join(usual[part] for part in ("firstName", "lastName") if part in usual)
        made["identity"] = {**patient["identity"], "nonStrictFeatures": {"complete": complete, **usual}}
    detail = dict(patient.get("detail", {}))
    age, year = detail.pop("age", None), detail.pop("birthYear", None)
    if age:
        detail["age"] = f"P{age['value']}{age['unit']}"
    elif year:
        detail["age"] = f"P{read_date(at).year - year}Y"
    return made | ({"detail": detail} if detail else {})


def listed(node: Any, lists: frozenset[str] = _LISTS) -> Any:  # noqa: ANN401 - a JSON tree
    """The tree with its slices gathered: `externalId:SINUS` and `externalId:CATA` are two items of one list."""
    if isinstance(node, list):
        return [listed(item, lists) for item in node]
    if not isinstance(node, dict):
        return node
    made: dict[str, Any] = {}
    for key, value in node.items():
        name = key.partition(":")[0]
        if name in lists and not isinstance(value, list):
            made.setdefault(name, []).append(listed(value, lists))
        else:
            made[name] = listed(value, lists)
    return made


def _for_model(body: dict[str, Any], version: int) -> dict[str, Any]:
    """The same body in an older model: what it lacks is left out, what it calls otherwise is renamed."""
    if version >= _DESTINATION_SINCE:
        return body
    qualification = body.get("qualification", {})
    qualification.pop("origin", None)  # Neither model has TELASSIST; the note says it.
    details = qualification.get("details", {})
    if details.get("status") == "ACTIF":
        details["status"] = " ACTIF"  # The value of these models, with its space.
    for patient in body.get("patient", ()):
        _keep_sources(patient)
    for decision in body.get("decision", ()):
        decision.pop("destination", None)
        resource = decision.get("resourceType")
        if resource:
            decision["resourceType"] = _OLDER_RESOURCES[version].get(resource, resource)
    return renamed(body) if version == _FIRST else body


def _keep_sources(patient: dict[str, Any]) -> None:
    file = patient.get("administrativeFile", {})
    known = [each for each in file.get("externalId", ()) if each["source"] in {"NIR", "SINUS"}]
    if known:
        file["externalId"] = known
    else:
        patient.pop("administrativeFile", None)


_OLDER_RESOURCES = {2: {"TSU": "TSU "}, 1: {"TSU": "TSU ", "LIBERAL": "LIB"}}
"""Families of a decision that older models call otherwise, the space included."""
_FIRST_NAMES = {"patientId": "idPat", "medicalNoteId": "idObs"}
_FIRST_SEX = {"M": "MASC", "F": "FEM", "O": "AUTRE", "UN": "INCONNU"}


def renamed(node: Any) -> Any:  # noqa: ANN401 - a JSON tree
    """The same tree by the names of model 1."""
    if isinstance(node, list):
        return [renamed(item) for item in node]
    if not isinstance(node, dict):
        return node
    write: Callable[[str, Any], Any] = lambda key, value: _FIRST_SEX[value] if key == "sex" else renamed(value)  # noqa: E731 - one line
    made = {_FIRST_NAMES.get(key, key): write(key, value) for key, value in node.items()}
    if "point" in made and "datetime" in made:
        made = {"obsDatime": made.pop("datetime"), **made}
    return made
