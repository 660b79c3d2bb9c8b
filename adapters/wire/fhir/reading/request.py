"""A message or a transaction becomes one intervention request, or the list of what is wrong with it. Pure, and on the hot path.

Both kinds of Bundle come to one object: a transaction with exactly one ServiceRequest lacks an envelope, and its identifier is enough
to make one. fhir.resources is not used here: it reads a hundred Bundles a second and misses what matters (docs of `fhir_shapes`).
Refuses little: what has no shape, no identifier, no request. What a telephone or an INS is worth, `domain` says.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from adapters.wire.fhir.bundle import OpenBundle, Placed, open_bundle, read_json
from adapters.wire.fhir.check import check
from adapters.wire.fhir.elements import MOST_OF, RESOURCES
from adapters.wire.fhir.reading.clinical import read_alerts, read_documents, read_note, read_observations, request_facts
from adapters.wire.fhir.reading.expressions import places_of
from adapters.wire.fhir.reading.people import contacts, read_patient, read_place
from adapters.wire.fhir.reading.requester import read_crra, read_requester
from adapters.wire.fhir.vocabulary import ACT_REASON, EVENT_REQUEST, REASONS, FhirRefusalError, Issue, Resource, codes
from domain.intervention.request import InterventionRequest
from domain.remark import Remark

if TYPE_CHECKING:
    from collections.abc import Mapping

AHEAD = timedelta(minutes=5)
LATE = timedelta(minutes=15)
FEWEST = 3
"""Entries of a request; a cancellation needs its header and its ServiceRequest only."""
LONGEST_KEY = 128
KINDS = frozenset({"message", "transaction"})


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """What a Bundle asks."""

    reason: str
    """`new`, `update` or `cancel`."""
    request: InterventionRequest
    places: Mapping[str, str]
    """Field of the request → the FHIRPath it came from."""
    header: Resource | None
    """The MessageHeader, to be answered; a transaction has none."""
    identifier: Resource
    """Of the Bundle."""
    system: str | None
    """Of the sender's identifier of the request."""

    def expression(self, field: str) -> str:
        """Where in the Bundle a field of the request stands."""
        while field not in self.places and "." in field:
            field = field.rpartition(".")[0]
        return self.places.get(field, field if field.startswith("Bundle") else "Bundle")


def read_request(raw: bytes, now: datetime, kinds: frozenset[str] = KINDS) -> ReadRequest:
    """The request of a Bundle. Raises `FhirRefusalError` with every fault."""
    return read_document(read_json(raw), now, kinds)


def read_document(document: Resource, now: datetime, kinds: frozenset[str] = KINDS) -> ReadRequest:
    """The same, once it is JSON; `kinds` are the types of Bundle that this door takes."""
    opened = open_bundle(document, kinds)
    issues: list[Issue] = []
    _check_all(opened, issues)
    # The shapes first: below, whatever is there has its own shape.
    _stop(issues)
    header = _header(opened, issues)
    asked = _service_request(opened, header, issues)
    _moment(document["timestamp"], now, issues)
    _stop(issues)
    reason = _reason(header, asked.resource)
    if reason != "cancel" and len(opened.entries) < FEWEST:
        raise FhirRefusalError(
            (Issue("NOMBRE_D_ENTREES", "required", "Le patient et le demandeur manquent.", "Bundle.entry"),)
        )
    return _assemble(opened, header, asked, reason, issues)


def _check_all(opened: OpenBundle, issues: list[Issue]) -> None:
    check(opened.bundle, "Bundle", "Bundle", issues)
    identifier = opened.bundle.get("identifier", {})
    if "identifier" in opened.bundle and not (identifier.get("value") and identifier.get("system")):
        issues.append(Issue("ABSENT", "required", "Élément obligatoire absent.", "Bundle.identifier"))
    counted: dict[str, int] = {}
    for placed in opened.entries:
        counted[placed.type] = counted.get(placed.type, 0) + 1
        if placed.type in RESOURCES:
            check(placed.resource, placed.type, placed.path, issues)
        else:
            issues.append(
                Issue("RESSOURCE_IGNOREE", "not-supported", "Cette ressource n’est pas lue.", placed.path, "warning")
            )
    for kind, most in MOST_OF.items():
        if counted.get(kind, 0) > most:
            said = f"Trop de ressources {kind} : {most} au plus."
            issues.append(Issue("CARDINALITE", "business-rule", said, "Bundle.entry"))


def _stop(issues: list[Issue]) -> None:
    if any(one.blocks for one in issues):
        raise FhirRefusalError(issues)


def _header(opened: OpenBundle, issues: list[Issue]) -> Placed | None:
    if opened.bundle["type"] == "transaction":
        return None
    first = opened.entries[0]
    if first.type != "MessageHeader":
        issues.append(
            Issue("ENTETE", "structure", "La première entrée d’un message est son MessageHeader.", "Bundle.entry[0]")
        )
        return None
    if first.resource["eventCoding"].get("code") != EVENT_REQUEST:
        said = f"Événement inconnu ; attendu : {EVENT_REQUEST}."
        issues.append(Issue("EVENEMENT", "not-supported", said, f"{first.path}.eventCoding"))
    return first


def _service_request(opened: OpenBundle, header: Placed | None, issues: list[Issue]) -> Placed:
    requests = opened.of_type("ServiceRequest")
    if len(requests) != 1:
        said = "Le message porte exactement une ServiceRequest."
        raise FhirRefusalError((*issues, Issue("UNE_DEMANDE", "required", said, "Bundle.entry")))
    asked = requests[0]
    if header is not None and opened.find(header.resource["focus"][0]) is not asked:
        issues.append(Issue("FOCUS", "structure", "Le focus désigne la ServiceRequest.", f"{header.path}.focus"))
    if not asked.resource["identifier"][0].get("value"):
        issues.append(Issue("ABSENT", "required", "Élément obligatoire absent.", f"{asked.path}.identifier[0].value"))
    return asked


def _moment(timestamp: str, now: datetime, issues: list[Issue]) -> None:
    """The clock of the sender against ours."""
    path = "Bundle.timestamp"
    try:
        # FHIR allows a leap second, which a datetime does not.
        sent = datetime.fromisoformat(timestamp.replace(":60", ":59"))
    except ValueError:
        issues.append(Issue("FORME", "value", "Cette date n’existe pas au calendrier.", path))
        return
    if sent - now > AHEAD:
        issues.append(
            Issue("HORLOGE", "business-rule", "Le message est daté de plus de 5 minutes dans le futur.", path)
        )
    elif now - sent > LATE:
        said = "Le message est daté de plus de 15 minutes : vérifier l’horloge, ou appeler."
        issues.append(Issue("ANCIEN", "business-rule", said, path, "warning"))


def _reason(header: Placed | None, request: Resource) -> str:
    if request["status"] in {"revoked", "entered-in-error"}:
        return "cancel"
    said = codes([header.resource.get("reason", {})]) if header is not None else []
    return next((code for code in said if code in REASONS), "new")


def _mode(opened: OpenBundle) -> str:
    """Exercise as soon as one resource says so: HTEST."""
    holders = (opened.bundle, *(placed.resource for placed in opened.entries))
    labels = (meta.get("security") for one in holders if isinstance(meta := one.get("meta"), dict))
    said = (
        {"coding": [label for label in each if isinstance(label, dict)]} for each in labels if isinstance(each, list)
    )
    return "Exercise" if "HTEST" in codes(list(said), ACT_REASON) else "Actual"


def _assemble(
    opened: OpenBundle, header: Placed | None, asked: Placed, reason: str, issues: list[Issue]
) -> ReadRequest:
    request = asked.resource
    nobody = Placed({"resourceType": "Patient"}, f"{asked.path}.subject")
    patient = opened.find(request["subject"], "Patient") or nobody
    if patient is nobody and reason != "cancel":
        issues.append(Issue("PATIENT", "structure", "Le sujet de la demande est un Patient.", nobody.path, "warning"))
    home = next((one for one in patient.resource.get("address", ()) if one.get("use", "home") == "home"), None)
    where = _location(opened, asked, home, patient, issues, quiet=reason == "cancel")
    role = opened.find(request["requester"], "PractitionerRole", "Organization", "Practitioner")
    age, weight, vitals = read_observations(opened)
    note, more = read_note(opened, issues)
    documents = read_documents(opened, issues)
    _stop(issues)
    identifier = opened.bundle["identifier"]
    return ReadRequest(
        reason=reason,
        request=InterventionRequest(
            request_id=request["identifier"][0]["value"],
            message_id=message_key(identifier),
            mode=_mode(opened),
            clicked_at=request.get("authoredOn"),
            crra=read_crra(opened, header, request),
            requester=read_requester(opened, request["requester"], role),
            patient=read_patient(patient.resource, age=age, weight_kg=weight),
            place=read_place(where.resource, home),
            note=note,
            facts=(*request_facts(request), *vitals, *read_alerts(opened), *contacts(patient.resource), *more),
            documents=documents,
            remarks=tuple(Remark(one.reason, one.expression or "Bundle", one.text) for one in issues),
        ),
        places=places_of(asked, patient, where, role),
        header=header.resource if header else None,
        identifier=identifier,
        system=request["identifier"][0].get("system"),
    )


def _location(  # noqa: PLR0913 - where it may stand, and what is said of it
    opened: OpenBundle, asked: Placed, home: Resource | None, patient: Placed, issues: list[Issue], *, quiet: bool
) -> Placed:
    for reference in asked.resource.get("locationReference", ()):
        found = opened.find(reference, "Location")
        if found is not None:
            return found
    if not quiet:
        said = "Lieu d’intervention absent"
        said += " : l’adresse du patient est prise." if home else "."
        issues.append(Issue("LIEU_ABSENT", "business-rule", said, f"{asked.path}.locationReference", "warning"))
    return Placed({}, f"{patient.path}.address" if home else f"{asked.path}.locationReference")


def message_key(identifier: Resource) -> str:
    """The sender's key of a message: system and value, or their digest where the two are longer than a key may be."""
    key = f"{identifier['system']}|{identifier['value']}"
    return key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()


def is_victims(document: Any) -> bool:  # noqa: ANN401 - JSON as it comes
    """Whether a transaction tells of an event's victims and not of a request: it brings the Encounter of the event."""
    entries = document.get("entry") if isinstance(document, dict) else None
    resources = (one.get("resource") for one in (entries if isinstance(entries, list) else ()) if isinstance(one, dict))
    return any(isinstance(one, dict) and one.get("resourceType") == "Encounter" for one in resources)
