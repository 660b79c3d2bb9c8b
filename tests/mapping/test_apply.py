"""A document goes in, the target tree comes out, or an error that names a path and never a value."""

from __future__ import annotations

import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping import Mapping, MappingError, load_catalogue
from tests.mapping.made_up import ESSAI, UNHURRIED, canon, catalogue_folder, counts, victim, with_rules

if TYPE_CHECKING:
    from pathlib import Path

PERSON = load_catalogue(ESSAI).mapping("essai/personne@1")
OPTIONAL = (
    "sinus_number",
    "sinus_number_hp",
    "birth_name",
    "used_name",
    "given_name",
    "birth_date",
    "age",
    "sex",
    "nationality",
    "nir",
    "contact_person",
    "destination",
    "evacuation_requested_at",
    "evacuated_at",
    "weight_kg",
)


def one(tmp_path: Path, rules: str, topic: str = "victim") -> Mapping:
    """A mapping of these rules alone."""
    return load_catalogue(catalogue_folder(tmp_path, with_rules(rules, topic=topic))).mapping("essai/neuf@1")


def flat(tree: dict[str, Any], before: str = "") -> list[str]:
    """Every path of a tree, in order."""
    paths: list[str] = []
    for key, value in tree.items():
        paths += flat(value, f"{before}{key}.") if isinstance(value, dict) else [before + key]
    return paths


def test_keys_come_in_the_order_of_the_file() -> None:
    """XML sequences depend on it: a branch stands where the file first names it, also when its first values are absent."""
    order = [rule.to.text for rule in PERSON.rules]
    for document in (victim(), victim(birth_name=None, used_name=None), canon("personne@1", "inconnue")):
        told = flat(PERSON.apply(document))
        assert told == [path for path in order if path in told]


def test_a_victim_with_every_optional_field_missing_is_mapped() -> None:
    """Nothing known but the victim's existence still gives a clean document, without empty keys."""
    tree = PERSON.apply(canon("personne@1", "inconnue"))
    assert tree["identite"] == {"sexe": "?"}
    assert "contact" not in tree
    assert "etablissement" not in tree


@UNHURRIED
@given(st.sets(st.sampled_from(OPTIONAL)))
def test_no_absence_makes_an_empty_key(missing: set[str]) -> None:
    """Whatever is not known, the tree holds no None and no empty branch."""
    tree = PERSON.apply(victim(**dict.fromkeys(missing)))
    branches = [tree]
    while branches:
        branch = branches.pop()
        assert branch
        assert None not in branch.values()
        branches += [value for value in branch.values() if isinstance(value, dict)]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("aé0 .", max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("aé0 .", max_size=8), inner, max_size=2),
    max_leaves=4,
)


@UNHURRIED
@given(st.dictionaries(st.sampled_from([*OPTIONAL, "id", "severity", "status"]), JUNK))
def test_a_document_that_is_not_canon_is_mapped_or_refused(junk: dict[str, Any]) -> None:
    """Whatever stands in the fields, the answer is a tree or a `MappingError`, never another failure."""
    with suppress(MappingError):
        assert PERSON.apply(victim(**junk))["@version"] == "1"


def test_a_key_that_the_allow_list_removed_reads_as_absent() -> None:
    """A restricted document maps like the whole one: the rules read nothing else."""
    restricted = load_catalogue(ESSAI).allow_list("essai").restrict("victim", victim())
    assert PERSON.apply(restricted) == PERSON.apply(victim())


def test_a_required_value_that_is_missing_is_an_error_with_its_rule(tmp_path: Path) -> None:
    """Without `optional`, an absent source stops the document and says which rule wanted it."""
    mapping = one(tmp_path, "  - {to: nom, from: victim.birth_name}\n")
    with pytest.raises(MappingError) as raised:
        mapping.apply(victim(birth_name=None))
    assert str(raised.value) == "victim.birth_name : valeur absente alors que la règle la veut (essai/neuf@1.yaml:6)"


def test_a_path_through_a_missing_object_is_an_absent_value(tmp_path: Path) -> None:
    """A destination that is not decided has no FINESS: absent when optional, an error when not."""
    optional = one(
        tmp_path / "a", "  - {to: a, from: victim.destination.finess, optional: true}\n  - {to: b, value: 1}\n"
    )
    assert optional.apply(victim(destination=None)) == {"b": 1}
    with pytest.raises(MappingError, match=r"victim\.destination\.finess"):
        one(tmp_path / "b", "  - {to: a, from: victim.destination.finess}\n").apply(victim(destination=None))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("severity", "SECRETCODE"),
        ("birth_date", "SECRETDATE"),
        ("weight_kg", "SECRETPOIDS"),
        ("nationality", "SECRETPAYS"),
    ],
)
def test_an_error_never_holds_the_value(field: str, value: str) -> None:
    """Neither the text of the error nor what it came from repeats what the patient's field held."""
    with pytest.raises(MappingError) as raised:
        PERSON.apply(victim(**{field: value}))
    assert raised.value.path == f"victim.{field}"
    assert "SECRET" not in f"{raised.value!r}" + "".join(traceback.format_exception(raised.value))


def test_a_repeated_element_sees_itself_and_the_document() -> None:
    """`each` gives one tree per element, with `item` and the document's own fields."""
    tree = load_catalogue(ESSAI).mapping("essai/comptage@1").apply(counts())
    assert tree["ventilation"]["localisation"] == [
        {"@libelle": "PMA ESSAI", "@code": "loc-1", "ua": 2, "evenement": "ev-essai-1", "alerte": True},
        {"@libelle": "Non localisé", "ua": 0, "evenement": "ev-essai-1"},
    ]


def test_an_empty_list_stays_a_list_and_an_absent_one_is_absent(tmp_path: Path) -> None:
    """No place at all is said as no element; a list that is not there follows `optional`."""
    rules = "  - {to: a, each: by_localisation, rules: [{to: b, from: item.label}]%s}\n"
    assert one(tmp_path / "a", rules % "", "counts").apply({"by_localisation": []}) == {"a": []}
    assert one(tmp_path / "b", rules % ", optional: true", "counts").apply({}) == {}
    with pytest.raises(MappingError, match="by_localisation"):
        one(tmp_path / "c", rules % "", "counts").apply({})


def test_alternatives_of_one_target_give_the_first_value(tmp_path: Path) -> None:
    """Rules with one target are tried in order; the first whose condition holds and that has a value wins."""
    mapping = one(
        tmp_path,
        "  - {to: etat, value: parti, when: \"victim.status == 'PATIENT_EVACUE'\", uses: [victim.status]}\n"
        "  - {to: etat, from: victim.destination.name, optional: true}\n"
        "  - {to: etat, value: sur place}\n",
    )
    assert mapping.apply(victim(status="PATIENT_EVACUE")) == {"etat": "parti"}
    assert mapping.apply(victim()) == {"etat": "CH ESSAI"}
    assert mapping.apply(victim(destination=None)) == {"etat": "sur place"}


def test_a_dated_table_is_read_at_the_day_of_the_document(tmp_path: Path) -> None:
    """The same code goes out as it was then, also when the message is replayed a year later."""
    folder = catalogue_folder(
        tmp_path,
        {
            "recipients/autre.yaml": "recipient: autre\nsource: essai\nallow: {event: [recorded_at, event.status]}\n",
            "files/autre/etat@1.yaml": "mapping: autre/etat@1\nrecipient: autre\ntopic: event\ntarget: x\nrules:\n"
            "  - {to: etat, from: event.status, table: essai/etat}\n",
        },
    )
    mapping = load_catalogue(folder).mapping("autre/etat@1")
    event = {"status": "open"}
    assert mapping.apply({"recorded_at": "2025-12-31T23:59:59+01:00", "event": event}) == {"etat": "OUVERT"}
    assert mapping.apply({"recorded_at": "2026-01-01T00:00:00+01:00", "event": event}) == {"etat": "O"}
    # The same instant, written in UTC, is the same day for those who were there; elsewhere it is another.
    midnight = {"recorded_at": "2025-12-31T23:00:00+00:00", "event": event}
    assert mapping.apply(midnight) == {"etat": "O"}
    assert load_catalogue(folder, zone="America/Martinique").mapping("autre/etat@1").apply(midnight) == {
        "etat": "OUVERT"
    }
    assert load_catalogue(folder, zone="Indian/Reunion").mapping("autre/etat@1").apply(
        {"recorded_at": "2025-12-31T20:00:00+00:00", "event": event}
    ) == {"etat": "O"}


def test_applying_changes_neither_the_document_nor_the_mapping() -> None:
    """Two applications of one document give equal trees, and the document stays as it was."""
    document = victim()
    assert PERSON.apply(document) == PERSON.apply(document)
    assert document == victim()
