"""R-28 to R-38: the cascade, and every way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from domain.decisions.commands import (
    AskOrientation,
    ChangePatient,
    ConfirmEvacuation,
    ConfirmExit,
    DecideOrientation,
    DeletePatient,
    RecordBilan,
    RequestEvacuation,
    StepBack,
    Triage,
)
from domain.errors import ConflictError, InvalidError
from domain.rules import Rules
from domain.source import Source
from domain.victim.care_path import CANCELS, MOVES, PRESENT, TARGETS, CareStatus, Step
from domain.victim.snapshot import victim_canon
from tests.domain.stage import HOSPITAL, Stage

if TYPE_CHECKING:
    from domain.decisions.commands import PatientCommand
    from domain.victim.victim import Victim

OTHER = {"finess": "310000001", "name": "CHU Essai", "service": "Déchocage"}
TO_EVACUATION: tuple[PatientCommand, ...] = (
    RecordBilan("stable", "UR"),
    AskOrientation(),
    DecideOrientation("ETABLISSEMENT", HOSPITAL),
    RequestEvacuation(None, "SMUR.AR"),
)
TO_EXIT: tuple[PatientCommand, ...] = (
    RecordBilan(None, "DCD"),
    AskOrientation(),
    DecideOrientation("SUR_PLACE"),
)


def walked(stage: Stage, *commands: PatientCommand) -> Victim:
    """A new victim, taken through these steps."""
    victim = stage.create()
    for command in commands:
        victim = stage.do("p1", command)
    return victim


def test_r28_to_r35_the_cascade_to_a_hospital() -> None:
    """Bilan, orientation, evacuation, confirmation: each step moves the status as the table says."""
    stage = Stage()
    stage.create()
    statuses = [stage.do("p1", command).status for command in (*TO_EVACUATION, ConfirmEvacuation())]
    assert statuses == [
        CareStatus.ATTENTE_SOINS,
        CareStatus.ATTENTE_ORIENTATION,
        CareStatus.ATTENTE_ORIENTATION,
        CareStatus.ATTENTE_EVACUATION,
        CareStatus.PATIENT_EVACUE,
    ]
    canon = victim_canon(stage.victims["p1"], stage.event)
    assert (canon["orientation"], canon["destination"], canon["vector"]) == ("ETABLISSEMENT", HOSPITAL, "SMUR.AR")
    assert (canon["evacuation_requested_at"], canon["evacuated_at"]) == (
        "2020-09-01T12:00:05+00:00",
        "2020-09-01T12:00:06+00:00",
    )


@pytest.mark.parametrize("exit_severity", [None, "NC"])
def test_r29_no_orientation_without_a_severity_at_exit(exit_severity: str | None) -> None:
    """It is the minimum to go on; *non codé* says nothing yet, unless the deployment says it does."""
    stage = Stage()
    stage.create()
    if exit_severity:
        stage.do("p1", Triage("exit", exit_severity))
    with pytest.raises(ConflictError) as refused:
        stage.do("p1", AskOrientation())
    assert (refused.value.code, refused.value.field) == ("R-29", "severity_exit")
    stage.rules = Rules(exit_severity_may_be_nc=True)
    stage.do("p1", Triage("exit", "NC"))
    assert stage.do("p1", AskOrientation()).status is CareStatus.ATTENTE_ORIENTATION


def test_r29_the_exit_severity_may_change_and_not_disappear_on_the_way() -> None:
    """A correction is welcome; taking it back asks to cancel the orientation first."""
    stage = Stage()
    walked(stage, RecordBilan(None, "UA"), AskOrientation())
    assert stage.do("p1", Triage("exit", "UR")).severity == "UR"
    for command in (Triage("exit", None), ChangePatient({"severity_exit": None})):
        with pytest.raises(ConflictError) as refused:
            stage.do("p1", command)
        assert refused.value.code == "R-29"
    stage.do("p1", StepBack())
    assert stage.do("p1", Triage("exit", None)).severity == "UA"


def test_r29_an_empty_bilan_is_refused() -> None:
    """It must say something."""
    with pytest.raises(InvalidError) as refused:
        walked(Stage(), RecordBilan())
    assert refused.value.code == "R-29"


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (DecideOrientation("ETABLISSEMENT"), "destination"),
        (DecideOrientation("ETABLISSEMENT", {"finess": "12", "name": "CH"}), "destination.finess"),
        (DecideOrientation("AILLEURS"), "choice"),  # type: ignore[arg-type] # A door may let it through.
        (RequestEvacuation(None, "SMUR.AR"), "destination"),
        (RequestEvacuation(HOSPITAL), "vector"),
    ],
)
def test_r31_r32_a_decision_says_where_and_how(command: PatientCommand, field: str) -> None:
    """An établissement for an orientation, an établissement and a vecteur for an evacuation."""
    stage = Stage()
    walked(stage, RecordBilan(None, "UA"), AskOrientation())
    with pytest.raises(InvalidError) as refused:
        stage.do("p1", command)
    assert refused.value.field == field


def test_r33_r38_a_dead_person_may_be_left_on_site() -> None:
    """*Attente de sortie*, then *Laissé sur place*."""
    stage = Stage()
    assert walked(stage, *TO_EXIT).status is CareStatus.ATTENTE_SORTIE
    victim = stage.do("p1", ConfirmExit())
    assert (victim.status, victim.severity) == (CareStatus.LAISSE_SUR_PLACE, "DCD")
    assert victim_canon(victim, stage.event)["orientation"] == "SUR_PLACE"


def test_r34_the_evacuation_is_as_requested_unless_said_otherwise() -> None:
    """What is not said is taken from the request."""
    stage = Stage()
    walked(stage, *TO_EVACUATION)
    care = stage.do("p1", ConfirmEvacuation(OTHER)).care
    assert (care.destination, care.vector) == (OTHER, "SMUR.AR")


def test_r32_a_second_request_replaces_the_first_and_is_cancelled_alone() -> None:
    """A diversion before departure; cancelled, the first request stands again."""
    stage = Stage()
    walked(stage, *TO_EVACUATION)
    assert stage.do("p1", RequestEvacuation(OTHER, "SMUR.HELISMUR")).care.destination == OTHER
    care = stage.do("p1", StepBack()).care
    assert (care.status, care.destination, care.vector) == (CareStatus.ATTENTE_EVACUATION, HOSPITAL, "SMUR.AR")


def test_r36_the_table_is_closed_and_every_arrow_has_its_way_back() -> None:
    """Seven statuses; each is reached by the table; each forward move is undone by exactly the step that cancels it."""
    assert len(CareStatus) == 7
    assert {end for moves in MOVES.values() for _start, end in moves} == set(CareStatus)
    assert set(MOVES) == set(Step)
    for (step, start), end in TARGETS.items():
        assert (end, start) in MOVES[CANCELS[step]]
    assert all(status.label for status in CareStatus)


@pytest.mark.parametrize("status", PRESENT)
def test_r36_a_step_outside_the_table_is_refused_and_changes_nothing(status: CareStatus) -> None:
    """From each status, every forward step either is in the table or is a conflict that names the status."""
    paths: dict[CareStatus, tuple[PatientCommand, ...]] = {
        CareStatus.ATTENTE_SOINS: (RecordBilan(None, "UR"),),
        CareStatus.ATTENTE_ORIENTATION: TO_EVACUATION[:2],
        CareStatus.ATTENTE_EVACUATION: TO_EVACUATION,
        CareStatus.ATTENTE_SORTIE: TO_EXIT,
        CareStatus.PATIENT_EVACUE: (*TO_EVACUATION, ConfirmEvacuation()),
        CareStatus.LAISSE_SUR_PLACE: (*TO_EXIT, ConfirmExit()),
    }
    commands: dict[Step, PatientCommand] = {
        Step.ASK_ORIENTATION: AskOrientation(),
        Step.DECIDE_ON_SITE: DecideOrientation("SUR_PLACE"),
        Step.DECIDE_DESTINATION: DecideOrientation("ETABLISSEMENT", HOSPITAL),
        Step.REQUEST_EVACUATION: RequestEvacuation(HOSPITAL, "SMUR.AR"),
        Step.CONFIRM_EVACUATION: ConfirmEvacuation(),
        Step.CONFIRM_EXIT: ConfirmExit(),
        Step.DELETE: DeletePatient(),
    }
    for step, command in commands.items():
        stage = Stage()
        before = walked(stage, *paths[status])
        assert before.status is status
        if (target := TARGETS.get((step, status))) is not None:
            assert stage.do("p1", command).status is target
            continue
        with pytest.raises(ConflictError) as refused:
            stage.do("p1", command)
        assert refused.value.field == "status"
        assert status.label in refused.value.title
        assert stage.victims["p1"] == before


def test_backward_moves_are_steps_of_their_own() -> None:
    """All the way back from an evacuation, then forward again; every move stays in the history."""
    stage = Stage()
    walked(stage, *TO_EVACUATION, ConfirmEvacuation())
    seen = [stage.do("p1", StepBack("erreur")).status for _ in range(4)]
    assert seen == [
        CareStatus.ATTENTE_EVACUATION,
        CareStatus.ATTENTE_ORIENTATION,
        CareStatus.ATTENTE_ORIENTATION,
        CareStatus.ATTENTE_SOINS,
    ]
    victim = stage.victims["p1"]
    assert (victim.care.destination, victim.care.vector, victim.care.evacuated_at) == (None, None, None)
    assert [step.step for step in victim.steps[4:]] == [
        Step.REOPEN,
        Step.CANCEL_EVACUATION_REQUEST,
        Step.CANCEL_DECISION,
        Step.CANCEL_ORIENTATION_REQUEST,
    ]
    with pytest.raises(ConflictError) as refused:
        stage.do("p1", StepBack())
    assert refused.value.code == "R-28"
    assert stage.do("p1", AskOrientation()).status is CareStatus.ATTENTE_ORIENTATION


def test_a_deployment_may_forbid_a_way_back() -> None:
    """A backward step that the rules leave out is a conflict."""
    stage = Stage(rules=Rules(back_steps=frozenset()))
    walked(stage, RecordBilan(None, "UR"), AskOrientation())
    with pytest.raises(ConflictError):
        stage.do("p1", StepBack())


def test_r37_an_admission_is_no_status_and_shows_where_the_victim_is() -> None:
    """SI-VIC's word stands beside the status; its établissement is then the destination, unless the rules say otherwise."""
    stage = Stage()
    walked(stage, *TO_EVACUATION, ConfirmEvacuation())
    admitted = ChangePatient({"admitted_at": "2020-09-01T15:00:00+02:00", "destination": OTHER})
    victim = stage.do("p1", admitted, Source.SIVIC)
    canon = victim_canon(victim, stage.event)
    assert (canon["status"], canon["admitted_at"]) == ("PATIENT_EVACUE", "2020-09-01T15:00:00+02:00")
    assert canon["destination"] == OTHER
    assert victim_canon(victim, stage.event, Rules(admission_place_wins=False))["destination"] == HOSPITAL


def test_late_entry_keeps_its_own_time_and_the_order_of_receipt() -> None:
    """A step entered an hour late says when it happened, and is still the last step."""
    stage = Stage()
    walked(stage, *TO_EVACUATION)
    victim = stage.do("p1", ConfirmEvacuation(), late=3600)
    assert victim.status is CareStatus.PATIENT_EVACUE
    assert victim_canon(victim, stage.event)["evacuated_at"] == "2020-09-01T11:00:06+00:00"


def test_steps_of_one_same_instant_are_all_kept() -> None:
    """A clock that stands still loses no step and no word."""
    stage = Stage()
    stage.create(used_name="TESTE")
    stamp = stage.stamp()
    for command in (
        RecordBilan(None, "UR"), AskOrientation(), StepBack(), AskOrientation(), ChangePatient({"used_name": "AUTRE"}),
    ):  # fmt: skip
        victim = stage.do("p1", command, stamp=stamp)
    assert (victim.status, victim.value("used_name")) == (CareStatus.ATTENTE_ORIENTATION, "AUTRE")
    assert len(victim.steps) == 3
