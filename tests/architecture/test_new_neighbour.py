"""What a new neighbour with a protocol of its own touches: its folder, and two shared files. Done here, on a copy."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("domain", "mapping", "outbox", "adapters", "scheduler", "gateway")

# Shared file → (what stands there, what stands there afterwards).
SHARED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "adapters/neighbours.py": (
        ("from adapters.lrm.fhir.neighbour", "from adapters.essai.neighbour import ESSAI\nfrom adapters.lrm.fhir.neighbour"),
        ("LRM_FHIR, HUB)", "LRM_FHIR, HUB, ESSAI)"),
    ),
    "gateway/settings/settings.py": (
        ("    portal: PortalSettings | None", "    essai: SinusSettings | None = None\n    portal: PortalSettings | None"),
    ),
}  # fmt: skip
OWN = '''"""A neighbour of this test."""
from adapters.wire.neighbour_kind import NeighbourKind

class Adapter:
    name = "essai"
    async def aclose(self): ...

ESSAI = NeighbourKind(
    name="essai", title="Essai", topics=frozenset({"victim"}), mappings={"victim": "sinus/victime@1"},
    open=lambda *_: Adapter(), simulate=lambda mode, clock, _: mode, port=8099, mirrors=True, keeps_events=True,
)
'''
PROGRAM = """
import sys; sys.path.insert(0, ".")
from contextlib import AsyncExitStack
from adapters.neighbours import NEIGHBOURS
from gateway.bootstrap import standing
from gateway.flow.routing import EVENT_DESTINATIONS, takers
from gateway.neighbours import links, neighbours_of, open_neighbours, policies
from gateway.sandbox import DEFAULT_PORTS, applications
from gateway.settings.settings import Settings

settings = Settings.model_validate({"essai": {"link": {"url": "http://essai", "mode": "Exercise"}}})
assert list(neighbours_of(settings)) == list(policies(settings)) == list(links(settings)) == ["essai"]
assert takers("victim", ["essai"]) == ["essai"] and takers("counts", ["essai"]) == []
assert "essai" in EVENT_DESTINATIONS and DEFAULT_PORTS["essai"] == 8099
assert applications("Exercise")["essai"]() == "Exercise"
assert settings.uses["essai.victim"] == "sinus/victime@1"
opened = open_neighbours(settings, standing(settings), AsyncExitStack())
assert list(opened.destinations) == list(opened.mirrors) == ["essai"]
print("connected")
"""


def test_a_new_neighbour_is_its_folder_and_two_shared_files(tmp_path: Path) -> None:
    """Routed, opened, simulated, set, mapped and compared, once two shared files name it."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "static"))
    own = tmp_path / "adapters" / "essai"
    own.mkdir()
    (own / "__init__.py").write_text('"""A neighbour of this test."""\n', encoding="utf-8")
    (own / "neighbour.py").write_text(OWN, encoding="utf-8")
    for name, changes in SHARED.items():
        file = tmp_path / name
        text = file.read_text(encoding="utf-8")
        for before, after in changes:
            assert text.count(before) == 1, (name, before)
            text = text.replace(before, after)
        file.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "connected", done.stderr
