"""From a field of ours back to the fields that a neighbour wrote, and what it said to be empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mapping import SHIPPED, load_catalogue
from mapping.faults import Faults
from mapping.language.rules import read_mapping_file
from mapping.language.source import read_yaml
from mapping.proof.origins import carry_nulls, origins

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """
mapping: essai/fiche@1
source: essai.schema.json#fiche
target: portail-v1.schema.json#NewPatient
rules:
  - {to: id, from: fiche}
  - {to: used_name, first: [usage, naissance]}
  - {to: comment, compute: "a + b", uses: [a, b]}
  - {to: age.value, from: ans, optional: true}
  - {to: age.unit, value: years, when: "ans != null", uses: [ans]}
  - {to: place.street, from: rue, optional: true}
  - {to: place.city, from: ville, optional: true}
  - to: lieux
    each: places
    rules:
      - {to: nom, from: item.n}
      - {to: evenement, from: fiche}
  - to: contact_person
    when: "proche != null"
    uses: [proche]
    rules:
      - {to: name, from: proche}
      - {to: phone, from: telephone, optional: true}
"""


@pytest.fixture
def rules(tmp_path: Path) -> Any:
    """The rules of the file above."""
    path = tmp_path / "fiche@1.yaml"
    path.write_text(TEXT, encoding="utf-8")
    faults = Faults()
    read = read_mapping_file(read_yaml(path, "essai/fiche@1.yaml"), faults)
    faults.refuse_any()
    assert read is not None
    return read.rules


@pytest.mark.parametrize(
    ("to", "found"),
    [
        ("id", ("fiche",)),
        ("used_name", ("usage", "naissance")),
        ("comment", ("a", "b")),
        ("age", ("ans",)),
        ("age.unit", ("ans",)),
        ("age.value.0", ("ans",)),
        ("lieux", ("places",)),
        ("lieux.2.nom", ("places.2.n",)),
        ("lieux[2].nom", ("places.2.n",)),
        ("lieux.2", ("places.2",)),
        ("lieux.2.evenement", ("fiche",)),
        ("contact_person.name", ("proche",)),
        ("contact_person", ("proche", "telephone")),
        ("severity_entry", ()),
    ],
)
def test_a_field_comes_from_what_its_rules_read(rules: Any, to: str, found: tuple[str, ...]) -> None:
    """One field, several, an element of a list by its number, a group by all that is in it; nothing is guessed."""
    assert origins(rules, to) == found


@pytest.mark.parametrize(
    ("sent", "tree", "carried"),
    [
        ({"usage": None}, {}, {}),
        ({"usage": None, "naissance": None}, {}, {"used_name": None}),
        ({"usage": None, "naissance": None}, {"used_name": "N"}, {"used_name": "N"}),
        ({"ans": None}, {}, {"age": None}),
        ({"proche": None}, {}, {"contact_person": None}),
        ({"telephone": None}, {"contact_person": {"name": "N"}}, {"contact_person": {"name": "N"}}),
        ({"telephone": None}, {}, {}),
        ({"rue": None}, {}, {"place": {"street": None}}),
        ({"rue": None, "ville": None}, {}, {"place": None}),
        ({}, {"id": "f"}, {"id": "f"}),
    ],
)
def test_what_was_said_to_be_empty_is_empty_and_nothing_else(
    rules: Any, sent: dict[str, Any], tree: dict[str, Any], carried: dict[str, Any]
) -> None:
    """`null` follows the rules that copy; a field that was not named stays unnamed, and a value is never taken away."""
    carry_nulls(rules, sent, tree)
    assert tree == carried


def test_every_field_of_a_shipped_mapping_of_the_portal_comes_from_itself() -> None:
    """The shipped words are today's, so that each refusal names the field that was sent."""
    catalogue = load_catalogue(SHIPPED)
    found = [name for name in catalogue.mappings if name.startswith("portail/") and catalogue.mapping(name).source]
    assert len(found) == 14
    for name in found:
        for rule in catalogue.mapping(name).rules:
            assert origins(catalogue.mapping(name).rules, rule.to.text) == (rule.to.text,)
