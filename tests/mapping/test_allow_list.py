"""What a recipient may not have is removed from its documents, and its list is checked like a mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping import AllowList, MappingError, MappingFaultsError, load_catalogue
from mapping.language.paths import topic_shape
from tests.mapping.made_up import ESSAI, UNHURRIED, catalogue_folder, victim

if TYPE_CHECKING:
    from pathlib import Path

LIST = load_catalogue(ESSAI).allow_list("essai")
SHAPE = topic_shape("victim")
PATHS = sorted(SHAPE.paths()) if SHAPE else []


def leaves(value: Any, before: str = "") -> set[str]:
    """Every path that ends on a value, lists entered."""
    if isinstance(value, dict):
        return {path for key, below in value.items() for path in leaves(below, f"{before}{key}.")}
    if isinstance(value, list):
        return {path for item in value for path in leaves(item, before)}
    return {before.rstrip(".")}


def test_what_is_not_listed_is_removed() -> None:
    """Medical data, comments and codes of the portal do not even enter the document."""
    kept = LIST.restrict("victim", victim())
    assert not {"bilan", "comment", "cata_code", "particularity", "vector"} & set(kept["victim"])
    assert kept["victim"]["destination"] == victim()["victim"]["destination"]
    assert kept["event"] == {
        "id": "ev-essai-1",
        "name": "Essai de rugby",
        "localisations": [{"name": "PMA ESSAI"}, {"name": "Stade ESSAI"}],
    }


def test_the_document_itself_is_not_changed() -> None:
    """Restricting for one recipient takes nothing from another."""
    document = victim()
    LIST.restrict("victim", document)
    assert document == victim()


def test_what_is_unknown_to_canon_is_removed_too() -> None:
    """A key that nobody listed does not pass because nobody knew it."""
    assert "surnom" not in LIST.restrict("victim", victim(surnom="ESSAI"))["victim"]


def test_a_topic_that_is_not_listed_is_refused() -> None:
    """A recipient without the topic gets nothing at all."""
    with pytest.raises(MappingError, match="n'est pas sur la liste d'accès de essai"):
        LIST.restrict("outcome", {"mode": "Exercise"})


@UNHURRIED
@given(st.sets(st.sampled_from(PATHS)))
def test_nothing_passes_but_what_a_list_allows(listed: set[str]) -> None:
    """For any list, every value that is left stands at or below a listed path, and restricting again changes nothing."""
    allow_list = AllowList("essai", "essai", {"victim": frozenset(listed)})
    kept = allow_list.restrict("victim", victim())
    emptied = {path for path in leaves(victim()) if any(one.startswith(f"{path}.") for one in listed)}
    assert all(allow_list.allows("victim", path) or path in emptied for path in leaves(kept))
    assert allow_list.restrict("victim", kept) == kept


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("recipient: autre\nsource: x\nallow: {victim: [victim.nom]}\n", "3:18: champ inconnu « victim.nom »"),
        (
            "recipient: autre\nsource: x\nallow: {victm: [mode]}\n",
            "3:9: sujet inconnu « victm », vouliez-vous « victim » ?",
        ),
        ("recipient: autre\nallow: {victim: [mode]}\n", "1:1: « source: » manque"),
        (
            "recipient: sivic\nsource: x\nallow: {victim: [mode]}\n",
            "1:12: le fichier s'appelle « autre », pas « sivic »",
        ),
        ("recipient: autre\nsource: x\n", "1:1: « allow: » attend des sujets et leurs champs"),
        ("recipient: autre\nsource: x\nallow: {victim: [mode, mode]}\n", "3:24: champ « mode » écrit deux fois"),
        ("recipient: autre\nsource: x\nalow: {}\n", "3:1: clé inconnue « alow », vouliez-vous « allow » ?"),
    ],
)
def test_a_wrong_list_is_a_fault_at_its_place(tmp_path: Path, text: str, fault: str) -> None:
    """A list that means nothing is not loaded."""
    with pytest.raises(MappingFaultsError) as raised:
        load_catalogue(catalogue_folder(tmp_path, {"recipients/autre.yaml": text}))
    assert any(str(found).startswith(f"recipients/autre.yaml:{fault}") for found in raised.value.faults)
