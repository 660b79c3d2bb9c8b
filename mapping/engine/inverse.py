"""A mapping of what comes in, followed backwards: what the neighbour must have written for us to hear this.

For the simulator of a neighbour that is known by its files alone. What nothing reads and the contract requires is made up
by its kind. It refuses what cannot be turned round: computed values, conditions, repeated elements are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapping.contracts.writing import DocumentError
from mapping.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Dictionary

    from mapping.catalogue import Mapping
    from mapping.contracts import Part
    from mapping.language.rules import Rule

TEXTS = ("essai", "2026-01-01T00:00:00+00:00", "2026-01-01", "1")
"""What a required text may be, in the order of trial: a schema may want a date or a number there."""
_MADE_UP = {"integer": 1, "decimal": 1, "boolean": True}
MOST_LEVELS = 8


def document_of(mapping: Mapping, heard: Dictionary[str, Any]) -> bytes:
    """The neighbour's document. Raises `DocumentError` when its contract takes none that this mapping would hear so."""
    root = mapping.contracts.find(mapping.whole.source, Faults())
    refused = DocumentError(mapping.source, "aucun document ne se lit ainsi")
    for text in TEXTS:
        tree: dict[str, Any] = {}
        for rule, value in _read_from(mapping.rules, heard):
            _put(tree, rule.paths[0].text, _wire(mapping, rule, value))
        if root is not None:
            _complete(tree, root, text, 0)
        try:
            return mapping.form.write(tree)
        except DocumentError as error:
            refused = error
    raise refused


def _read_from(rules: tuple[Rule, ...], heard: Dictionary[str, Any]) -> Iterator[tuple[Rule, Any]]:
    """The rules that only carry a value over, with the value that they must have found."""
    for rule in rules:
        value = heard.get(rule.to.text)
        if rule.origin in {"from", "first"} and not rule.when and value is not None:
            yield rule, value


def _wire(mapping: Mapping, rule: Rule, value: Any) -> Any:  # noqa: ANN401 - a value of the document
    if rule.table is None:
        return value
    return mapping.compiler.tables[rule.table.text].to_wire(str(value))


def _put(tree: dict[str, Any], path: str, value: Any) -> None:  # noqa: ANN401 - same
    *above, last = path.split(".")
    for step in above:
        tree = tree.setdefault(step, {})
    if value is not None:
        tree.setdefault(last, value)


def _complete(tree: dict[str, Any], part: Part, text: str, depth: int) -> None:
    """What the contract requires and no rule said."""
    for name, below in part.level.parts.items() if part.level and depth < MOST_LEVELS else ():
        if name not in tree and below.required:
            sample: Any = {} if below.inside else min(below.codes) if below.codes else _MADE_UP.get(below.kind, text)
            tree[name] = [sample] if below.many else sample
        value = tree.get(name)
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                _complete(inner, below, text, depth + 1)
