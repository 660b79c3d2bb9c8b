"""Every adapter has the files of the convention in `adapters/__init__.py`, and exports what it says."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from adapters.neighbours import NEIGHBOURS
from adapters.wire.neighbour_kind import NeighbourKind

ADAPTERS = Path(__file__).resolve().parents[2] / "adapters"
ROOMS = sorted(path.parent for path in ADAPTERS.glob("**/adapter.py"))
ALWAYS = ["__init__.py", "adapter.py", "client.py", "faults.py", "simulator.py", "README.md"]


BY_FILES_ALONE = ADAPTERS / "declared"
"""Knows no neighbour: the settings say what each is."""


def _names(room: Path) -> str:
    return ".".join(room.relative_to(ADAPTERS).parts)


def _contract_files(room: Path) -> list[str]:
    contract = room / "contract"
    return [path.name for path in contract.iterdir() if path.is_file() and path.suffix not in {".md", ".py"}]


def test_every_package_is_an_adapter() -> None:
    """Each package beside the shared ground floor is an adapter, or a family that holds some."""
    packages = [path.parent for path in ADAPTERS.glob("*/__init__.py") if path.parent.name != "wire"]
    assert [path.name for path in packages if not any(room.is_relative_to(path) for room in ROOMS)] == []


@pytest.mark.parametrize("room", ROOMS, ids=_names)
def test_an_adapter_has_the_files_of_the_convention(room: Path) -> None:
    """Client, faults, adapter, simulator, contract and README: the same names in every room."""
    assert [name for name in ALWAYS if not (room / name).is_file()] == []
    assert _contract_files(room), "a contract folder holds a contract"


@pytest.mark.parametrize("room", ROOMS, ids=_names)
def test_an_adapter_says_what_its_neighbour_is(room: Path) -> None:
    """`neighbour.py` holds its value, and the one list of neighbours has it."""
    if room == BY_FILES_ALONE:
        assert not (room / "neighbour.py").exists()
        return
    module = importlib.import_module(f"adapters.{_names(room)}.neighbour")
    values = [value for value in vars(module).values() if isinstance(value, NeighbourKind)]
    assert values
    assert [value.name for value in values if NEIGHBOURS.get(value.name) is not value] == []


@pytest.mark.parametrize("room", ROOMS, ids=_names)
def test_a_contract_says_its_version(room: Path) -> None:
    """Each contract file bears its version in its name, or stands beside a README that tells it."""
    readme = room / "contract" / "README.md"
    told = readme.is_file() and "ersion" in readme.read_text(encoding="utf-8")
    unversioned = [name for name in _contract_files(room) if not re.search(r"v\d|\d+\.\d+", name)]
    assert told or unversioned == []


@pytest.mark.parametrize("room", ROOMS, ids=_names)
def test_an_adapter_exports_its_opening(room: Path) -> None:
    """`adapters.<name>` exports `open_<name>`, and everything that it exports exists."""
    package = importlib.import_module(f"adapters.{_names(room)}")
    assert any(name.startswith("open_") for name in package.__all__)
    assert [name for name in package.__all__ if not hasattr(package, name)] == []
