"""`passerelle play`: a crisis is played through the real doors, and judged by what each neighbour's simulator holds."""

from __future__ import annotations

import json
import subprocess
import sys
from random import Random
from typing import Any

import pytest

from gateway.cli.play.judge import HeldRecord, compact, judge, totals
from gateway.cli.play.people import Crowd

MODES = ("F1", "F7", "F8", "F9", "F10", "F12", "F13", "F14", "F16", "F18", "F21", "F22", "F23", "F24", "F25")
"""The failure modes that the mass-casualty scenario plays."""


def played(*arguments: str) -> dict[str, Any]:
    """The JSON object of one play, whatever its exit code."""
    command = [sys.executable, "-m", "gateway", "play", *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.stdout, done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    assert made["right"] is (done.returncode == 0)
    return made


@pytest.fixture(scope="module")
def novi() -> dict[str, Any]:
    """Two hundred victims, once for all tests of this file."""
    return played("novi", "--speed", "180", "--seed", "7")


def test_the_training_event_is_played_to_agreement() -> None:
    """Eleven people, on every side, and nothing refused."""
    made = played("rugby", "--speed", "600")
    assert made["right"]
    assert {name: side["held"] for name, side in made["systems"].items()} == {"portal": 11, "sinus": 11, "sivic": 11}
    assert made["refused"] == {}
    assert made["messages_per_change"] > 0


def test_a_toll_that_moves_both_ways_is_the_last_one_everywhere() -> None:
    """Nobody knows how many there were; F3 and F4 are asked at the end."""
    made = played("bus", "--speed", "600")
    assert made["failure_modes"] == {"F3": True, "F4": True}
    assert made["right"]


def test_nobody_is_missing_double_or_confused_after_the_mass_casualty_event(novi: dict[str, Any]) -> None:
    """Outages, doubles, lost answers, back-entry: each person is held once by each side, under the right category."""
    assert (novi["missing"], novi["duplicate"], novi["falsely_merged"]) == (0, 0, 0), novi
    assert novi["seconds_to_agreement"] is not None
    assert novi["acts_failed"] == {}
    assert novi["people"] >= 200


@pytest.mark.parametrize("mode", MODES)
def test_failure_mode(novi: dict[str, Any], mode: str) -> None:
    """Each one is asked by its number at the end of the play."""
    assert novi["failure_modes"][mode] is True


def test_the_same_seed_draws_the_same_people() -> None:
    """A play can be played again."""
    first, second = (Crowd(Random(3), ("lieu-1",), 825) for _ in range(2))
    assert [first.next().document() for _ in range(50)] == [second.next().document() for _ in range(50)]


def test_the_judge_sees_each_way_of_being_wrong() -> None:
    """Somebody missing, somebody twice, a name on another's record, a number on another's, a category, a stranger."""
    crowd = Crowd(Random(1), ("lieu-1",), 825)
    people = [crowd.next(bracelet=True, named=True, severity="UR") for _ in range(5)]
    for person in people:
        person.records.append(person.key)
    people[1].records.append("double")
    number = compact(people[4].bracelet)
    held = [
        HeldRecord(people[1].key, people[1].family_name, frozenset(), "UR"),
        HeldRecord("double", None, frozenset(), "UR"),
        HeldRecord(people[2].key, people[1].family_name, frozenset(), "UR"),
        HeldRecord(people[3].key, None, frozenset({number}), "UR"),
        HeldRecord(people[4].key, None, frozenset({number}), "UA"),
        HeldRecord("inconnue", None, frozenset(), "UR"),
    ]
    findings = judge("sinus", people, held)
    assert findings.missing == [people[0].key]
    assert findings.duplicate == [people[1].key]
    assert findings.falsely_merged == [people[2].key, people[3].key]
    assert findings.wrong_category == [people[4].key]
    assert findings.unknown == ["inconnue"]
    assert not findings.right
    assert totals([findings, findings]) == {"missing": 1, "duplicate": 1, "falsely_merged": 2}


def test_the_scenarios_are_listed_where_none_is_named() -> None:
    """So that one can choose."""
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "play"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert {line.split()[0] for line in done.stdout.splitlines()} == {"rugby", "novi", "bus", "semaine", "foule"}
