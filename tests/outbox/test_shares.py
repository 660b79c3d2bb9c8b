"""Who goes first."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from outbox.dispatch.shares import TURN, share, turns

DUE = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50)), max_size=30).map(
    lambda pairs: [(priority, at, seq) for seq, (priority, at) in enumerate(pairs)]
)


@settings(deadline=None)
@given(due=DUE, limit=st.integers(1, 10), oldest=st.integers(0, 12))
def test_no_place_is_wasted(due: list[tuple[int, int, int]], limit: int, oldest: int) -> None:
    """As many as there is room for, none twice, and the oldest is among them when a place is kept for it."""
    chosen = share(due, limit, oldest)
    assert len(chosen) == len(set(chosen)) == min(limit, len(due))
    if oldest and due:
        assert min(due, key=lambda one: one[1:]) in chosen


def test_four_hundred_do_not_delay_one() -> None:
    """One urgent message goes before hundreds of older ones of lesser priority."""
    crowd = [(2, at, at) for at in range(400)]
    assert (1, 999, 999) in share([*crowd, (1, 999, 999)], 1, 0)


@settings(deadline=None)
@given(claims=st.lists(st.integers(1, 20), min_size=1, max_size=40))
def test_the_oldest_get_their_share(claims: list[int]) -> None:
    """However the places are cut into claims, one in eight is kept."""
    taken = kept = 0
    for limit in claims:
        kept += turns(taken, limit)
        taken += limit
    assert kept == taken // TURN
