"""Every word that a mapping may say: paths with their codes, targets of its contract, tables with their pairs, formats, keys.

For an editor that completes. It proposes nothing that the check would refuse: a path is there when the allow-list lets it go.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Any

from domain.canon.documents import DOCUMENTS
from mapping.authoring.tools import walk
from mapping.faults import Faults
from mapping.formats import FORMATS
from mapping.kinds import KIND_IN_FRENCH
from mapping.language.expressions import FUNCTIONS, MACROS
from mapping.language.paths import heard_shape, part_of_shape
from mapping.language.rules import FILE_KEYS, RULE_KEYS
from mapping.loading import CANON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mapping.catalogue import Catalogue, Mapping
    from mapping.contracts import Part
    from mapping.language.paths import Shape

MOST_TARGETS = 2_000
"""FHIR has no end; nobody reads further."""
MOST_LEVELS = 8
SELDOM = frozenset({"extension", "modifierExtension", "contained"})
"""What every element of FHIR may hold: named, not entered."""
_PLAIN = re.compile(r"\[\d*\]|:[\w-]+")
MOST_PAIRS = 200
"""Of one table: an editor that proposes 35 000 communes proposes none."""


def vocabulary(catalogue: Catalogue, name: str) -> dict[str, Any]:
    """The words for one mapping and its other versions. JSON-safe."""
    mapping = catalogue.mapping(name)
    return {
        "mapping": name,
        "topic": mapping.topic,
        "source": mapping.source,
        "recipient": mapping.recipient,
        "target": mapping.target,
        "paths": [*_paths(catalogue, mapping)],
        "targets": _targets(_root(catalogue, mapping), _resources(mapping), _entered(mapping)),
        "tables": _tables(catalogue),
        "formats": sorted(FORMATS),
        "functions": sorted({*FUNCTIONS, *MACROS}),
        "file_keys": list(FILE_KEYS),
        "rule_keys": list(RULE_KEYS),
        "topics": sorted(DOCUMENTS),
        "recipients": sorted(catalogue.recipients),
        "mappings": sorted(catalogue.mappings),
    }


def _paths(catalogue: Catalogue, mapping: Mapping) -> Iterator[dict[str, Any]]:
    """What may be read; what stands in a list is said as `item.…`, with the list it is in."""
    allow_list = catalogue.allow_list(mapping.recipient) if mapping.topic else None
    for path, item, shape in _walk(mapping.compiler.shape, "", ""):
        absolute = f"{item}.{path.partition('.')[2]}".rstrip(".") if item else path
        if allow_list is None or allow_list.enters(mapping.topic, absolute):
            yield {
                "path": path,
                "kind": KIND_IN_FRENCH[shape.kind],
                "list": shape.kind == "list",
                "group": shape.kind == "object",
                "nullable": shape.nullable,
                "codes": sorted(shape.codes or ()),
                "of": item,
            }


def _walk(shape: Shape, before: str, item: str) -> Iterator[tuple[str, str, Shape]]:
    for name, below in shape.fields.items():
        path = before + name
        yield path, item, below
        yield from _walk(below, f"{path}.", item)
        if below.item is not None:
            # A list inside a list is read as `item.…` too, by the rules of its own `each`.
            whole = f"{item}.{path.partition('.')[2]}" if item else path
            if not below.item.fields:
                yield "item", whole, below.item
            yield from _walk(below.item, "item.", whole)


def _root(catalogue: Catalogue, mapping: Mapping) -> Part | None:
    file, _, name = mapping.target.partition("#")
    if file == CANON:
        heard = heard_shape(name)
        return part_of_shape(name, heard) if heard else None
    return catalogue.contracts.find(mapping.whole.target, Faults())


def _resources(mapping: Mapping) -> dict[str, str]:
    """Where a rule says which FHIR resource stands → which."""
    constants = ((before + rule.to.text, rule.constant) for rule, before in walk(mapping.rules))
    end = "resourceType"
    return {path.removesuffix(end): value for path, value in constants if path.endswith(end) and isinstance(value, str)}


def _entered(mapping: Mapping) -> set[str]:
    """The groups that the rules write in, without numbers and slices."""
    steps = (_PLAIN.sub("", before + rule.to.text).split(".") for rule, before in walk(mapping.rules))
    return {".".join(parts[:end]) for parts in steps for end in range(1, len(parts))}


def _targets(root: Part | None, resources: dict[str, str], entered: set[str]) -> list[dict[str, Any]]:
    """What may be written, the first element of each list standing for the others.

    The groups that the rules already write in come first, then what is near the root.
    """
    targets: list[dict[str, Any]] = []
    waiting = deque([(root, "", 0)] if root else [])
    while waiting and len(targets) < MOST_TARGETS:
        part, before, depth = waiting.popleft()
        level = part.level
        if level and level.of:
            level = level.of(resources.get(before, "")) or level
        for inner in level.parts.values() if level and depth < MOST_LEVELS else ():
            path = f"{before}{inner.name}[0]" if inner.many and level and level.lists else before + inner.name
            if path.endswith("[0]") and inner.inside is None:
                targets.append(_target(inner, before + inner.name))  # whole, from a list of ours
            targets.append(_target(inner, path))
            if inner.inside is None or inner.name in SELDOM:
                continue
            if _PLAIN.sub("", path) in entered:
                waiting.appendleft((inner, f"{path}.", depth + 1))
            else:
                waiting.append((inner, f"{path}.", depth + 1))
    return targets[:MOST_TARGETS]


def _target(part: Part, path: str) -> dict[str, Any]:
    return {
        "path": path,
        "kind": "une liste" if part.many else KIND_IN_FRENCH[part.kind],
        "required": part.required,
        "group": part.inside is not None,
        "codes": sorted(part.codes or ())[:MOST_PAIRS],
    }


def _tables(catalogue: Catalogue) -> list[dict[str, Any]]:
    return [
        {
            "table": name,
            "pairs": [
                {"canon": pair.canon, "wire": pair.wire, "label": pair.label} for pair in table.pairs[:MOST_PAIRS]
            ],
        }
        for name, table in sorted(catalogue.tables.items())
    ]
