"""What a link completes is held to a contract too: the entries of a FHIR message, the documents of the Hub Santé."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from adapters.wire.fhir.elements import RESOURCES
from gateway.bootstrap import file_sets_of
from gateway.cli import main
from gateway.settings.settings import load
from mapping import SHIPPED, MappingFaultsError, load_catalogue, shipped
from mapping.authoring import tools
from mapping.authoring.proposal import propose
from mapping.authoring.vocabulary import vocabulary
from mapping.contracts.completed import ENTRIES
from tests.shared_material import shared

if TYPE_CHECKING:
    from pathlib import Path

FHIR = "mapping: lrm_fhir/demande@9\nextends: lrm_fhir/demande@1\nrules:\n"
HUB = "mapping: hub/victime@9\nextends: hub/victime@1\nrules:\n"


def faults_of(text: str, models: Path | None = None) -> str:
    """What is told of a text beside the shipped files."""
    with pytest.raises(MappingFaultsError) as raised:
        propose(shipped().beside(models), text)
    return str(raised.value)


def test_a_message_may_have_the_entries_that_the_link_can_write() -> None:
    """The resources that a mapping may name are those of the element table, but the Bundle itself."""
    assert set(ENTRIES) == set(RESOURCES) - {"Bundle"}


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ("{to: Patient.gendre, value: male}", "« Patient.gendre » n'est pas au contrat, vouliez-vous « gender » ?"),
        ("{to: Patien.id, value: a}", "« Patien » n'est pas au contrat, vouliez-vous « Patient » ?"),
        ("{to: 'Patient.birthDate:deux', value: a}", "« Patient.birthDate:deux » n'est pas au contrat"),
        ("{to: Patient.gender.code, value: a}", "« gender » est une valeur simple au contrat"),
        (
            "{to: 'Patient.name[0].family', value: a}",
            "« Patient.name » n'est pas une liste au contrat, retirez le numéro",
        ),
        ("{to: Flag.code.text, value: a}", "« Flag.status » est obligatoire au contrat et jamais écrit"),
        ("{to: Patient.id.x, value: a}", "« id » est une valeur simple au contrat"),
    ],
)
def test_an_entry_of_a_fhir_message_is_held_to_the_names_of_r4(rule: str, fault: str) -> None:
    """Resources, elements, slices of what repeats and of nothing else, and what must be there."""
    assert fault in faults_of(f"{FHIR}  - {rule}\n")


def test_a_fhir_message_is_completed_in_the_editor() -> None:
    """The elements of every entry are proposed as the file writes them."""
    words = {one["path"] for one in vocabulary(shipped(), "lrm_fhir/demande@1")["targets"]}
    assert {"Patient.birthDate", "MessageHeader.eventCoding", "ServiceRequest.authoredOn"} <= words


def test_without_the_official_models_the_check_says_what_to_configure() -> None:
    """The mappings of the hub are told as not verified, together, with the setting."""
    told = tools.check(SHIPPED)
    (line,) = [one for one in told.text.splitlines() if "hub/victime@1" in one]
    assert line.endswith("(réglez hub.models_dir, ou donnez --models : le dossier des modèles officiels du Hub Santé).")
    assert "lrm_fhir/demande@1" not in told.text


def test_every_shipped_mapping_is_held_to_the_official_models() -> None:
    """With the folder no target is left unverified, and none has a fault."""
    told = tools.check(SHIPPED, models=shared("hubsante"))
    assert (told.ok, told.data["unchecked"]) == (True, [])


def test_the_command_takes_the_folder_from_its_option_or_the_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--models` needs no settings; a folder that is not there is said."""
    assert main(["mapping", "check", "--dir", str(SHIPPED), "--models", str(tmp_path / "absent")]) == 2
    assert "n’existe pas" in capsys.readouterr().err
    models = shared("hubsante")
    assert main(["mapping", "check", "--json", "--dir", str(SHIPPED), "--models", str(models)]) == 0
    assert json.loads(capsys.readouterr().out)["unchecked"] == []


SETTINGS = """mode = "Exercise"
[store]
url = "sqlite:///{folder}/p.sqlite3"
[hub]
models_dir = "{models}"
link = {{url = "amqps://hub.exemple.fr:5671", mode = "Exercise"}}
[[hub.perimeters]]
vhost = "15-15_v3.0"
client_id = "fr.health.essai"
model = 3
topics = ["victim"]
recipients = {{"*" = "fr.health.samu999"}}
"""


def test_a_deployment_that_has_the_models_says_so_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`hub.models_dir` serves the check without an option, and the editor of the running gateway."""
    settings = tmp_path / "passerelle.toml"
    settings.write_text(SETTINGS.format(folder=tmp_path, models=shared("hubsante")), encoding="utf-8")
    assert main(["mapping", "check", "--json", "--settings", str(settings)]) == 0
    assert json.loads(capsys.readouterr().out)["unchecked"] == []
    file_sets = file_sets_of(load(settings))
    words = vocabulary(file_sets.load(file_sets.on_disk()), "hub/bilan@1")["targets"]
    assert "patient.birthName" in {one["path"] for one in words}


def test_a_folder_of_another_model_is_not_taken_for_the_third(tmp_path: Path) -> None:
    """Mappings say the names of model 3: a release of model 2 verifies nothing, and that is said."""
    release = shutil.copytree(shared("hubsante/releases/2.x"), tmp_path / "modeles")
    told = tools.check(SHIPPED, models=release)
    assert told.ok
    assert "n'a pas le modèle 3" in told.text


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ("{to: qualification.detail.status, value: ACTIF}", "« qualification.detail » n'est pas au contrat"),
        ("{to: qualification.details.status, value: OUVERT}", "le contrat ne connaît pas le code « OUVERT »"),
        ("{to: patient.detail.poids, from: victim.weight_kg, optional: true}", "« patient.detail.poids » n'est pas"),
    ],
)
def test_a_document_of_the_hub_is_held_to_its_model(rule: str, fault: str) -> None:
    """Names and codes of the official schema, at the line of the rule."""
    assert fault in faults_of(f"{HUB}  - {rule}\n", shared("hubsante"))


def test_a_message_that_the_model_does_not_have_is_a_fault() -> None:
    """With the names of those it has."""
    text = f"{HUB}  - {{to: number, from: victim.id}}\n".replace(
        "extends: hub/victime@1", "extends: hub/victime@1\ntarget: hub-sante#RS-EDB"
    )
    assert "« hub-sante » n'a pas de document « RS-EDB », vouliez-vous « RS-EDA » ?" in faults_of(
        text, shared("hubsante")
    )


def test_a_document_of_the_hub_is_completed_in_the_editor() -> None:
    """With the models the fields of the message are proposed, and what its link takes; without, nothing is."""
    words = {one["path"]: one for one in vocabulary(shipped().beside(shared("hubsante")), "hub/victime@1")["targets"]}
    assert {"number", "note", "location.freetext", "patient.detail.careLevel"} <= set(words)
    assert "R1" in words["patient.detail.careLevel"]["codes"]
    assert vocabulary(shipped(), "hub/victime@1")["targets"] == []


def test_what_runs_is_not_held_to_a_folder_that_may_change() -> None:
    """Loading beside the models leaves every mapping in force: only what is proposed is held to them."""
    catalogue = load_catalogue(SHIPPED).beside(shared("hubsante"))
    assert "hub/victime@1" in catalogue.unchecked
    assert set(catalogue.mappings) == set(shipped().mappings)
