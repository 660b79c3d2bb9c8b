"""Documents and contracts made to hurt: a clear fault or a clean result, never a half-made document.

What files, tables and expressions may not do is in `test_source`, `test_tables`, `test_catalogue` and `test_expressions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mapping import MappingError, MappingFaultsError, load_catalogue
from tests.mapping.made_up import catalogue_folder, victim, with_rules

if TYPE_CHECKING:
    from pathlib import Path

RULE = "  - {to: id, from: victim.id}\n"


def test_a_path_through_an_object_that_is_not_there_is_a_clean_result(tmp_path: Path) -> None:
    """Optional, it is absent; required, the path is named and nothing is produced."""
    rules = "  - {to: ville, from: victim.destination.name, optional: true}\n"
    folder = catalogue_folder(tmp_path, with_rules(rules))
    document = victim(destination=None)
    assert load_catalogue(folder).mapping("essai/neuf@1").apply(document) == {}
    del document["victim"]["destination"]
    assert load_catalogue(folder).mapping("essai/neuf@1").apply(document) == {}
    path = folder / "files" / "essai" / "neuf@1.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(", optional: true", ""), encoding="utf-8")
    with pytest.raises(MappingError, match=r"victim\.destination\.name : valeur absente"):
        load_catalogue(folder).mapping("essai/neuf@1").apply(document)


def test_a_document_that_is_no_document_is_refused_by_its_path(tmp_path: Path) -> None:
    """A victim that is a text, and an empty document, name the first path that fails, and no value."""
    mapping = load_catalogue(catalogue_folder(tmp_path, with_rules(RULE))).mapping("essai/neuf@1")
    for document in ({}, {"victim": "ESSAI-SECRET"}, {"victim": None}):
        with pytest.raises(MappingError) as raised:
            mapping.apply(document)
        assert raised.value.path == "victim.id"
        assert "SECRET" not in str(raised.value)


def test_a_contract_that_points_outside_reads_nothing(tmp_path: Path) -> None:
    """Neither an entity of an XSD nor a target that climbs out of its folder reads a file."""
    folder = catalogue_folder(tmp_path, with_rules(RULE))
    contracts = folder / "contracts"
    contracts.mkdir()
    (tmp_path / "secret.xsd").write_text("<x/>", encoding="utf-8")
    entity = '<!DOCTYPE s [<!ENTITY e SYSTEM "file:///etc/passwd">]><s>&e;</s>'
    (contracts / "entite.xsd").write_text(entity, encoding="utf-8")
    path = folder / "files" / "essai" / "neuf@1.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("essai-v1.xsd", "../../secret.xsd"), encoding="utf-8")
    assert load_catalogue(folder).unchecked == ("essai/neuf@1",)
    path.write_text(text.replace("essai-v1.xsd", "entite.xsd"), encoding="utf-8")
    with pytest.raises(MappingFaultsError, match=r"contrat illisible : entite\.xsd") as raised:
        load_catalogue(folder)
    assert "root:" not in str(raised.value)
