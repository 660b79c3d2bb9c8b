"""Rules into functions, once, when the files are loaded; a document then costs a few microseconds.

Each rule becomes one closure from the document to a value, where None means that the key is absent. A second set of the
same closures, watched, tells which rule made which value. Rules come here checked: nothing is looked up by name later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from mapping.engine.converting import (
    LOCAL_ZONE,
    Convert,
    Day,
    Scope,
    back_through_table,
    blamed,
    through_format,
    through_table,
)
from mapping.errors import MappingError
from mapping.faults import Faults
from mapping.language.expressions import Expression, read_expression
from mapping.language.paths import Read, Shape, reader, with_item
from mapping.language.targets import steps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mapping.codes.tables import CodeTable
    from mapping.language.extends import WholeMapping
    from mapping.language.rules import Rule, Token

ABSENT = "valeur absente alors que la règle la veut"


class Watch(Protocol):
    """Wraps the function of each rule, to see what it gives."""

    def leaf(self, rule: Rule, produce: Read) -> Read:
        """Around a rule that gives one value."""

    def group(self, rule: Rule, scope: Scope) -> Scope:
        """What the rules of a group see."""

    def inside(self, rule: Rule, scope: Scope, at: int) -> Scope:
        """What the rules of an `each` see for its element number `at`."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """What every rule of one mapping is compiled with."""

    shape: Shape
    """Of what is read."""
    tables: Mapping[str, CodeTable]
    day: str = ""
    """The field of the document on whose day a dated table is looked up."""
    zone: str = LOCAL_ZONE
    """Where that day is: an instant of the night falls on another day in UTC."""
    incoming: bool = False
    """Tables are read backwards: from the neighbour's codes to ours."""
    policy: Callable[[str], str] = lambda _table: "hold"
    """What becomes of a code that a table does not have."""
    watch: Watch | None = None

    def root(self, mapping: WholeMapping) -> Callable[[Scope], dict[str, Any]]:
        """The whole document to the whole tree."""
        return self._tree(_plan(mapping.rules), self.shape)

    def _tree(self, plan: _Branch, shape: Shape) -> Callable[[Scope], dict[str, Any]]:
        fields = tuple((key, self._child(below, shape)) for key, below in plan.below.items())

        def build(scope: Scope) -> dict[str, Any]:
            tree = {}
            for key, produce in fields:
                value = produce(scope)
                if value is not None:
                    tree[key] = value
            return tree

        return build

    def _numbered(self, elements: dict[int, _Branch | list[Rule]], shape: Shape) -> Read:
        """The elements of a list that are there, in the order of their numbers."""
        produces = tuple(self._child(elements[number], shape) for number in sorted(elements))

        def build(scope: Scope) -> list[Any] | None:
            return [value for produce in produces if (value := produce(scope)) is not None] or None

        return build

    def _child(self, below: _Planned, shape: Shape) -> Read:
        if isinstance(below, dict):
            return self._numbered(below, shape)
        if isinstance(below, _Branch):
            build = self._tree(below, shape)
            return lambda scope: build(scope) or None
        alternatives = tuple(self._rule(rule, shape) for rule in below)
        if len(alternatives) == 1:
            return alternatives[0]

        def first_that_gives(scope: Scope) -> Any:  # noqa: ANN401 - JSON-safe values
            for produce in alternatives:
                value = produce(scope)
                if value is not None:
                    return value
            return None

        return first_that_gives

    def _rule(self, rule: Rule, shape: Shape) -> Read:
        if rule.origin == "each":
            produce = self._each(rule, shape)
        else:
            produce = self._group(rule, shape) if rule.origin == "rules" else self._value(rule, shape)
        if rule.when:
            produce = _only_when(rule, _expression(rule, rule.when, shape, condition=True), produce)
        return self.watch.leaf(rule, produce) if self.watch else produce

    def _each(self, rule: Rule, shape: Shape) -> Read:
        path = rule.paths[0].text
        read = reader(path)
        leaf = shape.find(path)
        if leaf is None or leaf.item is None:
            raise LookupError(path)
        build = self._tree(_plan(rule.rules), with_item(shape, leaf.item))
        inside = self.watch.inside if self.watch else None

        def produce(scope: Scope) -> list[dict[str, Any]] | None:
            items = read(scope)
            if items is None:
                if rule.optional:
                    return None
                raise MappingError(path, ABSENT, rule.place)
            if inside:
                return [build({**inside(rule, scope, at), "item": item}) for at, item in enumerate(items)]
            return [build({**scope, "item": item}) for item in items]

        return produce

    def _group(self, rule: Rule, shape: Shape) -> Read:
        build = self._tree(_plan(rule.rules), shape)
        if self.watch is None:
            return lambda scope: build(scope) or None
        group = self.watch.group
        return lambda scope: build(group(rule, scope)) or None

    def _value(self, rule: Rule, shape: Shape) -> Read:
        constant = rule.constant
        if rule.origin == "value":
            return lambda _scope: constant
        convert = self._convert(rule)
        read = _origin(rule, shape)
        if rule.optional:
            return read if convert is None else _optional(read, convert)
        if rule.default:
            return _defaulted(read, convert, rule.default.value)
        return _required(rule, read, convert)

    def _convert(self, rule: Rule) -> Convert | None:
        if rule.format:
            return through_format(rule)
        if not rule.table:
            return None
        table, policy = self.tables[rule.table.text], self.policy(rule.table.text)
        return (
            back_through_table(rule, table, policy)
            if self.incoming
            else through_table(rule, table, Day(self.day, self.zone), policy)
        )


@dataclass(slots=True)
class _Branch:
    """Target keys in the order in which the file first says them."""

    below: dict[str, _Planned] = field(default_factory=dict)


_Planned: TypeAlias = "_Branch | list[Rule] | dict[int, _Branch | list[Rule]]"
"""What stands at one key: an object, alternatives for a value, or the numbered elements of a list."""


def _plan(rules: Sequence[Rule]) -> _Branch:
    root = _Branch()
    for rule in rules:
        *above, last = steps(rule.to.text)
        branch = root
        for name, number in above:
            inner = _spot(branch, name, number).setdefault(name if number is None else number, _Branch())
            if not isinstance(inner, _Branch):
                raise TypeError(rule.to.text)
            branch = inner
        name, number = last
        leaves = _spot(branch, name, number).setdefault(name if number is None else number, [])
        if not isinstance(leaves, list):
            raise TypeError(rule.to.text)
        leaves.append(rule)
    return root


def _spot(branch: _Branch, name: str, number: int | None) -> dict[Any, Any]:
    """Where a step is kept: under its name, or, numbered, in the elements under its name."""
    if number is None:
        return branch.below
    elements = branch.below.setdefault(name, {})
    if not isinstance(elements, dict):
        raise TypeError(name)
    return elements


def _origin(rule: Rule, shape: Shape) -> Read:
    if rule.compute:
        return _computed(rule, _expression(rule, rule.compute, shape, condition=False))
    reads = tuple(reader(path.text) for path in rule.paths)
    if len(reads) == 1:
        return reads[0]

    def first(scope: Scope) -> Any:  # noqa: ANN401 - JSON-safe values
        for read in reads:
            value = read(scope)
            if value is not None:
                return value
        return None

    return first


def _expression(rule: Rule, token: Token, shape: Shape, *, condition: bool) -> Expression:
    faults = Faults()
    listed = [path.text for path in (*rule.paths, *rule.uses)]
    expression = read_expression(token, shape, listed, faults, condition=condition)
    faults.refuse_any()
    if expression is None:
        raise LookupError(token.text)
    return expression


def _computed(rule: Rule, expression: Expression) -> Read:
    evaluate = expression.bind(reader)
    path, place = rule.to.text, rule.place

    def compute(scope: Scope) -> Any:  # noqa: ANN401 - JSON-safe values
        try:
            value = evaluate(scope)
        except Exception:  # noqa: BLE001 - whatever CEL raises may quote the values it was given
            raise MappingError(path, "le calcul n'aboutit pas sur ce document", place) from None
        if isinstance(value, str | int | float | None):
            return value
        raise MappingError(path, "le calcul ne donne pas une valeur simple", place)

    return compute


def _only_when(rule: Rule, expression: Expression, produce: Read) -> Read:
    evaluate = expression.bind(reader)
    path, place = rule.to.text, rule.place

    def conditional(scope: Scope) -> Any:  # noqa: ANN401 - JSON-safe values
        try:
            holds = evaluate(scope)
        except Exception:  # noqa: BLE001 - same
            raise MappingError(path, "la condition n'aboutit pas sur ce document", place) from None
        if not isinstance(holds, bool):
            raise MappingError(path, "la condition n'est ni vraie ni fausse", place)
        return produce(scope) if holds else None

    return conditional


def _optional(read: Read, convert: Convert) -> Read:
    def produce(scope: Scope) -> Any:  # noqa: ANN401 - JSON-safe values
        value = read(scope)
        return None if value is None else convert(value, scope)

    return produce


def _defaulted(read: Read, convert: Convert | None, default: Any) -> Read:  # noqa: ANN401 - JSON-safe values
    def produce(scope: Scope) -> Any:  # noqa: ANN401 - same
        value = read(scope)
        if value is None:
            return default
        return value if convert is None else convert(value, scope)

    return produce


def _required(rule: Rule, read: Read, convert: Convert | None) -> Read:
    path, place = blamed(rule), rule.place

    def produce(scope: Scope) -> Any:  # noqa: ANN401 - JSON-safe values
        value = read(scope)
        if value is None:
            raise MappingError(path, ABSENT, place)
        return value if convert is None else convert(value, scope)

    return produce
