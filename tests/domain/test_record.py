"""The fold: the same victim in any order, once for each observation, at any past time."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.canon.documents import VictimCanon, VictimDocument
from domain.counting.counts import cells_of, tally
from domain.decisions.commands import (
    AskOrientation,
    AssignCata,
    ChangePatient,
    ConfirmExit,
    DecideOrientation,
    DeletePatient,
    RecordBilan,
    ReplacePatient,
    RequestEvacuation,
    StepBack,
    Triage,
)
from domain.errors import RuleError
from domain.numbers.identifier import SINUS_KINDS
from domain.severity import TRIAGE_ORDER
from domain.source import Source
from domain.victim.observation import Observation, Stamp, observation_from_row, observation_to_row
from domain.victim.projection import as_of, from_record, observe, replay, to_record
from domain.victim.snapshot import victim_canon, victim_document
from tests.domain.stage import HOSPITAL, HP, NOON, TR, TR_2, Stage

if TYPE_CHECKING:
    import random

    from domain.decisions.commands import PatientCommand
    from domain.victim.victim import Victim

SEVERITIES = st.sampled_from([severity.value for severity in TRIAGE_ORDER])
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "used_name": st.sampled_from(["TESTE", "ESSAI", None]),
        "comment": st.sampled_from(["a", "b", None]),
        "age": st.sampled_from([34, "3 MOIS", "XX", None]),
        "sinus_number": st.sampled_from([TR, TR_2, HP, "scan", None]),
        "localisation_id": st.sampled_from(["amb", "pma"]),
    },
)
COMMANDS: st.SearchStrategy[PatientCommand] = st.one_of(
    st.builds(ChangePatient, FIELDS),
    st.builds(ReplacePatient, FIELDS),
    st.builds(Triage, st.sampled_from(["entry", "exit"]), SEVERITIES),
    st.builds(RecordBilan, st.sampled_from(["stable", None]), SEVERITIES),
    st.sampled_from([AskOrientation(), DecideOrientation("SUR_PLACE"), ConfirmExit(), StepBack()]),
    st.sampled_from([DecideOrientation("ETABLISSEMENT", HOSPITAL), RequestEvacuation(HOSPITAL, "SMUR.AR")]),
    st.just(AssignCata()),
    st.just(DeletePatient()),
)
STORIES = st.lists(
    st.tuples(
        st.sampled_from(["p1", "p2", "p3"]),
        COMMANDS,
        st.sampled_from(list(Source)),
        st.sampled_from([0.0, 0.0, 1.0, 5.0, 3600.0, -60.0]),
    ),
    max_size=25,
)
Story = list[tuple[str, Any, Source, float]]


def told(story: Story) -> Stage:
    """Three victims, and what was said of them; what the rules refuse did not happen."""
    stage = Stage()
    for victim_id in ("p1", "p2", "p3"):
        stage.create(victim_id)
        stage.do(victim_id, RecordBilan(None, "UR"))
        stage.do(victim_id, AskOrientation())
    for victim_id, command, source, late in story:
        try:
            stage.do(victim_id, command, source, late)
        except RuleError:
            continue
    return stage


def content(victim: Victim) -> Victim:
    """All but the revision, which counts what arrived and so depends on the order."""
    return replace(victim, revision=0)


@settings(deadline=None, max_examples=80)
@given(STORIES, st.randoms(use_true_random=False))
def test_out_of_order_observations_converge(story: Story, chance: random.Random) -> None:
    """Any order of arrival makes the same victim."""
    stage = told(story)
    for victim_id, victim in stage.victims.items():
        heard = [each for each in stage.log if each.victim_id == victim_id]
        chance.shuffle(heard)
        assert content(replay(heard)) == content(victim)


@settings(deadline=None, max_examples=80)
@given(STORIES)
def test_a_replay_changes_nothing(story: Story) -> None:
    """Every observation heard again leaves the very same record, revision included."""
    stage = told(story)
    for each in stage.log:
        victim = stage.victims[each.victim_id]
        assert observe(victim, each) is victim
        assert observe(victim, replace(each, seq=7)) is victim


@settings(deadline=None, max_examples=80)
@given(STORIES)
def test_one_triage_one_number_one_holder(story: Story) -> None:
    """Each person has exactly one current triage and at most one number of each origin; no number has two holders."""
    stage = told(story)
    held = []
    for victim in stage.victims.values():
        assert victim.severity in TRIAGE_ORDER
        mine = [one for one in victim.identifiers if one.holds and one.kind in SINUS_KINDS]
        assert len({one.kind for one in mine}) == len(mine)
        held += [one.value for one in mine]
        if victim.deleted:
            assert not mine
    assert len(held) == len(set(held))


@settings(deadline=None, max_examples=80)
@given(STORIES)
def test_no_number_is_ever_lost(story: Story) -> None:
    """Every number that was attached is still in the record, holding or ended with its reason."""
    stage = told(story)
    for each in stage.log:
        known = {one.gift: one for one in stage.victims[each.victim_id].identifiers}
        for kind, value, source, _from, _to, after, _because, _unread in each.facts.get("identifiers", ()):
            (kept,) = [one for gift, one in known.items() if gift[:3] == (kind, value, source) and gift[4] == after]
            assert kept.holds or kept.ended_because in {"emptied", "changed", "deleted", "set_aside"}


@settings(deadline=None, max_examples=80)
@given(STORIES)
def test_persons_are_counted_and_numbers_are_not(story: Story) -> None:
    """There is one person in the count for each victim not deleted, whatever numbers they carry."""
    stage = told(story)
    present = [victim for victim in stage.victims.values() if not victim.deleted]
    assert tally(cells_of(stage.victims.values())).total == len(present)


@settings(deadline=None, max_examples=60)
@given(STORIES)
def test_a_record_is_kept_exactly(story: Story) -> None:
    """Through JSON and back, record and observations; the canon has every key of its shape and is JSON too."""
    stage = told(story)
    for victim in stage.victims.values():
        assert from_record(json.loads(json.dumps(to_record(victim)))) == victim
        canon = victim_canon(victim, stage.event)
        assert canon.keys() == VictimCanon.__annotations__.keys()
        assert "" not in json.loads(json.dumps(canon)).values()
    for each in stage.log:
        assert observation_from_row(json.loads(json.dumps(observation_to_row(each)))) == each


@settings(deadline=None, max_examples=60)
@given(STORIES, st.integers(0, 30))
def test_any_past_count_can_be_made_again(story: Story, second: int) -> None:
    """What was shown at an instant is what the log of then makes, for all and for each source alone."""
    stage = told(story)
    instant = NOON + timedelta(seconds=second)
    then = [each for each in stage.log if each.stamp.received_at <= instant]
    for source in (None, *Source):
        heard = [each for each in then if source in {None, each.stamp.source}]
        shown = {
            name: replay([each for each in heard if each.victim_id == name]) for name in {e.victim_id for e in heard}
        }
        assert as_of(stage.log, instant, source) == shown


def test_each_source_counts_what_it_said() -> None:
    """Portal and SINUS disagree, and each count is shown; what was true and what was known then differ."""
    stage = Stage()
    stage.create("p1", severity_entry="UA")
    stage.do("p1", Triage("entry", "DCD"), Source.SINUS)
    early = stage.now
    stage.do("p1", ChangePatient({"severity_entry": "UR"}), late=1.5)
    assert tally(cells_of(as_of(stage.log, stage.now, Source.SINUS).values())).DCD == 1
    assert tally(cells_of(as_of(stage.log, stage.now, Source.PORTAL).values())).UR == 1
    assert tally(cells_of(as_of(stage.log, early).values())).UA == 1
    assert tally(cells_of(as_of(stage.log, early, by="happened_at").values())).UR == 1


def test_a_late_word_does_not_undo_a_newer_one() -> None:
    """What happened before, told after, is history; the record keeps what happened last."""
    stage = Stage()
    stage.create()
    stage.do("p1", Triage("entry", "UR"))
    victim = stage.do("p1", Triage("entry", "DCD"), late=1.5)
    assert victim.severity == "UR"
    assert [entry.severity for entry in victim.triage] == ["UA", "DCD", "UR"]


def test_a_clock_that_runs_ahead_does_not_win_for_ever() -> None:
    """A word from the future holds from when it was received."""
    stage = Stage()
    stage.create()
    stage.do("p1", ChangePatient({"used_name": "TESTE"}), late=-86_400)
    assert stage.do("p1", ChangePatient({"used_name": "ESSAI"})).value("used_name") == "ESSAI"


def test_a_change_that_arrives_before_the_creation_is_kept() -> None:
    """The victim exists from the first word; the creation gives its date when it comes."""
    stage = Stage()
    stage.create()
    stage.do("p1", ChangePatient({"used_name": "TESTE"}), late=1.5)
    created, changed = stage.log
    early = observe(None, changed)
    assert (early.severity, early.value("used_name"), early.creation_known) == ("NC", "TESTE", False)
    victim = observe(early, created)
    assert (victim.severity, victim.created) == ("UA", created.stamp)
    assert content(victim) == content(stage.victims["p1"])


def test_the_revision_grows_by_one_at_each_change() -> None:
    """So that a neighbour can refuse an older one."""
    stage = Stage()
    revisions = [stage.create().revision, stage.do("p1", ChangePatient({"used_name": "TESTE"})).revision]
    assert revisions == [1, 2]
    document = victim_document(stage.victims["p1"], stage.event, stage.log[-1].stamp, "sinus")
    assert (document["revision"], document["happened_at"]) == (2, "2020-09-01T12:00:02+00:00")
    assert document.keys() == VictimDocument.__annotations__.keys()


def test_an_observation_of_another_is_a_mistake_of_the_caller() -> None:
    """Nothing is folded into the wrong victim, and nothing makes nobody."""
    stage = Stage()
    stage.create("p1")
    stage.create("p2")
    with pytest.raises(ValueError, match="another victim"):
        observe(stage.victims["p1"], stage.log[1])
    with pytest.raises(ValueError, match="No observation"):
        replay([])


def test_a_tie_is_settled_the_same_way_in_both_orders() -> None:
    """Two words of one source, one instant, one revision: which wins does not depend on which came first."""
    stage = Stage()
    stage.create()
    stamp = Stamp(Source.SINUS, "essai", datetime(2020, 9, 1, 13, tzinfo=UTC), datetime(2020, 9, 1, 13, tzinfo=UTC))
    (one,) = stage.decided("p1", ChangePatient({"used_name": "TESTE"}), stamp)
    (other,) = stage.decided("p1", ChangePatient({"used_name": "ESSAI"}), stamp)
    first: list[Observation] = [stage.log[0], one, other]
    assert content(replay(first)) == content(replay(reversed(first)))
