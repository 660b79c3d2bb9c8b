"""The rules of the simulated SI-VIC hold whatever the order and the repetition of what it is told."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sivic.national_base import HeldSivic
from tests.sivic.documents import NOW

PERSONS = 3
step = st.tuples(st.integers(0, PERSONS - 1), st.integers(1, 6), st.sampled_from(["UA", "UR", "DCD", "gone"]))


def _told(script: list[tuple[int, int, str]]) -> HeldSivic:
    """A SI-VIC that was told of an event, then of each (person, version, category or withdrawal)."""
    held = HeldSivic("REEL", lambda: NOW)
    base = {"mode": "REEL", "evenement": "evt"}
    portal_event = {"idPortail": "evt", "version": "1", "statut": "OUVERT"}
    held.once({"mode": "REEL", "idMessage": "e", "action": "CREER", "evenement": portal_event}, held.open_or_link)
    for n, (who, version, what) in enumerate(script):
        about: dict[str, Any] = {"idPersonne": f"p{who}", "version": str(version)}
        if what == "gone":
            held.once({**base, "idMessage": f"m{n}", **about}, held.withdraw)
        else:
            number = f"FR825NOVI2026TR00000{who}"
            person = {**about, "categorie": what, "numeroSinus": number}
            held.once({**base, "idMessage": f"m{n}", "personne": person}, held.announce)
    return held


def _by_version(script: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """One word per person and version: a version says one thing only."""
    return list({(who, version): (who, version, what) for who, version, what in script}.values())


def _kept(held: HeldSivic) -> dict[str, Any]:
    """What counts, without the fiche numbers, which tell the order of arrival."""
    snapshot = held.snapshot()
    persons = {id_: (kept["version"], kept["person"]) for id_, kept in snapshot["persons"].items()}
    return {"counts": snapshot["counts"], "persons": persons}


@settings(deadline=None, max_examples=60)
@given(st.lists(step, max_size=12), st.randoms(use_true_random=False))
def test_any_order_of_arrival_converges(script: list[tuple[int, int, str]], random: Any) -> None:
    """The newest version of each person is held at the end, whatever came first."""
    said = _by_version(script)
    shuffled = random.sample(said, len(said))
    assert _kept(_told(shuffled)) == _kept(_told(said))


@settings(deadline=None, max_examples=60)
@given(st.lists(step, max_size=12))
def test_saying_everything_twice_changes_nothing(script: list[tuple[int, int, str]]) -> None:
    """A second telling, even under new message ids, leaves SI-VIC as it was."""
    said = _by_version(script)
    assert _kept(_told(said + said)) == _kept(_told(said))


@settings(deadline=None, max_examples=60)
@given(st.lists(step, max_size=12))
def test_the_total_is_the_sum_of_the_categories(script: list[tuple[int, int, str]]) -> None:
    """Each person who is held is counted once, in one category."""
    counts = _told(_by_version(script)).snapshot()["counts"]["EVT-000001"]
    assert counts["total"] == sum(number for name, number in counts.items() if name != "total")
