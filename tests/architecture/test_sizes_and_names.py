"""How large a module and a function may grow, and what nothing may be called."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import house_figures

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PACKAGES: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
    "root_packages"
]
LONGEST_MODULE = 400
LONGEST_FUNCTION = 40
MOST_FILES = 12

# Each with the reason why it is better whole.
LONG_MODULES: dict[str, str] = {}
LONG_FUNCTIONS = {
    f"gateway/migrations/versions/{step}.py:upgrade": "one step of the schema, read from top to bottom"
    for step in ("0001_the_register_and_the_outbox", "0005_hub_sante")
}

NOTHING_NAMES = re.compile(r"(^|_)(utils?|helpers?|common|misc|stuff)(_|$)")
NOTHING_CLASSES = re.compile(r"(Manager|Service|Handler|Helper|Processor|Utils?|Impl)$")
TIME_OF_ITS_OWN = "gateway/clock.py"


def _modules() -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def _functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_a_module_is_read_in_one_sitting() -> None:
    """Under 400 lines each, but for those that say why not."""
    long = {name for name, source in _modules() if source.count("\n") >= LONGEST_MODULE}
    assert long == set(LONG_MODULES)


def test_a_folder_shows_its_idea_at_a_glance() -> None:
    """At most twelve Python files in a folder; migrations are one file a step."""
    files = Counter(Path(name).parent.as_posix() for name, _ in _modules())
    full = {
        folder for folder, count in files.items() if count > MOST_FILES and not folder.endswith("migrations/versions")
    }
    assert full == set()


def test_a_function_fits_on_a_screen() -> None:
    """At most 40 lines each, but for those that say why not."""
    long = {
        f"{name}:{function.name}"
        for name, source in _modules()
        for function in _functions(source)
        if (function.end_lineno or 0) - function.lineno + 1 > LONGEST_FUNCTION
    }
    assert long == set(LONG_FUNCTIONS)


def test_every_module_says_why_it_exists() -> None:
    """The first thing in a module is its reason."""
    silent = [name for name, source in _modules() if source.strip() and not ast.get_docstring(ast.parse(source))]
    assert silent == []


def test_nothing_is_called_by_a_word_that_says_nothing() -> None:
    """No utils, no helpers, no Manager: a thing has the name that the trade gives it."""
    modules = [
        name for name, _ in _modules() if any(NOTHING_NAMES.search(part) for part in Path(name).with_suffix("").parts)
    ]
    classes = [
        f"{name}:{node.name}"
        for name, source in _modules()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef) and NOTHING_CLASSES.search(node.name)
    ]
    assert (modules, classes) == ([], [])


def test_one_module_asks_what_time_it_is() -> None:
    """Time is an argument everywhere else, aliases of the call included."""
    asking = re.compile(r"\b(datetime|date)\.(now|utcnow|today)\(|\btime\.time\(")
    assert {name for name, source in _modules() if asking.search(source)} == {TIME_OF_ITS_OWN}


def test_one_module_reads_the_environment() -> None:
    """Settings come from one place; nothing else looks at the environment."""
    looking = re.compile(r"\bos\.(environ|getenv)\b")
    assert [name for name, source in _modules() if looking.search(source)] == []


def test_every_test_says_what_is_true() -> None:
    """A test is a sentence: each test function has its docstring."""
    silent = [
        f"{path.relative_to(ROOT)}:{function.name}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for function in _functions(path.read_text(encoding="utf-8"))
        if function.name.startswith("test_") and not ast.get_docstring(function)
    ]
    assert silent == []


def test_an_argument_or_a_local_has_its_noun() -> None:
    """`one`, `said`, `told`, `found` say nothing of what they hold."""
    assert house_figures.poor_names() == 0
