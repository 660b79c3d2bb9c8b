"""Ten thousand people over every link, with doubles, and an outage of each link in turn: what scale does to the truth."""

from __future__ import annotations

from operator import methodcaller
from typing import TYPE_CHECKING

from gateway.cli.play.scenario import Scenario
from gateway.cli.play.scenarios.course import seen, triaged, written_twice

if TYPE_CHECKING:
    from random import Random

    from gateway.cli.play.scenario import Script
    from gateway.cli.play.stage import Stage

PEOPLE = 10_000
DOUBLES = 0.1
HOURS = 4 * 3600.0


def _write(script: Script, stage: Stage, random: Random) -> None:
    for _ in range(PEOPLE):
        person, at = stage.crowd.next(), random.uniform(0, HOURS)
        script.at(at, seen(person), person.key)
        if random.random() < DOUBLES:
            again, mend = written_twice(person)
            script.at(at + random.uniform(60, 900), again, person.key)
            script.at(at + random.uniform(1000, 3600), mend, person.key)
        if random.random() < 0.3:  # noqa: PLR2004 - three in ten are triaged anew
            script.at(at + 1800, triaged(person, random.choice(("UA", "UR", "IMP"))), person.key)
    for rank, neighbour in enumerate(("sinus", "sivic", "portal")):
        begun = HOURS * (rank + 1) / 5
        script.at(begun, methodcaller("cut", neighbour))
        script.at(begun + 900, methodcaller("mend", neighbour))


CROWD = Scenario(
    "foule",
    "Dix mille personnes, des doubles, une panne de chaque lien",
    ("Nord", "Sud", "Centre"),
    _write,
    patience=900,
)
