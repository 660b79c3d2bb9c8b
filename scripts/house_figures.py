"""The figures of the house, counted on the code as it is: `python -m scripts.house_figures`, or `make figures`.

Two of them are traced: a real PATCH of a patient and a real message of the Hub Santé run through a gateway that is open on a
file, from the door until what they change is durable, and every file of ours in which a function is entered is counted.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import sys
import tempfile
import threading
from collections import Counter, defaultdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grimp

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from types import FrameType

    from tests.gateway.house import OpenHouse

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("domain", "mapping", "outbox", "adapters", "scheduler", "gateway")
DESIGN = ROOT / "docs" / "design.md"
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"
MIGRATIONS = "gateway/migrations/versions"
WORDS = frozenset({"one", "said", "told", "found"})
"""Names of arguments and locals that say nothing of what they hold."""
SAMU, OURS, VHOST = "fr.health.samu330", "fr.health.passerelle", "15-15_v2.1"


def sources() -> list[Path]:
    """Every Python file of the product."""
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def files_by_folder() -> Counter[str]:
    """Folder → Python files in it; migrations, one file a step, apart."""
    folders = Counter(path.parent.relative_to(ROOT).as_posix() for path in sources())
    del folders[MIGRATIONS]
    return folders


def lines() -> int:
    """Lines of Python of the product."""
    return sum(path.read_text(encoding="utf-8").count("\n") for path in sources())


def cycles(graph: grimp.ImportGraph) -> int:
    """Groups of modules that import each other, what only the type checker imports included."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []
    groups = 0

    def visit(module: str) -> None:
        nonlocal groups
        index[module] = lowest[module] = len(index)
        path.append(module)
        for imported in graph.find_modules_directly_imported_by(module):
            if imported not in index:
                visit(imported)
                lowest[module] = min(lowest[module], lowest[imported])
            elif imported in path:
                lowest[module] = min(lowest[module], index[imported])
        if lowest[module] == index[module]:
            group = path[path.index(module) :]
            del path[path.index(module) :]
            groups += len(group) > 1

    sys.setrecursionlimit(10_000)
    for module in sorted(graph.modules):
        if module not in index:
            visit(module)
    return groups


def two_way_pairs(graph: grimp.ImportGraph, package: str) -> list[str]:
    """Pairs of rooms of a package that import each other."""
    depth = package.count(".") + 2
    arrows: dict[str, set[str]] = defaultdict(set)
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            here, there = (".".join(name.split(".")[:depth]) for name in (module, imported))
            if here != there and here.startswith(package + ".") and there.startswith(package + "."):
                arrows[here].add(there)
    return [
        f"{here} ⇄ {there}"
        for here in sorted(arrows)
        for there in sorted(arrows[here])
        if here < there and here in arrows.get(there, ())
    ]


def poor_names() -> int:
    """How often an argument or a local is called by one of WORDS."""
    return sum(name in WORDS for path in sources() for name in _bound(ast.parse(path.read_text(encoding="utf-8"))))


def _bound(tree: ast.AST) -> Iterator[str]:
    """The names that a module gives: arguments, and each place that binds a local."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def naming(words: frozenset[str], own: str) -> list[str]:
    """The Python files outside of the folder `own` that write one of the words, as a text or as a name."""
    return [
        path.relative_to(ROOT).as_posix()
        for path in sources()
        if not path.relative_to(ROOT).as_posix().startswith((own, MIGRATIONS))
        and words & set(_written(ast.parse(path.read_text(encoding="utf-8"))))
    ]


def _written(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.alias):
            yield node.name


class Trace:
    """Writes down, while it is on, every file of ours in which a function is entered, on any thread."""

    def __init__(self) -> None:
        self.on = False
        self.files: dict[str, set[str]] = {}
        """File → the functions that were entered."""
        self._ours = tuple(f"{ROOT / package}/" for package in PACKAGES)
        threading.setprofile(self._enter)
        sys.setprofile(self._enter)

    def _enter(self, frame: FrameType, event: str, _: Any) -> None:  # noqa: ANN401 - the signature is Python's
        if self.on and event == "call" and frame.f_code.co_filename.startswith(self._ours):
            file = Path(frame.f_code.co_filename).relative_to(ROOT).as_posix()
            self.files.setdefault(file, set()).add(frame.f_code.co_name)

    async def run(self, work: Callable[[], Awaitable[object]]) -> dict[str, set[str]]:
        """The files that the work runs through, with the functions that it enters."""
        self.files = {}
        self.on = True
        try:
            await work()
        finally:
            self.on = False
        return self.files


async def ways() -> dict[str, dict[str, set[str]]]:
    """Way → the files that it runs through, in a gateway that has been warmed by the same work once before."""
    from tests.gateway.house import open_house  # noqa: PLC0415 - only this figure needs the tests

    trace = Trace()
    perimeter = {"vhost": VHOST, "model": 3, "client_id": OURS, "topics": ["victim"], "recipients": {"*": SAMU}}
    hub = {"link": {"url": "amqps://hub.exemple.fr:5671", "mode": "Exercise"}, "perimeters": [perimeter]}
    with tempfile.TemporaryDirectory() as folder:
        async with open_house(Path(folder), hub=hub) as house:
            await house.event()
            await house.patient("p1")

            async def patch(name: str) -> None:
                answer = await house.portal.patch("/v1/events/evt/patients/p1", json={"used_name": name})
                answer.raise_for_status()

            await patch("ESSAI-UN")
            await _hub_message(house, 1)
            return {
                "patch": await trace.run(lambda: patch("ESSAI-DEUX")),
                "hub": await trace.run(lambda: _hub_message(house, 2)),
            }


async def _hub_message(house: OpenHouse, number: int) -> None:
    """A case that a SAMU shares, as its bytes come off the broker."""
    import json  # noqa: PLC0415

    from adapters.lrm.hubsante.client import Delivery  # noqa: PLC0415
    from adapters.lrm.hubsante.wire.envelope import Envelope, Party, write_envelope, write_header  # noqa: PLC0415

    at = house.clock()
    envelope = Envelope(
        distribution_id=f"{SAMU}_{number}",
        sender=SAMU,
        recipient=OURS,
        sent_at=at,
        expires_at=at + timedelta(days=1),
        status="Exercise",
        kind="Report",
    )
    body = {
        "caseId": f"{SAMU}.DRFR15ESSAI{number}",
        "creation": "2020-09-01T17:00:00+02:00",
        "qualification": {"details": {"status": "ACTIF"}},
        "location": {"freetext": "Stade"},
        "owner": SAMU,
    }
    header = write_header(envelope, Party(SAMU, f"hubex:{SAMU}"), Party(OURS, f"hubex:{OURS}"))
    raw = json.dumps(write_envelope(envelope, {**header, "createCaseHealth": body})).encode()
    door = house.runtime.hub
    if door is None:
        raise LookupError(VHOST)
    await door.take(Delivery(VHOST, "message", "application/json", raw, redelivered=False))  # type: ignore[attr-defined]


def figures() -> list[tuple[str, str, str]]:
    """(what is counted, its figure, what it should be)."""
    graph = grimp.build_graph(*PACKAGES)
    folders = files_by_folder()
    full = max(folders, key=lambda folder: folders[folder])
    message = naming(frozenset({"partner.vehicle_status", "RS-SR", "resourcesStatus"}), "adapters/lrm/hubsante/")
    traced = asyncio.run(ways())
    from tests.architecture.test_new_neighbour import SHARED  # noqa: PLC0415 - the test that connects one says which

    return [
        ("Python files in the fullest folder", f"{folders[full]} (`{full}`)", "≤ 12"),
        ("loose modules in `gateway/`", str(folders["gateway"]), "≤ 12"),
        ("import cycles, typing included", str(cycles(graph)), "0"),
        ("two-way pairs between rooms of `gateway`", str(len(two_way_pairs(graph, "gateway"))), "0"),
        ("two-way pairs between rooms of `adapters` and of `outbox`", str(sum(len(two_way_pairs(graph, room)) for room in ("adapters", "adapters.wire", "outbox"))), "0"),
        ("files run through by a PATCH of a patient", str(len(traced["patch"])), "≤ 35"),
        ("files run through by an inbound hub message", str(len(traced["hub"])), "≤ 35"),
        ("shared Python files touched by a new neighbour", str(len(SHARED)), "≤ 2"),
        ("shared Python files that name one hub message (RS-SR)", f"{len(message)}", "≤ 2"),
        ("arguments and locals called `one`, `said`, `told`, `found`", str(poor_names()), "0"),
        ("lines of Python, tests apart", str(lines()), "—"),
    ]  # fmt: skip


def table() -> str:
    """The figures as a table of Markdown."""
    rows = [f"| {what} | {figure} | {goal} |" for what, figure, goal in figures()]
    return "\n".join(["| counted | figure | aim |", "|---|---|---|", *rows])


def main() -> None:
    """Print the figures; with `--files`, the files of each traced way too."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the table into docs/design.md")
    parser.add_argument("--files", action="store_true", help="name the files and the functions of the traced ways")
    arguments = parser.parse_args()
    if arguments.files:
        for way, files in asyncio.run(ways()).items():
            entered = [f"{file}: {', '.join(sorted(functions))}" for file, functions in sorted(files.items())]
            print(f"{way}: {len(files)} files", *entered, sep="\n  ")  # noqa: T201 - a command
        return
    if arguments.write:
        head, _, rest = DESIGN.read_text(encoding="utf-8").partition(BEGIN)
        DESIGN.write_text(f"{head}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
        return
    print(table())  # noqa: T201 - same


if __name__ == "__main__":
    main()
