"""Official code lists, to flag and never to refuse: model 3 checks codes by their pattern alone.

Official samples themselves hold codes of no list and labels of other codes; a person must see it, the message must pass.
Without `nomenclatures/` beside the schemas there is nothing to compare with, and nothing is flagged.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.lrm.hubsante.judge.findings import Finding, Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from adapters.lrm.hubsante.models.models import MessageType, Models

_LETTER = re.compile(r"\^?[A-Z]\\d")
_ALIKE = 0.8
"""An enumeration of models 1 and 2 is an older state of a list when this share of it is still there."""


@dataclass(frozen=True, slots=True)
class CodeList:
    """One nomenclature: codes, the words accepted as their label, and whose label a word is."""

    name: str
    labels: Mapping[str, str]
    accepted: Mapping[str, frozenset[str]]
    owners: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _CodedField:
    path: tuple[str, ...]
    codes: CodeList
    label: bool


class Nomenclatures:
    """The lists of a models folder, tied to the fields of its messages by the codes those fields admit."""

    def __init__(self, models: Models) -> None:
        folder = models.directory / "nomenclatures"
        self._lists = [read_code_list(path) for path in sorted(folder.rglob("*.csv"))]
        self._fields: dict[str, list[_CodedField]] = {}

    def flags(self, kind: MessageType, body: Mapping[str, Any]) -> Iterator[Finding]:
        """The codes of no list and the labels of another code in one use case."""
        if kind.key not in self._fields:
            self._fields[kind.key] = list(self._coded_fields(kind.schema, kind.schema, ()))
        for field in self._fields[kind.key]:
            for path, holder in _holders(body, field.path[:-1], kind.key):
                yield from _flag(field, path, holder)

    def _coded_fields(
        self, node: Mapping[str, Any], root: Mapping[str, Any], path: tuple[str, ...]
    ) -> Iterator[_CodedField]:
        while "$ref" in node:
            node = root["definitions"][node["$ref"].rpartition("/")[2]]
        if node.get("type") == "array":
            yield from self._coded_fields(node["items"], root, path)
        properties = node.get("properties", {})
        for name, child in properties.items():
            codes = self._codes_of(child, labelled="label" in properties and name == "code")
            if codes:
                yield _CodedField((*path, name), codes, label="label" in properties and name == "code")
            else:
                yield from self._coded_fields(child, root, (*path, name))

    def _codes_of(self, node: Mapping[str, Any], *, labelled: bool) -> CodeList | None:
        pattern = node.get("pattern", "")
        if _LETTER.match(pattern):
            admits = re.compile(pattern)
            return next((codes for codes in self._lists if all(map(admits.search, codes.labels))), None)
        options = set(node.get("enum", ()))
        if labelled and options:
            return next(
                (codes for codes in self._lists if len(options & codes.labels.keys()) > _ALIKE * len(options)), None
            )
        return None


def read_code_list(path: Path) -> CodeList:
    """Read one official CSV: a code, then its label in the column of its level."""
    labels: dict[str, str] = {}
    accepted: dict[str, frozenset[str]] = {}
    owners: dict[str, str] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        above: list[str] = []
        for row in csv.DictReader(file):
            levels = [
                (row[name] or "").strip() for name in row if name and name.lower().startswith(("label", "libell"))
            ]
            depth = next((at for at, text in enumerate(levels) if text), 0)
            own = levels[depth] if levels else ""
            above = [*above[:depth], own]
            code = (row.get("code") or "").strip()
            if not code:
                continue
            labels[code] = own
            accepted[code] = frozenset({_plain(own), _plain(" ".join(above)), _plain(code)})
            owners.setdefault(_plain(own), code)
    return CodeList(path.stem, labels, accepted, owners)


def _holders(node: object, path: tuple[str, ...], trail: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(node, list):
        for position, item in enumerate(node):
            yield from _holders(item, path, f"{trail}[{position}]")
    elif isinstance(node, dict):
        if not path:
            yield trail, node
        elif path[0] in node:
            yield from _holders(node[path[0]], path[1:], f"{trail}.{path[0]}")


def _flag(field: _CodedField, trail: str, holder: Mapping[str, Any]) -> Iterator[Finding]:
    name = field.path[-1]
    code = holder.get(name)
    if not isinstance(code, str):
        return
    if code not in field.codes.labels:
        yield Finding(Part.CONTENT, f"{trail}.{name}", f"code absent de la nomenclature {field.codes.name}")
        return
    label = holder.get("label")
    if not field.label or not isinstance(label, str) or _plain(label) in field.codes.accepted[code]:
        return
    owner = field.codes.owners.get(_plain(label)) or field.codes.owners.get(_plain(label.rpartition(";")[2]))
    text = (
        f"libellé qui est celui du code {owner}"
        if owner and owner != code
        else f"libellé autre que l’officiel « {field.codes.labels[code]} »"
    )
    yield Finding(Part.CONTENT, f"{trail}.label", text)


def _plain(text: str) -> str:
    """The letters and figures alone, without case or accent."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in bare if character.isalnum())
