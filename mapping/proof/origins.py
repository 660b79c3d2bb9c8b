"""Which fields of a neighbour's document a field of ours comes from, so that a refusal speaks of what the neighbour wrote.

It also carries over what mappings leave out: a field that was said to be empty (`null`) empties ours. It refuses to guess: a
field that no rule writes comes from nowhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mapping.language.targets import steps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mapping.language.rules import Rule

_BRACKETS = re.compile(r"\[(\d+)\]")


def origins(rules: Sequence[Rule], to: str) -> tuple[str, ...]:
    """The paths that are read to write `to` (`lieux.0.nom` or `lieux[0].nom`), what stands above or below it included."""
    wanted = _tokens(to)
    matches = _found(rules, wanted)
    while not matches and len(wanted) > 1:
        wanted = wanted[:-1]
        matches = _found(rules, wanted)
    return tuple(dict.fromkeys(matches))


def _tokens(path: str) -> list[str]:
    return [step for step in _BRACKETS.sub(r".\1", path).split(".") if step]


def _found(rules: Sequence[Rule], wanted: list[str]) -> list[str]:
    inner_rules: list[str] = []
    for rule in rules:
        mine = _tokens(rule.to.text)
        if mine == wanted[: len(mine)]:
            inner_rules += _inside(rule, wanted[len(mine) :])
        elif wanted == mine[: len(wanted)]:
            inner_rules += _inside(rule, [])
    return inner_rules


def _inside(rule: Rule, rest: list[str]) -> list[str]:
    if rule.origin == "rules":
        return _found(rule.rules, rest) if rest else [path for inner in rule.rules for path in _inside(inner, [])]
    if rule.origin != "each":
        return [token.text for token in rule.paths or rule.uses]
    whole = rule.paths[0].text
    if not rest:
        return [whole]
    element = f"{whole}.{rest[0]}"
    below = _found(rule.rules, rest[1:]) if rest[1:] else []
    return [re.sub(r"^item(?=\.|$)", element, path) for path in below] or [element]


def carry_nulls(rules: Sequence[Rule], sent: Mapping[str, Any], tree: dict[str, Any]) -> None:
    """Put into the tree the fields that were said to be empty: a correction that takes something away is one too."""
    for rule in rules:
        copies = rule.origin == "rules" or (rule.origin in {"from", "first"} and not rule.when)
        if copies and _said_null(sent, rule):
            _put_null(rules, sent, tree, rule.to.text)


def _said_null(sent: Mapping[str, Any], rule: Rule) -> bool:
    """Whether every field that the rule goes by, or something above it, is named and empty."""
    tokens = rule.uses if rule.origin == "rules" else rule.paths or rule.uses
    return bool(tokens) and all(_is_null(sent, token.text) for token in tokens)


def _is_null(sent: Mapping[str, Any], path: str) -> bool:
    value: Any = sent
    for step in path.split("."):
        if not isinstance(value, dict) or step not in value:
            return False
        value = value[step]
        if value is None:
            return True
    return False


def _put_null(rules: Sequence[Rule], sent: Mapping[str, Any], tree: dict[str, Any], to: str) -> None:
    """`null`, where nothing stands; an object is `null` itself when all that makes it was said to be empty."""
    *above, last = steps(to)
    if any(number is not None for _, number in (*above, last)):
        return
    here, path = tree, ""
    for name, _ in above:
        path += name + "."
        if all(_said_null(sent, rule) for rule in rules if rule.to.text.startswith(path)):
            here.setdefault(name, None)
        if here.setdefault(name, {}) is None:
            return
        here = here[name]
    here.setdefault(last[0], None)
