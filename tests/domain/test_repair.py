"""F7 and F14: two people taken for each other, a bracelet on the wrong person."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.decisions.commands import ChangePatient, DeletePatient
from domain.decisions.repair import rebind_number, swap_identities
from domain.errors import ConflictError, InvalidError, UnknownError
from domain.event import open_event
from domain.source import Source
from domain.victim.fields import IDENTITY
from domain.victim.observation import ObservationKind
from domain.victim.snapshot import detached_documents
from tests.domain.stage import NOON, TR, TR_2, Stage

NAMES = st.sampled_from(["TESTE", "ESSAI", None])


def pair() -> Stage:
    """Two victims, each named, numbered and triaged."""
    stage = Stage()
    stage.create("a", used_name="TESTE", sex="M", sinus_number=TR, severity_entry="DCD")
    stage.create("b", used_name="ESSAI", age=12, sinus_number=TR_2, severity_entry="UR")
    return stage


def swapped(stage: Stage) -> None:
    """The exchange, appended as one."""
    stage.hear(
        *swap_identities(stage.event, stage.victims["a"], stage.victims["b"], "Confondus.", stage.stamp(Source.GATEWAY))
    )


def test_f7_the_identities_are_exchanged_and_the_bodies_are_not() -> None:
    """Names, sex and age go over; number and triage stay with the body."""
    stage = pair()
    stage.do("a", ChangePatient({"used_name": "TEST"}), Source.SINUS)
    swapped(stage)
    a, b = stage.victims["a"], stage.victims["b"]
    assert (a.value("used_name"), a.value("sex"), a.value("age")["value"]) == ("ESSAI", None, 12)
    assert (b.value("used_name"), b.value("sex"), b.value("age")) == ("TESTE", "M", None)
    assert (a.sinus_number, a.severity, b.sinus_number, b.severity) == (TR, "DCD", TR_2, "UR")
    assert [each.kind for each in stage.log[-2:]] == [ObservationKind.SWAPPED] * 2


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(list(Source)), NAMES, NAMES), max_size=8))
def test_f7_an_exchange_is_exact_and_undone_by_another(said: list[tuple[str, Source, str | None, str | None]]) -> None:
    """Whoever said what before, each shows what the other showed; twice, each shows its own again."""
    stage = pair()
    for victim_id, source, used, birth in said:
        stage.do(victim_id, ChangePatient({"used_name": used, "birth_name": birth}), source)
    shown = {name: [each.value(field) for field in IDENTITY] for name, each in stage.victims.items()}
    swapped(stage)
    assert {name: [each.value(field) for field in IDENTITY] for name, each in stage.victims.items()} == {
        "a": shown["b"],
        "b": shown["a"],
    }
    swapped(stage)
    assert {name: [each.value(field) for field in IDENTITY] for name, each in stage.victims.items()} == shown


def test_f7_who_cannot_be_exchanged() -> None:
    """The same one, a deleted one, one of another event, two with no identity."""
    stage = pair()
    for name in ("c", "d"):
        stage.create(name)
    a, c, d = (stage.victims[name] for name in "acd")
    stamp = stage.stamp()
    with pytest.raises(InvalidError):
        swap_identities(stage.event, a, a, "Essai.", stamp)
    with pytest.raises(ConflictError):
        swap_identities(stage.event, c, d, "Essai.", stamp)
    with pytest.raises(UnknownError):
        swap_identities(open_event("other", "ESSAI", "", "Exercise", NOON), a, c, "Essai.", stamp)
    with pytest.raises(ConflictError):
        swap_identities(stage.event, a, stage.do("c", DeletePatient()), "Essai.", stamp)


def test_f14_a_number_goes_to_who_wears_the_bracelet() -> None:
    """It leaves one and names the other, with the reason, and the giver's neighbours are told."""
    stage = pair()
    stage.create("c")
    leaves, comes = rebind_number(
        stage.event,
        "fr 825 novi - 0000 tr - 123123",
        stage.victims["a"],
        stage.victims["c"],
        "étiquette",
        stage.stamp(),
    )
    stage.hear(leaves, comes)
    assert (stage.victims["a"].sinus_number, stage.victims["c"].sinus_number) == (None, TR)
    assert leaves.facts["reason"] == comes.facts["reason"] == "étiquette"
    (detached,) = detached_documents(stage.victims["a"], stage.event, leaves, "sinus")
    assert (detached["sinus_number"], detached["reason"]) == (TR, "changed")
    assert detached_documents(stage.victims["c"], stage.event, comes, "sinus") == ()


@pytest.mark.parametrize(
    ("number", "taker", "reason", "field"),
    [
        (TR, "c", " ", "reason"),
        ("scan", "c", "essai", "sinus_number"),
        (TR_2, "c", "essai", "sinus_number"),
        (TR, "b", "essai", "sinus_number"),
    ],
)
def test_f14_a_number_is_not_moved_without_reason_or_ground(number: str, taker: str, reason: str, field: str) -> None:
    """No reason, no readable number, not the giver's, or a taker who has one already."""
    stage = pair()
    stage.create("c")
    with pytest.raises((InvalidError, ConflictError)) as refused:
        rebind_number(stage.event, number, stage.victims["a"], stage.victims[taker], reason, stage.stamp())
    assert refused.value.field == field
