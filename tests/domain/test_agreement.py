"""The verdict on a link: by person, true at each moment, and never agreement while something is unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from domain.agreement import (
    STALE,
    Difference,
    Gap,
    HeldPerson,
    Movement,
    Person,
    Standing,
    Verdict,
    differences,
    duration,
    judge,
    sentence,
    tally,
    unexplained,
)

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
AGREED = Standing("SINUS", linked=True, asked_at=NOW)


def test_each_person_differs_once_and_by_name() -> None:
    """Missing, extra, another value: each person is named once, with the first field that differs."""
    here = {
        "a": Person("a", "UA", "pma"),
        "b": Person("b", "UR", "pma"),
        "c": Person("c", "DCD", "pma"),
        "d": Person("d", "UA", "pma"),
    }
    held = [
        HeldPerson("a", "1", "UA", "pma"),
        HeldPerson("b", "2", "UA", "stade"),
        HeldPerson("d", "3", "UA", "stade"),
        HeldPerson(None, "4", "UR"),
        HeldPerson("z", "5", "UR"),
    ]
    assert differences(here, held, {"localisation"}) == [
        Difference("b", "2", Gap.DIFFERENT, "severity", "UR", "UA"),
        Difference("d", "3", Gap.DIFFERENT, "localisation", "pma", "stade"),
        Difference(None, "4", Gap.EXTRA),
        Difference("z", "5", Gap.EXTRA),
        Difference("c", None, Gap.MISSING),
    ]
    assert [gap.person for gap in differences(here, held) if gap.gap is Gap.DIFFERENT] == ["b"], "a place not kept"


@pytest.mark.parametrize(
    ("number", "differs"),
    [("FR825NOVI0000HP100001", False), ("FR825NOVI0000TR100001", True), (None, False)],
)
def test_a_number_that_the_neighbour_gave_itself_is_an_offer_and_no_gap(number: str | None, *, differs: bool) -> None:
    """A person emptied the number: what the hospital's side calls the patient is its own affair; another bracelet is not."""
    found = differences({"a": Person("a", "UA")}, [HeldPerson("a", "1", "UA", number=number)], {"number"})
    assert bool(found) is differs


def test_what_moves_explains_a_difference_and_what_is_parked_does_not() -> None:
    """A message that waits, one settled since the question, a record changed since: nothing else."""
    gaps = [Difference(name, None, Gap.MISSING) for name in ("waits", "settled", "changed", "parked", "old", "nothing")]
    movements = {
        "waits": Movement(waiting=1),
        "settled": Movement(settled_at=NOW + timedelta(seconds=1)),
        "parked": Movement(undecided=1),
        "old": Movement(settled_at=NOW - timedelta(seconds=1)),
    }
    lost = unexplained(gaps, movements, {"changed": NOW}, NOW)
    assert [gap.person for gap in lost] == ["parked", "old", "nothing"]
    stranger = Difference(None, "1", Gap.EXTRA)
    assert unexplained([stranger], movements, {}, NOW) == [stranger]


@pytest.mark.parametrize(
    ("change", "verdict", "text"),
    [
        ({}, Verdict.AGREED, "SINUS : d’accord"),
        ({"waiting": 2, "since": NOW - timedelta(minutes=3)}, Verdict.ON_THE_WAY, "SINUS : en route (2, depuis 3 min)"),
        ({"moving": 1}, Verdict.ON_THE_WAY, "SINUS : en route (1)"),
        ({"gaps": {Gap.MISSING: 5}}, Verdict.GAP, "SINUS : écart : 5 fiches manquent à SINUS, rien en route"),
        (
            {"gaps": {Gap.MISSING: 1, Gap.EXTRA: 2, Gap.DIFFERENT: 1}, "waiting": 4},
            Verdict.GAP,
            "SINUS : écart : 1 fiche manque à SINUS, 1 fiche n’y est pas la même, 2 fiches ne sont que là-bas, 4 autres en route",
        ),
        ({"parked": 1}, Verdict.GAP, "SINUS : écart : 1 envoi attend une décision, rien en route"),
        ({"uncertain": 2}, Verdict.GAP, "SINUS : écart : 2 envois incertains, rien en route"),
        (
            {"forgotten": True, "gaps": {Gap.MISSING: 8}},
            Verdict.GAP,
            "SINUS : écart : SINUS ne connaît plus cet événement, 8 fiches manquent à SINUS, rien en route",
        ),
        (
            {"silent": True, "since": NOW - timedelta(hours=2, minutes=5), "waiting": 3},
            Verdict.UNKNOWN,
            "SINUS : inconnu depuis 2 h 05, pas de réponse ; 3 envois attendent",
        ),
        ({"asked_at": None}, Verdict.UNKNOWN, "SINUS : inconnu, pas de réponse"),
        ({"asked_at": NOW - timedelta(seconds=STALE + 1)}, Verdict.UNKNOWN, "SINUS : inconnu, pas de réponse"),
        ({"linked": False}, Verdict.UNLINKED, "SINUS : l’événement n’y est pas encore lié"),
        (
            {"linked": False, "link_failed": True},
            Verdict.GAP,
            "SINUS : écart : le lien de l’événement a été refusé, rien ne part",
        ),
    ],
)
def test_each_verdict_in_words(change: dict[str, object], verdict: Verdict, text: str) -> None:
    """The four words of the page, and what stands behind each."""
    standing = replace(AGREED, **change)  # type: ignore[arg-type]
    assert judge(standing, NOW) is verdict
    assert sentence(standing, NOW) == text


def test_agreement_needs_everything_at_once() -> None:
    """Over every combination of troubles, agreement is said of the one without any."""
    troubles: list[dict[str, object]] = [
        {"waiting": 1},
        {"moving": 1},
        {"parked": 1},
        {"uncertain": 1},
        {"silent": True},
        {"forgotten": True},
        {"gaps": {Gap.MISSING: 1}},
        {"gaps": {Gap.EXTRA: 1}},
        {"gaps": {Gap.DIFFERENT: 1}},
        {"linked": False},
        {"asked_at": None},
    ]
    for chosen in product((False, True), repeat=len(troubles)):
        change: dict[str, object] = {}
        for taken, trouble in zip(chosen, troubles, strict=True):
            change |= trouble if taken else {}
        agreed = judge(replace(AGREED, **change), NOW) is Verdict.AGREED  # type: ignore[arg-type]
        assert agreed is not any(chosen)


def test_a_code_that_nobody_knows_is_counted_all_the_same() -> None:
    """A neighbour may say a category of its own: the person is still a person."""
    assert tally([HeldPerson("a", "1", "XX"), HeldPerson("b", "2", "IMP")])["total"] == 2
    assert tally([HeldPerson("b", "2", "IMP")])["total_without_imp"] == 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h 00"), (7500, "2 h 05"), (200_000, "2 j")],
)
def test_a_length_of_time_in_human_words(seconds: int, text: str) -> None:
    """Never a count of hundreds of seconds."""
    assert duration(NOW - timedelta(seconds=seconds), NOW) == text
