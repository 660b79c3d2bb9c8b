"""What happens to people in every scenario: seen, triaged, named, oriented, evacuated, admitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from random import Random

    from gateway.cli.play.people import Person
    from gateway.cli.play.scenario import Script
    from gateway.cli.play.stage import Stage

    Do = Callable[[Stage], Awaitable[None]]

HOSPITALS: Final = (
    {"finess": "310781406", "name": "Hôpital d’essai, Toulouse"},
    {"finess": "310000013", "name": "Hôpital d’essai, Nord"},
    {"finess": "310000021", "name": "Hôpital d’essai, Sud"},
)
"""Where people are taken. The names are invented; the first number is the one of the training event."""


def seen(person: Person) -> Do:
    """Somebody writes the person down."""

    async def do(stage: Stage) -> None:
        await stage.create(person)

    return do


def written_twice(person: Person, reason: str = "Saisie en double.") -> tuple[Do, Do]:
    """The same person written down again at another post, without the bracelet; then seen and removed by a person."""
    double = f"{person.key}-bis"

    async def again(stage: Stage) -> None:
        bracelet, person.bracelet = person.bracelet, None
        try:
            await stage.create(person, double)
        finally:
            person.bracelet = bracelet

    async def mend(stage: Stage) -> None:
        await stage.delete(person, double, reason)

    return again, mend


def triaged(person: Person, severity: str) -> Do:
    """The category at the entry changes; it may go down as well as up."""

    async def do(stage: Stage) -> None:
        await stage.step(person, "triage", stage="entry", severity=severity)
        person.severity = severity

    return do


def named(person: Person) -> Do:
    """The name becomes known."""

    async def do(stage: Stage) -> None:
        await stage.change(person, **person.identity())
        person.named = True

    return do


def braceleted(person: Person, number: str) -> Do:
    """A bracelet is put on, or replaced."""

    async def do(stage: Stage) -> None:
        await stage.change(person, sinus_number=number)
        person.bracelet = number

    return do


def taken_to(person: Person, hospital: dict[str, str]) -> list[Do]:
    """From the bilan to the ambulance, one step each."""
    steps: list[tuple[str, dict[str, Any]]] = [
        ("bilan", {"text": "Bilan d’essai.", "severity_exit": person.severity}),
        ("orientation-request", {}),
        ("orientation", {"choice": "ETABLISSEMENT", "destination": hospital}),
        ("evacuation-request", {"vector": "SMUR.AR"}),
        ("evacuation", {}),
    ]
    return [taken(person, operation, fields) for operation, fields in steps]


def admitted(person: Person, hospital: dict[str, str], **word: Any) -> Do:  # noqa: ANN401 - JSON
    """The hospital says that the person has arrived."""

    async def do(stage: Stage) -> None:
        await stage.admit(person, hospital["finess"], **word)
        person.hospital = hospital["finess"]

    return do


def life(script: Script, random: Random, person: Person, start: float, pace: float) -> None:
    """The usual course of one person from `start`; `pace`: seconds between two steps, about."""
    at = start
    script.at(at, seen(person), person.key)
    if not person.named and random.random() < 0.8:  # noqa: PLR2004 - the others stay unknown
        at += pace * random.uniform(0.5, 2)
        script.at(at, named(person), person.key)
    if person.severity in {"UA", "UR"}:
        hospital = random.choice(HOSPITALS)
        for step in taken_to(person, hospital):
            at += pace * random.uniform(0.5, 1.5)
            script.at(at, step, person.key)
        if person.bracelet:
            script.at(at + pace * random.uniform(1, 3), admitted(person, hospital), person.key)


def taken(person: Person, operation: str, fields: dict[str, Any]) -> Do:
    """One step of the person's care path, by the name of its door; a bilan says the category of now."""

    async def do(stage: Stage) -> None:
        document = {**fields, "severity_exit": person.severity} if operation == "bilan" else fields
        await stage.step(person, operation, **document)

    return do
