"""Files of several folders are one catalogue; versions live side by side; extension adds, replaces and removes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mapping import MappingFaultsError, UnknownMappingError, load_catalogue
from tests.mapping.made_up import ESSAI, HEAD, catalogue_folder, counts, victim

if TYPE_CHECKING:
    from pathlib import Path

RULE = "  - {to: id, from: victim.id}\n"


def extending(name: str, parent: str, rest: str = "") -> str:
    """A file that extends another."""
    return f"mapping: {name}\nextends: {parent}\n{rest}"


def test_two_versions_live_side_by_side() -> None:
    """A destination may stay on the old version while another uses the new one."""
    catalogue = load_catalogue(ESSAI)
    first = catalogue.mapping("essai/personne@1").apply(victim())
    second = catalogue.mapping("essai/personne@2").apply(victim())
    assert (first["@version"], second["@version"]) == ("1", "2")
    assert "poids" in first["identite"]
    assert "poids" not in second["identite"]
    assert second["lieu"] == "PMA ESSAI"
    assert list(second)[:-1] == list(first)
    assert catalogue.mapping("essai/personne@2").target == "essai-v2.xsd#Personne"


def test_a_cycle_of_extends_is_a_fault(tmp_path: Path) -> None:
    """The circle is shown, at the line that closes it, and loading ends."""
    files = {
        "files/essai/a@1.yaml": extending("essai/a@1", "essai/b@1"),
        "files/essai/b@1.yaml": extending("essai/b@1", "essai/c@1"),
        "files/essai/c@1.yaml": extending("essai/c@1", "essai/a@1"),
        "files/essai/d@1.yaml": extending("essai/d@1", "essai/d@1"),
    }
    with pytest.raises(MappingFaultsError) as raised:
        load_catalogue(catalogue_folder(tmp_path, files))
    told = [str(fault) for fault in raised.value.faults]
    assert "essai/c@1.yaml:2:10: « extends » tourne en rond : essai/a@1 → essai/b@1 → essai/c@1 → essai/a@1" in told
    assert "essai/d@1.yaml:2:10: « extends » tourne en rond : essai/d@1 → essai/d@1" in told


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            extending("essai/b@1", "essai/z@1"),
            "essai/b@1.yaml:2:10: correspondance inconnue « essai/z@1 », vouliez-vous « essai/a@1 » ?",
        ),
        (
            extending("essai/b@1", "essai/a@1", "without: [idd]\n"),
            "essai/b@1.yaml:3:11: « essai/a@1 » n'a pas de règle « idd », vouliez-vous « id » ?",
        ),
    ],
)
def test_an_extension_of_nothing_is_a_fault(tmp_path: Path, text: str, fault: str) -> None:
    """A parent or a removed rule that does not exist is told with the nearest that does."""
    files = {"files/essai/a@1.yaml": HEAD.replace("neuf", "a") + RULE, "files/essai/b@1.yaml": text}
    with pytest.raises(MappingFaultsError) as raised:
        load_catalogue(catalogue_folder(tmp_path, files))
    assert fault in [str(found) for found in raised.value.faults]


def test_an_inherited_rule_obeys_the_child_s_allow_list(tmp_path: Path) -> None:
    """Extending a file for another recipient is held to that recipient's list, at the place of the rule itself."""
    files = {
        "files/essai/a@1.yaml": HEAD.replace("neuf", "a") + RULE,
        "files/essai/b@1.yaml": extending("essai/b@1", "essai/a@1", "recipient: autre\n"),
        "recipients/autre.yaml": "recipient: autre\nsource: essai\nallow: {victim: [mode]}\n",
    }
    with pytest.raises(
        MappingFaultsError, match=r"essai/a@1\.yaml:6:20: « victim\.id » n'est pas sur la liste d'accès de autre"
    ):
        load_catalogue(catalogue_folder(tmp_path, files))


def test_a_deployment_s_folder_adds_to_another(tmp_path: Path) -> None:
    """Tables and lists of the first folder serve the files of the second."""
    own = tmp_path / "own" / "files" / "essai"
    own.mkdir(parents=True)
    (own / "maison@1.yaml").write_text(
        HEAD.replace("neuf", "maison").replace("essai-v1", "maison-v1") + RULE, encoding="utf-8"
    )
    catalogue = load_catalogue(ESSAI, tmp_path / "own")
    assert catalogue.mapping("essai/maison@1").apply(victim()) == {"id": "vic-essai-1"}
    assert catalogue.mapping("essai/comptage@1").apply(counts())["total"] == 11


def test_nothing_replaces_another_silently() -> None:
    """One name in two folders is a fault, for mappings, tables and allow-lists alike."""
    with pytest.raises(MappingFaultsError) as raised:
        load_catalogue(ESSAI, ESSAI)
    files = {fault.file for fault in raised.value.faults}
    assert {"essai/personne@1.yaml", "tables/essai/sexe.csv", "recipients/essai.yaml"} <= files


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    """A wrong setting is told, not taken for an empty catalogue."""
    with pytest.raises(MappingFaultsError, match="dossier absent"):
        load_catalogue(tmp_path / "nulle-part")


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    """Asking for a mapping, a table or a list that was not loaded says what there is."""
    catalogue = load_catalogue(ESSAI)
    with pytest.raises(UnknownMappingError, match="vouliez-vous « essai/personne@2 »"):
        catalogue.mapping("essai/personne@21")
    with pytest.raises(UnknownMappingError, match="connues : essai"):
        catalogue.allow_list("zzz")
    with pytest.raises(UnknownMappingError, match="vouliez-vous « essai/sexe »"):
        catalogue.table("essai/sex")
