"""Where the contract of a target is: `sinus-v1.xsd#denombrement`, `webhook-v1.schema.json#outcome`, `fhir-r4#Bundle`.

The file is looked for in the `contracts/` folder beside the mappings, and, for what comes with the product, in the
`contract/` folders of the adapters. A FHIR message whose link makes the entries is `fhir-r4-entries#Bundle`; a message of the Hub
Santé is `hub-sante#RS-EDA`, and its official model is in a folder of the deployment. What is not there leaves its mappings
unchecked, and that is told with its reason.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Protocol

from mapping.contracts.completed import LINK_WORDS, FhirEntries, HubModels, newest_model, read_words
from mapping.contracts.fhir import FhirContract
from mapping.contracts.json_schema import JsonContract
from mapping.contracts.xsd import ContractError, XsdContract
from mapping.faults import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mapping.contracts.part import Part
    from mapping.faults import Faults
    from mapping.language.rules import Token

MISSPELT = 0.85
"""How alike two names are when one is taken for the other misspelt; contracts of one kind share their endings."""
FHIR = "fhir-r4"
FHIR_ENTRIES = "fhir-r4-entries"
HUB = "hub-sante"
"""The official models of the Hub Santé, in the folder that a deployment has of them."""


class Contract(Protocol):
    """A contract in any language."""

    def roots(self) -> list[str]:
        """The names that a document may start from."""

    def root(self, name: str) -> Part | None:
        """What a document of that name is."""


class Contracts:
    """The contract files of some folders."""

    def __init__(self, folders: Iterable[Path], models: Path | None = None) -> None:
        """`models` is the folder of the official models of the Hub Santé."""
        self._folders = (*folders, *([models / "xsd"] if models else []))
        self._models = models

    def path(self, file: str) -> Path | None:
        """The file of that name, in the first folder that has it."""
        plain = file and "/" not in file and "\\" not in file and not file.startswith(".")
        paths = (folder / file for folder in self._folders if plain)
        return next((path for path in paths if _is_file(path)), None)

    def like(self, file: str) -> str:
        """The contract of these folders that a name which none of them has was most likely meant to be, for people; empty: none."""
        there = {path.name for folder in self._folders if folder.is_dir() for path in folder.iterdir() if path.suffix}
        near = get_close_matches(file, {*there, FHIR, FHIR_ENTRIES, HUB}, n=1, cutoff=MISSPELT)
        return near[0] if near else ""

    def find(self, target: Token, faults: Faults) -> Part | None:
        """What a target is made of; None when its contract is not there, or when a fault was noted."""
        file, _, name = target.text.partition("#")
        try:
            contract = self._contract(file)
            root = contract.root(name) if contract else None
        except ContractError as error:
            faults.add(target.spot, f"contrat illisible : {error}")
            return None
        if contract is not None and root is None:
            roots = contract.roots()
            faults.add(
                target.spot,
                f"« {file} » n'a pas de document « {name} »",
                did_you_mean(name, roots) or f"il a : {', '.join(roots[:12])}",
            )
        return root

    def why_absent(self, target: str) -> str:
        """Why the contract of a target could not be found, for people."""
        if target.partition("#")[0] != HUB:
            return f"{target} n'est dans aucun dossier de contrats"
        if self._models is None:
            return "réglez hub.models_dir, ou donnez --models : le dossier des modèles officiels du Hub Santé"
        return "le dossier des modèles officiels n'a pas le modèle 3, dont les correspondances disent les noms"

    def _contract(self, file: str) -> Contract | None:
        if file == FHIR:
            return FhirContract()
        if file == FHIR_ENTRIES:
            return FhirEntries()
        return self._hub() if file == HUB else self._read(file)

    def _hub(self) -> Contract | None:
        folder = newest_model(self._models) if self._models else None
        if folder is None:
            return None
        table = self.path(LINK_WORDS)
        return HubModels(folder, read_words(table, table.stat().st_mtime_ns) if table else {})

    def _read(self, file: str) -> Contract | None:
        path = self.path(file)
        return None if path is None else _contract(path, path.stat().st_mtime_ns)


def _is_file(path: Path) -> bool:
    """Whether it is there; a name that no file system takes is not."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


@cache
def _contract(path: Path, _changed: int) -> Contract:
    """Read once per state of the file."""
    if path.suffix in {".xsd", ".wsdl"}:
        return XsdContract(path)
    if path.suffix == ".json":
        return JsonContract(path)
    raise ContractError("un contrat est un fichier .xsd, .wsdl ou .schema.json")
