"""The names that other systems give: one at a time, each with its validity, none lost."""

from __future__ import annotations

import pytest

from domain.decisions.commands import ChangePatient, CreatePatient, ReplacePatient, Triage
from domain.errors import InvalidError
from domain.numbers.identifier import IdentifierKind
from domain.source import Source
from domain.victim.snapshot import victim_canon
from tests.domain.stage import Stage


@pytest.mark.parametrize("name", ["portal_id", "sivic_id", "lrm_id"])
def test_a_system_renames_a_victim(name: str) -> None:
    """The new name is shown, the old one stays with the reason of its end; said again, it is no news."""
    stage = Stage()
    stage.do("p1", CreatePatient("p1", {"severity_entry": "UA", name: "essai-1"}))
    victim = stage.do("p1", ChangePatient({name: "essai-2"}), Source.SIVIC)
    assert victim_canon(victim, stage.event)[name] == "essai-2"  # type: ignore[literal-required] # The three are its keys.
    old, new = victim.identifiers
    assert (old.value, old.ended_because, new.source, new.holds) == ("essai-1", "changed", Source.SIVIC, True)
    assert stage.decided("p1", ChangePatient({name: "essai-2"}), stage.stamp()) == ()
    emptied = stage.do("p1", ChangePatient({name: None}))
    assert [one.ended_because for one in emptied.identifiers] == ["changed", "emptied"]


def test_a_replacement_does_not_forget_the_other_systems() -> None:
    """Correspondences are not emptied by silence."""
    stage = Stage()
    stage.create(portal_id="essai-1")
    (kept,) = stage.do("p1", ReplacePatient({"used_name": "TESTE"})).identifiers
    assert (kept.kind, kept.holds) == (IdentifierKind.PORTAL, True)


def test_a_triage_has_two_moments() -> None:
    """At entry or at exit, and at no other."""
    stage = Stage()
    stage.create()
    with pytest.raises(InvalidError) as refused:
        stage.do("p1", Triage("middle", "UA"))  # type: ignore[arg-type] # A door may let it through.
    assert refused.value.field == "stage"
