"""The same language maps what comes in: a neighbour's document becomes our own words, its codes read back by the tables."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from adapters.sinus.document import read
from mapping import MappingError, MappingFaultsError, load_catalogue, shipped
from mapping.authoring import tools
from mapping.contracts import Contracts
from mapping.contracts.writing import DocumentError, read_xml, write_xml
from mapping.faults import Faults, Spot
from mapping.language.rules import Token
from tests.mapping.made_up import ESSAI, victim

if TYPE_CHECKING:
    from pathlib import Path

    from mapping.contracts import Part

ANSWER = """mapping: essai/accuse@1
source: essai-v1.xsd#Accuse
target: canon#taken
rules:
  - {to: state, from: etat, table: essai/reponse}
  - {to: duplicate, from: "@rejeu", format: boolean}
  - {to: reference, from: fiche, optional: true}
"""
TABLE = "canon,wire,label,lossy,source\nprise,PRIS,Prise,,inventée v1\nperimee,VIEUX,Périmée,,inventée v1\n"


def folder_of(tmp_path: Path, answer: str = ANSWER, table: str = TABLE) -> Path:
    """`essai` with a mapping of what comes in."""
    folder = shutil.copytree(ESSAI, tmp_path / "essai", ignore=shutil.ignore_patterns("golden"))
    (folder / "files" / "essai" / "accuse@1.yaml").write_text(answer, encoding="utf-8")
    (folder / "tables" / "essai" / "reponse.csv").write_text(table, encoding="utf-8")
    return folder


def part(name: str) -> Part:
    """A document of the made-up contract."""
    found = Contracts([ESSAI / "contracts"]).find(Token(f"essai-v1.xsd#{name}", Spot("essai")), Faults())
    assert found is not None
    return found


def test_an_answer_becomes_our_own_words(tmp_path: Path) -> None:
    """XML to a tree by the contract, the tree to canon by the file, the code by the table read backwards."""
    tree = read_xml(
        part("Accuse"), b'<Accuse xmlns="urn:essai:1" rejeu="1"><etat>VIEUX</etat><fiche>F-1</fiche></Accuse>'
    )
    catalogue = load_catalogue(folder_of(tmp_path))
    mapping = catalogue.mapping("essai/accuse@1")
    assert mapping.apply(tree) == {"state": "perimee", "duplicate": True, "reference": "F-1"}
    assert tools.preview(catalogue, "essai/accuse@1", tree).data["result"]["state"] == "perimee"
    assert "essai/accuse@1 : essai-v1.xsd#Accuse → canon#taken" in tools.show(catalogue, "essai/accuse@1").text


def test_a_code_of_theirs_that_nobody_knows_is_held_and_counted(tmp_path: Path) -> None:
    """It is neither guessed nor passed on."""
    catalogue = load_catalogue(folder_of(tmp_path))
    with pytest.raises(MappingError, match="etat : code absent de la table essai/reponse"):
        catalogue.mapping("essai/accuse@1").apply({"etat": "AUTRE", "@rejeu": "false"})
    assert catalogue.unknown_codes() == {"essai/reponse": {"AUTRE": 1}}


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("from: etat", "from: eta", "5:23: champ inconnu « eta », vouliez-vous « etat » ?"),
        ("to: state", "to: stat", "5:10: « stat » n'est pas au contrat, vouliez-vous « state » ?"),
        ("canon#taken", "canon#take", "3:9: cible inconnue « canon#take », vouliez-vous « canon#taken » ?"),
        ("essai-v1.xsd", "absent.xsd", "2:9: « absent.xsd#Accuse » n'est dans aucun dossier de contrats"),
        (
            "source:",
            "topic: victim\nsource:",
            "2:1: « source » et « topic » dans le même fichier, l'un entre, l'autre sort",
        ),
        (
            '  - {to: duplicate, from: "@rejeu", format: boolean}\n',
            "",
            "3:9: « duplicate » est obligatoire au contrat et jamais écrit",
        ),
    ],
)
def test_what_comes_in_is_checked_as_what_goes_out(tmp_path: Path, old: str, new: str, fault: str) -> None:
    """Against the neighbour's contract on one side, and our own words on the other."""
    with pytest.raises(MappingFaultsError) as raised:
        load_catalogue(folder_of(tmp_path, ANSWER.replace(old, new)))
    assert f"essai/accuse@1.yaml:{fault}" in str(raised.value)


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        (
            TABLE.replace("perimee,VIEUX,Périmée,,inventée v1\n", ""),
            "la table « essai/reponse » ne dit rien de : VIEUX",
        ),
        (
            TABLE.replace("Prise,,", "Prise,true,") + "reprise,PRIS,Reprise,true,inventée v1\n",
            "« PRIS » se relit de plusieurs façons : prise, reprise",
        ),
    ],
)
def test_a_table_read_backwards_has_one_answer_for_each_of_their_codes(tmp_path: Path, table: str, fault: str) -> None:
    """A code of the contract without a pair, or with two, is a fault at load."""
    with pytest.raises(MappingFaultsError) as raised:
        load_catalogue(folder_of(tmp_path, table=table))
    assert fault in str(raised.value)


def test_what_sinus_holds_is_read_back() -> None:
    """A document of the contract, by the reader of the SINUS adapter, to the five numbers."""
    raw = (
        b'<denombrementDetenu xmlns="urn:passerelle:sinus:v1" contrat="1.0"><mode>Exercise</mode><idSinus>S-1</idSinus>'
        b"<recomptage><compteLe>2026-01-01T00:00:00Z</compteLe>"
        b'<total ua="2" ur="5" imp="3" dcd="1" nonCode="0" total="11" totalSansImp="8"/></recomptage></denombrementDetenu>'
    )
    held = shipped().mapping("sinus/denombrement-detenu@1").apply(read(raw)[1])
    assert held == {"UA": 2, "UR": 5, "IMP": 3, "DCD": 1, "NC": 0}


def test_what_sivic_answers_is_read_back() -> None:
    """The fiche, the number of origin HP that it gave, and whether it had taken this before."""
    tree = {"idFiche": "F-1", "etat": "ANNONCEE", "doublon": False, "numeroSinusHp": "FR825NOVI0000HP000001"}
    assert shipped().mapping("sivic/reponse-personne@1").apply(tree) == {
        "state": "ANNONCEE",
        "duplicate": False,
        "reference": "F-1",
        "sinus_number_hp": "FR825NOVI0000HP000001",
    }


def test_a_document_goes_to_xml_and_back() -> None:
    """In the order of the schema whatever the order of the tree; what the contract lacks is refused by its place."""
    mapping = load_catalogue(ESSAI).mapping("essai/personne@1")
    tree = mapping.apply(victim())
    root = part("Personne")
    raw = write_xml(root, dict(reversed(tree.items())))
    again = read_xml(root, raw)
    assert [key for key in again if key[0] != "@"] == [key for key in tree if key[0] != "@"]
    assert again["identite"]["poids"] == "72.5"
    with pytest.raises(DocumentError, match=r"Personne.identite.taille : absent du contrat"):
        write_xml(root, {**tree, "identite": {"taille": 1}})
    with pytest.raises(DocumentError, match="caractère que XML ne peut pas écrire"):
        write_xml(root, {**tree, "idPersonne": "\x00"})
    with pytest.raises(DocumentError, match="ce n'est pas un document de ce contrat"):
        read_xml(root, b'<!DOCTYPE Personne [<!ENTITY a "b">]><Personne xmlns="urn:essai:1">&a;</Personne>')
