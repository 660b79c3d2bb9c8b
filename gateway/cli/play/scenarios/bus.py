"""A coach of pupils overturned, no passenger list: nobody knows how many there were, and the toll goes up and down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.cli.play.scenario import Scenario
from gateway.cli.play.scenarios.course import life, named, seen, triaged

if TYPE_CHECKING:
    from random import Random

    from gateway.cli.play.scenario import Script
    from gateway.cli.play.stage import Stage

PUPILS = 42
UNKNOWN_UNTIL = 5400.0  # seconds: the names come an hour and a half later, with the parents


def _write(script: Script, stage: Stage, random: Random) -> None:
    for rank in range(PUPILS):
        person = stage.crowd.next(named=False, bracelet=rank % 3 > 0)
        life(script, random, person, random.uniform(0, 1800), 240)
    # Said dead, then alive, then not: a toll moves both ways, and nothing waits for an expected total.
    for final in ("UA", "DCD"):
        person = stage.crowd.next(severity="UA", named=False, bracelet=True)
        script.at(300, seen(person), person.key)
        script.at(900, triaged(person, "DCD"), person.key)
        script.at(1500, triaged(person, "UA"), person.key)
        if final == "DCD":
            script.at(3600, triaged(person, "DCD"), person.key)
    late = stage.crowd.next(severity="DCD", named=False, bracelet=False)
    script.at(7200, seen(late), late.key)
    for person in stage.crowd.people[:20]:
        script.at(UNKNOWN_UNTIL, named(person), person.key)
    script.ask("F3", "Le bilan a changé plusieurs fois et chaque côté tient le dernier.", _toll_is_true)
    script.ask("F4", "Aucun total attendu n’a été supposé : le dénombrement est celui des fiches.", _counted_as_written)


async def _toll_is_true(stage: Stage) -> bool:
    dead = sum(person.severity == "DCD" for person in stage.crowd.people)
    sync = await stage.read("sync")
    return sync["portal"]["DCD"] == dead and all(link["held"]["DCD"] == dead for link in sync["destinations"])


async def _counted_as_written(stage: Stage) -> bool:
    return bool((await stage.read("sync"))["portal"]["total"] == len(stage.crowd.people))


BUS = Scenario("bus", "Car scolaire, sans liste des passagers", ("Route", "Gymnase"), _write)
