"""SINUS and SI-VIC speak: what they say of their own accord is heard by their own key or by asking, once, as their word, and goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from domain.mode import Mode
from gateway.operations.read_news import read_news
from gateway.security.keys import Scope, new_key
from tests.gateway.house import NUMBER, open_house
from tests.servers.postgres import Postgres, postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx

    from tests.gateway.house import OpenHouse

__all__ = ["postgres"]

OTHER_NUMBER = "FR825NOVI0000TR100002"
HOSPITAL = {"finess": "310781406", "etablissement": "Hôpital d’essai"}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenHouse]:
    """A house whose event is open at both, on either store."""
    more: dict[str, Any] = {}
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        more = {"store": {"url": server.create_database()}}
    async with open_house(tmp_path, **more) as opened:
        await opened.runtime.heartbeat.beat()
        await opened.event()
        await opened.settle()
        yield opened


async def own_event(house: OpenHouse, neighbour: str) -> str:
    """The neighbour's identifier of the event."""
    answer = await house.portal.get("/v1/events/evt")
    return str(answer.json()["links"][neighbour]["external_id"])


async def say(house: OpenHouse, neighbour: str, *news: dict[str, Any]) -> None:
    """The neighbour has something to say."""
    evenement = await own_event(house, neighbour)
    said = [{"evenement": evenement, **each} for each in news]
    await house.wires[neighbour].control("POST", "/_sandbox/nouvelles", said)


async def hear(house: OpenHouse, neighbour: str) -> int:
    """The regular question, and what follows from the answer."""
    heard = await read_news(house.runtime, neighbour)
    await house.settle()
    return heard


async def patient(house: OpenHouse, name: str = "p1") -> dict[str, Any]:
    """A patient as the portal reads it."""
    answer = await house.portal.get(f"/v1/events/evt/patients/{name}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def tasks(house: OpenHouse) -> list[dict[str, Any]]:
    """The persons that wait for a decision."""
    return list((await house.portal.get("/v1/events/evt/unknown-persons")).json()["unknown_persons"])


async def pushing(house: OpenHouse, name: str) -> httpx.AsyncClient:
    """A client with the key of that neighbour."""
    key = new_key(name, Scope.NEIGHBOUR, Mode.EXERCISE)
    await house.runtime.write(lambda register: register.keys.add(key, house.clock()))
    return house.client(key.key)


def admission(**more: Any) -> dict[str, Any]:
    """SI-VIC says that somebody has arrived."""
    return {"id": "S-1", "nature": "ADMISSION", "survenueLe": "2020-09-01T16:30:00+02:00", **HOSPITAL, **more}


async def test_an_admission_seen_in_sivic_reaches_the_portal_and_sinus(house: OpenHouse) -> None:
    """By the bracelet; SINUS learns of the establishment, the portal is told by its webhook, SI-VIC is not told its own word."""
    await house.patient(sinus_number=NUMBER)
    await house.settle()
    before = (await house.wires["sivic"].control("GET", "/_sandbox/state"))["persons"]["p1"]["version"]
    await say(house, "sivic", admission(numero=NUMBER))
    assert await hear(house, "sivic") == 1

    shown = await patient(house)
    assert shown["admitted_at"] == "2020-09-01T16:30:00+02:00" or shown["admitted_at"].startswith("2020-09-01T14:30")
    sinus = await house.wires["sinus"].control("GET", "/_sandbox/state")
    (event,) = sinus["evenements"].values()
    assert event["victimes"]["p1"]["fiche"]["destination"]["@finess"] == HOSPITAL["finess"]
    after = (await house.wires["sivic"].control("GET", "/_sandbox/state"))["persons"]["p1"]["version"]
    assert after == before, "no echo"
    portal = (await house.wires["portal"].control("GET", "/_sandbox/state"))["events"]["evt"]
    assert any(note["data"].get("news") == "admission" for note in portal)


async def test_the_same_page_twice_and_a_cursor_that_goes_back_change_nothing(house: OpenHouse) -> None:
    """Known words stay known; what comes after is read."""
    await house.patient(sinus_number=NUMBER)
    await say(house, "sivic", admission(numero=NUMBER))
    assert await hear(house, "sivic") == 1
    revision = (await patient(house))["revision"]
    assert await hear(house, "sivic") == 0, "nothing new is asked for again"
    await house.runtime.write(lambda register: register.connection.execute(text("UPDATE news_cursor SET cursor = '0'")))
    assert await hear(house, "sivic") == 1
    assert (await patient(house))["revision"] == revision


async def test_a_bracelet_that_sinus_had_first_is_a_task_and_then_the_patient(house: OpenHouse) -> None:
    """Proposed within seconds, created by one act, and the field's record becomes ours: no refusal of the number."""
    event = await own_event(house, "sinus")
    scanned = {"numero": OTHER_NUMBER, "categorie": "UA"}
    await house.wires["sinus"].control("POST", f"/_sandbox/evenements/{event}/victimes", scanned)
    assert await hear(house, "sinus") == 1
    (task,) = await tasks(house)
    assert (task["source"], task["why"]) == ("sinus", "unknown_person")
    made = await house.portal.post(
        f"/v1/unknown-persons/{task['task_id']}/create", json={"event_id": "evt", "reason": "Bracelet du terrain."}
    )
    assert made.status_code == 201, made.text
    await house.settle()
    shown = await patient(house, made.json()["patient_id"])
    assert shown["sinus_number"].replace(" ", "").replace("-", "") == OTHER_NUMBER
    assert await tasks(house) == []


async def test_a_deployment_may_let_sinus_create(tmp_path: Path) -> None:
    """`unknown_persons = "create"`: the patient is there at once, once, and SINUS's record is this patient's."""
    link = {"url": "http://sinus", "mode": "Exercise"}
    async with open_house(tmp_path, sinus={"link": link, "unknown_persons": "create"}) as house:
        await house.runtime.heartbeat.beat()
        await house.event()
        await house.settle()
        event = await own_event(house, "sinus")
        scanned = {"numero": OTHER_NUMBER, "categorie": "UR"}
        await house.wires["sinus"].control("POST", f"/_sandbox/evenements/{event}/victimes", scanned)
        assert await hear(house, "sinus") == 1
        (created,) = (await house.portal.get("/v1/events/evt/patients")).json()["patients"]
        assert created["severity"] == "UR"
        await house.settle(seconds=30)
        held = (await house.wires["sinus"].control("GET", "/_sandbox/state"))["evenements"][event]["victimes"]
        assert list(held) == [created["id"]], "one record, joined, and none beside it"
        assert await tasks(house) == []
        parked = (await house.operator.get("/v1/outbox/messages", params={"status": "parked"})).json()["messages"]
        assert parked == []


async def test_a_page_of_the_other_mode_or_cut_in_the_middle_is_not_taken(house: OpenHouse) -> None:
    """The cursor stays, an alarm says why once it lasts, and the next good page ends it."""
    await house.patient(sinus_number=NUMBER)
    await house.settle()
    await say(house, "sivic", admission(numero=NUMBER))
    await house.script("sivic", {"fault": "wrong_answer", "times": 2})
    assert await hear(house, "sivic") == 0
    house.clock.forward(minutes=5)
    assert await hear(house, "sivic") == 0
    alarms = (await house.operator.get("/v1/alarms")).json()["alarms"]
    assert [alarm["facts"]["cause_code"] for alarm in alarms if alarm["name"] == "news:sivic"] == ["page_illisible"]
    assert await hear(house, "sivic") == 1
    alarms = (await house.operator.get("/v1/alarms")).json()["alarms"]
    assert "news:sivic" not in [alarm["name"] for alarm in alarms]
    client = await pushing(house, "sivic")
    refused = await client.post("/v1/news/sivic", json={"mode": "Actual", "nouvelles": []})
    assert (refused.status_code, refused.json()["code"]) == (409, "mode_different")


async def test_one_bad_piece_of_news_spoils_itself_only(house: OpenHouse) -> None:
    """Named by the path its sender wrote, without the value; the rest is taken; a date in the future waits for a person."""
    await house.patient(sinus_number=NUMBER)
    event = await own_event(house, "sivic")
    client = await pushing(house, "sivic")
    page = {
        "mode": "Exercise",
        "nouvelles": [
            {"id": "S-0", "nature": "PERDU-DE-VUE", "evenement": event},
            admission(numero=NUMBER, evenement=event),
            admission(id="S-2", numero=NUMBER, evenement=event, survenueLe="2120-01-01T00:00:00+01:00"),
        ],
    }
    answer = await client.post("/v1/news/sivic", json=page)
    assert answer.status_code == 202, answer.text
    told = answer.json()
    assert [(each["place"], each["id"], each["field"]) for each in told["refused"]] == [
        (0, "S-0", "nouvelles[0].nature")
    ]
    assert "PERDU" not in answer.text
    assert told["taken"] == 1
    assert len(told["tasks"]) == 1, "nothing is lost"
    await house.settle()
    assert (await patient(house))["admitted_at"] is not None
    alarms = (await house.operator.get("/v1/alarms")).json()["alarms"]
    assert "news_refused:sivic" in [alarm["name"] for alarm in alarms]


async def test_a_neighbour_speaks_for_itself_only(house: OpenHouse) -> None:
    """The key of one does not push for the other, nor for a neighbour that pushes nothing; no other key pushes at all."""
    client = await pushing(house, "sinus")
    page: dict[str, Any] = {"mode": "Exercise", "nouvelles": []}
    assert (await client.post("/v1/news/sinus", json=page)).status_code == 200
    assert (await client.post("/v1/news/sivic", json=page)).status_code == 403
    assert (await client.post("/v1/news/portal", json=page)).status_code == 404
    assert (await house.portal.post("/v1/news/sinus", json=page)).status_code == 403


async def test_no_word_of_a_neighbour_undoes_what_a_person_did(house: OpenHouse) -> None:
    """SI-VIC's place is kept beside the one that was chosen by hand, and both can be read."""
    await house.patient(sinus_number=NUMBER)
    steps: list[tuple[str, dict[str, Any]]] = [
        ("bilan", {"severity_exit": "UR"}),
        ("orientation-request", {}),
        ("orientation", {"choice": "ETABLISSEMENT", "destination": {"finess": "310000013", "name": "Autre hôpital"}}),
    ]
    for step, document in steps:
        answer = await house.portal.post(f"/v1/events/evt/patients/p1/{step}", json=document)
        assert answer.is_success, answer.text
    await house.settle()
    await say(
        house, "sivic", {"id": "S-7", "nature": "IDENTITE", "numero": NUMBER, "identite": {"nomUsuel": "ESSAI-AUTRE"}}
    )
    await house.portal.patch("/v1/events/evt/patients/p1", json={"used_name": "ESSAI-UN"})
    await hear(house, "sivic")
    assert (await patient(house))["used_name"] == "ESSAI-UN"


async def test_an_event_that_nobody_knows_and_a_person_of_nobody_wait_for_a_person(house: OpenHouse) -> None:
    """Kept as tasks with what was said; said again, they stay one task."""
    await say(
        house, "sivic", admission(numero=OTHER_NUMBER), admission(id="S-9", numero=NUMBER, evenement="EVT-999999")
    )
    await hear(house, "sivic")
    await say(house, "sivic", admission(numero=OTHER_NUMBER))
    await hear(house, "sivic")
    assert sorted(str(task["event_id"]) for task in await tasks(house)) == ["None", "evt"]
