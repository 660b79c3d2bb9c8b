"""The words that an editor proposes are words that the check accepts: paths, targets, codes, of any language of contracts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mapping import MappingFaultsError, load_catalogue, shipped
from mapping.authoring.proposal import propose
from mapping.authoring.tools import walk
from mapping.authoring.vocabulary import vocabulary

if TYPE_CHECKING:
    from pathlib import Path

ALLOW = "recipient: essai\nsource: essai\nallow:\n  victim:\n    - victim.id\n    - event.localisations.name\n"
PATIENT = (
    "mapping: essai/patient@1\nrecipient: essai\ntopic: victim\ntarget: fhir-r4#Bundle\nrules:\n"
    "  - {to: resourceType, value: Bundle}\n  - {to: type, value: collection}\n"
    "  - {to: 'entry[0].resource.resourceType', value: Patient}\n"
    "  - {to: 'entry[0].resource.id', from: victim.id}\n"
)


@pytest.mark.parametrize("name", sorted(shipped().mappings))
def test_what_a_shipped_mapping_says_is_in_its_vocabulary(name: str) -> None:
    """Every path that its rules read, every table, and every target where the contract is there."""
    mapping, words = shipped().mapping(name), vocabulary(shipped(), name)
    paths = {one["path"] for one in words["paths"]}
    assert {said.text for rule, _ in walk(mapping.rules) for said in rule.paths} <= paths
    assert {rule.table.text for rule, _ in walk(mapping.rules) if rule.table} <= {
        one["table"] for one in words["tables"]
    }
    targets = {one["path"] for one in words["targets"]}
    if targets:
        written = (rule.to.text for rule in mapping.rules if rule.origin != "each" and "[" not in rule.to.text)
        assert {re.sub(r":[\w-]+", "", one) for one in written if "extension" not in one} <= targets


def test_nothing_is_proposed_that_the_allow_list_holds_back() -> None:
    """SI-VIC may not have the free text: its path is not among the words, and the check refuses it."""
    words = {one["path"] for one in vocabulary(shipped(), "sivic/personne@1")["paths"]}
    assert "victim.severity" in words
    assert "victim.comment" not in words
    text = "mapping: sivic/personne@9\nextends: sivic/personne@1\nrules:\n  - {to: personne.localisation, from: victim.comment}\n"
    with pytest.raises(MappingFaultsError, match=r"victim\.comment"):
        propose(shipped(), text)


def test_a_resource_of_fhir_is_entered_where_a_rule_names_it(tmp_path: Path) -> None:
    """Below an entry whose resource is a Patient stand the elements of a Patient, with their codes."""
    for path, text in (("recipients/essai.yaml", ALLOW), ("files/essai/patient@1.yaml", PATIENT)):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    targets = {one["path"]: one for one in vocabulary(load_catalogue(tmp_path), "essai/patient@1")["targets"]}
    assert "entry[0].resource.name[0].family" in targets
    assert targets["entry[0].resource.birthDate"]["kind"] == "un texte"
