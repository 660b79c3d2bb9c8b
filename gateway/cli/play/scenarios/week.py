"""A week of a large crisis at the hospitals: the portal's people come in, then thousands of words of establishments about them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.cli.play.scenario import Scenario
from gateway.cli.play.scenarios.course import HOSPITALS, admitted, seen
from gateway.clock import now

if TYPE_CHECKING:
    from random import Random

    from gateway.cli.play.scenario import Script
    from gateway.cli.play.stage import Stage

PEOPLE = 4000
WORDS = ("admission", "transfer", "discharge", "identity")
"""What is said of each person over the week: five words a person with the record itself, 20 000 in all."""
WEEK_SECONDS = 7 * 86400.0


def _write(script: Script, stage: Stage, random: Random) -> None:
    begun = now() - timedelta(days=12)
    for _ in range(PEOPLE):
        person = stage.crowd.next(bracelet=True, named=True, severity=random.choice(("UA", "UR", "IMP")))
        arrived = random.uniform(0, WEEK_SECONDS * 0.6)
        script.at(arrived, seen(person), person.key)
        hospital, at = random.choice(HOSPITALS), arrived
        for news in WORDS:
            at += random.uniform(3600, 86400)
            happened = (begun + timedelta(seconds=at)).isoformat()
            script.at(at, admitted(person, hospital, news=news, happened_at=happened), person.key)
    script.ask("F17", "Des nouvelles tardives sont datées de leur fait, pas de leur réception.", _dated_by_fact)


async def _dated_by_fact(stage: Stage) -> bool:
    person = stage.crowd.people[0]
    history = await stage.read(f"patients/{person.records[0]}/history")
    lines = [line for line in history["observations"] if line["source"] == "hospital"]
    return bool(lines) and all(line["happened_at"] < line["received_at"] for line in lines)


WEEK = Scenario("semaine", "Une semaine d’établissements : 20 000 nouvelles", ("Ville",), _write, patience=600)
