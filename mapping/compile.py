"""Rules into functions, once, when the files are loaded; a document then costs a few microseconds.

Each rule becomes one closure from the document to a value, where None means that the key is absent. A second set of the
same closures, watched, tells which rule made which value. Rules come here checked: nothing is looked up by name later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from mapping.checks import DAY_OF
from mapping.errors import MappingError
from mapping.expressions import Expression, read_expression
from mapping.faults import Faults
from mapping.formats import FORMATS, as_text
from mapping.paths import Read, Shape, reader, topic_shape, with_item

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mapping.extends import WholeMapping
    from mapping.rules import Rule, Said
    from mapping.tables import CodeTable

Scope: TypeAlias = "Mapping[str, Any]"
"""The document, and `item` inside an `each`."""

ABSENT = "valeur absente alors que la règle la veut"


class Watch(Protocol):
    """Wraps the function of each rule, to see what it gives."""

    def leaf(self, rule: Rule, produce: Read) -> Read:
        """Around a rule that gives one value."""

    def inside(self, rule: Rule, scope: Scope, at: int) -> Scope:
        """What the rules of an `each` see for its element number `at`."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """What every rule of one mapping is compiled with."""

    topic: str
    tables: Mapping[str, CodeTable]
    watch: Watch | None = None

    def root(self, mapping: WholeMapping) -> Callable[[Scope], dict[str, Any]]:
        """The whole document to the whole tree."""
        shape = topic_shape(self.topic)
        if shape is None:
            raise LookupError(self.topic)
        return self._tree(_plan(mapping.rules), shape)

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

    def _child(self, below: _Branch | list[Rule], shape: Shape) -> Read:
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
        produce = self._each(rule, shape) if rule.origin == "each" else self._value(rule, shape)
        if rule.when:
            produce = _only_when(rule, _expression(rule, rule.when, shape, condition=True), produce)
        return self.watch.leaf(rule, produce) if self.watch else produce

    def _each(self, rule: Rule, shape: Shape) -> Read:
        path = rule.paths[0].text
        read = reader(path)
        found = shape.find(path)
        if found is None or found.item is None:
            raise LookupError(path)
        build = self._tree(_plan(rule.rules), with_item(shape, found.item))
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
        if rule.table:
            return _through_table(rule, self.tables[rule.table.text], DAY_OF[self.topic])
        if not rule.format:
            return None
        write = FORMATS[rule.format.text].write
        path, place = _blamed(rule), rule.place

        def convert(value: Any, _scope: Scope) -> Any:  # noqa: ANN401 - JSON-safe values
            try:
                return write(value)
            except ValueError as error:
                raise MappingError(path, str(error), place) from None

        return convert


Convert: TypeAlias = "Callable[[Any, Scope], Any]"


@dataclass(slots=True)
class _Branch:
    """Target keys in the order in which the file first says them."""

    below: dict[str, _Branch | list[Rule]] = field(default_factory=dict)


def _plan(rules: Sequence[Rule]) -> _Branch:
    root = _Branch()
    for rule in rules:
        *above, last = rule.to.text.split(".")
        branch = root
        for part in above:
            inner = branch.below.setdefault(part, _Branch())
            if not isinstance(inner, _Branch):
                raise TypeError(rule.to.text)
            branch = inner
        leaves = branch.below.setdefault(last, [])
        if isinstance(leaves, _Branch):
            raise TypeError(rule.to.text)
        leaves.append(rule)
    return root


def _blamed(rule: Rule) -> str:
    return rule.paths[0].text if rule.paths else rule.to.text


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


def _expression(rule: Rule, said: Said, shape: Shape, *, condition: bool) -> Expression:
    faults = Faults()
    listed = [path.text for path in (*rule.paths, *rule.uses)]
    expression = read_expression(said, shape, listed, faults, condition=condition)
    faults.refuse_any()
    if expression is None:
        raise LookupError(said.text)
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
    path, place = _blamed(rule), rule.place

    def produce(scope: Scope) -> Any:  # noqa: ANN401 - JSON-safe values
        value = read(scope)
        if value is None:
            raise MappingError(path, ABSENT, place)
        return value if convert is None else convert(value, scope)

    return produce


def _through_table(rule: Rule, table: CodeTable, day_field: str) -> Convert:
    path, place = _blamed(rule), rule.place
    codes = table.forward

    def code_of(value: Any) -> str:  # noqa: ANN401 - JSON-safe values
        try:
            return as_text(value)
        except ValueError as error:
            raise MappingError(path, str(error), place) from None

    def convert(value: Any, _scope: Scope) -> str:  # noqa: ANN401 - same
        code = value if isinstance(value, str) else code_of(value)
        wire = codes.get(code)
        if wire is None:
            table.missed(code)
            raise MappingError(path, f"code absent de la table {table.name}", place)
        return wire

    def convert_on_day(value: Any, scope: Scope) -> str:  # noqa: ANN401 - same
        day = str(scope.get(day_field) or "")[:10]
        wire = table.to_wire(code_of(value), day)
        if wire is None:
            raise MappingError(path, f"code absent de la table {table.name} à cette date", place)
        return wire

    return convert_on_day if table.dated else convert
