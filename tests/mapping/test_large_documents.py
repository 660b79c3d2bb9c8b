"""Every shipped mapping at the size of a catastrophe: each list of each golden document grown to ten thousand elements."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from mapping import SHIPPED, load_catalogue
from mapping.proof import golden

CATALOGUE = load_catalogue(SHIPPED)
VICTIMS = 10_000
PAIRS = {pair.mapping: pair for pair in golden.pairs(CATALOGUE) if pair.mapping in CATALOGUE.mappings}
OF_ONE_PERSON = frozenset({"given_names", "digits", "coding"})
"""Lists that no event lengthens."""


def grown(value: Any, name: str = "") -> Any:
    """The same document with each list of objects as long as an event of ten thousand victims makes it."""
    if isinstance(value, dict):
        return {key: grown(inner, key) for key, inner in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict) and name not in OF_ONE_PERSON:
        return value * (VICTIMS // len(value) + 1)
    return value


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_a_shipped_mapping_runs_at_ten_thousand_victims(name: str) -> None:
    """No limit of the language stops it, and it ends in the time of a few pages of such a document."""
    document = grown(json.loads(PAIRS[name].canon.read_bytes()))
    started = time.process_time()
    assert CATALOGUE.mapping(name).apply(document)
    assert time.process_time() - started < 20
