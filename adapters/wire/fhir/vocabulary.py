"""FHIR R4 as the door and the adapter both speak it: our vocabulary, and what an issue is.

The canonical base is a place-holder of our own under a reserved example domain; a deployment keeps it, because canonicals
are names and not addresses. Refuses to hold a patient's data in an issue: an expression names a place, a text says what is wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Resource = dict[str, Any]
"""A FHIR resource or element as JSON gives it."""


@dataclass(slots=True, eq=False)
class PlacedResource:
    """A resource, and where it stands."""

    resource: Resource
    path: str
    """`Bundle.entry[1].resource`, `Bundle.entry[1].resource.contained[0]`."""
    url: str = ""
    """Its fullUrl as written; empty when there is none."""
    words: str = ""
    """What must be told with it: `NON PRIS`."""
    container: PlacedResource | None = None
    """The resource that contains it."""

    type: str = field(init=False)
    """Its resourceType."""

    def __post_init__(self) -> None:
        """Asked for at each step: read once."""
        self.type = self.resource["resourceType"]


VERSION = "4.0.1"
MEDIA_TYPE = "application/fhir+json"
MEDIA_TYPES = frozenset({MEDIA_TYPE, "application/json+fhir"})
"""The second is what DSTU2 clients still send."""
LARGEST = 5 * 1024 * 1024

BASE = "https://samu.example.fr/fhir"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
DATA_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
BIRTH_PLACE = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
FR_CORE = "https://hl7.fr/ig/fhir/core"
RELIABILITY = f"{FR_CORE}/StructureDefinition/fr-core-identity-reliability"
BIRTH_LIST = f"{FR_CORE}/StructureDefinition/fr-core-patient-birth-list-given-name"
INSEE_EXTENSION = f"{FR_CORE}/StructureDefinition/fr-core-address-insee-code"
INSEE_SYSTEM = "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM"
INSEE_TABLE = re.compile(r"TRE[_-]R13-Commune(OM)?")
"""What the address of either table of communes holds."""
IDENTITY_STATUS = f"{FR_CORE}/CodeSystem/fr-core-cs-identity-status"
IDENTIFIER_TYPE = f"{FR_CORE}/CodeSystem/fr-core-cs-v2-0203"
FINESS = "https://finess.esante.gouv.fr"
IDNAT_PS = "urn:oid:1.2.250.1.71.4.2.1"
IDNAT_STRUCT = "urn:oid:1.2.250.1.71.4.2.2"
EMERGENCY = "409971007"
"""SNOMED CT: emergency medical services."""
NOTE = "11506-3"
"""LOINC: progress note."""
ACCESS = f"{BASE}/StructureDefinition/acces"
CRRA = f"{BASE}/id/orgid-hubsante"
CASE = f"{BASE}/id/caseId"
TASK = f"{BASE}/id/tache"
REQUEST_PROFILE = f"{BASE}/StructureDefinition/bundle-demande-intervention"

EVENT_REQUEST = "demande-intervention"
EVENT_STATE = "etat-demande"
REASONS = ("new", "update", "cancel")


def code_system(name: str) -> str:
    """The canonical of one of our code systems."""
    return f"{BASE}/CodeSystem/{name}"


def coding(system: str, code: str, display: str | None = None) -> Resource:
    """A Coding."""
    return {"system": system, "code": code, **({"display": display} if display else {})}


def concept(system: str, code: str, *, display: str | None = None, text: str | None = None) -> Resource:
    """A CodeableConcept of one coding."""
    return {"coding": [coding(system, code, display)], **({"text": text} if text else {})}


def codings_of(concept: Any) -> list[Resource]:  # noqa: ANN401 - JSON as it comes
    """The codings of a CodeableConcept; what has another shape has none."""
    codings = concept.get("coding") if isinstance(concept, dict) else None
    return [each for each in codings if isinstance(each, dict)] if isinstance(codings, list) else []


def codes(concepts: Sequence[Any], system: str | None = None) -> list[str]:
    """The codes of some CodeableConcepts, of one system where one is named; what has another shape has none."""
    return [
        code
        for concept in concepts
        for each in codings_of(concept)
        if isinstance(code := each.get("code"), str) and (system is None or each.get("system") == system)
    ]


Layer = Literal["SEND", "PROXY", "REC"]
"""Who must be called: the sender of the message, the gateway, or the one who should have received it."""
Severity = Literal["fatal", "error", "warning", "information"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One line of an OperationOutcome."""

    reason: str
    """Our own code, stable: `LIEU_ABSENT`."""
    kind: str
    """FHIR's IssueType: `required`, `invalid`, `too-long`…"""
    text: str
    """One French sentence."""
    expression: str | None = None
    """Where, as a FHIRPath: `Bundle.entry[1].resource.subject`; several places with `|` between. Never a value."""
    severity: Severity = "error"
    layer: Layer = "SEND"

    @property
    def blocks(self) -> bool:
        """Whether the message is refused because of it."""
        return self.severity in {"fatal", "error"}


STATUS_OF: Mapping[str, int] = {
    "structure": 400,
    "invalid": 400,
    "value": 400,
    "login": 401,
    "forbidden": 403,
    "security": 403,
    "not-found": 404,
    "timeout": 408,
    "conflict": 409,
    "multiple-matches": 412,
    "too-long": 422,
    "too-costly": 413,
    "not-supported": 415,
    "required": 422,
    "business-rule": 422,
    "code-invalid": 422,
    "duplicate": 422,
    "throttled": 429,
    "transient": 503,
    "exception": 500,
}
"""IssueType → HTTP status, of the issues that this product says itself."""


class FhirRefusalError(Exception):
    """A message that is refused, with every fault that was found. Holds no patient's data."""

    def __init__(
        self, issues: Sequence[Issue], *, status: int | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        """`status` is that of the gravest issue unless said."""
        self.issues = tuple(issues)
        first = min((STATUS_OF[issue.kind] for issue in self.issues if issue.blocks), default=500)
        self.status = status or first
        self.headers = dict(headers or {})
        super().__init__(f"{self.status} {', '.join(issue.reason for issue in self.issues)}")
