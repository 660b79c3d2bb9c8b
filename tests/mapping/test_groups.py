"""A group, `rules` without `each`: an object that is written whole or not at all, judged, explained and counted as such."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mapping import MappingError, MappingFaultsError, load_catalogue
from mapping.authoring.tools import walk
from tests.mapping.made_up import catalogue_folder, victim, with_rules

if TYPE_CHECKING:
    from pathlib import Path

    from mapping import Mapping

PLACE = """
  - {to: id, from: victim.id}
  - to: "lieu[0]"
    when: "victim.destination.finess != null"
    uses: [victim.destination.finess]
    rules:
      - {to: genre, value: PMA}
      - {to: nom, from: victim.destination.name}
      - {to: reference, compute: "'lieu|' + victim.destination.finess", uses: [victim.destination.finess], format: urn}
"""


def one(tmp_path: Path, rules: str) -> Mapping:
    """A mapping of these rules alone."""
    return load_catalogue(catalogue_folder(tmp_path, with_rules(rules))).mapping("essai/neuf@1")


def test_a_group_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """Its constants do not stand alone when its condition does not hold."""
    mapping = one(tmp_path, PLACE)
    assert list(mapping.apply(victim())["lieu"][0]) == ["genre", "nom", "reference"]
    assert "lieu" not in mapping.apply(victim(destination=None))


def test_a_required_value_that_is_missing_in_a_group_is_an_error(tmp_path: Path) -> None:
    """The condition answers for what it names, and for nothing else."""
    mapping = one(tmp_path, PLACE)
    with pytest.raises(MappingError) as raised:
        mapping.apply(victim(destination={"finess": "750100125", "name": None, "service": None}))
    assert raised.value.path == "victim.destination.name"


def test_the_condition_of_a_group_guards_what_is_computed_inside(tmp_path: Path) -> None:
    """Without it the same computation is a fault at load."""
    bare = PLACE.replace('    when: "victim.destination.finess != null"\n    uses: [victim.destination.finess]\n', "")
    with pytest.raises(MappingFaultsError) as raised:
        one(tmp_path, bare)
    assert "est parfois absent et l'expression ne le prévoit pas" in str(raised.value)


def test_the_law_is_kept_inside_a_group(tmp_path: Path) -> None:
    """A field off the allow-list is a fault there too."""
    with pytest.raises(MappingFaultsError) as raised:
        one(tmp_path, PLACE.replace("from: victim.destination.name", "from: victim.comment"))
    assert "n'est pas sur la liste d'accès" in str(raised.value)


def test_a_group_is_explained_by_the_rules_inside_it(tmp_path: Path) -> None:
    """Each with its whole target, as it stands in the document, and in the list of rules."""
    mapping = one(tmp_path, PLACE)
    assert [step.to for step in mapping.explain(victim())] == [
        "id",
        "lieu[0].genre",
        "lieu[0].nom",
        "lieu[0].reference",
    ]
    assert [before + rule.to.text for rule, before in walk(mapping.rules)][2:] == [
        "lieu[0].genre",
        "lieu[0].nom",
        "lieu[0].reference",
    ]


def test_what_a_contract_requires_of_a_group_is_required_inside_it(tmp_path: Path) -> None:
    """An entry of a Bundle, FHIR R4 says, holds resources whose own elements must be there."""
    head = "mapping: essai/neuf@1\nrecipient: essai\ntopic: victim\ntarget: fhir-r4#Bundle\nprovided: [type]\nrules:\n"
    rules = """
  - {to: resourceType, value: Bundle}
  - to: "entry[0]"
    when: "victim.deleted"
    uses: [victim.deleted]
    rules:
      - {to: resource.resourceType, value: Observation}
      - {to: resource.statut, value: final}
"""
    with pytest.raises(MappingFaultsError) as raised:
        load_catalogue(catalogue_folder(tmp_path, {"files/essai/neuf@1.yaml": head + rules}))
    assert "« resource.statut » n'est pas au contrat, vouliez-vous « status » ?" in str(raised.value)
    assert "« entry[0].resource.code » est obligatoire au contrat et jamais écrit" in str(raised.value)
