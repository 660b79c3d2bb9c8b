"""Conditions and computed values in CEL, on contexts that hold only what the rule lists.

An expression cannot run away: it is short, calls only the functions named here, has at most one macro or one regular
expression (the engine's are linear), and a macro only over a repeated path of the document. What it reads is checked
against canon when the file is loaded, and it is tried once on made-up values so that a sum of a number and a text is a
fault at load. A path through an object that is not there reads as null, never as an error.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import cel

from mapping.faults import Faults, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mapping.paths import Read, Shape
    from mapping.rules import Said

MOST_CHARACTERS = 512
"""Of one expression: the parser recurses, and a condition longer than this is not read by anybody."""
FUNCTIONS = (
    "size",
    "int",
    "double",
    "string",
    "startsWith",
    "endsWith",
    "contains",
    "matches",
    "timestamp",
    "duration",
)
MACROS = ("all", "exists", "exists_one", "filter", "map")
_WORDS = frozenset({"true", "false", "null", "in"})

_TOKEN = re.compile(
    r"(?P<text>'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\")"
    r"|(?P<number>\d[\w.]*)"
    r"|(?P<chain>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?P<call>\s*\()?"
    r"|(?P<other>.)",
    re.DOTALL,
)
_PLACE = re.compile(r"<input>:\d+:(\d+)")
_QUOTED = r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\""
_COMPARED = re.compile(rf"(?P<name>p\d+_)\s*(?:==|!=|\bin\b)\s*(?P<codes>{_QUOTED}|\[[^\[\]]*\])")
_ONE_QUOTED = re.compile(_QUOTED)
_BOUND = re.compile(r"\s*([A-Za-z_]\w*)\s*,")


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression: its text, the program, and the path that each of its variables stands for."""

    text: str
    program: cel.Program
    variables: Mapping[str, str]

    def bind(self, reader: Callable[[str], Read]) -> Read:
        """A function of the document that evaluates it. What CEL raises carries values: the caller must not repeat it."""
        reads = tuple((name, reader(path)) for name, path in self.variables.items())
        execute = self.program.execute

        def evaluate(scope: Mapping[str, Any]) -> Any:  # noqa: ANN401 - CEL's own values
            return execute({name: read(scope) for name, read in reads})

        return evaluate


@dataclass(slots=True)
class _Reading:
    """One expression while it is being read."""

    said: Said
    shape: Shape
    listed: Sequence[str]
    faults: Faults
    variables: dict[str, str] = field(default_factory=dict)
    bound: dict[str, Shape] = field(default_factory=dict)
    costly: int = 0

    def fault(self, message: str, hint: str = "") -> None:
        self.faults.add(self.said.spot, message, hint)


def read_expression(
    said: Said, shape: Shape, listed: Sequence[str], faults: Faults, *, condition: bool
) -> Expression | None:
    """The expression, or None with its faults noted. `listed` are the paths it may see; a condition must be a boolean."""
    before = len(faults)
    reading = _Reading(said, shape, listed, faults)
    if len(said.text) > MOST_CHARACTERS:
        reading.fault(f"expression de {len(said.text)} caractères, au-delà de la limite de {MOST_CHARACTERS}")
        return None
    if _compiled(said.text, reading) is None:
        return None
    rewritten = _rewritten(reading)
    if reading.costly > 1:
        reading.fault("plusieurs boucles ou expressions rationnelles dans une condition", "gardez-en une seule")
    _check_codes(rewritten, reading)
    if len(faults) > before:
        return None
    program = _compiled(rewritten, reading)
    if program is None or not _makes_sense(program, reading, condition=condition):
        return None
    return Expression(said.text, program, MappingProxyType(reading.variables))


def _compiled(text: str, reading: _Reading) -> cel.Program | None:
    try:
        return cel.compile(text)
    except ValueError as error:
        place = _PLACE.search(str(error))
        reading.fault("expression CEL illisible" + (f" au caractère {place.group(1)}" if place else ""))
        return None


def _rewritten(reading: _Reading) -> str:
    """The same expression with a plain variable in the place of each path, so that the context is flat and small."""
    out: list[str] = []
    text = reading.said.text
    for token in _TOKEN.finditer(text):
        if chain := token.group("chain"):
            selected = text[: token.start()].rstrip().endswith(".")
            out.append(_word(chain, token, reading, selected=selected))
        else:
            _check_other(token, reading)
            out.append(token.group())
    return "".join(out)


def _check_other(token: re.Match[str], reading: _Reading) -> None:
    other = token.group("other")
    if other in {"'", '"'}:
        reading.fault("guillemet jamais refermé dans l'expression")
    elif other in {"{", "}", "`"}:
        reading.fault(f"« {other} » refusé dans une expression")
    elif other == "/" and token.string[token.end() : token.end() + 1] == "/":
        reading.fault("commentaire refusé dans une expression")


def _word(chain: str, token: re.Match[str], reading: _Reading, *, selected: bool) -> str:
    call = token.group("call") or ""
    if token.string[token.end() : token.end() + 1] in {"'", '"'} and not call and chain not in _WORDS:
        reading.fault(f"préfixe de texte « {chain} » refusé")
        return chain
    if not call:
        return chain if selected else _variable(chain, reading)
    receiver, _, function = chain.rpartition(".")
    if function in MACROS:
        _loop(receiver, function, token, reading, selected=selected)
    elif function not in FUNCTIONS:
        hint = "comparez le champ à null" if function == "has" else did_you_mean(function, (*FUNCTIONS, *MACROS))
        reading.fault(f"fonction refusée « {function} »", hint)
    reading.costly += function == "matches"
    if receiver:
        return (receiver if selected else _variable(receiver, reading)) + "." + function + call
    return function + call


def _loop(receiver: str, macro: str, token: re.Match[str], reading: _Reading, *, selected: bool) -> None:
    reading.costly += 1
    over = None if selected or not receiver else reading.shape.find(receiver)
    name = _BOUND.match(token.string, token.end())
    if over is None or over.item is None or name is None:
        reading.fault(f"« {macro} » ne parcourt qu'un champ répété du document")
    else:
        reading.bound[name.group(1)] = over.item


def _variable(path: str, reading: _Reading) -> str:
    head, _, below = path.partition(".")
    if path in _WORDS:
        return path
    if head in reading.bound:
        item = reading.bound[head]
        if below and item.find(below) is None:
            reading.fault(*item.why_not(below))
        return path
    if reading.shape.find(path) is None:
        reading.fault(*reading.shape.why_not(path))
    elif not any(path == listed or path.startswith(listed + ".") for listed in reading.listed):
        reading.fault(f"« {path} » est lu par l'expression sans être listé", f"ajoutez-le à « uses: [{path}] »")
    known = next((name for name, other in reading.variables.items() if other == path), None)
    name = known or f"p{len(reading.variables)}_"
    reading.variables[name] = path
    return name


def _check_codes(rewritten: str, reading: _Reading) -> None:
    """A field with a closed list of codes is compared with codes of that list only: a typing error is never just false."""
    for compared in _COMPARED.finditer(rewritten):
        path = reading.variables.get(compared.group("name"), "")
        shape = reading.shape.find(path)
        for quoted in _ONE_QUOTED.findall(compared.group("codes")):
            code = quoted[1:-1]
            if shape and shape.codes and code not in shape.codes:
                reading.fault(f"« {path} » n'a jamais le code « {code} »", did_you_mean(code, shape.codes))


def _makes_sense(program: cel.Program, reading: _Reading, *, condition: bool) -> bool:
    made_up = {name: _sample(reading.shape.find(path)) for name, path in reading.variables.items()}
    try:
        result = program.execute(made_up)
    except (TypeError, RuntimeError):
        reading.fault("expression sur des types qui ne vont pas ensemble")
        return False
    except (ValueError, LookupError, ArithmeticError):
        return True  # It depends on the values: a text read as a number, a division, an index.
    if condition and not isinstance(result, bool):
        reading.fault("une condition doit être vraie ou fausse")
        return False
    if not condition and not isinstance(result, str | int | float | None):
        reading.fault("un calcul doit donner un texte, un nombre ou un booléen")
        return False
    return True


def _sample(shape: Shape | None) -> Any:  # noqa: ANN401 - any JSON-safe value
    if shape is None:
        return None
    if shape.kind == "object":
        return {name: _sample(below) for name, below in shape.fields.items()}
    if shape.kind == "list":
        return [_sample(shape.item)]
    return {"text": min(shape.codes or {"texte"}), "integer": 1, "decimal": 1.5, "boolean": True}[shape.kind]


MOST_COMBINATIONS = 512


def always_gives(condition: Expression, shape: Shape) -> bool | None:
    """True or False when a condition gives that whatever the document; None when it depends, or nobody can tell.

    Told only where every field that it reads has a closed list of values: each combination is tried.
    """
    values: list[list[Any]] = []
    for path in condition.variables.values():
        read = shape.find(path)
        known = (
            [True, False] if read and read.kind == "boolean" else sorted(read.codes) if read and read.codes else None
        )
        if read is None or known is None:
            return None
        values.append([*known, None] if read.nullable else list(known))
    if math.prod(len(one) for one in values) > MOST_COMBINATIONS:
        return None
    found: set[bool] = set()
    for chosen in product(*values):
        try:
            found.add(bool(condition.program.execute(dict(zip(condition.variables, chosen, strict=True)))))
        except Exception:  # noqa: BLE001 - it depends on the values, then
            return None
    return found.pop() if len(found) == 1 else None
