"""The elements of FHIR R4 resources, as the models of `fhir.resources` (R4B) name them.

Loaded only for a mapping whose target is FHIR: half a second that no message ever waits for.
"""

from __future__ import annotations

import typing
from functools import cache
from typing import TYPE_CHECKING, Any

from mapping.contracts.part import Level, Part

if TYPE_CHECKING:
    from mapping.kinds import Kind

_KINDS: dict[type, Kind] = {bool: "boolean", int: "integer", float: "decimal"}
_ANY = "ResourceType"
OPEN_LIST = "+"
"""With it in a list of codes, others may be used."""


class FhirContract:
    """Every resource of FHIR R4."""

    def roots(self) -> list[str]:
        """The resources that are named when none was found; FHIR has too many to list them all."""
        return ["Bundle", "Patient", "Encounter", "Observation", "ServiceRequest", "Task", "Communication", "Location"]

    def root(self, name: str) -> Part | None:
        """The resource of that name."""
        level = _resource(name)
        return None if level is None else Part(name, "object", required=True, inside=lambda: level)


@cache
def _resource(name: str) -> Level | None:
    from fhir.resources.R4B import get_fhir_model_class  # noqa: PLC0415 - half a second, for FHIR targets only

    try:
        model: Any = get_fhir_model_class(name)
    except (ValueError, LookupError):
        return None
    return _level(model, name)


@cache
def _level(model: Any, resource: str = "") -> Level:  # noqa: ANN401 - a class of the library, which ships no types
    parts: dict[str, Part] = {}
    if resource:
        parts["resourceType"] = Part("resourceType", required=True, codes=frozenset({resource}))
    choices: dict[str, list[str]] = {}
    for field in model.model_fields.values():
        said = field.json_schema_extra or {}
        if not said.get("element_property"):
            continue
        name = str(field.alias)
        parts[name] = _part(name, field, said)
        if said.get("one_of_many_required"):
            choices.setdefault(said["one_of_many"], []).append(name)
    parts |= {f"_{name}": Part(f"_{name}", "object", inside=lambda: Level(open=True)) for name in list(parts)}
    return Level(parts, lists=True, choices=tuple(frozenset(names) for names in choices.values()))


def _part(name: str, field: Any, said: dict[str, Any]) -> Part:  # noqa: ANN401 - same
    inner, many = _unwrapped(field.annotation)
    required = bool(said.get("element_required")) or field.is_required()
    listed = said.get("enum_values") or ()
    codes = None if not listed or OPEN_LIST in listed else frozenset(str(one) for one in listed)
    if getattr(inner, "__name__", "") == _ANY:
        return Part(name, "object", required, many, inside=lambda: Level(open=True, lists=True, of=_resource))
    if hasattr(inner, "get_model_klass"):
        return Part(name, "object", required, many, inside=lambda: _level(inner.get_model_klass()))
    return Part(name, _KINDS.get(inner, "text"), required, many, codes)


def _unwrapped(annotation: Any) -> tuple[Any, bool]:  # noqa: ANN401 - a type hint has no type
    """The type under Optional, Annotated and List, and whether there was a List."""
    many = False
    while arguments := typing.get_args(annotation):
        many = many or typing.get_origin(annotation) is list
        annotation = arguments[0]
    return annotation, many
