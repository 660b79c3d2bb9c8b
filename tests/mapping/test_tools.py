"""The integrator's tools answer for people and for machines, from the same files that the gateway uses."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from mapping import load_catalogue
from mapping.authoring import tools
from mapping.proof import golden
from tests.mapping.made_up import ESSAI, catalogue_folder, counts, victim, with_rules

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = load_catalogue(ESSAI)


def own_essai(tmp_path: Path) -> Path:
    """A copy of the made-up recipient, to break."""
    return shutil.copytree(ESSAI, tmp_path / "essai")


def test_check_says_what_it_found() -> None:
    """Good files are counted and named."""
    told = tools.check(ESSAI)
    assert told.ok
    assert told.text == "Aucun défaut. Correspondances : 3, tables : 5, destinataires : 1."
    assert told.data["mappings"] == ["essai/comptage@1", "essai/personne@1", "essai/personne@2"]


def test_check_says_every_fault(tmp_path: Path) -> None:
    """Bad files are told one fault a line, and as data for an editor."""
    told = tools.check(catalogue_folder(tmp_path, with_rules("  - {to: a, from: victim.severty}\n")))
    assert not told.ok
    assert (
        told.text
        == "essai/neuf@1.yaml:6:19: champ inconnu « victim.severty », vouliez-vous « victim.severity » ?\n1 défaut."
    )
    assert told.data["faults"][0] == {
        "file": "essai/neuf@1.yaml",
        "line": 6,
        "column": 19,
        "message": "champ inconnu « victim.severty »",
        "hint": "vouliez-vous « victim.severity » ?",
    }


def test_show_lists_the_rules_with_their_origin() -> None:
    """An inherited rule shows the file where it is written; an inner one its repeated target."""
    rules = {row["to"]: row for row in tools.show(CATALOGUE, "essai/personne@2").data["rules"]}
    assert rules["@version"]["place"] == "essai/personne@2.yaml:6"
    assert rules["categorie"]["place"] == "essai/personne@1.yaml:13"
    assert "identite.poids" not in rules
    text = tools.show(CATALOGUE, "essai/comptage@1").text
    assert "ventilation.localisation[].@code     ← from item.code, facultatif  (essai/comptage@1.yaml:16)" in text


def test_preview_shows_the_result_and_the_rule_of_each_value() -> None:
    """The result is what would be sent, after the allow-list."""
    told = tools.preview(CATALOGUE, "essai/personne@1", victim())
    assert told.ok
    assert told.data["result"] == CATALOGUE.mapping("essai/personne@1").apply(victim())
    assert "bilan" not in json.dumps(told.data["source"])
    assert '  categorie = "1" ← victim.severity  (essai/personne@1.yaml:13)' in told.text


def test_preview_of_a_document_that_cannot_go_shows_why() -> None:
    """There is no half result: the errors are marked, and nothing would be sent."""
    told = tools.preview(CATALOGUE, "essai/personne@1", victim(severity="ZZ"))
    assert not told.ok
    assert told.data["result"] is None
    assert "✗ categorie : victim.severity : code absent de la table essai/categorie" in told.text


def test_diff_tells_what_another_version_sends() -> None:
    """Only documents that differ, only the paths that differ, both values."""
    documents = [("complete", victim()), ("sans poids", victim(weight_kg=None))]
    told = tools.diff(CATALOGUE, "essai/personne@1", "essai/personne@2", documents)
    assert told.data["changed"]["complete"] == [
        {"to": "@version", "old": "1", "new": "2"},
        {"to": "identite.poids", "old": 72.5},
        {"to": "lieu", "new": "PMA ESSAI"},
    ]
    assert len(told.data["changed"]["sans poids"]) == 2
    assert "  identite.poids : 72.5 → absent" in told.text
    assert tools.diff(CATALOGUE, "essai/comptage@1", "essai/comptage@1", [("un", counts())]).ok


def test_explain_says_where_a_target_comes_from() -> None:
    """The rule, the type of its source, the pairs of its table, the reason of its default, the source of the allow-list."""
    told = tools.explain(CATALOGUE, "essai/personne@1", "identite.sexe")
    assert told.data["rules"][0]["reads"] == {"victim.sex": "un texte, parfois absent"}
    assert "  ? → X  Inconnu (sans retour)" in told.text
    assert 'sinon "?" : Le destinataire note ?' in told.text
    assert "Liste d'accès de essai : Destinataire inventé" in told.text


def test_explain_finds_a_repeated_target_and_suggests_the_nearest() -> None:
    """Inner targets are named with `[]`; a wrong name is told with the nearest."""
    told = tools.explain(CATALOGUE, "essai/comptage@1", "ventilation.localisation[].ua")
    assert told.data["rules"][0]["reads"] == {"item.UA": "un entier"}
    wrong = tools.explain(CATALOGUE, "essai/personne@1", "categori")
    assert (wrong.ok, wrong.text) == (
        False,
        "« categori » n'est pas une cible de essai/personne@1, vouliez-vous « categorie » ?",
    )


def test_golden_pairs_are_just() -> None:
    """Every pair beside the files gives what it says."""
    told = golden.run(CATALOGUE)
    assert told.ok, told.text
    assert told.data["pairs"] == 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("idPersonne", "autre"), "« idPersonne » diffère"),
        (("revision", True), "« revision » n'est pas du même type"),
        (("enTrop", 1), "« enTrop » manque"),
    ],
)
def test_a_pair_that_is_wrong_is_told_by_its_path(tmp_path: Path, change: tuple[str, object], reason: str) -> None:
    """The first difference is named, without the values of the document."""
    folder = own_essai(tmp_path)
    out = folder / "golden" / "essai" / "personne@1" / "complete.out.json"
    tree = json.loads(out.read_text(encoding="utf-8"))
    tree[change[0]] = change[1]
    out.write_text(json.dumps(tree), encoding="utf-8")
    told = golden.run(load_catalogue(folder))
    assert told.data["failed"] == {"essai/personne@1 complete": reason}


def test_the_order_of_keys_is_part_of_a_pair(tmp_path: Path) -> None:
    """An XML sequence in another order is another document."""
    folder = own_essai(tmp_path)
    out = folder / "golden" / "essai" / "personne@1" / "inconnue.out.json"
    tree = json.loads(out.read_text(encoding="utf-8"))
    out.write_text(json.dumps(dict(reversed(tree.items()))), encoding="utf-8")
    told = golden.run(load_catalogue(folder))
    assert told.data["failed"] == {
        "essai/personne@1 inconnue": "les champs de « la racine » ne sont pas dans le même ordre"
    }


def test_half_a_pair_and_a_pair_of_nothing_are_told(tmp_path: Path) -> None:
    """A missing result, a broken file and a mapping that does not exist fail the run."""
    folder = own_essai(tmp_path)
    cases = folder / "golden" / "essai"
    (cases / "personne@1" / "complete.out.json").unlink()
    (cases / "personne@1" / "inconnue.canon.json").write_text("{", encoding="utf-8")
    (cases / "comptage@1").rename(cases / "comptage@9")
    assert golden.run(load_catalogue(folder)).data["failed"] == {
        "essai/comptage@9 deux-lieux": "aucune correspondance de ce nom",
        "essai/personne@1 complete": "complete.out.json manque",
        "essai/personne@1 inconnue": "JSON illisible",
    }


def test_coverage_says_what_the_pairs_never_touch() -> None:
    """Rules that never gave a value and codes that were never asked for, by mapping."""
    told = golden.coverage(CATALOGUE)
    assert not told.ok
    person = told.data["essai/personne@1"]
    assert person["untouched"] == [
        "identite.nir (essai/personne@1.yaml:28)",
        "etablissement.partie (essai/personne@1.yaml:38)",
    ]
    assert person["codes"]["essai/categorie"] == ["DCD", "IMP", "UR"]
    assert (told.data["essai/comptage@1"]["untouched"], told.data["essai/comptage@1"]["codes"]) == ([], {})
    assert told.data["essai/personne@2"]["covered"] == 0


def test_coverage_leaves_the_counters_alone() -> None:
    """Looking at golden pairs is not a failed look-up of a message."""
    catalogue = load_catalogue(ESSAI)
    golden.coverage(catalogue)
    assert catalogue.unknown_codes() == {}
