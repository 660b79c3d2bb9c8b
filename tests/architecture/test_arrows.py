"""Import contracts: they hold, and each one bites when an arrow of its own turns round."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: list[str] = PYPROJECT["tool"]["importlinter"]["root_packages"]
CONTRACTS = [contract["name"] for contract in PYPROJECT["tool"]["importlinter"]["contracts"]]

# Contract → the file that turns an arrow round, and the line that does it.
VIOLATIONS = {
    "Arrows point down": ("mapping/turned.py", "import gateway.clock"),
    "The outbox knows nothing of victims": ("outbox/turned.py", "import domain.mode"),
    "The scheduler knows time and nothing else": ("scheduler/turned.py", "import sqlalchemy"),
    "Adapters do not know each other": ("adapters/sinus/turned.py", "import adapters.sivic.faults"),
    "The domain is pure": ("domain/turned.py", "import pydantic"),
    "Mapping knows shapes, not wires": ("mapping/turned.py", "import httpx"),
    "Only adapters touch the wire": ("outbox/turned.py", "import zeep"),
    "One file names the concrete adapters": ("gateway/doors/turned.py", "import adapters.sinus"),
    "The register leaves the outbox's tables to the outbox": ("gateway/register/turned.py", "import outbox.sql.tables"),
    "Use cases do not speak HTTP": ("gateway/flow/turned.py", "import starlette.responses"),
    "Inside the gateway, a use case knows nothing of who asks": (
        "gateway/flow/turned.py",
        "import gateway.doors.table",
    ),
    "Inside the adapters, every neighbour stands on the wire": (
        "adapters/wire/turned.py",
        "import adapters.sinus.faults",
    ),
    "On the wire, protocols stand on the connection": (
        "adapters/wire/fhir/turned.py",
        "import adapters.wire.soap.server",
    ),
    "Inside the outbox, stores stand on the rules of sending": ("outbox/dispatch/turned.py", "import outbox.sql"),
}


def _lint(folder: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the packages of that folder and on no other; without a name, every contract."""
    program = (
        "import sys; sys.path.insert(0, '.');"
        "from importlinter.cli import lint_imports;"
        f"sys.exit(lint_imports(config_filename='pyproject.toml', no_cache=True, limit_to_contracts={contracts!r}))"
    )
    return subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages, without what is not Python; each contract under an identifier by which it can be run alone."""
    folder = tmp_path_factory.mktemp("house")
    for package in PACKAGES:
        for source in (ROOT / package).rglob("*.py"):
            target = folder / source.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for name in CONTRACTS:
        text = text.replace(f'name = "{name}"', f'id = "{name}"\nname = "{name}"')
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return folder


def test_the_contracts_hold() -> None:
    """No arrow points up today."""
    linted = _lint(ROOT)
    assert linted.returncode == 0, linted.stdout


def test_no_module_imports_itself_by_a_detour() -> None:
    """No cycle at all, the imports that only the type checker reads included."""
    graph = grimp.build_graph(*PACKAGES)
    arrows = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    TopologicalSorter(arrows).prepare()  # Raises CycleError, which shows the cycle.


def test_only_the_outbox_names_its_tables() -> None:
    """SQL in a text escapes the contracts: but for the migrations, and the move that copies every table, only the outbox writes them."""
    naming = [
        source.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for source in (ROOT / package).rglob("*.py")
        if re.search(r"\boutbox_(message|attempt|archive|lane|destination|node)\b", source.read_text(encoding="utf-8"))
    ]
    whole = ("outbox/", "gateway/migrations/versions/", "gateway/operations/move_store.py")
    assert [name for name in naming if not name.startswith(whole)] == []


def test_every_contract_has_a_violation_that_proves_it() -> None:
    """A contract that nobody has seen bite proves nothing."""
    assert set(CONTRACTS) == set(VIOLATIONS)


@pytest.mark.parametrize("name", VIOLATIONS)
def test_a_contract_bites_when_its_arrow_turns_round(copy: Path, name: str) -> None:
    """It holds on the copy as it is, and is broken, by name, by one import the wrong way."""
    file, line = VIOLATIONS[name]
    assert _lint(copy, name).returncode == 0
    turned = copy / file
    turned.write_text(f"{line}\n", encoding="utf-8")
    try:
        linted = _lint(copy, name)
    finally:
        turned.unlink()
    assert linted.returncode == 1, linted.stdout + linted.stderr
    assert f"{name} BROKEN" in linted.stdout
    assert Path(file).with_suffix("").as_posix().replace("/", ".") in linted.stdout
