"""Two hundred victims in half an hour over three hospitals, and what is known to go wrong, each under its number (F1 to F26)."""

from __future__ import annotations

from operator import methodcaller
from typing import TYPE_CHECKING, Any

from gateway.cli.play.scenario import Scenario
from gateway.cli.play.scenarios.course import (
    HOSPITALS,
    admitted,
    braceleted,
    life,
    named,
    seen,
    taken_to,
    triaged,
    written_twice,
)

if TYPE_CHECKING:
    from random import Random

    from gateway.cli.play.scenario import Script
    from gateway.cli.play.stage import Stage

VICTIMS = 180
"""Of the usual course; the persons of the failure modes come on top."""
HALF_AN_HOUR = 1800.0
NEVER_FOR_SIVIC = "plaie de l’œil, essai de texte libre"


def _write(script: Script, stage: Stage, random: Random) -> None:
    for _ in range(VICTIMS):
        life(script, random, stage.crowd.next(), random.uniform(0, HALF_AN_HOUR), 180)
    for mode in (_f1, _f7, _f9, _f10, _f12, _f13, _f14, _f18, _f25):
        mode(script, stage, random)
    _outages(script)
    _batch(script, stage)


def _f1(script: Script, stage: Stage, _: Random) -> None:
    """The toll goes down: two said dead are alive."""
    people = [stage.crowd.next(severity="UA", bracelet=True) for _ in range(2)]
    for person in people:
        script.at(120, seen(person), person.key)
        script.at(400, triaged(person, "DCD"), person.key)
        script.at(1400, triaged(person, "UA"), person.key)

    async def right(stage: Stage) -> bool:
        dead = sum(person.severity == "DCD" for person in stage.crowd.people)
        sync = await stage.read("sync")
        return all(side["DCD"] == dead for side in (sync["portal"], *(link["held"] for link in sync["destinations"])))

    script.ask("F1", "Le nombre de décédés a baissé partout.", right)
    script.ask("F16", "Une baisse d’un dénombrement a été acceptée par chaque voisin.", right)


def _f7(script: Script, stage: Stage, _: Random) -> None:
    """Two people taken for each other: their papers were exchanged, then the mistake is seen."""
    first, second = (stage.crowd.next(severity="UR", bracelet=True, named=False) for _ in range(2))
    script.at(130, seen(first), first.key)
    script.at(140, seen(second), first.key)

    async def mistaken(stage: Stage) -> None:
        await stage.change(first, **second.identity())
        await stage.change(second, **first.identity())

    async def mended(stage: Stage) -> None:
        pair = {"patient_id": first.key, "other_patient_id": second.key, "reason": "Papiers confondus."}
        await stage.say("identity-swap", pair)
        first.named = second.named = True

    script.at(600, mistaken, first.key)
    script.at(1300, mended, first.key)

    async def right(stage: Stage) -> bool:
        held = [(await stage.read(f"patients/{person.key}"))["used_name"] for person in (first, second)]
        return held == [first.family_name, second.family_name] and await _nobody_merged(stage)

    script.ask("F7", "Deux identités confondues ont été échangées en un acte, partout.", right)


def _f9(script: Script, stage: Stage, _: Random) -> None:
    """Name first, the rest days later: what comes later erases nothing."""
    person = stage.crowd.next(severity="UR", bracelet=True, named=True)
    script.at(200, seen(person), person.key)

    async def later(stage: Stage) -> None:
        await stage.change(person, contact_person={"name": "ESSAI-PROCHE", "phone": "01 99 00 00 00"})

    script.at(1500, later, person.key)

    async def right(stage: Stage) -> bool:
        kept = await stage.read(f"patients/{person.key}")
        return bool(kept["used_name"] == person.family_name and kept["contact_person"]["name"] == "ESSAI-PROCHE")

    script.ask("F9", "Des champs complétés plus tard n’ont rien effacé.", right)


def _f10(script: Script, stage: Stage, _: Random) -> None:
    """A wounded person whom nobody knows is found by the number, and known at last."""
    person = stage.crowd.next(severity="UA", bracelet=True, named=False)
    script.at(250, seen(person), person.key)
    script.at(1700, named(person), person.key)

    async def right(stage: Stage) -> bool:
        answer = await stage.say("patients/search", {"number": person.bracelet})
        return answer is not None and person.key in str(answer)

    script.ask("F10", "Un blessé sans nom est trouvé par son bracelet.", right)


def _f12(script: Script, stage: Stage, random: Random) -> None:
    """Doubles, removed by a person and by nobody else."""
    people = [stage.crowd.next(bracelet=True) for _ in range(5)]
    for person in people:
        at = random.uniform(100, 900)
        again, mend = written_twice(person)
        script.at(at, seen(person), person.key)
        script.at(at + 120, again, person.key)
        script.at(at + 600, mend, person.key)

    async def right(stage: Stage) -> bool:
        return all(person.records == [person.key] for person in people) and await _nobody_merged(stage)

    script.ask("F12", "Les doubles sont partis par une décision, et personne n’a été confondu.", right)


def _f13(script: Script, stage: Stage, _: Random) -> None:
    """Two numbers for one person: the hospital's, then the bracelet of the field, found under a blanket."""
    person = stage.crowd.next(severity="UR", bracelet=False, named=True)
    number = stage.crowd.bracelet(900_001)
    script.at(150, seen(person), person.key)
    script.at(900, braceleted(person, number), person.key)

    async def right(stage: Stage) -> bool:
        counted = (await stage.read("sync"))["portal"]["total"]
        return bool(counted == sum(1 for each in stage.crowd.people if each.records))

    script.ask("F13", "Une personne à deux numéros est comptée une fois.", right)


def _f14(script: Script, stage: Stage, _: Random) -> None:
    """A bracelet read from an object: it names somebody else a moment later."""
    first = stage.crowd.next(severity="UR", bracelet=False, named=True)
    second = stage.crowd.next(severity="UA", bracelet=False, named=True)
    number = stage.crowd.bracelet(900_002)
    script.at(150, seen(first), first.key)
    script.at(160, seen(second), second.key)
    script.at(400, braceleted(first, number), first.key)

    async def move(stage: Stage) -> None:
        away = {"from_patient_id": first.key, "to_patient_id": second.key, "reason": "Lu sur un sac."}
        if await stage.say("number-rebind", {"number": number, **away}) is not None:
            first.bracelet, second.bracelet = None, number

    script.at(1000, move, first.key)

    async def right(stage: Stage) -> bool:
        return (await stage.read(f"patients/{second.key}"))["sinus_number"] is not None and await _nobody_merged(stage)

    script.ask("F14", "Un bracelet remis à la bonne personne n’a confondu personne.", right)


def _f18(script: Script, stage: Stage, _: Random) -> None:
    """Medical words typed by hand stay where they may be."""
    person = stage.crowd.next(severity="UA", bracelet=True, named=True)
    script.at(180, seen(person), person.key)

    async def typed(stage: Stage) -> None:
        await stage.change(person, comment=NEVER_FOR_SIVIC)
        await stage.step(person, "bilan", text=NEVER_FOR_SIVIC, severity_exit="UA")

    script.at(700, typed, person.key)

    async def right(stage: Stage) -> bool:
        return not any([NEVER_FOR_SIVIC in str(await stage.held(name)) for name in ("sinus", "sivic")])

    script.ask("F18", "Aucun texte médical n’est parti vers SINUS ni SI-VIC.", right)


def _f25(script: Script, stage: Stage, _: Random) -> None:
    """People who are not hurt count, without a name and without a bracelet; one bed is told by its hospital days later."""
    people = [stage.crowd.next(severity="IMP", bracelet=False, named=False) for _ in range(6)]
    for rank, person in enumerate(people):
        script.at(60.0 * rank, seen(person), person.key)

    async def right(stage: Stage) -> bool:
        return bool((await stage.read("sync"))["portal"]["IMP"] >= len(people))

    script.ask("F25", "Des impliqués sans nom ni bracelet sont comptés.", right)
    late = stage.crowd.next(severity="UR", bracelet=True, named=True)
    script.at(90, seen(late), late.key)
    for step, do in enumerate(taken_to(late, HOSPITALS[2]), 1):
        script.at(90 + 60.0 * step, do, late.key)
    script.at(HALF_AN_HOUR + 300, admitted(late, HOSPITALS[2]), late.key)

    async def admitted_late(stage: Stage) -> bool:
        return "310000021" in str(await stage.read(f"patients/{late.key}"))

    script.ask("F8", "Une liste d’hôpital arrivée tard a été prise.", admitted_late)


def _outages(script: Script) -> None:
    """SINUS is gone when the event opens; SI-VIC loses its answers; the portal's own door is shut for a while."""
    script.at(30, methodcaller("cut", "sinus"))
    script.at(420, methodcaller("mend", "sinus"))
    script.at(600, methodcaller("trouble", "sivic", "lost_ack", 15))
    script.at(800, methodcaller("trouble", "portal", "refuse", 20))

    async def right(stage: Stage) -> bool:
        return all(link["agrees"] for link in (await stage.read("sync"))["destinations"])

    script.ask("F21", "Un lien coupé au début n’a bloqué personne, et tout a suivi.", right)
    script.ask("F22", "Les identifiants des voisins sont tenus ici : rien n’a été créé deux fois.", _nobody_merged)
    script.ask("F23", "Chaque source garde son dénombrement à côté des autres.", _sources_apart)


def _batch(script: Script, stage: Stage) -> None:
    """What a post wrote on paper comes in one piece, with its old times."""
    people = [stage.crowd.next(named=True) for _ in range(10)]

    async def typed_in(stage: Stage) -> None:
        lines = [{"op": "create", "id": person.key, **person.document()} for person in people]
        for person, taken in zip(people, await stage.batch(lines), strict=True):
            if taken["ok"]:
                person.records.append(person.key)

    script.at(HALF_AN_HOUR, typed_in)

    async def right(_: Stage) -> bool:
        return all(person.records for person in people)

    script.ask("F24", "Une saisie de rattrapage est entrée ligne par ligne.", right)


async def _nobody_merged(stage: Stage) -> bool:
    return all(not finding.falsely_merged and not finding.duplicate for finding in stage.findings)


async def _sources_apart(stage: Stage) -> bool:
    sync: dict[str, Any] = await stage.read("sync")
    names: set[str] = {link["name"] for link in sync["destinations"] if link["held"] is not None}
    return names >= {"sinus", "sivic"}


NOVI = Scenario("novi", "Deux cents victimes en trente minutes, trois hôpitaux", ("PMA", "Rue", "Salle"), _write)
