"""The golden pairs of every shipped mapping: just, whole, and documents of their neighbours' contracts."""

from __future__ import annotations

import json

import pytest

from mapping import SHIPPED, load_catalogue
from mapping.contracts.writing import check_xml, write_xml
from mapping.faults import Faults
from mapping.proof import golden

CATALOGUE = load_catalogue(SHIPPED)
XSD_PAIRS = [
    pair
    for pair in golden.pairs(CATALOGUE)
    if pair.mapping in CATALOGUE.mappings and CATALOGUE.mapping(pair.mapping).target.startswith("sinus-v1.xsd")
]
WRITTEN_BY_THE_CLIENT = {"@contrat": "1.0"}


def test_every_pair_is_just() -> None:
    """What each mapping gives is what lies beside it, keys in the same order."""
    told = golden.run(CATALOGUE)
    assert told.ok, told.text
    assert told.data["pairs"] >= 40


@pytest.mark.parametrize("name", sorted(CATALOGUE.mappings))
def test_the_pairs_touch_every_rule_and_every_code(name: str) -> None:
    """Coverage is whole: a rule or a code that no pair reads is proved by nothing."""
    missing = golden.coverage(CATALOGUE, name).data[name]
    assert (missing["untouched"], missing["codes"]) == ([], {})


@pytest.mark.parametrize("name", ["sinus/victime@1", "sivic/personne@1"])
def test_the_hard_victims_are_among_the_pairs(name: str) -> None:
    """An unknown patient, a child, a dead person, an exercise, a patient with numbers of both origins."""
    cases = {pair.case for pair in golden.pairs(CATALOGUE) if pair.mapping == name}
    assert {"inconnu", "ur-enfant", "dcd", "exercice", "ua-tr-et-hp"} <= cases


@pytest.mark.parametrize("pair", XSD_PAIRS, ids=lambda pair: f"{pair.mapping} {pair.case}")
def test_a_pair_is_a_document_of_the_contract(pair: golden.Pair) -> None:
    """Written by the generic writer, with what the client adds, the schema itself finds nothing to say."""
    mapping = CATALOGUE.mapping(pair.mapping)
    tree = json.loads(pair.out.read_text(encoding="utf-8"))
    tree |= {said.text: WRITTEN_BY_THE_CLIENT[said.text] for said in mapping.whole.provided}
    root = CATALOGUE.contracts.find(mapping.whole.target, Faults())
    schema = CATALOGUE.contracts.path("sinus-v1.xsd")
    assert root is not None
    assert schema is not None
    assert check_xml(schema, write_xml(root, tree)) == ""
