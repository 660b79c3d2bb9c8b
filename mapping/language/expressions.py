"""Conditions and computed values in CEL, on contexts that hold only what the rule lists.

An expression cannot run away: it is short, calls only the functions named here, has at most one macro or one regular
expression (the engine's are linear), and a macro only over a repeated path of the document. What it reads is checked
against canon when the file is loaded, and it is tried once on made-up values so that a sum of a number and a text is a
fault at load. A path through an object that is not there reads as null, never as an error.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import cel

from mapping.faults import Faults, did_you_mean
from mapping.language.trials import nonsense

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mapping.language.paths import Read, Shape
    from mapping.language.rules import Token

MOST_CHARACTERS = 512
"""Of one expression: the parser recurses, and a condition longer than this is not read by anybody."""
MOST_WORK = 4_000_000
"""Characters given to one evaluation, times the turns of its loop: a field of a megabyte passes, two thousand of them in a loop do not."""
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
        """A function of the document that evaluates it. What CEL raises carries values: the caller must not repeat it.

        What it is given is measured first: a document that is too large for an expression is an error like the others.
        """
        reads = tuple((name, reader(path)) for name, path in self.variables.items())
        execute = self.program.execute
        if len(reads) == 1 and (count := _COUNT.fullmatch(self.text)):
            return _counted(reads[0][1], count["how"], int(count["number"]))

        def evaluate(scope: Mapping[str, Any]) -> Any:  # noqa: ANN401 - CEL's own values
            given = {name: read(scope) for name, read in reads}
            _refuse_large(given.values())
            return execute(given)

        return evaluate


_COUNT = re.compile(r"\s*size\([\w.]+\)\s*(?P<how>>=|<=|==|!=|>|<)\s*(?P<number>[0-9]{1,9})\s*")
"""An expression that only counts: it builds nothing, so a list of any length may be counted."""
_ORDER: Mapping[str, Callable[[int, int], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


def _counted(read: Read, how: str, number: int) -> Read:
    compare = _ORDER[how]
    return lambda scope: compare(len(read(scope)), number)


def _refuse_large(values: Iterable[Any]) -> None:
    """What an expression may build is at most its length times what it is given, once for each turn of its loop."""
    turns, size = 1, 0
    for value in values:
        if isinstance(value, str):
            size += len(value)
        elif isinstance(value, list | dict):
            turns = max(turns, len(value))
            size += _weight(value)
    if size * turns > MOST_WORK:
        raise OverflowError


def _weight(value: Any) -> int:  # noqa: ANN401 - JSON-safe values
    """The characters of a tree, one more for each thing in it."""
    if isinstance(value, str):
        return len(value)
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(_weight, below))


@dataclass(slots=True)
class _Reading:
    """One expression while it is being read."""

    token: Token
    shape: Shape
    listed: Sequence[str]
    faults: Faults
    variables: dict[str, str] = field(default_factory=dict)
    bound: dict[str, Shape] = field(default_factory=dict)
    costly: int = 0

    def fault(self, message: str, hint: str = "") -> None:
        self.faults.add(self.token.spot, message, hint)


def read_expression(
    token: Token, shape: Shape, listed: Sequence[str], faults: Faults, *, condition: bool
) -> Expression | None:
    """The expression, or None with its faults noted. `listed` are the paths it may see; a condition must be a boolean."""
    before = len(faults)
    reading = _Reading(token, shape, listed, faults)
    if len(token.text) > MOST_CHARACTERS:
        reading.fault(f"expression de {len(token.text)} caractères, au-delà de la limite de {MOST_CHARACTERS}")
        return None
    if _compiled(token.text, reading) is None:
        return None
    rewritten = _rewritten(reading)
    if reading.costly > 1:
        reading.fault("plusieurs boucles ou expressions rationnelles dans une condition", "gardez-en une seule")
    _check_codes(rewritten, reading)
    if len(faults) > before:
        return None
    program = _compiled(rewritten, reading)
    if program is None:
        return None
    expression = Expression(token.text, program, MappingProxyType(reading.variables))
    if why := nonsense(expression, shape, condition=condition):
        reading.fault(why)
        return None
    return expression


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
    text = reading.token.text
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
