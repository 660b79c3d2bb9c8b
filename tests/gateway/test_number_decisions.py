"""F13: a bracelet that a neighbour had first. The refusal asks a person at once, and the decision that it asks for exists at every door."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from gateway.cli import main
from tests.gateway.house import NUMBER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateway.house import OpenHouse

PATIENT = "/v1/events/evt/patients/p1"
DOOR = f"{PATIENT}/number-decision"
CAUSES = {"sinus": "sinus.numero_deja_attribue", "sivic": "sivic.numero_porte_ailleurs"}
SAME = {"choice": "same_person", "reason": "bracelet vérifié au PMA"}
OTHER = {"choice": "other_person", "reason": "le bracelet est celui d’un autre"}


async def _scanned_first(house: OpenHouse, name: str) -> str:
    """An event that both know, and the neighbour's own record of a bracelet; its identifier there."""
    await house.event()
    await house.settle()
    links = (await house.portal.get("/v1/events/evt")).json()["links"]
    there = links[name]["external_id"]
    if name == "sinus":
        body = {"numero": NUMBER, "categorie": "UA"}
        made: dict[str, str] = await house.wires[name].control("POST", f"/_sandbox/evenements/{there}/victimes", body)
        return made["idSinus"]
    body = {"idEvenement": there, "numeroSinus": NUMBER, "categorie": "UA"}
    made = await house.wires[name].control("POST", "/_sandbox/personnes", body)
    return made["idFiche"]


async def _refused(house: OpenHouse, name: str) -> dict[str, Any]:
    await house.patient(sinus_number=NUMBER)
    await house.settle()
    (refused,) = await house.messages(destination=name, status="parked")
    return refused


def _persons(house: OpenHouse, name: str) -> dict[str, str]:
    """Our identifier of each person the neighbour holds → its own."""
    if name == "sinus":
        return {id_: held["idSinus"] for id_, held in house.sinus_victims().items()}
    return {id_: held["fiche"] for id_, held in house.sivic_persons().items() if not held["withdrawn"]}


@pytest.mark.parametrize("name", CAUSES)
async def test_the_refusal_asks_a_person_at_once(house: OpenHouse, name: str) -> None:
    """Time frees no number: the first refusal parks the record, with the words of the decision that is asked for."""
    await _scanned_first(house, name)
    refused = await _refused(house, name)
    assert refused["cause"]["code"] == CAUSES[name]
    assert "même personne" in refused["cause"]["title"]
    assert refused["attempts"] == 1


@pytest.mark.parametrize("name", CAUSES)
async def test_the_same_person_is_one_record(house: OpenHouse, name: str) -> None:
    """The neighbour's record becomes this victim's, under its own identifier, and nobody is counted twice."""
    there = await _scanned_first(house, name)
    await _refused(house, name)
    answer = await house.portal.post(DOOR, json=SAME)
    assert answer.status_code == 200, answer.text
    assert answer.json()["changed"]
    await house.settle()
    assert _persons(house, name) == {"p1": there}
    assert not await house.messages(status="parked")
    record = (await house.portal.get(PATIENT)).json()
    assert record["joined_number"] == NUMBER
    assert there in [known["value"] for known in record["identifiers"]]
    await house.portal.patch(PATIENT, json={"used_name": "ESSAI-SUITE"})
    await house.settle()
    assert _persons(house, name) == {"p1": there}, "a later record is an update like any other"


@pytest.mark.parametrize("name", CAUSES)
async def test_another_person_keeps_the_number(house: OpenHouse, name: str) -> None:
    """The number leaves our victim, the neighbour keeps its record under it, and both persons are there."""
    there = await _scanned_first(house, name)
    await _refused(house, name)
    answer = await house.portal.post(DOOR, json=OTHER)
    assert answer.status_code == 200, answer.text
    await house.settle()
    held = _persons(house, name)
    assert there in held.values()
    assert held["p1"] != there
    assert not await house.messages(status="parked")
    record = (await house.portal.get(PATIENT)).json()
    assert record["sinus_number"] != NUMBER
    facts = (await house.portal.get(f"{PATIENT}/history")).json()["observations"]
    assert [one["facts"]["reason"] for one in facts if one["kind"] == "patient.number_decided"] == [OTHER["reason"]]


async def test_our_own_detachment_on_its_way_is_waited_for(house: OpenHouse) -> None:
    """The number leaves one victim for another while SINUS is slow to hear of the first: no person is asked."""
    await house.event()
    await house.settle()
    await house.patient(sinus_number=NUMBER)
    await house.settle()
    await house.script("sinus", {"fault": "too_many", "seconds": 3, "times": 1})
    await house.portal.patch(PATIENT, json={"sinus_number": None})
    await house.patient("p2", sinus_number=NUMBER)
    await house.settle()
    assert not await house.messages(destination="sinus", status="parked")
    for _ in range(10):
        await house.settle(seconds=10)
    assert not await house.messages(destination="sinus", status="parked")
    assert NUMBER in house.sinus_victims()["p2"]["numeros"]


async def test_a_decision_is_taken_back_until_it_left(house: OpenHouse) -> None:
    """While SINUS is away nothing was joined: taken back, the number is refused again and the question stands."""
    await _scanned_first(house, "sinus")
    await _refused(house, "sinus")
    house.wires["sinus"].gone = True
    assert (await house.portal.post(DOOR, json=SAME)).is_success
    back = await house.portal.post(DOOR, json={"choice": "undecided", "reason": "mal lu"})
    assert back.json()["changed"]
    await house.mend("sinus")
    await house.settle(seconds=60)
    assert (await house.messages(destination="sinus", status="parked"))[0]["cause"]["code"] == CAUSES["sinus"]
    assert (await house.portal.get(PATIENT)).json()["joined_number"] is None


async def test_an_operator_decides_without_seeing_the_person(house: OpenHouse) -> None:
    """R-05: the answer names nobody; the act is in the audit."""
    await _scanned_first(house, "sinus")
    await _refused(house, "sinus")
    answer = await house.operator.post(DOOR, json=SAME)
    assert set(answer.json()) == {"patient_id", "choice", "changed", "revision"}
    assert not (await house.operator.post(DOOR, json=SAME)).json()["changed"], "said twice, decided once"
    acts = (await house.operator.get("/v1/audit", params={"about": "p1"})).json()["acts"]
    assert [act["act"] for act in acts] == ["patient.number_decided"]


async def test_what_cannot_be_decided_is_refused_in_words(house: OpenHouse) -> None:
    """No reason, a number that is not borne, a patient without one."""
    await house.event()
    await house.patient("p1")
    await house.settle()
    record = (await house.portal.patch(PATIENT, json={"sinus_number": None})).json()
    assert record["sinus_number"] is None
    assert (await house.portal.post(DOOR, json=SAME)).status_code == 409
    await house.portal.patch(PATIENT, json={"sinus_number": NUMBER})
    assert (await house.portal.post(DOOR, json={"choice": "same_person"})).status_code == 422
    wrong = await house.portal.post(DOOR, json={**SAME, "number": "FR825NOVI0000TR999999"})
    assert wrong.status_code == 409
    assert "999999" not in wrong.text


async def test_a_batch_decides_as_the_door_does(house: OpenHouse) -> None:
    """One rule whatever the door."""
    there = await _scanned_first(house, "sinus")
    await _refused(house, "sinus")
    line = orjson.dumps({"op": "decide_number", "patient_id": "p1", **SAME})
    headers = {"Content-Type": "application/x-ndjson"}
    answer = await house.portal.post("/v1/events/evt/batch", content=line, headers=headers)
    assert orjson.loads(answer.text)["ok"], answer.text
    await house.settle()
    assert _persons(house, "sinus") == {"p1": there}


async def test_the_command_line_decides_too(
    house: OpenHouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the database, beside the running node, by the message that was refused."""
    there = await _scanned_first(house, "sinus")
    refused = await _refused(house, "sinus")
    settings = tmp_path / "passerelle.toml"
    url = house.runtime.settings.store.url
    link = '[{0}.link]\nurl = "http://{0}"\nmode = "Exercise"\n'
    settings.write_text(
        f'mode = "Exercise"\n[store]\nurl = "{url}"\n{link.format("sinus")}{link.format("sivic")}', encoding="utf-8"
    )
    words = ["outbox", "number", refused["id"], "--same", "--reason", "bracelet vérifié", "--settings", str(settings)]
    assert await asyncio.to_thread(main, words) == 0
    assert "mise à jour" in capsys.readouterr().out
    house.clock.forward(days=4000)  # the command line reads the real clock
    await house.settle()
    assert _persons(house, "sinus") == {"p1": there}
