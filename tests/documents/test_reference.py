"""The reference pages are those that the code makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.write_reference import pages

REFERENCE = Path(__file__).resolve().parents[2] / "docs/reference"


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_reference_page_is_fresh(name: str) -> None:
    """Whoever changes a setting or a door runs `python -m scripts.write_reference`."""
    assert (REFERENCE / name).read_text(encoding="utf-8") == pages()[name]
