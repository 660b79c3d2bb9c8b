"""A text that is no file yet, read and checked beside everything that is loaded. Nothing is written, nothing loaded changes.

It is checked as a file would be, with the mappings it inherits from, the tables, the allow-lists and the contracts. It
runs on tables of its own, so that trying counts no unknown code. Files that extend an older text of the same name are
not looked at again: that is done when the folders are loaded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mapping.authoring.tools import ToolReport, preview, walk
from mapping.catalogue import Catalogue, Mapping
from mapping.codes.tables import CodeTable
from mapping.errors import MappingError
from mapping.faults import Fault, Faults, Spot
from mapping.language.extends import inherit
from mapping.language.rules import MappingFile, Token, read_mapping_file
from mapping.language.source import parse_yaml
from mapping.loading import Loading
from mapping.proof.checks import check_dead_pairs

if TYPE_CHECKING:
    from collections.abc import Mapping as ReadOnly
    from typing import Any

    from mapping.language.extends import WholeMapping

TEXT = "texte"
"""What faults and steps call the text: it has no file."""
MOST_CHARACTERS = 64 * 1024
"""A mapping of 300 rules is 30 KB; the parser takes a quarter of a second for this much."""
MISSHAPEN = "le document n'a pas la forme que ces règles lisent"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A text without a fault, compiled."""

    mapping: Mapping
    loaded: Catalogue
    """What it was checked beside."""

    def catalogue(self, key: str = TEXT, other: str | None = None) -> Catalogue:
        """The text under a key, for the tools; with one loaded mapping to compare it with, on tables of its own too."""
        mappings = {key: self.mapping}
        if other:
            mappings[other] = _apart(self.loaded, self.loaded.mapping(other))
        loaded = self.loaded
        return Catalogue(mappings, loaded.recipients, loaded.tables, loaded.folders, proofs=loaded.proofs)

    def preview(self, document: ReadOnly[str, Any]) -> ToolReport:
        """What a document gives, each value with its rule. A document of another shape is told, never a crash."""
        try:
            return preview(self.catalogue(), TEXT, document)
        except MappingError as error:
            return ToolReport(ok=False, text=str(error), data={"source": document, "result": None, "steps": []})
        except (AttributeError, TypeError, KeyError, IndexError, ValueError):
            return ToolReport(ok=False, text=MISSHAPEN, data={"source": document, "result": None, "steps": []})


def propose(loaded: Catalogue, text: str) -> Proposal:
    """The text, checked and compiled. Raises `MappingFaultsError` with every fault, those of the text in the file `TEXT`."""
    faults = Faults()
    if len(text) > MOST_CHARACTERS:
        faults.add(Spot(TEXT), f"texte au-delà de la limite de {MOST_CHARACTERS // 1024} Ko")
        faults.refuse_any()
    parsed = read_mapping_file(parse_yaml(text, TEXT), faults)
    name = parsed.name.text if parsed else ""
    if parsed is None or not name:
        faults.refuse_any()
        raise AssertionError(name)
    parents = {other: _as_said(mapping.whole) for other, mapping in loaded.mappings.items() if other != name}
    whole = inherit({**parents, name: parsed}, faults).get(name)
    compiler = None
    if whole is not None:
        tables = {**loaded.tables, **_own_tables(loaded, whole)}
        loading = Loading(loaded.recipients, tables, loaded.contracts, faults)
        others = Loading(loaded.recipients, tables, loaded.contracts, Faults())
        others.codes_read = loading.codes_read
        compiler = loading.compiler(whole)
        for other in parents:
            others.compiler(loaded.mappings[other].whole)
        check_dead_pairs(tables, loading.codes_read, faults)
    faults.refuse_any()
    if whole is None or compiler is None:
        raise AssertionError(name)
    return Proposal(Mapping(whole, compiler, loaded.contracts), loaded)


def in_text(fault: Fault) -> bool:
    """Whether a fault stands in the text itself, and not in a table or in what it inherits."""
    return fault.file == TEXT


def _as_said(whole: WholeMapping) -> MappingFile:
    """A loaded mapping as something to inherit from: whole already."""
    name = Token(whole.name, whole.target.spot)
    return MappingFile(
        name, whole.recipient, whole.topic, whole.source, whole.target, whole.provided, None, (), whole.rules
    )


def _own_tables(loaded: Catalogue, whole: WholeMapping) -> dict[str, CodeTable]:
    used = {rule.table.text for rule, _ in walk(whole.rules) if rule.table}
    tables = [loaded.tables[name] for name in sorted(used) if name in loaded.tables]
    return {table.name: CodeTable(table.name, table.file, table.pairs) for table in tables}


def _apart(loaded: Catalogue, mapping: Mapping) -> Mapping:
    tables = {**loaded.tables, **_own_tables(loaded, mapping.whole)}
    return Mapping(mapping.whole, replace(mapping.compiler, tables=tables), loaded.contracts)
