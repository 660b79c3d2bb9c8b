"""YAML as an integrator writes it, read with the line and column of every word.

It refuses what makes YAML dangerous or surprising: anchors and aliases (a bomb is made of them), tags, duplicate keys,
several documents, tabs, deep nesting, large files. It knows nothing of mappings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from mapping.faults import Faults, Spot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_BYTES = 256 * 1024
"""A mapping of 300 rules is 30 KB; the parser takes about a second for this much."""
MOST_DEPTH = 12

Scalar: TypeAlias = str | int | float | bool | None

_TAB = re.compile(r"^ *\t", re.MULTILINE)
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}")
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None, "~": None, "": None}
_PROBLEMS = {
    "mapping values are not allowed": "« : » inattendu, mettez le texte entre guillemets ou vérifiez l'indentation",
    "could not find expected ':'": "« : » manquant",
    "expected ',' or": "virgule ou crochet fermant manquant",
    "expected <block end>": "indentation incohérente",
    "found unexpected end of stream": "guillemet jamais refermé",
    "cannot start any token": "caractère qui ne peut pas commencer un mot, mettez le texte entre guillemets",
    "special characters are not allowed": "caractère de contrôle interdit",
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single word or number."""

    value: Scalar
    spot: Spot


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a branch, where it was written, and what it holds."""

    key: Spot
    node: Node


@dataclass(frozen=True, slots=True)
class Branch:
    """Keys and what they hold, in the order of the file."""

    entries: dict[str, Entry]
    spot: Spot


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    nodes: tuple[Node, ...]
    spot: Spot


Node: TypeAlias = Leaf | Branch | Items


def read_yaml(path: Path, name: str) -> Node:
    """The content of a file, called `name` in faults. Raises `MappingFaultsError` with what makes it unreadable."""
    return parse_yaml(read_text(path, name, MOST_BYTES), name)


def read_text(path: Path, name: str, most_bytes: int) -> str:
    """The text of a file that must be UTF-8 and no longer than `most_bytes`, which is checked before it is read."""
    faults = Faults()
    try:
        size = path.stat().st_size
        if size > most_bytes:
            faults.add(Spot(name), f"fichier de {size // 1024} Ko, au-delà de la limite de {most_bytes // 1024} Ko")
        else:
            return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        faults.add(Spot(name), f"ce fichier n'est pas en UTF-8 (octet {error.start + 1})")
    except OSError as error:
        faults.add(Spot(name), f"fichier illisible : {error.strerror}")
    faults.refuse_any()
    raise AssertionError(name)


def parse_yaml(text: str, name: str) -> Node:
    """The same from a text."""
    faults = Faults()
    for tab in _TAB.finditer(text):
        line = text.count("\n", 0, tab.end()) + 1
        faults.add(
            Spot(name, line, tab.end() - tab.start()), "tabulation en début de ligne", "indentez avec des espaces"
        )
    faults.refuse_any()
    events: Iterator[Any] = YAML(typ="safe", pure=True).parse(text)
    try:
        node = _Builder(name, events, faults).document()
    except MarkedYAMLError as error:
        faults.add(_where(name, error), _in_french(error.problem))
    except (YAMLError, RecursionError):
        faults.add(Spot(name), "syntaxe YAML illisible")
    faults.refuse_any()
    return node


def _where(name: str, error: MarkedYAMLError) -> Spot:
    mark = error.problem_mark or error.context_mark
    return Spot(name) if mark is None else Spot(name, mark.line + 1, mark.column + 1)


def _in_french(problem: str | None) -> str:
    for known, sentence in _PROBLEMS.items():
        if problem and known in problem:
            return f"syntaxe YAML : {sentence}"
    return "syntaxe YAML illisible à cet endroit"


class _Builder:
    """Events into nodes, one pass, stopping at the first thing that could grow without bound."""

    def __init__(self, name: str, events: Iterator[Any], faults: Faults) -> None:
        self._name = name
        self._events = events
        self._faults = faults

    def document(self) -> Node:
        next(self._events)
        if not isinstance(next(self._events), DocumentStartEvent):
            self._stop(Spot(self._name), "fichier vide")
        node = self._node(next(self._events), 1)
        next(self._events)
        after = next(self._events)
        if isinstance(after, DocumentStartEvent):
            self._stop(self._spot(after), "plusieurs documents dans un fichier", "gardez-en un seul")
        return node

    def _spot(self, event: Any) -> Spot:  # noqa: ANN401 - the events of ruamel carry no types
        return Spot(self._name, event.start_mark.line + 1, event.start_mark.column + 1)

    def _stop(self, spot: Spot, message: str, hint: str = "") -> None:
        self._faults.add(spot, message, hint)
        self._faults.refuse_any()

    def _node(self, event: Any, depth: int) -> Node:  # noqa: ANN401 - same
        spot = self._spot(event)
        if isinstance(event, AliasEvent) or event.anchor is not None:
            self._stop(spot, "ancre ou alias YAML refusé", "répétez le texte, ou utilisez « extends »")
        if event.tag is not None:
            self._stop(spot, "étiquette YAML « ! » refusée")
        if depth > MOST_DEPTH:
            self._stop(spot, f"plus de {MOST_DEPTH} niveaux d'imbrication")
        if isinstance(event, ScalarEvent):
            return Leaf(event.value if not event.implicit[0] else _plain(event.value), spot)
        if isinstance(event, MappingStartEvent):
            return self._branch(spot, depth)
        return self._items(spot, depth)

    def _branch(self, spot: Spot, depth: int) -> Branch:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            key_spot = self._spot(event)
            key = event.value if isinstance(event, ScalarEvent) and event.anchor is None else ""
            if not key:
                self._stop(key_spot, "une clé doit être un mot simple")
            entry = Entry(key_spot, self._node(next(self._events), depth + 1))
            if key in entries:
                first = entries[key].key
                self._faults.add(
                    key_spot, f"clé « {key} » écrite deux fois", f"la première est à la ligne {first.line}"
                )
            entries[key] = entry
        return Branch(entries, spot)

    def _items(self, spot: Spot, depth: int) -> Items:
        nodes: list[Node] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            nodes.append(self._node(event, depth + 1))
        return Items(tuple(nodes), spot)


def _plain(text: str) -> Scalar:
    """YAML 1.2 without its traps: `no` and `012` stay texts."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text
