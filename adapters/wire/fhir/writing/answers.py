"""What we answer in FHIR: an OperationOutcome, a Task, a message of response, a transaction's response. Plain documents.

They are made by hand because the door is hot, and proved by tests against fhir.resources, which is not. Refuses to say anything clinical:
a Task carries the states of the contract, a reference to read aloud, and nothing else.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.wire.fhir.vocabulary import (
    ACT_REASON,
    CASE,
    CRRA,
    EVENT_STATE,
    TASK,
    Issue,
    Resource,
    code_system,
    coding,
    concept,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.intervention.status import InterventionStatus

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
ENDPOINT = "urn:passerelle:fhir:process-message"


@dataclass(frozen=True, slots=True)
class FollowedRequest:
    """What a sender may know of its request."""

    id: str
    request_id: str
    reference: str
    status: InterventionStatus
    version: int
    received_at: str
    since: str
    mode: str
    reason: str | None = None
    reason_code: str | None = None
    case_id: str | None = None
    crra: str | None = None
    request_system: str | None = None
    """Of the sender's own identifier, where it is at hand."""


def operation_outcome(issues: Sequence[Issue], sentence: str | None = None) -> Resource:
    """Every issue; `said` is the sentence that a person must read first, whatever else is wrong."""
    lines = [_issue(issue) for issue in issues]
    if sentence is not None:
        gravest = next((issue for issue in issues if issue.blocks), None)
        first = Issue(
            "NON_TRANSMISE", gravest.kind if gravest else "processing", sentence, severity="error", layer="PROXY"
        )
        lines.insert(0, _issue(first))
    return {"resourceType": "OperationOutcome", "issue": lines or [_issue(WELL)]}


WELL = Issue("RECUE", "informational", "Demande enregistrée.", severity="information", layer="PROXY")
DUPLICATE = Issue(
    "DOUBLON",
    "informational",
    "Ce message était déjà reçu : voici la réponse d’alors.",
    severity="information",
    layer="PROXY",
)


def _issue(issue: Issue) -> Resource:
    details = {
        "coding": [coding(code_system("erreurs"), issue.reason), coding(code_system("origine-erreur"), issue.layer)],
        "text": issue.text,
    }
    line: Resource = {"severity": issue.severity, "code": issue.kind, "details": details}
    if issue.expression:
        line["expression"] = issue.expression.split(" | ")
    return line


def task(followed: FollowedRequest) -> Resource:
    """The Task of a request."""
    status = followed.status
    focus: Resource = {"value": followed.request_id}
    if followed.request_system:
        focus = {"system": followed.request_system, **focus}
    written: Resource = {
        "resourceType": "Task",
        "id": followed.id,
        "meta": {"versionId": str(followed.version), "lastUpdated": followed.since},
        "identifier": [{"system": TASK, "value": followed.reference}],
        "status": status.task_status,
        "businessStatus": concept(code_system("etat-demande"), status.value, display=status.label, text=status.label),
        "intent": "order",
        "code": concept("http://hl7.org/fhir/CodeSystem/task-code", "fulfill"),
        "description": f"Référence à lire au téléphone : {followed.reference}",
        "focus": {"type": "ServiceRequest", "identifier": focus},
        "authoredOn": followed.received_at,
        "lastModified": followed.since,
    }
    if followed.mode == "Exercise":
        written["meta"]["security"] = [coding(ACT_REASON, "HTEST")]
    if followed.case_id:
        written["groupIdentifier"] = {"system": CASE, "value": followed.case_id}
        written["output"] = [{"type": {"text": "caseId"}, "valueString": followed.case_id}]
    if followed.crra:
        written["owner"] = _owner(followed.crra)
    if followed.reason:
        written["statusReason"] = {"text": followed.reason}
        if followed.reason_code:
            written["statusReason"]["coding"] = [coding(code_system("motif-refus"), followed.reason_code)]
    return written


def _owner(crra: str) -> Resource:
    if crra.startswith("fr."):
        return {"identifier": {"system": CRRA, "value": crra}}
    return {"display": crra}


def full_url(*parts: str) -> str:
    """A name inside one message, the same each time it is written."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, '|'.join(parts))}"


def response_message(  # noqa: PLR0913 - the answer, and what it answers
    header: Resource, identifier: Resource, followed: FollowedRequest, outcome: Resource, *, code: str = "ok", at: str
) -> Resource:
    """The message that answers a message."""
    asked = str(header.get("id") or identifier["value"])
    response = {"identifier": asked if _ID.fullmatch(asked) else full_url(asked)[9:], "code": code}
    key = (identifier.get("system", ""), identifier["value"], "reponse")
    answered, task_url, outcome_url = (full_url(*key, part) for part in ("header", "task", "outcome"))
    head: Resource = {
        "resourceType": "MessageHeader",
        "eventCoding": {"system": code_system("evenements"), "code": EVENT_STATE},
        "source": {"name": "Passerelle", "software": "Passerelle", "endpoint": ENDPOINT},
        "response": {**response, "details": {"reference": outcome_url}},
        "focus": [{"reference": task_url}],
    }
    if endpoint := header.get("source", {}).get("endpoint"):
        head["destination"] = [{"endpoint": endpoint}]
    return {
        "resourceType": "Bundle",
        "type": "message",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": full_url(*key)},
        "timestamp": at,
        "entry": [
            {"fullUrl": answered, "resource": head},
            {"fullUrl": task_url, "resource": task(followed)},
            {"fullUrl": outcome_url, "resource": outcome},
        ],
    }


def transaction_response(
    document: Resource, followed: FollowedRequest, outcome: Resource, *, created: bool, whole: bool = True
) -> Resource:
    """One line for each entry of the transaction. Only the request becomes something of ours: its Task, said in full when `whole`."""
    lines: list[Resource] = []
    for entry in document["entry"]:
        if resource_type(entry) == "ServiceRequest":
            status = "201 Created" if created else "200 OK"
            response = {
                "status": status,
                "location": f"Task/{followed.id}",
                "etag": f'W/"{followed.version}"',
                "lastModified": followed.since,
                "outcome": outcome,
            }
            lines.append({**({"resource": task(followed)} if whole else {}), "response": response})
        else:
            lines.append({"response": {"status": "202 Accepted"}})
    return {"resourceType": "Bundle", "type": f"{document['type']}-response", "entry": lines}


def resource_type(entry: Any) -> str:  # noqa: ANN401 - JSON as it comes
    """The type of the resource of an entry; empty where it has none."""
    resource = entry.get("resource") if isinstance(entry, dict) else None
    return str(resource.get("resourceType", "")) if isinstance(resource, dict) else ""


def searchset(matches: Sequence[tuple[str, Resource]], link: str) -> Resource:
    """What a search found: absolute address, resource."""
    bundle: Resource = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(matches),
        "link": [{"relation": "self", "url": link}],
    }
    if matches:
        bundle["entry"] = [
            {"fullUrl": url, "resource": resource, "search": {"mode": "match"}} for url, resource in matches
        ]
    return bundle
