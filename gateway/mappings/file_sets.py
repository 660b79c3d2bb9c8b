"""The deployment's mapping files as one thing: what lies in its folders now, what was put in force, and what differs.

A set is named by what it holds, so that every node knows whether it has the same, and is kept in the register, so that it can be
put back in force after the folders changed. It refuses to judge: whether the files are right is asked of `mapping`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import weakref
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import mapping
from mapping.allow_list import LOCAL
from mapping.codes.tables import ADDED
from mapping.engine.converting import LOCAL_ZONE
from mapping.faults import Faults, Spot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOMS = {
    "files": ("*/*.yaml",),
    "tables": ("*/*.csv",),
    "recipients": ("*.yaml",),
    "contracts": ("*.xsd", "*.wsdl", "*.json"),
}
"""What decides what leaves. Golden pairs are proofs, and stay where they lie."""
MOST_BYTES = 64 * 1024 * 1024
"""Of all the files together."""
KEPT = 4
"""Sets that stay compiled: the one in force, the one before, and what is being tried."""


@dataclass(frozen=True)
class FileSet:
    """Texts by their place: number of the folder, room, name."""

    texts: Mapping[str, str]

    @cached_property
    def name(self) -> str:
        """The same for the same texts, on every node."""
        digest = hashlib.sha256()
        for place, text in sorted(self.texts.items()):
            digest.update(f"{place}\0{len(text)}\0{text}\0".encode())
        return digest.hexdigest()[:16]

    def packed(self) -> bytes:
        """For a column."""
        return zlib.compress(json.dumps(dict(self.texts), ensure_ascii=False).encode())

    @staticmethod
    def unpacked(raw: bytes) -> FileSet:
        """What `packed` gave."""
        return FileSet(json.loads(zlib.decompress(raw)))


@dataclass(frozen=True, slots=True)
class Difference:
    """What one set has otherwise than another; files by their place in their folder."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def harmless(self) -> bool:
        """Whether what was there stays as it was: new versions, tables and recipients beside it, and nothing else."""
        weighs = any(place.endswith((f"{ADDED}.csv", f"{LOCAL}.yaml")) for place in self.added)
        return not self.changed and not self.removed and not weighs

    def told(self) -> str:
        """For people."""
        sides = (("nouveau", self.added), ("changé", self.changed), ("retiré", self.removed))
        return ", ".join(f"{place} ({what})" for what, places in sides for place in places)


def compare(old: FileSet, new: FileSet) -> Difference:
    """From one set to another."""
    before, after = old.texts, new.texts
    return Difference(
        tuple(_place(path) for path in sorted(after) if path not in before),
        tuple(_place(path) for path in sorted(after) if path in before and before[path] != after[path]),
        tuple(_place(path) for path in sorted(before) if path not in after),
    )


def _place(numbered: str) -> str:
    return numbered.partition("/")[2]


class FileSets:
    """The folders of a deployment, and the sets that were compiled from them or from the register."""

    def __init__(self, folders: Sequence[Path], models: Path | None = None, zone: str = LOCAL_ZONE) -> None:
        """`folders` are the deployment's own; the product's are always there. `models` are the hub's, for who edits.

        `zone`: the time zone on whose days dated tables are looked up.
        """
        self.zone = zone
        self.folders = tuple(folders)
        self._models = models
        self._compiled: OrderedDict[str, mapping.Catalogue] = OrderedDict()
        self._sets: dict[str, FileSet] = {}

    def on_disk(self) -> FileSet:
        """What lies there now. Raises `MappingFaultsError` for a file that is no text, or too much of them."""
        faults = Faults()
        texts: dict[str, str] = {}
        size = 0
        for number, folder in enumerate(self.folders):
            if not folder.is_dir():
                faults.add(Spot(folder.name), "dossier absent")
            for path in (
                file for room, kinds in ROOMS.items() for kind in kinds for file in folder.glob(f"{room}/{kind}")
            ):
                place = path.relative_to(folder).as_posix()
                size += path.stat().st_size
                if size > MOST_BYTES:
                    faults.add(Spot(place), f"fichiers de plus de {MOST_BYTES // 1024 // 1024} Mo en tout")
                    faults.refuse_any()
                try:
                    texts[f"{number}/{place}"] = path.read_bytes().decode("utf-8")
                except UnicodeDecodeError:
                    faults.add(Spot(place), "ce fichier n'est pas en UTF-8")
        faults.refuse_any()
        return FileSet(texts)

    def known(self, name: str) -> FileSet | None:
        """A set that this process has met."""
        return self._sets.get(name)

    def compiled(self, name: str) -> mapping.Catalogue | None:
        """A set that is ready to serve."""
        return self._compiled.get(name)

    def load(self, files: FileSet) -> mapping.Catalogue:
        """Check and compile a set; raises `MappingFaultsError` with every fault. Blocks for as long as that takes."""
        self._sets[files.name] = files
        catalogue = self._compiled.pop(files.name, None) or self._loaded(files).beside(self._models)
        self._compiled[files.name] = catalogue
        while len(self._compiled) > KEPT:
            self._compiled.popitem(last=False)
        return catalogue

    def _loaded(self, files: FileSet) -> mapping.Catalogue:
        if not self.folders:
            return mapping.shipped(self.zone)
        # Contracts are read on demand and from files: the set lies in a folder of its own for as long as the shelf stands.
        room = Path(tempfile.mkdtemp(prefix="passerelle-"))
        folders = [room / str(number) for number in range(len(self.folders))]
        try:
            for folder in folders:
                folder.mkdir()
            for place, text in files.texts.items():
                path = room / place
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text.encode())
            catalogue = mapping.load_catalogue(
                mapping.SHIPPED, *folders, proofs=(mapping.SHIPPED, *self.folders), zone=self.zone
            )
        except BaseException:
            shutil.rmtree(room, ignore_errors=True)
            raise
        weakref.finalize(self, shutil.rmtree, room, ignore_errors=True)
        return catalogue
