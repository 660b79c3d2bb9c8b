"""What may be read: the paths of the canon documents and their types, taken from `domain.canon.documents` itself.

A renamed field there becomes a fault in every file that still says the old name. It refuses to guess: a path that is
not in the shape is a fault, with the nearest one that is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType, UnionType
from typing import TYPE_CHECKING, Any, TypeAlias, Union, get_args, get_origin, get_type_hints, is_typeddict

from domain.canon import documents
from domain.canon.answers import HEARD
from domain.mode import Mode
from domain.severity import Severity
from domain.victim.care_path import CareStatus
from mapping.contracts.part import Level, Part
from mapping.faults import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mapping.kinds import Kind

Read: TypeAlias = "Callable[[Mapping[str, Any]], Any]"
"""A function of the document."""

_SEVERITIES = frozenset(severity.value for severity in Severity)
_MODES = frozenset(mode.value for mode in Mode)
CODES: Mapping[tuple[str, str], frozenset[str]] = MappingProxyType(
    {
        ("VictimCanon", "severity"): _SEVERITIES,
        ("VictimCanon", "severity_entry"): _SEVERITIES,
        ("VictimCanon", "severity_exit"): _SEVERITIES,
        ("VictimCanon", "status"): frozenset(status.value for status in CareStatus),
        ("VictimCanon", "patient_type"): frozenset({"nourrisson", "pediatrie", "adulte"}),
        ("VictimCanon", "age_band"): frozenset({"nourrisson", "pediatrie", "adulte", "inconnu"}),
        ("VictimCanon", "sex"): frozenset({"M", "F", "A", "?"}),
        ("VictimCanon", "identity_status"): frozenset({"declared", "documented", "validated"}),
        ("VictimCanon", "orientation"): frozenset({"SUR_PLACE", "ETABLISSEMENT"}),
        ("MoveCanon", "status"): frozenset(status.value for status in CareStatus),
        ("AgeCanon", "unit"): frozenset({"years", "months", "weeks", "days"}),
        ("EventCanon", "mode"): _MODES,
        ("EventCanon", "status"): frozenset({"open", "closed"}),
        ("LinkCanon", "action"): frozenset({"create", "link"}),
        ("LinkStateCanon", "action"): frozenset({"create", "link"}),
        ("DetachedNumberDocument", "reason"): frozenset({"emptied", "changed", "deleted"}),
        ("InterventionPatientCanon", "sex"): frozenset({"M", "F", "I"}),
        ("AnswerDocument", "outcome"): frozenset({"taken", "later", "refused"}),
        ("OutcomeDocument", "status"): frozenset({"delivered", "parked", "uncertain", "expired", "discarded"}),
        **{(document.__name__, "mode"): _MODES for document in documents.DOCUMENTS.values()},
    }
)
"""Closed lists of codes, by shape and field: a table that reads one of these fields must cover its whole list."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What stands at one path."""

    kind: Kind
    nullable: bool = False
    """It, or something above it, may be None."""
    codes: frozenset[str] | None = None
    """Every value it may have, where the list is closed."""
    fields: Mapping[str, Shape] = field(default_factory=dict)
    item: Shape | None = None

    def find(self, path: str) -> Shape | None:
        """The shape at a dotted path below this one, or None. A path never goes through a list."""
        shape: Shape | None = self
        nullable = False
        for part in path.split("."):
            shape = shape.fields.get(part) if shape else None
            nullable = nullable or bool(shape and shape.nullable)
        if shape is None or shape.nullable == nullable:
            return shape
        return Shape(shape.kind, nullable, shape.codes, shape.fields, shape.item)

    def paths(self, before: str = "") -> Iterator[str]:
        """Every path below this one, objects and lists included, lists not entered."""
        for name, shape in self.fields.items():
            yield before + name
            yield from shape.paths(f"{before}{name}.")

    def why_not(self, path: str) -> tuple[str, str]:
        """What to tell about a path that `find` does not know: the message, and what was probably meant."""
        parts = path.split(".")
        for end in range(1, len(parts)):
            above = self.find(".".join(parts[:end]))
            if above is not None and above.kind == "list":
                through = ".".join(parts[:end])
                return f"« {path} » passe par la liste « {through} »", f"utilisez « each: {through} » et « item.… »"
        return f"champ inconnu « {path} »", did_you_mean(path, self.paths())


def with_item(root: Shape, item: Shape) -> Shape:
    """The shape of what the rules of an `each` see: the document, and `item`."""
    return Shape("object", fields=MappingProxyType({**root.fields, "item": item}))


@cache
def topic_shape(topic: str) -> Shape | None:
    """The shape of a canon document, or None if there is no such topic."""
    document = documents.DOCUMENTS.get(topic)
    return None if document is None else _shape_of(document, "", "")


def reader(path: str) -> Read:
    """What stands at a path, or None when it, or anything on the way, is not there."""
    parts = path.split(".")
    if len(parts) == 1:
        return lambda scope: scope.get(path)
    first, second, *rest = parts

    def read_two(scope: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON-safe values
        try:
            return scope[first][second]
        except (KeyError, TypeError):
            return None

    def read_more(scope: Mapping[str, Any]) -> Any:  # noqa: ANN401 - same
        try:
            value = scope[first][second]
            for part in rest:
                value = value[part]
        except (KeyError, TypeError):
            return None
        return value

    return read_more if rest else read_two


_SIMPLE: Mapping[Any, Kind] = MappingProxyType({str: "text", int: "integer", float: "decimal", bool: "boolean"})


def _shape_of(hint: Any, owner: str, name: str, *, nullable: bool = False) -> Shape:  # noqa: ANN401 - a type hint has no type
    if get_origin(hint) in {Union, UnionType}:
        (inner,) = (part for part in get_args(hint) if part is not type(None))
        return _shape_of(inner, owner, name, nullable=True)
    if is_typeddict(hint):
        spare = hint.__optional_keys__
        fields = {
            key: _shape_of(inside, hint.__name__, key, nullable=key in spare)
            for key, inside in get_type_hints(hint).items()
        }
        return Shape("object", nullable, fields=MappingProxyType(fields))
    if get_origin(hint) is list:
        return Shape("list", nullable, item=_shape_of(get_args(hint)[0], owner, name))
    return Shape(_SIMPLE[hint], nullable, CODES.get((owner, name)))


MOST_LEVELS = 8
"""Of a neighbour's document: contracts may hold themselves."""


def shape_of_part(part: Part, depth: int = 0) -> Shape:
    """What a mapping that comes in may read of a neighbour's document."""
    fields: dict[str, Shape] = {}
    if part.inside is not None and part.level is not None and depth < MOST_LEVELS:
        fields = {name: shape_of_part(below, depth + 1) for name, below in part.level.parts.items()}
    shape = Shape(part.kind, not part.required, part.codes, MappingProxyType(fields))
    return Shape("list", not part.required, item=shape) if part.many else shape


def part_of_shape(name: str, shape: Shape) -> Part:
    """A canon shape as the target of a mapping that comes in."""
    held = shape.item if shape.kind == "list" and shape.item else shape
    parts = {key: part_of_shape(key, below) for key, below in held.fields.items()}
    level = Level(parts, lists=True)
    inside = (lambda: level) if held.kind == "object" else None
    return Part(name, held.kind, not shape.nullable, shape.kind == "list", shape.codes or held.codes, inside=inside)


@cache
def heard_shape(name: str) -> Shape | None:
    """The shape of what may be learnt from a neighbour, or None if there is no such document."""
    document = HEARD.get(name)
    return None if document is None else _shape_of(document, "", "")
