"""R-09 to R-15 and R-39 to R-41: how a patient comes and goes."""

from __future__ import annotations

import pytest

from domain.decisions.commands import ChangePatient, CreatePatient, DeletePatient, StepBack, Triage
from domain.decisions.number import may_create_with
from domain.errors import ConflictError, InvalidError, UnknownError
from domain.event import close_event, reopen_event
from domain.numbers.sinus_number import SinusNumber, read_sinus_number
from domain.rules import Rules
from domain.severity import Severity
from domain.source import Source
from domain.victim.banner import banner, display_name
from domain.victim.care_path import BACK_STEPS, CareStatus
from domain.victim.observation import ObservationKind
from domain.victim.snapshot import detached_documents, victim_canon
from tests.domain.stage import HP, PLACES, TR, Stage


def test_r06_a_closed_event_refuses_the_portal_and_keeps_the_late_word_of_the_field() -> None:
    """Closing stops what happens after, not the truth; late entry goes on, and reopening lets the operators work again."""
    stage = Stage()
    stage.create()
    stage.event = close_event(stage.event, stage.now)
    with pytest.raises(ConflictError) as refused:
        stage.do("p1", ChangePatient({"used_name": "TESTE"}))
    assert (refused.value.code, refused.value.field) == ("R-06", "happened_at")
    assert stage.do("p1", ChangePatient({"sex": "F"}), late=60).value("sex") == "F"
    assert stage.do("p1", ChangePatient({"used_name": "TESTE"}), Source.SINUS).value("used_name") == "TESTE"
    stage.event = reopen_event(stage.event)
    assert stage.do("p1", ChangePatient({"given_name": "Essai"})).value("given_name") == "Essai"


def test_r09_a_patient_is_created_once() -> None:
    """The same id cannot be created twice in an event, and an unknown one cannot be changed."""
    stage = Stage()
    stage.create()
    with pytest.raises(ConflictError):
        stage.create()
    with pytest.raises(UnknownError):
        stage.decided("nobody", ChangePatient({}), stage.stamp())


def test_r10_a_number_that_no_victim_has_may_create_one() -> None:
    """The search box offers creation for a free, readable number, and for nothing else."""
    stage = Stage()
    stage.create(sinus_number=TR)
    assert may_create_with("FR 825 NOVI - 0000 TR - 000001\r\n", stage.around)
    assert not may_create_with(TR, stage.around)
    assert not may_create_with("A0001", stage.around)


def test_r11_a_scan_is_read_with_its_end_of_line() -> None:
    """What the scanner types into the right field is the number, whatever it adds around it."""
    number = read_sinus_number("\tfr825novi0000tr123123\r\n")
    assert isinstance(number, SinusNumber)
    assert number.canonical == TR


@pytest.mark.parametrize("typed", [TR, "FR 825 NOVI - 0000 TR - 123123", "fr825novi0000tr123123\r\n"])
def test_r12_one_number_names_one_victim_of_the_event(typed: str) -> None:
    """A number held by another victim is refused, however it is typed; its own holder may repeat it."""
    stage = Stage()
    stage.create("p1", sinus_number=TR)
    with pytest.raises(ConflictError) as refused:
        stage.create("p2", sinus_number=typed)
    assert (refused.value.code, refused.value.field) == ("R-12", "sinus_number")
    assert stage.decided("p1", ChangePatient({"sinus_number": typed}), stage.stamp()) == ()


def test_r12_the_same_bracelet_in_another_event_is_no_conflict() -> None:
    """Uniqueness is asked of one event only: bracelets come back."""
    assert Stage().create(sinus_number=TR).sinus_number == Stage().create(sinus_number=TR).sinus_number == TR


def test_r12_no_error_repeats_the_number() -> None:
    """A refusal names the rule and the field, and carries no patient's data."""
    stage = Stage()
    stage.create("p1", sinus_number=TR)
    with pytest.raises(ConflictError) as refused:
        stage.create("p2", sinus_number=TR)
    assert "123123" not in f"{refused.value}{refused.value.title}{refused.value.expected}"


def test_r13_a_new_patient_waits_for_care() -> None:
    """The first status is *Attente de soins*, from the time of creation."""
    stage = Stage()
    victim = stage.create()
    assert victim.status is CareStatus.ATTENTE_SOINS
    assert victim.status.label == "Attente de soins"
    assert victim.care.status_at == stage.now


def test_r14_the_portal_must_say_the_severity_at_entry() -> None:
    """Without it the portal's creation is refused; the field's is kept as NC."""
    stage = Stage()
    with pytest.raises(InvalidError) as refused:
        stage.do("p1", CreatePatient("p1", {}))
    assert (refused.value.code, refused.value.field) == ("R-14", "severity_entry")
    assert stage.do("p1", CreatePatient("p1", {}), Source.SINUS).severity is Severity.NC


@pytest.mark.parametrize("field", ["severity_entry", "localisation_id"])
def test_r14_a_required_field_is_not_emptied(field: str) -> None:
    """What is required at creation stays required."""
    stage = Stage()
    stage.create()
    with pytest.raises(InvalidError) as refused:
        stage.do("p1", ChangePatient({field: None}))
    assert refused.value.code == "R-14"


def test_r14_a_triage_at_entry_cannot_be_taken_back() -> None:
    """Each person has exactly one current triage."""
    stage = Stage()
    stage.create()
    with pytest.raises(InvalidError):
        stage.do("p1", Triage("entry", None))


def test_r15_a_patient_without_identity_is_first_class() -> None:
    """Shown as unknown with the local time of creation."""
    stage = Stage()
    assert display_name(stage.create()) == "? INCONNU 01/09/2020 14:00"


def test_r27_the_banner_leaves_out_what_is_unknown() -> None:
    """`NOM Prénom - âge - poids - gravité - statut`."""
    stage = Stage()
    full = stage.create("p1", used_name="teste", given_name="Essai", age=34, weight_kg="72,5")
    assert banner(full) == "TESTE Essai - 34 ans - 72,5 kg - UA - Attente de soins"
    assert (
        banner(stage.create("p2", age=">80")) == "? INCONNU 01/09/2020 14:00 - plus de 80 ans - UA - Attente de soins"
    )


def test_r39_a_deleted_patient_stays_in_the_log_and_takes_no_more_commands() -> None:
    """Deletion is a status with its reason, not a disappearance."""
    stage = Stage()
    stage.create(used_name="TESTE")
    victim = stage.do("p1", DeletePatient("doublon"))
    assert victim.deleted
    assert victim.value("used_name") == "TESTE"
    assert victim.steps[-1].facts == {"reason": "doublon"}
    assert stage.log[-1].kind is ObservationKind.DELETED
    with pytest.raises(ConflictError) as refused:
        stage.do("p1", ChangePatient({"used_name": "AUTRE"}))
    assert refused.value.code == "R-36"


def test_r39_a_deployment_may_let_a_deletion_be_undone() -> None:
    """Restoring is a backward move of the table, closed unless the rules open it."""
    stage = Stage()
    stage.create()
    stage.do("p1", DeletePatient())
    with pytest.raises(ConflictError):
        stage.do("p1", StepBack())
    stage.rules = Rules(back_steps=BACK_STEPS)
    assert stage.do("p1", StepBack()).status is CareStatus.ATTENTE_SOINS


@pytest.mark.parametrize("number", [TR, HP, "FR825NOVI0000XX123123"])
def test_r40_a_patient_with_a_number_is_deleted_only_once_it_is_emptied(number: str) -> None:
    """Of the field, of a hospital or in quarantine: the number goes first, then the patient."""
    stage = Stage()
    stage.create(sinus_number=number)
    with pytest.raises(ConflictError) as refused:
        stage.do("p1", DeletePatient())
    assert (refused.value.code, refused.value.field) == ("R-40", "sinus_number")
    stage.do("p1", ChangePatient({"sinus_number": None}))
    assert stage.do("p1", DeletePatient()).deleted


def test_r40_a_delete_never_frees_a_number_in_silence() -> None:
    """Where the rules let a numbered patient be deleted, the end of the number is said, with its reason."""
    stage = Stage(rules=Rules(delete_with_number=True))
    stage.create(sinus_number=TR)
    victim = stage.do("p1", DeletePatient())
    (detached,) = detached_documents(victim, stage.event, stage.log[-1], None)
    assert (detached["sinus_number"], detached["reason"]) == (TR, "deleted")


def test_r41_detaching_and_deleting_are_two_messages() -> None:
    """Emptying a number says so by itself; the deletion after it says nothing of numbers."""
    stage = Stage()
    stage.create(sinus_number=TR)
    victim = stage.do("p1", ChangePatient({"sinus_number": None}))
    (detached,) = detached_documents(victim, stage.event, stage.log[-1], "sinus")
    assert (detached["sinus_number"], detached["reason"], detached["victim_id"]) == (TR, "emptied", "p1")
    assert victim_canon(victim, stage.event)["sinus_number"] is None
    victim = stage.do("p1", DeletePatient())
    assert detached_documents(victim, stage.event, stage.log[-1], "sinus") == ()


def test_r22_to_r25_where_a_new_patient_is_put() -> None:
    """The only place, else the filtered one, else the first declared; a place named wins over all."""
    assert Stage(PLACES[3:4]).create().localisation_id == "pma"
    stage = Stage()
    assert stage.create("p1").localisation_id == "amb"
    filtered = CreatePatient("p2", {"severity_entry": "UR"}, filtered_localisation_id="stade")
    assert stage.do("p2", filtered).localisation_id == "stade"
    assert stage.create("p3", localisation_id="mag").localisation_id == "mag"
    with pytest.raises(UnknownError) as refused:
        stage.create("p4", localisation_id="lune")
    assert (refused.value.code, refused.value.field) == ("R-22", "localisation_id")


def test_r24_the_first_place_is_guessed_for_nobody_but_the_portal() -> None:
    """A victim of the field with no place has no place; with one place in the event (R-23) there is nothing to guess."""
    assert Stage().create(source=Source.SINUS).localisation_id is None
    assert Stage(PLACES[:1]).create(source=Source.SINUS).localisation_id == "amb"


def test_r26_the_place_changes_at_any_time() -> None:
    """Even on the way out."""
    stage = Stage()
    stage.create()
    assert stage.do("p1", ChangePatient({"localisation_id": "stade"})).localisation_id == "stade"
