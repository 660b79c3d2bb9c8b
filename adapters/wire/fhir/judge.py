"""What somebody else's model of R4 says of a resource: the models of `fhir.resources`, off the hot path.

The library is imported at the first question and never before: it takes a second and forty megabytes. What it finds is told by place and kind in
sentences of ours, because its own repeat the values.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from adapters.wire.fhir.vocabulary import Issue, Resource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_FAULTS = 100
SENTENCES: Mapping[str, tuple[str, str]] = {
    "missing": ("required", "Élément obligatoire absent."),
    "extra_forbidden": ("structure", "Élément inconnu de FHIR R4."),
    "list_type": ("structure", "Une liste est attendue."),
    "string_type": ("value", "Un texte est attendu."),
    "bool_type": ("value", "true ou false est attendu."),
    "int_type": ("value", "Un nombre entier est attendu."),
    "string_pattern_mismatch": ("value", "La forme du texte n’est pas celle du type."),
}
"""Kind of fault of the library → FHIR's IssueType, and what a person is told."""
OTHERWISE = ("invalid", "Valeur refusée par le modèle de FHIR R4.")


def judge(resource: Resource) -> list[Issue]:
    """Every fault of a resource, by its place; empty when it is FHIR R4."""
    models = import_module("fhir.resources.R4B")
    kind = resource.get("resourceType")
    try:
        model = models.get_fhir_model_class(kind if isinstance(kind, str) else "")
    except (ValueError, LookupError):
        return [
            Issue("RESSOURCE_IGNOREE", "not-supported", "Ce type n’est pas une ressource de FHIR R4.", "resourceType")
        ]
    try:
        model.model_validate(resource)
    except ValueError as error:
        faults: Sequence[Any] = getattr(error, "errors", list)()
        return [_issue(kind, fault) for fault in faults[:MOST_FAULTS]] or [Issue("FORME", *OTHERWISE, str(kind))]
    return []


def _issue(kind: Any, fault: Mapping[str, Any]) -> Issue:  # noqa: ANN401 - a resourceType
    path = str(kind)
    for part in fault.get("loc", ()):
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    issue_type, text = SENTENCES.get(str(fault.get("type")), OTHERWISE)
    return Issue("FORME", issue_type, text, path)
