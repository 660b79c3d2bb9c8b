"""What a resource says of itself before it says anything else: retracted, refuted, not taken, provisional. A table, and one reader of it.

R4 calls these elements modifiers: whoever passes them over reads the contrary of what was written. What was entered in error is left out; any
other state that is not the ordinary one is told with the resource, in words, in front. Both are named in a warning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.wire.fhir.vocabulary import Issue, Resource, codes

if TYPE_CHECKING:
    from collections.abc import Mapping

OUT: Final = "\0"
"""Left out."""
UNKNOWN_STATE: Final = "STATUT NON RECONNU"
UNKNOWN_MODIFIER: Final = "À VÉRIFIER, PORTE UN MODIFICATEUR INCONNU"
MEANING: Final = ("modifierExtension", "implicitRules")
"""What may change the meaning of a whole resource, in a way that is not known here."""

_ERROR = {"entered-in-error": OUT}
_EVENT = {
    **_ERROR,
    "preparation": "EN PRÉPARATION",
    "in-progress": "EN COURS",
    "not-done": "NON FAIT",
    "on-hold": "SUSPENDU",
    "stopped": "ARRÊTÉ",
    "unknown": "STATUT INCONNU",
    "completed": "",
}
_REPORT = {
    **_ERROR,
    "registered": "SANS RÉSULTAT ENCORE",
    "preliminary": "PROVISOIRE",
    "partial": "PARTIEL",
    "cancelled": "ANNULÉ",
    "unknown": "STATUT INCONNU",
    "final": "",
    "amended": "",
    "corrected": "",
    "appended": "",
}
_CLINICAL = {
    "active": "",
    "recurrence": "",
    "relapse": "",
    "inactive": "INACTIF",
    "remission": "EN RÉMISSION",
    "resolved": "RÉSOLU",
}
_VERIFIED = {
    **_ERROR,
    "confirmed": "",
    "unconfirmed": "NON CONFIRMÉ",
    "provisional": "PROVISOIRE",
    "differential": "DIAGNOSTIC ÉVOQUÉ",
    "refuted": "ÉCARTÉ",
}
_FOUND = {"clinicalStatus": _CLINICAL, "verificationStatus": _VERIFIED}
_IN_USE = {"active": {"true": "", "false": "DIT INACTIF PAR SON ÉMETTEUR"}}

STATES: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = {
    "Observation": {"status": _REPORT},
    "DiagnosticReport": {"status": _REPORT},
    "Condition": _FOUND,
    "AllergyIntolerance": _FOUND,
    "MedicationStatement": {
        "status": {
            **_ERROR,
            "active": "",
            "completed": "TERMINÉ",
            "intended": "PRÉVU",
            "stopped": "ARRÊTÉ",
            "on-hold": "SUSPENDU",
            "unknown": "STATUT INCONNU",
            "not-taken": "NON PRIS",
        }
    },
    "MedicationRequest": {
        "status": {
            **_ERROR,
            "active": "",
            "on-hold": "SUSPENDU",
            "cancelled": "ANNULÉ",
            "completed": "TERMINÉ",
            "stopped": "ARRÊTÉ",
            "draft": "PROJET",
            "unknown": "STATUT INCONNU",
        },
        "doNotPerform": {"true": "NE PAS DONNER", "false": ""},
    },
    "MedicationAdministration": {"status": _EVENT},
    "Procedure": {"status": _EVENT},
    "Immunization": {"status": {**_ERROR, "completed": "", "not-done": "NON FAIT"}},
    "Flag": {"status": {**_ERROR, "active": "", "inactive": "N’EST PLUS EN VIGUEUR"}},
    "DocumentReference": {
        "status": {**_ERROR, "current": "", "superseded": "REMPLACÉ DEPUIS"},
        "docStatus": {**_ERROR, "preliminary": "PROVISOIRE", "final": "", "amended": ""},
    },
    "Communication": {"status": _EVENT},
    "ClinicalImpression": {"status": {**_ERROR, "completed": "", "in-progress": "EN COURS"}},
    "Consent": {
        "status": {
            **_ERROR,
            "active": "",
            "draft": "PROJET",
            "proposed": "PROPOSÉ",
            "rejected": "REFUSÉ",
            "inactive": "NON ACTIF",
        }
    },
    "Medication": {"status": {**_ERROR, "active": "", "inactive": "INACTIF"}},
    "Location": {"status": {"active": "", "suspended": "SUSPENDU", "inactive": "INACTIF"}},
    "Patient": _IN_USE,
    "PractitionerRole": _IN_USE,
    "Practitioner": _IN_USE,
    "Organization": _IN_USE,
    "RelatedPerson": _IN_USE,
}
"""Resource → element → code → what is told with the resource: nothing, words, or `OUT`."""

_DONE = {**_ERROR, **dict.fromkeys(("cancelled", "rejected", "failed", "draft"), OUT)}
EVENT_STATES: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = {
    "Observation": {"status": {**dict.fromkeys(_REPORT, ""), **_ERROR, "cancelled": OUT, "registered": OUT}},
    "Encounter": {"status": {**_ERROR, "cancelled": OUT, "planned": ""}},
    "Task": {"status": _DONE},
    "ServiceRequest": {
        "status": {**_ERROR, "revoked": OUT, "draft": OUT, "on-hold": OUT},
        "doNotPerform": {"true": OUT, "false": ""},
    },
    "Flag": {"status": {**_ERROR, "inactive": OUT}},
    "Patient": {"active": {"false": OUT}},
    "Group": {"active": {"false": OUT}},
    "Location": {"status": {"inactive": OUT}},
}
"""The same for the resources of an event, where nothing is told in words: what does not stand is left out."""


def standing(
    resource: Resource, path: str, issues: list[Issue], states: Mapping[str, Mapping[str, Mapping[str, str]]]
) -> str:
    """What must be told with a resource: nothing, words, or `OUT`; anything but nothing is warned of."""
    kind = resource["resourceType"]
    words_told: list[str] = []
    for element, words in states.get(kind, _ANY_STATUS).items():
        for known in _words_of(resource.get(element), words):
            if known is None and states is EVENT_STATES:
                continue
            if known == OUT:
                text = (
                    f"Cette ressource est retirée ou sans effet ({element}) pour son émetteur : elle n’est pas reprise."
                )
                issues.append(Issue("RETIREE", "business-rule", text, path, "warning"))
                return OUT
            if known != "":
                words_told.append(known or UNKNOWN_STATE)
                text = f"Cette ressource n’est reprise qu’avec son état : {words_told[-1].lower()}."
                issues.append(Issue("STATUT", "business-rule", text, f"{path}.{element}", "warning"))
    if place := next((name for name in MEANING if resource.get(name)), None):
        text = "Cette ressource porte un modificateur inconnu : elle n’est reprise qu’avec cette réserve."
        issues.append(Issue("MODIFICATEUR", "business-rule", text, f"{path}.{place}", "warning"))
        words_told.append(UNKNOWN_MODIFIER)
        if states is EVENT_STATES:
            return OUT
    return ", ".join(words_told)


_ANY_STATUS: Mapping[str, Mapping[str, str]] = {}


def _words_of(value: object, words: Mapping[str, str]) -> list[str | None]:
    """What each code of a state means; of several codings of one concept, those that are known."""
    match value:
        case bool():
            return [words.get("true" if value else "false")]
        case str():
            return [words.get(value)]
        case dict():
            known: list[str | None] = [words[code] for code in codes([value]) if code in words]
            return known or [None]
        case _:
            return []
