"""A mapping is held to its neighbour's contract when it is loaded: names, shapes, order, codes, what must be there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mapping import MappingFaultsError, load_catalogue
from mapping.authoring import tools
from mapping.contracts.fhir import WRITTEN, FhirContract
from scripts import write_fhir_names
from tests.mapping.made_up import ESSAI, victim

HEAD = "mapping: essai/neuf@1\nrecipient: essai\ntopic: {topic}\ntarget: {target}\nrules:\n"
WHOLE = """  - {to: "@version", value: "1"}
  - {to: "@mode", from: mode}
  - {to: revision, from: revision}
  - {to: idPersonne, from: victim.id}
  - {to: evenement.id, from: event.id}
  - {to: evenement.nom, from: event.name}
  - {to: categorie, from: victim.severity, table: essai/categorie}
  - {to: identite.sexe, from: victim.sex, table: essai/sexe, default: {value: "?", because: inconnu}}
  - {to: modifieLe, from: recorded_at, format: instant}
"""
"""Lines 6 to 14 of a file: what the contract of `essai` wants, and no more."""
SCHEMA = {
    "$defs": {
        "Fiche": {
            "type": "object",
            "required": ["id", "noms"],
            "properties": {
                "id": {"$ref": "#/$defs/id"},
                "gravite": {"enum": ["UA", "UR"]},
                "noms": {"type": "array", "items": {"type": "object", "properties": {"nom": {"type": "string"}}}},
            },
        },
        "id": {"type": "string"},
        "Note": {"properties": {"noms": {"$ref": "#/$defs/noms"}, "id": {"$ref": "#/$defs/id"}}},
        "noms": {"type": "array", "items": {"type": "object", "properties": {"nom": {"type": "string"}}}},
    }
}


def loaded(tmp_path: Path, rules: str, target: str = "essai-v1.xsd#Personne", topic: str = "victim") -> Path:
    """The folder of `essai` with one more mapping."""
    folder = shutil.copytree(ESSAI, tmp_path / "essai", ignore=shutil.ignore_patterns("files", "golden"))
    (folder / "contracts" / "fiche.schema.json").write_text(json.dumps(SCHEMA), encoding="utf-8")
    path = folder / "files" / "essai" / "neuf@1.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(HEAD.format(topic=topic, target=target) + rules, encoding="utf-8")
    return folder


def faults_of(tmp_path: Path, rules: str, target: str = "essai-v1.xsd#Personne", topic: str = "victim") -> str:
    """Every fault, as they are printed."""
    with pytest.raises(MappingFaultsError) as raised:
        load_catalogue(loaded(tmp_path, rules, target, topic))
    return str(raised.value)


def test_a_mapping_that_writes_the_whole_contract_is_loaded(tmp_path: Path) -> None:
    """The smallest document that the contract allows."""
    catalogue = load_catalogue(loaded(tmp_path, WHOLE))
    assert catalogue.unchecked == ()
    assert catalogue.mapping("essai/neuf@1").apply(victim())["categorie"] == "1"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("to: categorie,", "to: categori,", "12:10: « categori » n'est pas au contrat, vouliez-vous « categorie » ?"),
        (
            "to: identite.sexe",
            "to: identite.sex",
            "13:10: « identite.sex » n'est pas au contrat, vouliez-vous « sexe » ?",
        ),
        (
            "  - {to: idPersonne, from: victim.id}\n",
            "",
            "4:9: « idPersonne » est obligatoire au contrat et jamais écrit, ajoutez une règle, ou « provided: [idPersonne] »",
        ),
        (
            "  - {to: evenement.nom, from: event.name}\n",
            "",
            "10:10: « evenement.nom » est obligatoire au contrat et jamais écrit",
        ),
        (
            "to: idPersonne, from: victim.id",
            "to: idPersonne, from: victim.id, optional: true",
            "9:10: « idPersonne » est obligatoire au contrat et parfois absent",
        ),
        (
            "to: evenement.id",
            "to: evenement",
            "10:10: « evenement » est un groupe au contrat, nommez un de ses éléments",
        ),
        (
            "to: revision",
            "to: revision.numero",
            "8:10: « revision » est une valeur simple au contrat, « revision.numero » ne peut pas y être",
        ),
        ("to: revision", "to: 'revision[0]'", "8:10: « revision » n'est pas une liste au contrat, retirez le numéro"),
        (
            'to: "@version", value: "1"',
            'to: "@version", value: "2"',
            "6:10: le contrat ne connaît pas le code « 2 » de « @version », il connaît : 1",
        ),
        (
            'default: {value: "?"',
            'default: {value: "Z"',
            "13:10: le contrat ne connaît pas le code « Z » de « identite.sexe »",
        ),
        (
            "to: '@mode', from: mode",
            "to: '@mode', from: victim.severity",
            "le contrat ne connaît pas le code « DCD » de « @mode »",
        ),
        (
            "table: essai/categorie",
            "table: essai/mienne",
            "tables/essai/mienne.csv:2:1: le contrat ne connaît pas le code « 7 » de « categorie »",
        ),
    ],
)
def test_what_is_not_the_contract_is_a_fault_at_its_place(tmp_path: Path, old: str, new: str, fault: str) -> None:
    """One change to a good file, and the fault says where, what, and what to do."""
    rules = WHOLE.replace('"@mode"', "'@mode'")
    assert old in rules
    folder = loaded(tmp_path, rules.replace(old, new))
    pairs = "".join(f"{code},{wire},,,s1\n" for code, wire in (("UA", 7), ("UR", 2), ("IMP", 3), ("DCD", 9), ("NC", 0)))
    (folder / "tables" / "essai" / "mienne.csv").write_text("canon,wire,label,lossy,source\n" + pairs, encoding="utf-8")
    with pytest.raises(MappingFaultsError) as raised:
        load_catalogue(folder)
    assert fault in str(raised.value)


def test_rules_stand_in_the_order_of_an_xml_sequence(tmp_path: Path) -> None:
    """The file reads as the document; attributes stand anywhere."""
    lines = WHOLE.splitlines(keepends=True)
    lines[2], lines[3] = lines[3], lines[2]
    told = faults_of(tmp_path, "".join(lines))
    assert told == ("essai/neuf@1.yaml:9:10: « revision » vient avant « idPersonne » au contrat, déplacez la règle")


def test_what_the_client_writes_is_said(tmp_path: Path) -> None:
    """`provided` stands for a rule; a wrong one is told like a wrong rule."""
    folder = loaded(tmp_path, WHOLE.replace('  - {to: "@version", value: "1"}\n', ""))
    path = folder / "files" / "essai" / "neuf@1.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("rules:", 'provided: ["@version"]\nrules:'), encoding="utf-8")
    assert "@version" not in load_catalogue(folder).mapping("essai/neuf@1").apply(victim())
    path.write_text(text.replace("rules:", 'provided: ["@versio"]\nrules:'), encoding="utf-8")
    with pytest.raises(MappingFaultsError, match="« @versio » n'est pas au contrat, vouliez-vous « @version »"):
        load_catalogue(folder)


def test_a_repeated_element_is_repeated_and_no_other(tmp_path: Path) -> None:
    """`each` goes where the contract repeats; inside, what is required is required of every element."""
    rules = (
        "  - {to: evenement, from: event.id}\n  - {to: compteLe, from: counted_at}\n  - {to: total, from: totals.total}\n"
        "  - {to: urgences, each: by_localisation, rules: [{to: a, value: 1}]}\n"
        "  - {to: ventilation.localisation, each: by_localisation, rules: [{to: ua, from: item.UA}]}\n"
    )
    told = faults_of(tmp_path, rules, "essai-v1.xsd#Comptage", "counts")
    assert "9:10: « urgences » n'est pas répété au contrat" in told
    assert "« ventilation.localisation.@libelle » est obligatoire au contrat et jamais écrit" in told


def test_a_choice_wants_one_of_its_elements(tmp_path: Path) -> None:
    """SINUS takes a category or the word that there is none; a mapping with neither is refused."""
    folder = shutil.copytree(
        Path("mapping").resolve(), tmp_path / "m", ignore=shutil.ignore_patterns("*.py", "__pycache__")
    )
    shutil.copytree(Path("adapters/sinus/contract").resolve(), folder / "contracts", dirs_exist_ok=True)
    for recipient in ("sivic", "lrm", "portal", "lrm_fhir", "nexsis"):
        shutil.rmtree(folder / "files" / recipient, ignore_errors=True)
    path = folder / "files" / "sinus" / "victime@1.yaml"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "victim.severity" not in line), encoding="utf-8")
    with pytest.raises(MappingFaultsError, match="il faut l'un de : categorie, nonCode, aucune règle ne l'écrit"):
        load_catalogue(folder)


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ("  - {to: id, from: victim.id}\n", "« noms » est obligatoire au contrat et jamais écrit"),
        (
            "  - {to: id, from: victim.id}\n  - {to: noms.nom, value: essai}\n",
            "7:10: « noms » est une liste au contrat, écrivez « noms[0] », ou « each »",
        ),
        (
            "  - {to: id, from: victim.id}\n  - {to: 'noms[0].nom', value: a}\n  - {to: gravite, from: victim.severity}\n",
            "8:10: le contrat ne connaît pas le code « DCD » de « gravite »",
        ),
        (
            "  - {to: id, from: victim.id}\n  - {to: 'noms[0].nom', value: a}\n  - {to: gravit, value: UA}\n",
            "8:10: « gravit » n'est pas au contrat, vouliez-vous « gravite » ?",
        ),
    ],
)
def test_a_json_schema_is_a_contract_too(tmp_path: Path, rules: str, fault: str) -> None:
    """Properties, required, arrays, references and enumerations."""
    assert fault in faults_of(tmp_path, rules, "fiche.schema.json#Fiche")


def test_the_elements_of_a_list_are_numbered(tmp_path: Path) -> None:
    """An element that is absent leaves no hole."""
    rules = (
        "  - {to: id, from: victim.id}\n  - {to: 'noms[0].nom', from: victim.used_name, optional: true}\n"
        "  - {to: 'noms[1].nom', from: victim.birth_name, optional: true}\n"
    )
    mapping = load_catalogue(loaded(tmp_path, rules, "fiche.schema.json#Note")).mapping("essai/neuf@1")
    assert mapping.apply(victim(used_name="ESSAI", birth_name="TESTE"))["noms"] == [{"nom": "ESSAI"}, {"nom": "TESTE"}]
    assert mapping.apply(victim(used_name=None, birth_name="TESTE"))["noms"] == [{"nom": "TESTE"}]
    assert "noms" not in mapping.apply(victim(used_name=None, birth_name=None))
    told = faults_of(tmp_path / "2", "  - {to: 'noms[0].nom', value: a}\n  - {to: noms, value: b}\n", "x")
    assert "7:10: « noms » est une liste à un endroit et pas à l'autre, voyez la ligne 6" in told


def test_what_is_written_down_of_fhir_is_what_its_library_says() -> None:
    """Every element of every type; `make reference` writes it again when the library changes."""
    assert WRITTEN.read_text(encoding="utf-8") == write_fhir_names.text(), "make reference"


def test_a_resource_that_is_not_written_down_is_asked_of_the_library() -> None:
    """It has its elements as the others, in the same words; what is no resource has none."""
    found = FhirContract().root("CarePlan")
    assert found is not None
    assert found.level is not None
    assert found.level.parts["status"].codes is None or "active" in found.level.parts["status"].codes
    assert found.level.parts["activity"].many
    assert FhirContract().root("Bundel") is None


def test_fhir_names_are_checked_resource_by_resource(tmp_path: Path) -> None:
    """The `resourceType` of an entry says which resource its fields are of."""
    rules = (
        "  - {to: resourceType, value: Bundle}\n  - {to: type, value: transactions}\n"
        "  - {to: 'entry[0].resource.resourceType', value: Patient}\n"
        "  - {to: 'entry[0].resource.gendr', value: female}\n"
        "  - {to: 'entry[0].resource.name[0].family', from: victim.used_name, optional: true}\n"
        "  - {to: 'entry[1].resource.resourceType', value: Observation}\n"
    )
    told = faults_of(tmp_path, rules, "fhir-r4#Bundle")
    assert (
        "7:10: le contrat ne connaît pas le code « transactions » de « type », vouliez-vous « transaction » ?" in told
    )
    assert "9:10: « entry[0].resource.gendr » n'est pas au contrat, vouliez-vous « gender » ?" in told
    assert "« entry[1].resource.status » est obligatoire au contrat et jamais écrit" in told
    assert "family" not in told
    assert "« fhir-r4 » n'a pas de document « Bundel »" in faults_of(tmp_path / "2", WHOLE, "fhir-r4#Bundel")


@pytest.mark.parametrize(
    ("when", "fault"),
    [
        ("victim.severity == 'UA' && victim.severity == 'UR'", "condition jamais vraie, règle jamais atteinte"),
        ("victim.severity != 'UA' || victim.severity != 'UR'", "cette condition est toujours vraie, retirez « when »"),
        ("1 > 2", "condition jamais vraie, règle jamais atteinte"),
    ],
)
def test_a_condition_that_never_changes_is_a_fault(tmp_path: Path, when: str, fault: str) -> None:
    """Where every field has a closed list of values, each combination is tried when the file is loaded."""
    told = faults_of(tmp_path, f'  - {{to: a, value: 1, when: "{when}", uses: [victim.severity]}}\n', "inconnu")
    assert told.endswith(fault)


def test_a_target_whose_contract_is_absent_is_told(tmp_path: Path) -> None:
    """It is no fault, since the contract may not be ours to give; and it is not silent."""
    told = tools.check(loaded(tmp_path, "  - {to: a, value: 1}\n", "absent.xsd#A"))
    assert told.ok
    assert told.data["unchecked"] == ["essai/neuf@1"]
    assert "Cible non vérifiée : essai/neuf@1 (absent.xsd#A n'est dans aucun dossier de contrats)." in told.text


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ("essai-v1.xsd#Person", "« essai-v1.xsd » n'a pas de document « Person », vouliez-vous « Personne » ?"),
        ("casse.xsd#A", "contrat illisible : casse.xsd est illisible ou n'est pas du XML"),
        ("autre.xsd#A", "contrat illisible : autre.xsd n'est ni un schéma XML ni un WSDL"),
        ("texte.txt#A", "contrat illisible : un contrat est un fichier .xsd, .wsdl ou .schema.json"),
        ("rond.schema.json#A", "contrat illisible : référence JSON Schema qui tourne en rond"),
    ],
)
def test_a_contract_that_cannot_be_read_is_told(tmp_path: Path, target: str, fault: str) -> None:
    """The fault stands at the word `target`."""
    folder = loaded(tmp_path, WHOLE, target)
    for name, text in {
        "casse.xsd": "<xs:schema",
        "autre.xsd": "<a/>",
        "texte.txt": "",
        "rond.schema.json": '{"$defs": {"A": {"$ref": "#/$defs/A"}}}',
    }.items():
        (folder / "contracts" / name).write_text(text, encoding="utf-8")
    with pytest.raises(MappingFaultsError) as raised:
        load_catalogue(folder)
    assert f"essai/neuf@1.yaml:4:9: {fault}" in str(raised.value)
