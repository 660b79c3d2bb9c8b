"""The elements of FHIR R4 resources, as the models of `fhir.resources` (R4B) name them.

Those that an emergency speaks of are written down in `fhir-r4.json`, by `make reference`, so that a gateway starts without the library; any other is
asked of it, which takes half a second that no message ever waits for.
"""

from __future__ import annotations

import json
import re
import typing
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mapping.contracts.part import Level, Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mapping.kinds import Kind

WRITTEN: Final = Path(__file__).parent / "fhir-r4.json"
SPOKEN: Final = (
    *(
        "Bundle",
        "MessageHeader",
        "OperationOutcome",
        "Group",
        "Patient",
        "RelatedPerson",
        "Person",
        "Encounter",
        "EpisodeOfCare",
    ),
    *("Observation", "Condition", "Flag", "AllergyIntolerance", "Procedure", "ServiceRequest", "Task", "Communication"),
    *(
        "CommunicationRequest",
        "Location",
        "Organization",
        "Practitioner",
        "PractitionerRole",
        "Device",
        "DocumentReference",
    ),
    *("QuestionnaireResponse", "MeasureReport", "Provenance", "List", "Parameters", "Endpoint"),
)
"""The resources that are written down."""

_KINDS: dict[type, Kind] = {bool: "boolean", int: "integer", float: "decimal"}
_ANY = "ResourceType"
_WORD = re.compile(r"(?P<kind>\w+|\*)(?P<many>\[\])?(?P<required>!)?(?:\|(?P<codes>.*))?")
OPEN_LIST = "+"
"""With it in a list of codes, others may be used."""

Elements = dict[str, str]
"""Element → `kind`, then `[]` when it repeats, `!` when it must be there, `|code|code` where they are listed. A kind is a simple one,
`*` for any resource, or the name of a type."""


class FhirContract:
    """Every resource of FHIR R4."""

    def roots(self) -> list[str]:
        """The resources that are named when none was found; FHIR has too many to list them all."""
        return ["Bundle", "Patient", "Encounter", "Observation", "ServiceRequest", "Task", "Communication", "Location"]

    def root(self, name: str) -> Part | None:
        """The resource of that name."""
        level = _resource(name)
        return None if level is None else Part(name, "object", required=True, inside=lambda: level)


def written_down() -> dict[str, Any]:
    """What `fhir-r4.json` must hold: type → its elements, and the groups of which one must be there."""
    types: dict[str, Any] = {}
    wanted = list(SPOKEN)
    while wanted:
        name = wanted.pop()
        if name not in types:
            elements, choices = _asked(name)
            types[name] = [elements, choices]
            wanted += [kind for word in elements.values() if (kind := _said(word)["kind"])[0].isupper()]
    return dict(sorted(types.items()))


@cache
def _resource(name: str) -> Level | None:
    try:
        return _level(name, resource=True)
    except LookupError:
        return None


@cache
def _level(name: str, *, resource: bool = False) -> Level:
    """What a type holds. Raises `LookupError`."""
    elements, choices = _asked(name) if name not in _written() else _written()[name]
    parts: dict[str, Part] = {}
    if resource:
        parts["resourceType"] = Part("resourceType", required=True, codes=frozenset({name}))
    parts |= {element: _part(element, word) for element, word in elements.items()}
    parts |= {f"_{element}": Part(f"_{element}", "object", inside=lambda: Level(open=True)) for element in list(parts)}
    return Level(parts, lists=True, choices=tuple(frozenset(names) for names in choices))


@cache
def _written() -> dict[str, Any]:
    types: dict[str, Any] = json.loads(WRITTEN.read_bytes()) if WRITTEN.exists() else {}
    return types


def _said(word: str) -> re.Match[str]:
    if (match := _WORD.fullmatch(word)) is None:
        raise ValueError(f"{WRITTEN.name} : {word}")
    return match


def _part(name: str, word: str) -> Part:
    match = _said(word)
    kind, many, required = match["kind"], bool(match["many"]), bool(match["required"])
    if kind == "*":
        return Part(name, "object", required, many, inside=lambda: Level(open=True, lists=True, of=_resource))
    if kind[0].isupper():
        return Part(name, "object", required, many, inside=lambda: _level(kind))
    codes = frozenset(match["codes"].split("|")) if match["codes"] else None
    return Part(name, typing.cast("Kind", kind), required, many, codes)


def _asked(name: str) -> tuple[Elements, list[list[str]]]:
    """The same of the library. Raises `LookupError`."""
    elements: Elements = {}
    choices: dict[str, list[str]] = {}
    for element, field, facts in _fields(_model(name)):
        elements[element] = _word(field, facts)
        if facts.get("one_of_many_required"):
            choices.setdefault(facts["one_of_many"], []).append(element)
    return elements, [sorted(names) for names in choices.values()]


def _model(name: str) -> Any:  # noqa: ANN401 - a class of the library, which ships no types
    models = import_module("fhir.resources.R4B")
    try:
        return models.get_fhir_model_class(name)
    except (ValueError, LookupError) as error:
        raise LookupError(name) from error


def _fields(model: Any) -> Iterator[tuple[str, Any, dict[str, Any]]]:  # noqa: ANN401 - same
    for field in model.model_fields.values():
        extra = field.json_schema_extra or {}
        if extra.get("element_property"):
            yield str(field.alias), field, extra


def _word(field: Any, extra: dict[str, Any]) -> str:  # noqa: ANN401 - same
    inner, many = _unwrapped(field.annotation)
    required = bool(extra.get("element_required")) or field.is_required()
    listed = extra.get("enum_values") or ()
    codes = [] if OPEN_LIST in listed else sorted(str(listed_code) for listed_code in listed)
    if getattr(inner, "__name__", "") == _ANY:
        kind = "*"
    elif hasattr(inner, "get_model_klass"):
        kind = str(inner.get_model_klass().__name__)
    else:
        kind = _KINDS.get(inner, "text")
    return kind + "[]" * many + "!" * required + "".join(f"|{code}" for code in codes)


def _unwrapped(annotation: Any) -> tuple[Any, bool]:  # noqa: ANN401 - a type hint has no type
    """The type under Optional, Annotated and List, and whether there was a List."""
    many = False
    while arguments := typing.get_args(annotation):
        many = many or typing.get_origin(annotation) is list
        annotation = arguments[0]
    return annotation, many
