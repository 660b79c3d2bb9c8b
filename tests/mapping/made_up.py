"""Documents of invented people, and the made-up recipient `essai` whose files lie beside."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no reason to fail."""
ESSAI = Path(__file__).parent / "essai"


def canon(name: str, case: str) -> dict[str, Any]:
    """The canon side of one golden pair of `essai`."""
    text = (ESSAI / "golden" / "essai" / name / f"{case}.canon.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def victim(**changes: Any) -> dict[str, Any]:
    """The complete victim document, with some fields of the victim changed."""
    document = canon("personne@1", "complete")
    document["victim"].update(changes)
    return document


def counts() -> dict[str, Any]:
    """A count of two places."""
    return canon("comptage@1", "deux-lieux")


def catalogue_folder(tmp_path: Path, files: dict[str, str] | None = None) -> Path:
    """A copy of `essai` without its mappings and its contract, holding `files` (paths below the folder → texts)."""
    folder = tmp_path / "catalogue"
    shutil.copytree(ESSAI, folder, ignore=shutil.ignore_patterns("files", "golden", "contracts"))
    for name, text in (files or {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


HEAD = """mapping: essai/neuf@1
recipient: essai
topic: victim
target: essai-v1.xsd#Personne
rules:
"""
"""The first five lines of a mapping; rules begin at line 6."""


def with_rules(rules: str, *, topic: str = "victim") -> dict[str, str]:
    """One new mapping of these rules."""
    return {"files/essai/neuf@1.yaml": HEAD.replace("topic: victim", f"topic: {topic}") + rules}
