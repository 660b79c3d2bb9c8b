"""The mappings, tables and allow-lists of some folders, checked together and compiled once.

A folder holds `files/<recipient>/<name>@<version>.yaml`, `tables/<recipient>/<name>.csv` and `recipients/<recipient>.yaml`.
Versions live side by side. Nothing is half loaded, and nothing replaces something else silently: a name that is said
twice is a fault.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mapping.allow_list import LOCAL, AllowList, read_allow_list, read_local
from mapping.codes.tables import ADDED, CodeTable, Pair, read_pairs, table_of
from mapping.contracts import Contracts
from mapping.contracts.form import form_of
from mapping.engine.converting import LOCAL_ZONE
from mapping.engine.trace import Step, Watcher, watched_scope
from mapping.errors import UnknownMappingError
from mapping.faults import Faults, MappingFaultsError, Spot, did_you_mean
from mapping.language.extends import WholeMapping, inherit
from mapping.language.rules import MappingFile, Rule, read_mapping_file
from mapping.language.source import read_yaml
from mapping.loading import Loading
from mapping.proof.checks import check_dead_pairs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as ReadOnly

    from mapping.contracts.form import Form
    from mapping.engine.compile import Compiler
    from mapping.language.source import Node

SHIPPED = Path(__file__).resolve().parent
"""The folder of the mappings that come with the product."""


class Mapping:
    """One mapping, compiled: a document in, the target tree out."""

    def __init__(self, whole: WholeMapping, compiler: Compiler, contracts: Contracts) -> None:
        self.contracts = contracts
        self.name = whole.name
        self.recipient = whole.recipient.text
        self.topic = whole.topic.text
        """The canon document that it reads; empty for one that maps what comes in."""
        self.source = whole.source.text
        """The neighbour's document that it reads; empty for one that maps what goes out."""
        self.target = whole.target.text
        self.rules: tuple[Rule, ...] = whole.rules
        self.whole = whole
        self.compiler = compiler
        self._build = compiler.root(whole)

    def apply(self, document: ReadOnly[str, Any]) -> dict[str, Any]:
        """The target tree, keys in the order of the file, absent values absent.

        Raises `MappingError`, naming the path and never the value; then nothing was produced.
        """
        return self._build(document)

    @cached_property
    def form(self) -> Form:
        """How the documents of its neighbour are written and read. Raises `ContractError`."""
        return form_of(self.contracts, self.whole.target if self.topic else self.whole.source)

    def write(self, document: ReadOnly[str, Any]) -> bytes:
        """The document in the neighbour's own language, checked by its contract. `MappingError`, or `DocumentError`."""
        return self.form.write(self.apply(document))

    def read(self, raw: bytes) -> dict[str, Any]:
        """What a document of the neighbour means, once checked by its contract. `DocumentError`, or `MappingError`."""
        return self.apply(self.form.read(raw))

    def explain(self, document: ReadOnly[str, Any]) -> tuple[Step, ...]:
        """What each rule gave for this document, in the order of the target; errors are steps too."""
        return self.follow(document)[1]

    def follow(self, document: ReadOnly[str, Any]) -> tuple[dict[str, Any], tuple[Step, ...]]:
        """The tree and the steps at once, for a door that names everything that is wrong; a step in error gave nothing."""
        steps: list[Step] = []
        return self._watched(watched_scope(document, steps)), tuple(steps)

    @cached_property
    def _watched(self) -> Any:  # noqa: ANN401 - the same function as `_build`
        return replace(self.compiler, watch=Watcher()).root(self.whole)


class Catalogue:
    """Everything that was loaded together."""

    def __init__(  # noqa: PLR0913 - everything, together
        self,
        mappings: ReadOnly[str, Mapping],
        recipients: ReadOnly[str, AllowList],
        tables: ReadOnly[str, CodeTable],
        folders: tuple[Path, ...],
        unchecked: tuple[str, ...] = (),
        proofs: tuple[Path, ...] = (),
        models: Path | None = None,
    ) -> None:
        self.mappings = MappingProxyType(dict(mappings))
        self.recipients = MappingProxyType(dict(recipients))
        self.tables = MappingProxyType(dict(tables))
        self.folders = folders
        self.unchecked = unchecked
        """Mappings whose target's contract was not found: what they write was checked against nothing."""
        self.proofs = proofs or folders
        """Where golden pairs lie."""
        self.contracts = Contracts(contract_folders(folders), models)

    def beside(self, models: Path | None) -> Catalogue:
        """The same, whose editors know the official models: what is loaded is not held to them, what is proposed is."""
        loaded = (self.mappings, self.recipients, self.tables, self.folders, self.unchecked, self.proofs)
        return Catalogue(*loaded, models) if models else self

    def mapping(self, name: str) -> Mapping:
        """The mapping of that name and version, `sivic/personne@1`; raises `UnknownMappingError`."""
        if name not in self.mappings:
            raise UnknownMappingError(_unknown("correspondance", name, self.mappings))
        return self.mappings[name]

    def allow_list(self, recipient: str) -> AllowList:
        """The allow-list of a recipient; raises `UnknownMappingError`."""
        if recipient not in self.recipients:
            raise UnknownMappingError(_unknown("liste d'accès", recipient, self.recipients))
        return self.recipients[recipient]

    def table(self, name: str) -> CodeTable:
        """A code table, for the way back (`to_canon`); raises `UnknownMappingError`."""
        if name not in self.tables:
            raise UnknownMappingError(_unknown("table", name, self.tables))
        return self.tables[name]

    def unknown_codes(self) -> dict[str, dict[str, int]]:
        """Table → code without a pair → how often it was asked for since loading. For the integrator's eyes, not for metrics."""
        return {name: dict(table.unknown) for name, table in sorted(self.tables.items()) if table.unknown}

    def take_unknown(self) -> dict[str, dict[str, int]]:
        """The same since this was last asked: whoever asks keeps them, with the instant."""
        taken = {name: table.take_unknown() for name, table in self.tables.items()}
        return {name: codes for name, codes in taken.items() if codes}


def _unknown(what: str, name: str, known: ReadOnly[str, Any]) -> str:
    hint = did_you_mean(name, known) or f"connues : {', '.join(sorted(known)) or 'aucune'}"
    return f"{what} inconnue « {name} », {hint}"


def load_catalogue(
    *folders: Path, proofs: tuple[Path, ...] = (), models: Path | None = None, zone: str = LOCAL_ZONE
) -> Catalogue:
    """Read, check and compile what the folders hold. Raises `MappingFaultsError` with every fault of every file.

    `proofs` are where golden pairs lie, when elsewhere; `models` the official models of the Hub Santé, when they are held to;
    `zone` the time zone on whose days dated tables are looked up.
    """
    faults = Faults()
    for folder in folders:
        if not folder.is_dir():
            faults.add(Spot(folder.name), "dossier absent")
    recipients = _read_recipients(folders, faults)
    tables = _read_tables(folders, faults)
    whole = inherit(_read_files(folders, faults), faults)
    contracts = Contracts(contract_folders(folders), models)
    loading = Loading(recipients, tables, contracts, faults, zone)
    compilers = {name: loading.compiler(mapping) for name, mapping in sorted(whole.items())}
    check_dead_pairs(tables, loading.codes_read, faults)
    faults.refuse_any()
    compiled = {name: Mapping(whole[name], compiler, contracts) for name, compiler in compilers.items() if compiler}
    return Catalogue(compiled, recipients, tables, folders, tuple(loading.unchecked), proofs, models)


def contract_folders(folders: tuple[Path, ...]) -> list[Path]:
    """Where contract files are: `contracts/` beside the mappings; for what is shipped, with the adapters that speak them."""
    rooms = [folder / "contracts" for folder in folders]
    if SHIPPED in folders:
        adapters = SHIPPED.parent / "adapters"
        rooms += sorted([*adapters.glob("*/contract"), *adapters.glob("*/*/contract")])
    return rooms


@cache
def shipped(zone: str = LOCAL_ZONE) -> Catalogue:
    """The catalogue that comes with the product."""
    return load_catalogue(SHIPPED, zone=zone)


def _found(folders: tuple[Path, ...], room: str, pattern: str, faults: Faults) -> Iterator[tuple[str, str, Path]]:
    """Name, name for faults, and path of each file of a room; the second file of one name is a fault."""
    seen: dict[str, Path] = {}
    for folder in folders:
        for path in sorted((folder / room).glob(pattern)):
            name = path.relative_to(folder / room).with_suffix("").as_posix()
            relative = path.relative_to(folder / room).as_posix()
            file = relative if room == "files" else f"{room}/{relative}"
            if name in seen and not name.endswith(ADDED):
                where = "parmi celles du produit" if seen[name] == SHIPPED else "dans un autre dossier"
                added = f", ou ajoutez à cette table par « {name}{ADDED}.csv »" if room == "tables" else ""
                hint = "donnez une autre version ou un autre nom"
                faults.add(Spot(file), f"« {name} » existe déjà {where}", hint + added)
            else:
                seen[name] = folder
                yield name, file, path


def _read_recipients(folders: tuple[Path, ...], faults: Faults) -> dict[str, AllowList]:
    recipients: dict[str, AllowList] = {}
    local: dict[str, Node] = {}
    for name, file, path in _found(folders, "recipients", "*.yaml", faults):
        try:
            node = read_yaml(path, file)
        except MappingFaultsError as error:
            _keep(error, faults)
            continue
        if name.endswith(LOCAL):
            local[name.removesuffix(LOCAL)] = node
        elif allow_list := read_allow_list(node, name, faults):
            recipients[name] = allow_list
    for name, node in local.items():
        if name in recipients:
            recipients[name] = read_local(node, recipients[name], faults)
        else:
            faults.add(node.spot, f"destinataire inconnu « {name} »", did_you_mean(name, recipients))
    return recipients


def _read_tables(folders: tuple[Path, ...], faults: Faults) -> dict[str, CodeTable]:
    """Each table with the pairs that other folders add to it."""
    pairs: dict[str, list[Pair]] = {}
    files: dict[str, str] = {}
    broken: dict[str, Faults] = {}
    for name, file, path in _found(folders, "tables", "*/*.csv", faults):
        table = name.removesuffix(ADDED)
        if table == name:
            files[table] = file
        try:
            noted = broken.setdefault(table, Faults())
            pairs.setdefault(table, []).extend(read_pairs(path, file, noted))
        except MappingFaultsError as error:
            _keep(error, noted)
    tables: dict[str, CodeTable] = {}
    for name, pair in pairs.items():
        if name not in files:
            sentence = f"aucune table « {name} » à laquelle ajouter"
            faults.add(Spot(f"tables/{name}{ADDED}.csv"), sentence, did_you_mean(name, files))
            continue
        try:
            tables[name] = table_of(name, files[name], pair, broken[name])
        except MappingFaultsError as error:
            _keep(error, faults)
            tables[name] = CodeTable(name, files[name], pair, sound=False)
    return tables


def _read_files(folders: tuple[Path, ...], faults: Faults) -> dict[str, MappingFile]:
    files: dict[str, MappingFile] = {}
    for name, file, path in _found(folders, "files", "*/*.yaml", faults):
        try:
            read = read_mapping_file(read_yaml(path, file), faults)
        except MappingFaultsError as error:
            _keep(error, faults)
            continue
        if read is None:
            continue
        if read.name.text and read.name.text != name:
            faults.add(read.name.spot, f"le fichier s'appelle « {name} », pas « {read.name.text} »")
        files[name] = read
    return files


def _keep(error: MappingFaultsError, faults: Faults) -> None:
    for fault in error.faults:
        faults.add(Spot(fault.file, fault.line, fault.column), fault.message, fault.hint)
