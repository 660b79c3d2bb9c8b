"""The event of the portal's training deck: eleven people, no failure. The first thing to play."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.cli.play.scenario import Scenario
from gateway.cli.play.scenarios.course import seen, taken
from gateway.mappings import training_event

if TYPE_CHECKING:
    from random import Random

    from gateway.cli.play.scenario import Script
    from gateway.cli.play.stage import Stage


def _write(script: Script, stage: Stage, _: Random) -> None:
    for rank, patient in enumerate(training_event.PATIENTS):
        person = stage.crowd.next(
            severity=patient.severity, place=f"lieu-{patient.place}", bracelet=patient.number is not None, named=True
        )
        person.age, person.sex = patient.age, patient.sex
        at = rank * 60.0
        script.at(at, seen(person), person.key)
        for step, (operation, fields) in enumerate((("cata-code", {}), *patient.steps), 1):
            script.at(at + step * 20.0, taken(person, operation, fields), person.key)


RUGBY = Scenario("rugby", "Match de rugby Toulouse – Pau", training_event.LOCALISATIONS, _write)
