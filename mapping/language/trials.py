"""Expressions tried on made-up values when a file is loaded, for what would stop every document of a sort.

Types that do not go together, conditions that are always the same, fields that may be absent and that nothing guards. It proves
nothing about real documents.
"""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import cel

    from mapping.language.paths import Shape


class TrialExpression(Protocol):
    """An expression, as far as a trial goes."""

    @property
    def program(self) -> cel.Program:
        """What CEL made of it."""

    @property
    def variables(self) -> Mapping[str, str]:
        """Variable → path."""


SAMPLES = ("texte", "1", "2026-01-01T00:00:00+00:00", "2026-01-01")
"""What a text may be: words, a number, an instant, a day."""
MOST_COMBINATIONS = 512
_FAILED = object()
_DEPENDS = object()


def nonsense(tried: TrialExpression, shape: Shape, *, condition: bool) -> str:
    """Why an expression can never stand, or nothing: no form of made-up values goes, or what it gives is not a value."""
    results = [_result(tried, _given(tried, shape, text)) for text in SAMPLES]
    if all(result is _FAILED for result in results):
        return "expression sur des types qui ne vont pas ensemble"
    known = [result for result in results if result is not _FAILED and result is not _DEPENDS]
    if condition and not all(isinstance(value, bool) for value in known):
        return "une condition doit être vraie ou fausse"
    if not condition and not all(isinstance(value, str | int | float | None) for value in known):
        return "un calcul doit donner un texte, un nombre ou un booléen"
    return ""


def unguarded(tried: TrialExpression, shape: Shape, guard: TrialExpression | None = None) -> Iterator[str]:
    """The paths that may be absent and on whose absence the expression breaks, unless its rule's condition keeps it away."""
    for name, path in tried.variables.items():
        read = shape.find(path)
        if read is None or not read.nullable:
            continue
        trials = [_result(tried, {**_given(tried, shape, text), name: None}) for text in SAMPLES]
        if all(trial is _FAILED for trial in trials) and not _kept_away(guard, shape, path):
            yield path


def _kept_away(guard: TrialExpression | None, shape: Shape, path: str) -> bool:
    """Whether a condition is not true when the path is absent."""
    name = next((variable for variable, read in guard.variables.items() if read == path), None) if guard else None
    if guard is None or name is None:
        return False
    return all(_result(guard, {**_given(guard, shape, text), name: None}) is not True for text in SAMPLES)


def always_gives(condition: TrialExpression, shape: Shape) -> bool | None:
    """True or False when a condition gives that whatever the document; None when it depends, or nobody can tell.

    Told only where every field that it reads has a closed list of values: each combination is tried.
    """
    outcomes = _outcomes([condition], shape)
    return outcomes.pop() if outcomes and len(outcomes) == 1 else None


def may_all_be_false(conditions: Sequence[TrialExpression], shape: Shape) -> bool:
    """Whether some document makes none of them true; False when nobody can tell."""
    return False in (_outcomes(conditions, shape) or ())


def _outcomes(conditions: Sequence[TrialExpression], shape: Shape) -> set[bool] | None:
    """What « one of them is true » may be, over every combination of the closed lists that they read."""
    paths = {path: _values(shape.find(path)) for condition in conditions for path in condition.variables.values()}
    values = [choices for choices in paths.values() if choices is not None]
    if len(values) < len(paths) or math.prod(len(choices) for choices in values) > MOST_COMBINATIONS:
        return None
    outcomes: set[bool] = set()
    for chosen in product(*values):
        given = dict(zip(paths, chosen, strict=True))
        results = [
            _result(condition, {name: given[path] for name, path in condition.variables.items()})
            for condition in conditions
        ]
        if not all(isinstance(result, bool) for result in results):
            return None  # It depends on the values, then.
        outcomes.add(True in results)
    return outcomes


def _values(read: Shape | None) -> list[Any] | None:
    """Everything that may stand there, where the list is closed."""
    if read is None or not (read.kind == "boolean" or read.codes):
        return None
    known = [True, False] if read.kind == "boolean" else sorted(read.codes or ())
    return [*known, None] if read.nullable else known


def _result(tried: TrialExpression, given: dict[str, Any]) -> Any:  # noqa: ANN401 - CEL's own values
    try:
        return tried.program.execute(given)
    except (TypeError, RuntimeError):
        return _FAILED
    except (ValueError, LookupError, ArithmeticError):
        return _DEPENDS


def _given(tried: TrialExpression, shape: Shape, text: str) -> dict[str, Any]:
    return {name: _sample(shape.find(path), text) for name, path in tried.variables.items()}


def _sample(shape: Shape | None, text: str) -> Any:  # noqa: ANN401 - any JSON-safe value
    if shape is None:
        return None
    if shape.kind == "object":
        return {name: _sample(below, text) for name, below in shape.fields.items()}
    if shape.kind == "list":
        return [_sample(shape.item, text)]
    return {"text": min(shape.codes or {text}), "integer": 1, "decimal": 1.5, "boolean": True}[shape.kind]
