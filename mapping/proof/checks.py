"""Whether a mapping is true: against canon, the recipient's allow-list, the code tables and itself.

This is where the law is kept. A rule that reads a field off the recipient's list is a fault with the list's own reason,
also when the field is read only by a condition. It compiles nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from domain.canon.hub import HUB_DOCUMENTS
from mapping.faults import Faults, did_you_mean
from mapping.formats import FORMATS
from mapping.kinds import KIND_IN_FRENCH
from mapping.language.expressions import read_expression
from mapping.language.paths import Shape, with_item
from mapping.language.targets import steps
from mapping.language.trials import always_gives, may_all_be_false, unguarded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mapping.allow_list import AllowList
    from mapping.codes.tables import CodeTable
    from mapping.language.expressions import Expression
    from mapping.language.extends import WholeMapping
    from mapping.language.rules import Rule, Token

DAY_OF = {
    "victim": "recorded_at",
    "identifier.detached": "recorded_at",
    "event": "recorded_at",
    "counts": "counted_at",
    "intervention.request": "clicked_at",
    "intervention.cancel": "cancelled_at",
    "intervention.status": "since",
    "outcome": "settled_at",
    "patient.news": "happened_at",
    "victim.path": "recorded_at",
    "event.victims": "recorded_at",
    "patient.view": "recorded_at",
    "event.view": "recorded_at",
    "evacuation": "recorded_at",
    "evacuation.status": "recorded_at",
    **dict.fromkeys(HUB_DOCUMENTS, "said_at"),
}
"""The instant of each topic at which a dated table is looked up."""


CodesRead: TypeAlias = "dict[str, list[frozenset[str] | None]]"
"""Table → for each field that it reads, the closed list of its codes, or None where the list is open."""


@dataclass(frozen=True, slots=True)
class WrittenTargets:
    """What is learnt of the targets, for the contract to judge."""

    codes: dict[Token, frozenset[str]] = field(default_factory=dict)
    """For each target that is written as it is read, the closed list of what it may be."""
    lists: set[Token] = field(default_factory=set)
    """Targets that are written with a whole list of simple values."""
    gaps: set[Token] = field(default_factory=set)
    """Targets whose alternatives all have a condition, none of which holds for some document."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """What the rules of one level see."""

    topic: str
    """Empty for what comes in: there is no law on reading what we were told."""
    shape: Shape
    allow_list: AllowList | None
    tables: Mapping[str, CodeTable]
    faults: Faults
    codes_read: CodesRead
    written: WrittenTargets
    guard: Expression | None = None
    """The condition of the group that the rules are in."""
    item: str = ""
    """The path of the list whose element is `item`."""

    def absolute(self, path: str) -> str:
        head, _, below = path.partition(".")
        if head != "item" or not self.item:
            return path
        return f"{self.item}.{below}" if below else self.item


def check_mapping(  # noqa: PLR0913 - what is checked, by what law, with which tables
    mapping: WholeMapping,
    shape: Shape,
    allow_list: AllowList | None,
    tables: Mapping[str, CodeTable],
    codes_read: CodesRead,
    faults: Faults,
) -> WrittenTargets:
    """Note every fault of one whole mapping, and in `codes_read` what it asks of the tables."""
    written = WrittenTargets()
    _check_rules(mapping.rules, _Scope(mapping.topic.text, shape, allow_list, tables, faults, codes_read, written))
    return written


def _check_rules(rules: Sequence[Rule], scope: _Scope) -> None:
    _check_targets(rules, scope.faults)
    conditions: dict[str, list[tuple[Token, Expression | None]]] = {}
    for rule in rules:
        shapes = [shape for path in rule.paths if (shape := _read(path, scope, whole=rule.origin != "each"))]
        for used in rule.uses:
            _read(used, scope, whole=True)
        condition = _check_expressions(rule, scope)
        conditions.setdefault(rule.to.text, []).append((rule.to, condition))
        if rule.origin == "rules":
            _check_rules(rule.rules, replace(scope, guard=condition or scope.guard))
        elif rule.origin == "each":
            _check_each(rule, shapes, scope)
        else:
            _check_values(rule, shapes, scope)
    for alternatives in conditions.values():
        known = [condition for _, condition in alternatives if condition]
        if len(known) == len(alternatives) > 1 and may_all_be_false(known, scope.shape):
            scope.written.gaps.update(to for to, _ in alternatives)


def _read(path: Token, scope: _Scope, *, whole: bool) -> Shape | None:
    """The shape at a path that exists and may be read; otherwise None, and a fault. A list may be entered in part."""
    shape = scope.shape.find(path.text)
    if shape is None:
        scope.faults.add(path.spot, *scope.shape.why_not(path.text))
        return None
    absolute = scope.absolute(path.text)
    listed = scope.allow_list
    if listed and not (listed.allows if whole else listed.enters)(scope.topic, absolute):
        named = f"« {path.text} »" if absolute == path.text else f"« {path.text} » ({absolute})"
        message = f"{named} n'est pas sur la liste d'accès de {listed.recipient} (source : {listed.source})"
        scope.faults.add(path.spot, message)
        return None
    return shape


def _check_expressions(rule: Rule, scope: _Scope) -> Expression | None:
    """Gives the condition of the rule."""
    listed = [token.text for token in (*rule.paths, *rule.uses)]
    condition = read_expression(rule.when, scope.shape, listed, scope.faults, condition=True) if rule.when else None
    if rule.when and condition:
        always = always_gives(condition, scope.shape)
        if always is not None:
            message = ("cette condition est toujours vraie", "retirez « when »")
            scope.faults.add(
                rule.when.spot, *(message if always else ("condition jamais vraie", "règle jamais atteinte"))
            )
        _check_absences(rule.when, unguarded(condition, scope.shape), scope.faults)
    if rule.compute:
        computed = read_expression(rule.compute, scope.shape, listed, scope.faults, condition=False)
        if computed:
            _check_absences(rule.compute, unguarded(computed, scope.shape, condition or scope.guard), scope.faults)
    return condition


def _check_absences(token: Token, paths: Iterable[str], faults: Faults) -> None:
    for path in paths:
        message = f"« {path} » est parfois absent et l'expression ne le prévoit pas"
        faults.add(token.spot, message, f"commencez par « {path} != null && … »")


def _check_each(rule: Rule, shapes: Sequence[Shape], scope: _Scope) -> None:
    for shape in shapes:
        if shape.item is None:
            scope.faults.add(
                rule.paths[0].spot, f"« {rule.paths[0].text} » est {KIND_IN_FRENCH[shape.kind]}, pas une liste"
            )
            continue
        inner = replace(scope, shape=with_item(scope.shape, shape.item), item=scope.absolute(rule.paths[0].text))
        _check_rules(rule.rules, inner)


def _check_values(rule: Rule, shapes: Sequence[Shape], scope: _Scope) -> None:
    _check_kinds(rule, shapes, scope)
    closed = [shape.codes for shape in shapes if shape.codes]
    if closed and len(closed) == len(shapes) and not rule.compute:
        scope.written.codes[rule.to] = frozenset[str]().union(*closed)
    if rule.table:
        _check_table(rule.table, shapes, scope)
    if rule.format and rule.format.text not in FORMATS:
        hint = did_you_mean(rule.format.text, FORMATS) or f"connus : {', '.join(FORMATS)}"
        scope.faults.add(rule.format.spot, f"format inconnu « {rule.format.text} »", hint)
    elif rule.format:
        kinds = FORMATS[rule.format.text].kinds
        for shape in shapes:
            if shape.kind not in {*kinds, "object", "list"}:
                message = f"le format « {rule.format.text} » ne lit pas {KIND_IN_FRENCH[shape.kind]}"
                scope.faults.add(rule.format.spot, message)


def _check_kinds(rule: Rule, shapes: Sequence[Shape], scope: _Scope) -> None:
    """One value, or a whole list of simple values as it is."""
    for token, shape in zip(rule.paths, shapes, strict=False):
        if shape.kind == "object":
            scope.faults.add(token.spot, f"« {token.text} » est un objet", "nommez un de ses champs")
        elif shape.kind == "list" and shape.item and not (shape.item.fields or rule.table or rule.format):
            scope.written.lists.add(rule.to)
        elif shape.kind == "list":
            scope.faults.add(token.spot, f"« {token.text} » est une liste", f"utilisez « each: {token.text} »")


def _check_table(token: Token, shapes: Sequence[Shape], scope: _Scope) -> None:
    table = scope.tables.get(token.text)
    if table is None:
        scope.faults.add(token.spot, f"table inconnue « {token.text} »", did_you_mean(token.text, scope.tables))
    if table is None or not table.sound:
        return
    reads = scope.codes_read.setdefault(token.text, [])
    if scope.allow_list is None:
        reads.append(None)
        _check_reads_back(token, table, shapes, scope.faults)
        return
    reads += [shape.codes for shape in shapes] or [None]
    for shape in shapes:
        missing = sorted((shape.codes or frozenset()) - table.codes)
        if missing and scope.allow_list.policy(token.text) != "raw":
            scope.faults.add(token.spot, f"la table « {token.text} » ne dit rien de : {', '.join(missing)}")
    day = DAY_OF[scope.topic]
    if table.dated and not scope.allow_list.allows(scope.topic, day):
        message = f"la table « {token.text} » est datée et « {day} » n'est pas sur la liste d'accès"
        scope.faults.add(token.spot, message, "sans date on ne sait quelle ligne vaut")


def _check_reads_back(token: Token, table: CodeTable, shapes: Sequence[Shape], faults: Faults) -> None:
    """A table read backwards gives one code for each of theirs, and has all of theirs."""
    if table.dated:
        faults.add(token.spot, f"la table « {token.text} » est datée", "sans date on ne sait quelle ligne vaut")
    for wire, several in table.ambiguous().items():
        faults.add(
            token.spot,
            f"« {wire} » se relit de plusieurs façons : {', '.join(several)}",
            f"laissez une seule paire sans lossy dans « {token.text} »",
        )
    for shape in shapes:
        if missing := sorted((shape.codes or frozenset()) - table.wires):
            faults.add(token.spot, f"la table « {token.text} » ne dit rien de : {', '.join(missing)}")


def check_dead_pairs(tables: Mapping[str, CodeTable], codes_read: CodesRead, faults: Faults) -> None:
    """A pair whose code no field can have is a typing error, or belongs to another table."""
    for name, lists in codes_read.items():
        known: set[str] = set()
        for codes in lists:
            known |= tables[name].codes if codes is None else codes
        for pair in tables[name].pairs:
            if pair.canon not in known:
                message = f"aucun champ qui lit cette table n'a le code « {pair.canon} »"
                faults.add(pair.spot, message, did_you_mean(pair.canon, known))


def _check_numbers(rules: Sequence[Rule], faults: Faults) -> None:
    """One key is either a list with numbered elements or a plain key."""
    plain: dict[str, Rule] = {}
    numbered: dict[str, Rule] = {}
    for rule in rules:
        path = ""
        for name, number in steps(rule.to.text):
            path = f"{path}.{name}".lstrip(".")
            (plain if number is None else numbered).setdefault(path, rule)
            other = (numbered if number is None else plain).get(path)
            if other is not None:
                faults.add(
                    rule.to.spot,
                    f"« {path} » est une liste à un endroit et pas à l'autre",
                    f"voyez la ligne {other.to.spot.line}",
                )
            path += "" if number is None else f"[{number}]"


def _check_targets(rules: Sequence[Rule], faults: Faults) -> None:
    """Two rules may share a target only as alternatives: the first that gives a value wins."""
    _check_numbers(rules, faults)
    always: dict[str, Rule] = {}
    leaves: dict[str, Rule] = {}
    branches: dict[str, Rule] = {}
    for rule in rules:
        to = rule.to.text
        parts = to.split(".")
        above = [".".join(parts[:end]) for end in range(1, len(parts))]
        if to in always:
            faults.add(
                rule.to.spot,
                f"« {to} » est déjà toujours écrit à la ligne {always[to].to.spot.line}",
                "règle jamais atteinte",
            )
        clash = next((leaves[path] for path in above if path in leaves), branches.get(to))
        if clash:
            faults.add(
                rule.to.spot,
                f"« {to} » contredit « {clash.to.text} » de la ligne {clash.to.spot.line}",
                "valeur ou branche ?",
            )
        if not rule.when and not rule.optional:
            always.setdefault(to, rule)
        leaves.setdefault(to, rule)
        for path in above:
            branches.setdefault(path, rule)
