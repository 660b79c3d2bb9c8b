"""The element table of a mass-casualty event, as data: what is read of each resource that a portal tells of it.

Nothing here blocks: what is wrong is set aside with a warning, and what is in no line is named. `ANYTHING` marks what repeats what another
element says (`statusHistory`, `member`), or says nothing of a victim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.wire.fhir.primitives import ANYTHING, Element, among, one, several

if TYPE_CHECKING:
    from collections.abc import Mapping


def _aside(*names: str) -> dict[str, Element]:
    return dict.fromkeys(names, one(ANYTHING, blocks=False))


def _code(longest: int = 32) -> Element:
    return one("code", longest, blocks=False)


_REFERENCE = one("Reference", blocks=False)
_CONCEPT = one("CodeableConcept", blocks=False)
_CONCEPTS = several("CodeableConcept", 5, blocks=False)
_IDENTIFIERS = several("Identifier", 20, blocks=False)

EVENT: Mapping[str, Mapping[str, Element]] = {
    "Bundle": _aside("identifier", "timestamp", "type", "entry", "total", "link"),
    "Encounter": {
        "identifier": _IDENTIFIERS,
        "status": _code(),
        "class": one("Coding", blocks=False),
        "type": _CONCEPTS,
        "subject": _REFERENCE,
        "period": one("Period", blocks=False),
        "location": several("Stay", 20, blocks=False),
        "hospitalization": one("Hospitalization", blocks=False),
        **_aside("partOf", "statusHistory"),
    },
    "Group": {"name": one(blocks=False), **_aside("identifier", "type", "actual", "member", "quantity", "active")},
    "Patient": {
        "identifier": _IDENTIFIERS,
        "active": one("boolean", blocks=False),
        "name": several("HumanName", 5, blocks=False),
        "gender": among("male", "female", "other", "unknown", blocks=False),
        "birthDate": one("date", blocks=False),
    },
    "Location": {
        "identifier": _IDENTIFIERS,
        "name": one(blocks=False),
        **_aside("status", "mode", "physicalType"),
    },
    "Observation": {
        "status": _code(),
        "code": _CONCEPT,
        "subject": _REFERENCE,
        "effectiveDateTime": one("dateTime", blocks=False),
        "effectiveInstant": one("instant", blocks=False),
        "effectivePeriod": one("Period", blocks=False),
        "issued": one("instant", blocks=False),
        "valueCodeableConcept": _CONCEPT,
        **_aside("encounter", "category"),
    },
    "Flag": {"status": _code(), "code": _CONCEPT, "subject": _REFERENCE, **_aside("encounter", "category")},
    "ServiceRequest": {
        "status": _code(),
        "doNotPerform": one("boolean", blocks=False),
        "subject": _REFERENCE,
        "orderDetail": _CONCEPTS,
        **_aside(
            "intent", "code", "encounter", "authoredOn", "locationReference", "identifier", "priority", "category"
        ),
    },
    "Task": {
        "status": _code(),
        "code": _CONCEPT,
        "for": _REFERENCE,
        **_aside("intent", "encounter", "executionPeriod", "lastModified", "authoredOn", "focus", "identifier"),
    },
}
"""Resource → element → how it is read."""
