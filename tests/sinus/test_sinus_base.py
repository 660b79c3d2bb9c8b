"""The rules of the simulated SINUS that hold for any order of arrival."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sinus.national_base import NationalBase
from tests.sinus.sinus_documents import clock

CATEGORIES = ["UA", "UR", "IMP", "DCD", None]
records = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.sampled_from(CATEGORIES), st.booleans()), max_size=30
)


def record(version: int, category: str | None, *, withdrawn: bool) -> dict[str, Any]:
    """A victim's document, as the reader gives it."""
    coded = {"categorie": category} if category else {"nonCode": "true"}
    return {"version": str(version), "retiree": str(withdrawn).lower(), **coded}


def held_after(arrivals: list[tuple[str, int, str | None, bool]]) -> tuple[NationalBase, str]:
    """A base that was told these records in this order."""
    base = NationalBase("Actual", clock)
    event = base.open_in_the_field("Essai")
    for victim, version, category, withdrawn in arrivals:
        base.tell_victim(event, victim, record(version, category, withdrawn=withdrawn))
    return base, event


@settings(deadline=None)
@given(records, st.randoms(use_true_random=False))
def test_records_converge_whatever_their_order(arrivals: list[tuple[str, int, str | None, bool]], random: Any) -> None:
    """One content per version: shuffled, repeated or late, the same records end in the same count."""
    unique = list({(victim, version): (victim, version, *rest) for victim, version, *rest in arrivals}.values())
    shuffled = [*unique, *unique]
    random.shuffle(shuffled)
    base, event = held_after(unique)
    other, same = held_after(shuffled)
    assert other.recount(same) == base.recount(event)


@settings(deadline=None)
@given(records)
def test_a_recount_adds_up_and_never_exceeds_the_victims(arrivals: list[tuple[str, int, str | None, bool]]) -> None:
    """Total is the sum of the five columns, at most one per victim, and the total without IMP lacks just IMP."""
    base, event = held_after(arrivals)
    count = base.recount(event)
    assert count["@total"] == sum(count[name] for name in ("@ua", "@ur", "@imp", "@dcd", "@nonCode"))
    assert count["@totalSansImp"] == count["@total"] - count["@imp"]
    assert count["@total"] <= len({victim for victim, *_ in arrivals})
