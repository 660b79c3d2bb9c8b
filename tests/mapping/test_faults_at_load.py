"""Every mistake of a mapping is found when the file is loaded, with its place and what was probably meant."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from mapping import MappingFaultsError, load_catalogue
from tests.mapping.made_up import ESSAI, HEAD, catalogue_folder, victim, with_rules

if TYPE_CHECKING:
    from pathlib import Path

SEVERITY = "  - {to: categorie, from: victim.severity, table: essai/categorie}\n"


def faults_of(tmp_path: Path, files: dict[str, str]) -> list[str]:
    """The faults that loading these files raises, as they are printed."""
    with pytest.raises(MappingFaultsError) as raised:
        load_catalogue(catalogue_folder(tmp_path, files))
    return [str(fault) for fault in raised.value.faults]


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        (
            "  - to: a\n    from: victim.severty\n",
            "7:11: champ inconnu « victim.severty », vouliez-vous « victim.severity » ?",
        ),
        ("  - to: a\n    frm: victim.id\n    value: 1\n", "7:5: clé inconnue « frm », vouliez-vous « from » ?"),
        ("  - to: a\n    from: victim.age\n", "7:11: « victim.age » est un objet, nommez un de ses champs"),
        (
            "  - to: a\n    from: victim.age.value\n    each: x\n",
            "8:5: « from » et « each » dans la même règle, gardez-en un seul",
        ),
        ("  - to: a\n", "6:5: d'où vient la valeur ?, il faut l'un de : from, first, value, compute, each"),
        ("  - from: victim.id\n", "6:5: « to: » manque : où va cette valeur ?"),
        ("  - {to: a b, value: 1}\n", "6:10: cible « a b », une cible est un chemin pointé, « @ » devant un attribut"),
        ("  - {to: a, value: null}\n", "6:20: « value » attend un texte, un nombre ou un booléen"),
        ("  - {to: a, from: victim.id, optional: oui}\n", "6:40: « optional » attend true ou false"),
        ("  - {to: a, first: victim.id}\n", "6:20: « first » attend une liste de champs"),
        ("  - {to: a, value: 1, table: essai/sexe}\n", "6:23: « table » n'a pas de sens avec « value »"),
        (
            "  - {to: a, from: victim.sex, table: essai/sex}\n",
            "6:38: table inconnue « essai/sex », vouliez-vous « essai/sexe » ?",
        ),
        (
            "  - {to: a, from: victim.sex, table: essai/unite}\n",
            "6:38: la table « essai/unite » ne dit rien de : ?, A, F, M",
        ),
        (
            "  - {to: a, from: victim.birth_date, format: dat}\n",
            "6:46: format inconnu « dat », vouliez-vous « date » ?",
        ),
        ("  - {to: a, from: victim.deleted, format: date}\n", "6:43: le format « date » ne lit pas un booléen"),
        (
            "  - {to: a, from: victim.sex, table: essai/sexe, default: {value: X}}\n",
            "6:59: « because: » manque à « default », une valeur par défaut se justifie",
        ),
        (
            "  - {to: a, from: victim.sex, optional: true, default: {value: X, because: essai}}\n",
            "6:47: « default » et « optional » dans la même règle, l'un des deux ne sert jamais",
        ),
        (
            "  - {to: a, from: victim.id}\n  - {to: a, from: event.id}\n",
            "7:10: « a » est déjà toujours écrit à la ligne 6, règle jamais atteinte",
        ),
        (
            "  - {to: a, from: victim.id}\n  - {to: a.b, from: event.id}\n",
            "7:10: « a.b » contredit « a » de la ligne 6, valeur ou branche ?",
        ),
        (
            "  - {to: a.b, from: victim.id}\n  - {to: a, from: event.id}\n",
            "7:10: « a » contredit « a.b » de la ligne 6, valeur ou branche ?",
        ),
        (
            "  - {to: a, each: victim.id, rules: [{to: b, value: 1}]}\n",
            "6:19: « victim.id » est un texte, pas une liste",
        ),
        ("  - {to: a, from: victim.id, uses: [event.id]}\n", "6:30: « uses » sans « when » ni « compute »"),
    ],
)
def test_a_rule_that_cannot_be_true_is_a_fault_at_its_place(tmp_path: Path, rules: str, fault: str) -> None:
    """The fault names the file, the line, the column, the mistake and what was meant."""
    assert f"essai/neuf@1.yaml:{fault}" in faults_of(tmp_path, with_rules(rules))


def test_a_field_off_the_allow_list_is_refused_with_the_reason_of_the_list(tmp_path: Path) -> None:
    """A mapping that would send medical data to `essai` cannot be loaded, and says by which rule."""
    faults = faults_of(tmp_path, with_rules("  - to: bilan\n    from: victim.bilan\n"))
    assert len(faults) == 1
    assert faults[0] == (
        "essai/neuf@1.yaml:7:11: « victim.bilan » n'est pas sur la liste d'accès de essai (source : Destinataire inventé pour "
        "les essais : identité et suivi administratif, jamais de donnée médicale ni de texte libre.)"
    )


@pytest.mark.parametrize(
    "rule",
    [
        '  - {to: a, value: 1, when: "victim.bilan != null", uses: [victim.bilan]}\n',
        '  - {to: a, compute: "victim.comment", uses: [victim.comment], optional: true}\n',
        "  - {to: a, first: [victim.birth_name, victim.particularity], optional: true}\n",
        "  - {to: a, each: event.localisations, rules: [{to: b, from: item.letter}]}\n",
    ],
)
def test_no_way_of_reading_goes_round_the_allow_list(tmp_path: Path, rule: str) -> None:
    """A condition, a computed value, an alternative and a repeated element are held to the same list."""
    assert "n'est pas sur la liste d'accès de essai" in "".join(faults_of(tmp_path, with_rules(rule)))


def test_every_fault_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    """Two broken mappings, a broken table and a broken allow-list give all their faults in one go, by file and line."""
    files = {
        **with_rules("  - {to: a, from: victim.idd}\n  - {to: b, from: victim.sexx}\n"),
        "files/essai/autre@1.yaml": HEAD.replace("neuf", "autre") + "  - {to: a, from: mod}\n",
        "tables/essai/cassee.csv": "canon,wire,label,lossy,source\nUA\n",
        "recipients/autre.yaml": "recipient: autre\nsource: essai\nallow: {victim: [victim.nam]}\n",
    }
    faults = faults_of(tmp_path, files)
    assert [fault.split(": ")[0] for fault in faults] == [
        "essai/autre@1.yaml:6:19",
        "essai/neuf@1.yaml:6:19",
        "essai/neuf@1.yaml:7:19",
        "recipients/autre.yaml:3:18",
        "tables/essai/cassee.csv:2:1",
    ]


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("topic: victim", "topic: victime", "3:8: sujet inconnu « victime », vouliez-vous « victim » ?"),
        ("recipient: essai", "recipient: essay", "2:12: destinataire inconnu « essay », vouliez-vous « essai » ?"),
        (
            "mapping: essai/neuf@1",
            "mapping: essai/vieux@1",
            "1:10: le fichier s'appelle « essai/neuf@1 », pas « essai/vieux@1 »",
        ),
        (
            "mapping: essai/neuf@1",
            "mapping: neuf",
            "1:10: nom « neuf », un nom s'écrit destinataire/nom@version, par exemple sivic/personne@1",
        ),
        ("target: essai", "taget: essai", "4:1: clé inconnue « taget », vouliez-vous « target » ?"),
        ("recipient: essai\n", "", "1:1: « recipient: » manque"),
    ],
)
def test_a_wrong_head_is_a_fault_at_its_place(tmp_path: Path, before: str, after: str, fault: str) -> None:
    """The keys above the rules are checked like the rules."""
    text = (HEAD + SEVERITY).replace(before, after)
    assert f"essai/neuf@1.yaml:{fault}" in faults_of(tmp_path, {"files/essai/neuf@1.yaml": text})


def test_a_path_through_a_list_says_how_to_repeat(tmp_path: Path) -> None:
    """A path that enters a list is told to use `each`."""
    faults = faults_of(tmp_path, with_rules("  - {to: a, from: event.localisations.name}\n"))
    assert faults[0].endswith(
        "passe par la liste « event.localisations », utilisez « each: event.localisations » et « item.… »"
    )


def test_a_pair_whose_code_no_field_can_have_is_a_fault(tmp_path: Path) -> None:
    """A row that can never be read is told, with the code it was probably meant for."""
    files = with_rules("  - {to: a, from: victim.sex, table: essai/mien}\n")
    files["tables/essai/mien.csv"] = "canon,wire,label,lossy,source\n" + "".join(
        f"{code},{code},,,s1\n" for code in "MFA?m"
    )
    faults = faults_of(tmp_path, files)
    assert faults == ["tables/essai/mien.csv:6:1: aucun champ qui lit cette table n'a le code « m »"]


def test_a_table_with_dates_needs_the_date_of_the_document(tmp_path: Path) -> None:
    """A recipient that may not see when a document was recorded cannot be served from a dated table."""
    folder = catalogue_folder(
        tmp_path,
        {
            "recipients/autre.yaml": "recipient: autre\nsource: essai\nallow: {event: [event.status]}\n",
            "files/autre/etat@1.yaml": "mapping: autre/etat@1\nrecipient: autre\ntopic: event\ntarget: x\nrules:\n"
            "  - {to: etat, from: event.status, table: essai/etat}\n",
        },
    )
    with pytest.raises(MappingFaultsError, match="« recorded_at » n'est pas sur la liste d'accès"):
        load_catalogue(folder)


def test_a_field_that_may_be_absent_is_guarded_in_an_expression(tmp_path: Path) -> None:
    """What would stop every document without an age is told before the first one; guarded by itself or by its rule, it is sound."""
    faults = faults_of(
        tmp_path / "nu", with_rules('  - {to: a, value: 1, when: "victim.age.value > 17", uses: [victim.age.value]}\n')
    )
    told = "« victim.age.value » est parfois absent et l'expression ne le prévoit pas, commencez par « victim.age.value != null && … »"
    assert faults == [f"essai/neuf@1.yaml:6:29: {told}"]
    rules = (
        '  - {to: a, value: 1, when: "victim.age.value != null && victim.age.value > 17", uses: [victim.age.value]}\n'
        '  - {to: b, compute: "string(victim.age.value)", uses: [victim.age.value], when: "victim.age.value != null"}\n'
    )
    mapping = load_catalogue(catalogue_folder(tmp_path / "sûr", with_rules(rules))).mapping("essai/neuf@1")
    assert mapping.apply(victim(age=None)) == {}


def test_alternatives_that_leave_a_gap_do_not_feed_a_required_target(tmp_path: Path) -> None:
    """Two conditions on a closed list, and one code that neither takes: the contract's required element would be missing."""
    rules = "".join(
        f"  - {{to: g, value: {wire}, when: \"victim.severity == '{code}'\", uses: [victim.severity]}}\n"
        for code, wire in (("UA", "R"), ("UR", "J"), ("IMP", "I"), ("DCD", "D"), ("NC", "N"))
    )
    schema = (
        '{"type": "object", "required": ["g"], "additionalProperties": false, "properties": {"g": {"type": "string"}}}'
    )

    def files(text: str) -> dict[str, str]:
        said = with_rules(text)
        name = "files/essai/neuf@1.yaml"
        return {name: said[name].replace("essai-v1.xsd#Personne", "g.schema.json"), "contracts/g.schema.json": schema}

    whole = load_catalogue(catalogue_folder(tmp_path / "entier", files(rules)))
    assert whole.unchecked == ()
    faults = faults_of(tmp_path / "troué", files(rules.replace("'NC'", "'UA'")))
    assert faults == [
        "essai/neuf@1.yaml:6:10: « g » est obligatoire au contrat et parfois absent, retirez « optional », ou donnez un « default » justifié"
    ]


def test_a_name_that_two_folders_have_is_told_without_a_path_of_the_machine(tmp_path: Path) -> None:
    """The file is named below its folder; where the other stands, in words."""
    copy = shutil.copytree(ESSAI, tmp_path / "copie")
    with pytest.raises(MappingFaultsError) as raised:
        load_catalogue(ESSAI, copy)
    told = [str(fault) for fault in raised.value.faults]
    assert (
        "essai/personne@1.yaml:1:1: « essai/personne@1 » existe déjà dans un autre dossier, donnez une autre version ou un autre nom"
        in told
    )
    assert not [one for one in told if str(tmp_path) in one or str(ESSAI) in one]
    with pytest.raises(MappingFaultsError, match=r"^absent:1:1: dossier absent$"):
        load_catalogue(tmp_path / "absent")
