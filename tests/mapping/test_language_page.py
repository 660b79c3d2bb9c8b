"""The page of the language: its examples are true, and every key of the grammar has its word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mapping import load_catalogue
from mapping.allow_list import POLICIES
from mapping.formats import FORMATS
from mapping.language.rules import FILE_KEYS, RULE_KEYS
from tests.mapping.made_up import catalogue_folder, victim, with_rules

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "langage-de-correspondance.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("rules", EXAMPLES)
def test_an_example_loads_and_gives_a_document(tmp_path: Path, rules: str) -> None:
    """Pasted under a head, it is a mapping without a fault that a victim goes through."""
    mapping = load_catalogue(catalogue_folder(tmp_path, with_rules(rules))).mapping("essai/neuf@1")
    assert mapping.apply(victim(used_name="ESSAI"))


@pytest.mark.parametrize("word", [*RULE_KEYS, *FILE_KEYS, *FORMATS, *POLICIES])
def test_every_word_of_the_language_is_on_the_page(word: str) -> None:
    """Keys, formats and policies."""
    assert re.search(rf"\b{word}\b", PAGE)
