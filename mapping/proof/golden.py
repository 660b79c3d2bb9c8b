"""Golden pairs: a document and what a mapping must give for it, beside the file, and what the pairs never touch.

`golden/<recipient>/<name>@<version>/<case>.canon.json` goes in (`<case>.in.json` for a mapping of what comes in),
`<case>.out.json` must come out, keys in the same order.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mapping.authoring.tools import ToolReport, walk
from mapping.codes.tables import CodeTable
from mapping.engine.trace import Step, Watcher, watched_scope
from mapping.errors import MappingError
from mapping.language.targets import unnumbered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mapping.catalogue import Catalogue, Mapping


@dataclass(frozen=True, slots=True)
class Pair:
    """One case of one mapping."""

    mapping: str
    case: str
    canon: Path
    out: Path


def pairs(catalogue: Catalogue) -> Iterator[Pair]:
    """The golden pairs that lie in the catalogue's folders, by mapping and case."""
    for folder in catalogue.proofs:
        room = folder / "golden"
        for canon in sorted(path for side in ("canon", "in") for path in room.glob(f"*/*/*.{side}.json")):
            case = canon.name.removesuffix(".canon.json").removesuffix(".in.json")
            name = canon.parent.relative_to(room).as_posix()
            yield Pair(name, case, canon, canon.with_name(f"{case}.out.json"))


def run(catalogue: Catalogue, only: str | None = None) -> ToolReport:
    """Apply every pair, or those of one mapping. Nothing of a document is repeated: a difference is told by its first path."""
    if only:
        catalogue.mapping(only)
    wanted = [pair for pair in pairs(catalogue) if only in {None, pair.mapping}]
    outcomes = {f"{pair.mapping} {pair.case}": _outcome(catalogue, pair) for pair in wanted}
    failed = {case: reason for case, reason in outcomes.items() if reason}
    lines = [
        f"{'✗' if reason else '✓'} {case}" + (f" : {reason}" if reason else "") for case, reason in outcomes.items()
    ]
    lines.append(f"Paires justes : {len(outcomes) - len(failed)} sur {len(outcomes)}.")
    return ToolReport(ok=not failed, text="\n".join(lines), data={"pairs": len(outcomes), "failed": failed})


def _outcome(catalogue: Catalogue, pair: Pair) -> str:
    if pair.mapping not in catalogue.mappings:
        return "aucune correspondance de ce nom"
    if not pair.out.exists():
        return f"{pair.out.name} manque"
    try:
        result = catalogue.mapping(pair.mapping).apply(_load(pair.canon))
        return _first_difference(_load(pair.out), result, "")
    except MappingError as error:
        return str(error)
    except ValueError:
        return "JSON illisible"


def _load(path: Path) -> Any:  # noqa: ANN401 - any JSON
    return json.loads(path.read_text(encoding="utf-8"))


def _first_difference(wanted: Any, got: Any, path: str) -> str:  # noqa: ANN401 - any JSON
    """The path where two trees part, or nothing. `true` is not 1, and keys have an order."""
    if type(wanted) is not type(got):
        return f"« {path.rstrip('.')} » n'est pas du même type"
    if isinstance(wanted, dict):
        return _different_keys(list(wanted), list(got), path) or next(
            filter(None, (_first_difference(wanted[key], got[key], f"{path}{key}.") for key in wanted)), ""
        )
    if isinstance(wanted, list):
        if len(wanted) != len(got):
            return f"« {path.rstrip('.')} » a {len(got)} éléments au lieu de {len(wanted)}"
        below = (
            _first_difference(want, other, f"{path.rstrip('.')}[{at}].")
            for at, (want, other) in enumerate(zip(wanted, got, strict=True))
        )
        return next(filter(None, below), "")
    return "" if wanted == got else f"« {path.rstrip('.')} » diffère"


def _different_keys(wanted: list[str], got: list[str], path: str) -> str:
    for key in sorted(set(wanted) ^ set(got)):
        return f"« {path}{key} » {'en trop' if key in got else 'manque'}"
    return (
        "" if wanted == got else f"les champs de « {path.rstrip('.') or 'la racine'} » ne sont pas dans le même ordre"
    )


class _SeenCodes(dict[str, str]):
    """The pairs of a table, remembering which were asked for."""

    def __init__(self, forward: dict[str, str], seen: set[str]) -> None:
        super().__init__(forward)
        self._seen = seen

    def get(self, code: str, default: Any = None, /) -> Any:  # noqa: ANN401 - the signature of dict
        """As dict does."""
        self._seen.add(code)
        return super().get(code, default)


class _WatchedTable(CodeTable):
    """A table that remembers which codes were asked for."""

    def __init__(self, table: CodeTable) -> None:
        super().__init__(table.name, table.file, table.pairs)
        self.seen: set[str] = set()
        self.forward = _SeenCodes(dict(table.forward), self.seen)

    def to_wire(self, canon: str, day: str = "") -> str | None:
        """As the table does."""
        self.seen.add(canon)
        return super().to_wire(canon, day)

    def to_canon(self, wire: str, day: str = "") -> str | None:
        """As the table does; what is seen is our own code."""
        code = super().to_canon(wire, day)
        self.seen |= {code} if code else set()
        return code


def coverage(catalogue: Catalogue, only: str | None = None) -> ToolReport:
    """Which rules never gave a value, and which codes were never asked for, over all golden pairs of each mapping."""
    names = [catalogue.mapping(only).name] if only else list(catalogue.mappings)
    by_mapping: dict[str, list[Pair]] = {name: [] for name in catalogue.mappings}
    for pair in pairs(catalogue):
        by_mapping.setdefault(pair.mapping, []).append(pair)
    data = {name: _untouched(catalogue, catalogue.mapping(name), by_mapping[name]) for name in names}
    lines: list[str] = []
    for name, missing in data.items():
        lines.append(
            f"{name} : paires : {missing['pairs']}, règles touchées : {missing['covered']} sur {missing['rules']}"
        )
        lines += [f"  jamais de valeur : {place}" for place in missing["untouched"]]
        lines += [f"  codes jamais lus de {table} : {', '.join(codes)}" for table, codes in missing["codes"].items()]
    whole = all(not missing["untouched"] and not missing["codes"] for missing in data.values())
    return ToolReport(ok=whole, text="\n".join(lines), data=data)


def _untouched(catalogue: Catalogue, mapping: Mapping, held_pairs: list[Pair]) -> dict[str, Any]:
    used = {rule.table.text for rule, _ in walk(mapping.rules) if rule.table}
    watched = {name: _WatchedTable(catalogue.tables[name]) for name in sorted(used)}
    build = replace(mapping.compiler, tables=watched, watch=Watcher()).root(mapping.whole)
    steps: list[Step] = []
    for pair in held_pairs:
        with suppress(ValueError):  # `run` tells a pair that cannot be read.
            build(watched_scope(_load(pair.canon), steps))
    touched = {(step.place, unnumbered(step.to)) for step in steps if step.value is not None}
    leaves = [(rule.place, unnumbered(before + rule.to.text)) for rule, before in walk(mapping.rules) if not rule.rules]
    codes = {name: sorted(table.codes - table.seen) for name, table in watched.items() if table.codes - table.seen}
    return {
        "pairs": len(held_pairs),
        "rules": len(leaves),
        "covered": sum(leaf in touched for leaf in leaves),
        "untouched": [f"{to} ({place})" for place, to in leaves if (place, to) not in touched],
        "codes": codes,
    }
