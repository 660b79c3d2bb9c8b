"""A message or a transaction becomes one intervention request, or the list of what is wrong with it. Pure, and on the hot path.

Both kinds of Bundle come to one object: a transaction with exactly one ServiceRequest lacks an envelope, and its identifier is enough
to make one. fhir.resources is not used here: it reads a hundred Bundles a second and misses what matters.
Refuses little: what has no shape, no request, a request not to be acted on. What a telephone or an INS is worth, `domain` says.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from adapters.wire.fhir.bundle import OpenBundle, Rules, gathered, open_bundle, read_json
from adapters.wire.fhir.elements import MOST_OF, REQUEST
from adapters.wire.fhir.reading.clinical import (
    read_alerts,
    read_consent,
    read_history,
    read_observations,
    request_facts,
)
from adapters.wire.fhir.reading.expressions import places_of
from adapters.wire.fhir.reading.notes import read_notes
from adapters.wire.fhir.reading.people import read_patient, text_of
from adapters.wire.fhir.reading.place import find_place, other_addresses, place_facts, read_place
from adapters.wire.fhir.reading.reach import patient_facts, undesignated
from adapters.wire.fhir.reading.requester import read_crra, read_requester
from adapters.wire.fhir.standing import STATES
from adapters.wire.fhir.vocabulary import (
    ACT_REASON,
    EVENT_REQUEST,
    REASONS,
    FhirRefusalError,
    Issue,
    PlacedResource,
    Resource,
    code_system,
    codes,
)
from domain.intervention.request import InterventionRequest
from domain.remark import Remark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from domain.intervention.request import Fact

AHEAD = timedelta(minutes=5)
LATE = timedelta(minutes=15)
LONGEST_KEY = 128
MOST_ENTRIES = 400
KINDS = frozenset({"message", "transaction", "batch"})


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
    """Of the Bundle; `value` alone, made from the message, where the sender gave none."""
    system: str | None
    """Of the sender's identifier of the request."""

    def expression(self, field: str) -> str:
        """Where in the Bundle a field of the request stands; a place in the Bundle is told as it is."""
        if field.startswith("Bundle"):
            return field
        while field not in self.places and "." in field:
            field = field.rpartition(".")[0]
        return self.places.get(field, "Bundle")


def read_request(raw: bytes, now: datetime, kinds: frozenset[str] = KINDS) -> ReadRequest:
    """The request of a Bundle. Raises `FhirRefusalError` with every fault."""
    return read_document(read_json(raw), now, kinds)


def read_document(document: Resource, now: datetime, kinds: frozenset[str] = KINDS) -> ReadRequest:
    """The same, once it is JSON; `kinds` are the types of Bundle that this door takes."""
    opened = open_bundle(document, Rules(kinds, REQUEST, STATES, MOST_OF, MOST_ENTRIES))
    at = _moment(opened, now)
    header = _header(opened)
    asked = _service_request(opened, header)
    _stop(opened.issues)
    return _assemble(opened, header, asked, at)


def _stop(issues: list[Issue]) -> None:
    if any(issue.blocks for issue in issues):
        raise FhirRefusalError(gathered(issues))


def _header(opened: OpenBundle) -> PlacedResource | None:
    if opened.bundle["type"] != "message":
        return None
    headers = opened.of_type("MessageHeader")
    if not headers:
        text = "La première entrée d’un message est son MessageHeader."
        opened.issues.append(Issue("ENTETE", "structure", text, "Bundle.entry[0]"))
        return None
    if headers[0] is not opened.entries[0]:
        opened.warn("ENTETE", "Le MessageHeader est la première entrée d’un message.", headers[0].path)
    if headers[0].resource.get("eventCoding", {}).get("code", EVENT_REQUEST) != EVENT_REQUEST:
        text = f"Événement inconnu ; attendu : {EVENT_REQUEST}."
        opened.issues.append(Issue("EVENEMENT", "not-supported", text, f"{headers[0].path}.eventCoding"))
    for name in ("sender", "author"):
        opened.find(headers[0], headers[0].resource.get(name))
    return headers[0]


def _service_request(opened: OpenBundle, header: PlacedResource | None) -> PlacedResource:
    """The request: the one that the header designates, else the only one."""
    given = opened.of_type("ServiceRequest")
    requests = [each for each in given if each.container is None]
    focus = (header.resource.get("focus") or [None])[0] if header is not None else None
    designated = opened.find(header, focus, "ServiceRequest") if header is not None else None
    if designated is None and len(requests) != 1:
        text = (
            f"Le message porte exactement une ServiceRequest, ou son focus désigne la bonne ; reçu : {len(requests)}."
        )
        raise FhirRefusalError((*gathered(opened.issues), Issue("UNE_DEMANDE", "required", text, "Bundle.entry")))
    asked = designated or requests[0]
    if header is not None and designated is None:
        opened.warn(
            "FOCUS",
            "Le focus ne désigne pas la ServiceRequest : la seule du message est prise.",
            f"{header.path}.focus",
        )
    for other in given:
        if other is not asked:
            # What is wrong with another request refuses nothing.
            opened.issues[:] = [issue for issue in opened.issues if not (issue.expression or "").startswith(other.path)]
            text = "Cette ServiceRequest n’est pas celle que le message désigne : elle n’est pas reprise."
            opened.warn("RESSOURCE_IGNOREE", text, other.path)
    if asked.resource.get("doNotPerform"):
        text = "La demande dit de ne pas intervenir (doNotPerform) : elle n’est pas transmise."
        opened.issues.append(Issue("NE_PAS_FAIRE", "business-rule", text, f"{asked.path}.doNotPerform"))
    return asked


def _moment(opened: OpenBundle, now: datetime) -> datetime:
    """When the message was sent, by the sender's clock held against ours; now, where it does not say."""
    path = "Bundle.timestamp"
    timestamp = opened.bundle.get("timestamp")
    if timestamp is None:
        return now
    try:
        # FHIR allows a leap second, which a datetime does not.
        sent = datetime.fromisoformat(timestamp.replace(":60", ":59"))
    except ValueError:
        opened.warn("FORME", "Cette date n’existe pas au calendrier.", path)
        return now
    if sent - now > AHEAD:
        opened.warn("HORLOGE", "Le message est daté de plus de 5 minutes dans le futur : vérifier l’horloge.", path)
    elif now - sent > LATE:
        text = "Le message est daté de plus de 15 minutes : vérifier l’horloge, ou appeler."
        opened.warn("ANCIEN", text, path)
    return sent


def _reason(header: PlacedResource | None, request: Resource) -> str:
    if request["status"] in {"revoked", "entered-in-error"}:
        return "cancel"
    named = codes([header.resource.get("reason", {})]) if header is not None else []
    return next((code for code in named if code in REASONS), "new")


def _mode(opened: OpenBundle) -> str:
    """Exercise as soon as one resource says so: HTEST."""
    holders = (opened.bundle, *(placed.resource for placed in opened.entries))
    labels = (meta.get("security") for each in holders if isinstance(meta := each.get("meta"), dict))
    return "Exercise" if "HTEST" in codes([{"coding": each} for each in labels], ACT_REASON) else "Actual"


def _assemble(opened: OpenBundle, header: PlacedResource | None, asked: PlacedResource, at: datetime) -> ReadRequest:
    request = asked.resource
    reason = _reason(header, request)
    patient = _subject(opened, asked, quiet=reason == "cancel")
    where = find_place(opened, asked, patient, at, quiet=reason == "cancel")
    role = opened.find(asked, request.get("requester"), "PractitionerRole", "Organization", "Practitioner")
    requester, requester_facts = read_requester(opened, asked, role, at)
    crra = read_crra(opened, header, asked, at)
    vitals = read_observations(opened, patient)
    note, more, documents = read_notes(opened, patient)
    shown = read_patient(opened, patient, at, age=vitals.age, weight_kg=vitals.weight_kg)
    facts = (
        *request_facts(opened, asked, code_system("type-demande")),
        *vitals.facts,
        *_patient_facts(opened, patient, at),
        *place_facts(where, at),
        *other_addresses(opened, patient, where, at),
        *requester_facts,
        *more,
    )
    opened.name_unused()
    identifier, key = _identifier(opened.bundle)
    request_id, system = _request_id(opened, asked)
    asked_for = InterventionRequest(
        request_id=request_id,
        message_id=key,
        mode=_mode(opened),
        clicked_at=request.get("authoredOn"),
        crra=crra,
        requester=requester,
        patient=shown,
        place=read_place(where.resource),
        note=note,
        facts=facts,
        documents=documents,
        remarks=_remarks(opened),
    )
    places = places_of(asked, patient, where, role)
    return ReadRequest(reason, asked_for, places, header.resource if header else None, identifier, system)


def _subject(opened: OpenBundle, asked: PlacedResource, *, quiet: bool) -> PlacedResource:
    """The patient of a request; an empty one, with a warning, where the subject is nobody of the message."""
    nobody = PlacedResource({"resourceType": "Patient"}, f"{asked.path}.subject")
    patient = opened.find(asked, asked.resource.get("subject"), "Patient") or nobody
    if patient is nobody and not quiet:
        opened.warn("PATIENT", "Le sujet de la demande n’est pas un Patient du message.", nobody.path)
    return patient


def _patient_facts(opened: OpenBundle, patient: PlacedResource, at: datetime) -> Iterator[Fact]:
    """Everything said of the patient beside what was measured, in the order of the lines that the CRRA reads."""
    yield from read_alerts(opened, patient, at)
    yield from read_history(opened, patient)
    yield from read_consent(opened, patient)
    yield from patient_facts(opened, patient, at)
    yield from undesignated(opened, patient, at)


def _remarks(opened: OpenBundle) -> tuple[Remark, ...]:
    return tuple(Remark(issue.reason, issue.expression or "Bundle", issue.text) for issue in gathered(opened.issues))


def _request_id(opened: OpenBundle, asked: PlacedResource) -> tuple[str, str | None]:
    """The sender's own name of the request, then its system; without an identifier, the id of the resource or of the message stands for it."""
    for each in asked.resource.get("identifier", ()):
        if each.get("value"):
            return each["value"], each.get("system")
    others = (asked.resource.get("id"), opened.bundle.get("identifier", {}).get("value"))
    value = next((name for name in map(text_of, others) if name), None)
    if value is None:
        raise FhirRefusalError(
            (
                *gathered(opened.issues),
                Issue(
                    "ABSENT",
                    "required",
                    "Élément obligatoire absent : un identifiant.",
                    f"{asked.path}.identifier[0].value",
                ),
            )
        )
    opened.warn(
        "IDENTIFIANT_ABSENT",
        "La demande n’a pas d’identifiant : celui du message en tient lieu.",
        f"{asked.path}.identifier",
    )
    return value, None


def _identifier(bundle: Resource) -> tuple[Resource, str | None]:
    """The identifier of the message and its key; where the sender gave none, a digest names the answer and the content is the key."""
    identifier: Resource = bundle.get("identifier", {})
    if identifier.get("value"):
        return identifier, message_key(identifier)
    entries = [entry.get("fullUrl") for entry in bundle["entry"] if isinstance(entry, dict)]
    return {"value": hashlib.sha256(repr((entries, bundle.get("timestamp"))).encode()).hexdigest()[:32]}, None


def message_key(identifier: Resource) -> str:
    """The sender's key of a message: system and value, or their digest where the two are longer than a key may be."""
    key = f"{identifier.get('system', '')}|{identifier['value']}"
    return key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()


def is_victims(document: Any) -> bool:  # noqa: ANN401 - JSON as it comes
    """Whether a transaction tells of an event's victims and not of a request: it brings the Encounter of the event."""
    entries = document.get("entry") if isinstance(document, dict) else None
    resources = (
        entry.get("resource") for entry in (entries if isinstance(entries, list) else ()) if isinstance(entry, dict)
    )
    return any(isinstance(resource, dict) and resource.get("resourceType") == "Encounter" for resource in resources)
