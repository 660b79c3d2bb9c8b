"""What an establishment says of its patients: heard as its own word, told onwards, and never of somebody else's."""

from __future__ import annotations

import asyncio
from datetime import datetime
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from adapters.wire.hl7.mllp import END, START
from gateway.doors.neighbours.mllp import mllp_listening
from gateway.security.keys import Scope
from tests.gateway.house import NUMBER, OpenHouse, open_house

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx

OURS, OTHER = "310000000", "750000000"
HOSPITAL = {"essai-hospital": {"finess": [OURS], "name": "Hôpital d’essai", "mllp_port": 0}}
PLACE = {"finess": OURS, "name": "Hôpital d’essai", "service": None}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    """A linked event with one patient under a bracelet, everything sent."""
    async with open_house(tmp_path, hospitals=HOSPITAL) as opened:
        await opened.event()
        await opened.patient(sinus_number=NUMBER, used_name="TESTE-UN")
        await opened.settle(hours=3)
        yield opened


def admission(**changes: Any) -> dict[str, Any]:
    """An admission of the person under the bracelet."""
    word = {"message_id": "m1", "news": "admission", "finess": OURS, "key": "IPP1", "sinus_number": NUMBER}
    return {**word, "hospital_care": "URGENCES", "happened_at": "2020-09-01T16:30:00+00:00", **changes}


def adt(
    trigger: str = "A01", *, mode: str = "T", number: str = f"~{NUMBER}^^^^SINUS", more: str = "", **at: str
) -> bytes:
    """An ADT as hospitals send it."""
    control, time = at.get("control", "C1"), at.get("time", "20200901183000")
    return "\r".join(
        [
            f"MSH|^~\\&|DPI|HOPITAL|PASSERELLE||{time}||ADT^{trigger}^ADT_{trigger}|{control}|{mode}|2.5|||||FRA|UNICODE UTF-8",
            f"EVN||{time}||||{time}",
            f"PID|||IPP1^^^HOPITAL^PI{number}||TESTE-ÉLAN^Zoé||19520314|F",
            f"PV1||I|REA^12^1^{OURS}",
            more,
        ]
    ).encode()


async def say(house: OpenHouse, word: dict[str, Any]) -> httpx.Response:
    """One word through the door."""
    return await house.as_(Scope.HOSPITAL).post("/v1/admissions", json=word)


async def read(house: OpenHouse, patient: str = "p1") -> dict[str, Any]:
    """The patient as the portal reads it."""
    return dict((await house.portal.get(f"/v1/events/evt/patients/{patient}")).json())


async def test_an_admission_by_bracelet_reaches_the_record_and_everybody_else(house: OpenHouse) -> None:
    """The establishment becomes the destination, with its time; SINUS, SI-VIC and the portal learn of it; nothing is merged."""
    answer = await say(house, admission())
    assert (answer.status_code, answer.json()["outcome"], answer.json()["patient_id"]) == (200, "taken", "p1")
    record = await read(house)
    assert record["destination"] == PLACE
    assert record["admitted_at"] == "2020-09-01T16:30:00+00:00"
    await house.settle()
    assert OURS in str(house.sinus_victims()["p1"]["fiche"]["destination"])
    news = [note["data"] for note in house.notifications() if note["topic"] == "patient.news"]
    assert [(note["source"], note["news"], note["patient_id"]) for note in news] == [("hospital", "admission", "p1")]
    assert "destination" in news[0]["fields"]


async def test_the_same_word_twice_changes_nothing(house: OpenHouse) -> None:
    """A resent admission is known, and no message leaves for it."""
    await say(house, admission())
    await house.settle()
    before = await house.written()
    answer = await say(house, admission())
    assert answer.json()["outcome"] == "known"
    assert await house.written() == before


async def test_words_in_any_order_give_one_record(tmp_path: Path) -> None:
    """Admission, transfer and discharge, late and shuffled: the latest that happened is shown, whatever came last."""
    words = [
        admission(message_id="a", happened_at="2020-09-01T15:10:00+00:00"),
        admission(message_id="b", news="transfer", service="Réanimation", happened_at="2020-09-01T15:20:00+00:00"),
        admission(message_id="c", news="discharge", hospital_care=None, happened_at="2020-09-01T15:40:00+00:00"),
    ]
    records = []
    for turn, order in enumerate(permutations(words)):
        folder = tmp_path / str(turn)
        folder.mkdir()
        async with open_house(folder, hospitals=HOSPITAL) as house:
            await house.event()
            await house.patient(sinus_number=NUMBER)
            for word in order:
                house.clock.forward(hours=2)
                sent = {name: value for name, value in word.items() if value is not None}
                assert (await say(house, sent)).status_code == 200
            record = await read(house)
            records.append((record["destination"], record["admitted_at"]))
    assert records == [records[0]] * len(records)
    assert records[0] == ({**PLACE, "service": "Réanimation"}, "2020-09-01T15:20:00+00:00")


async def test_a_person_s_word_is_not_undone_by_a_hospital_s_name(house: OpenHouse) -> None:
    """The portal's name stays; the establishment's is kept beside it, and the answer says so."""
    answer = await say(house, admission(used_name="TESTE-AUTRE"))
    assert "used_name" in answer.json()["beside"]
    assert (await read(house))["used_name"] == "TESTE-UN"
    words = (await house.portal.get("/v1/events/evt/patients/p1/history")).json()["observations"]
    assert any(line["facts"].get("fields", {}).get("used_name") == "TESTE-AUTRE" for line in words)


async def test_somebody_nobody_knows_is_a_task_and_never_a_merge_on_a_name(house: OpenHouse) -> None:
    """Same name, no number: a task; its words wait together, resemble nobody by a name alone, and are heard once linked."""
    word = admission(sinus_number=None, used_name="TESTE-UN")
    word = {name: value for name, value in word.items() if value is not None}
    first = await say(house, word)
    await say(house, {**word, "message_id": "m2", "news": "transfer", "happened_at": "2020-09-01T16:45:00+00:00"})
    assert (first.status_code, first.json()["outcome"]) == (202, "unknown_person")
    tasks = (await house.portal.get("/v1/events/evt/unknown-persons")).json()["unknown_persons"]
    assert [(len(task["words"]), task["resembles"]) for task in tasks] == [(2, [])]
    assert (await read(house))["admitted_at"] is None
    linked = await house.portal.post(
        f"/v1/unknown-persons/{tasks[0]['task_id']}/link",
        json={"event_id": "evt", "patient_id": "p1", "reason": "Reconnu au téléphone."},
    )
    assert (linked.status_code, linked.json()["outcomes"]) == (200, ["taken", "taken"])
    assert (await read(house))["admitted_at"] == "2020-09-01T16:45:00+00:00"
    again = await say(house, {**word, "message_id": "m3", "news": "discharge"})
    assert again.json()["patient_id"] == "p1", "once linked, the establishment's own number names the person"
    second = await house.portal.post(
        f"/v1/unknown-persons/{tasks[0]['task_id']}/dismiss", json={"reason": "Trop tard."}
    )
    assert (second.status_code, second.json()["code"]) == (409, "deja_decide")


async def test_an_unknown_person_can_become_a_patient_or_be_set_aside(house: OpenHouse) -> None:
    """Arrived by its own means: a new patient, not coded, with the bracelet it was given; another is dismissed with a reason."""
    await say(house, admission(key="IPP2", sinus_number="FR825NOVI0000TR100002", birth_name="TESTE-DEUX"))
    await say(house, admission(key="IPP3", sinus_number="FR825NOVI0000TR100003", message_id="m3"))
    one, other = (await house.portal.get("/v1/events/evt/unknown-persons")).json()["unknown_persons"]
    made = await house.portal.post(
        f"/v1/unknown-persons/{one['task_id']}/create", json={"event_id": "evt", "reason": "Venu seul."}
    )
    assert made.status_code == 201, made.text
    record = await read(house, made.json()["patient_id"])
    assert (record["birth_name"], record["severity"], record["destination"]) == ("TESTE-DEUX", "NC", PLACE)
    await house.portal.post(f"/v1/unknown-persons/{other['task_id']}/dismiss", json={"reason": "Autre affaire."})
    assert (await house.portal.get("/v1/events/evt/unknown-persons")).json()["unknown_persons"] == []


async def test_a_number_and_a_key_that_name_two_people_are_a_task(house: OpenHouse) -> None:
    """The establishment's key is one patient's, the bracelet another's: nothing is written, a person decides."""
    await say(house, admission())
    await house.patient("p2", sinus_number="FR825NOVI0000TR100002")
    answer = await say(house, admission(sinus_number="FR825NOVI0000TR100002", message_id="m2"))
    assert (answer.status_code, answer.json()["outcome"]) == (202, "ambiguous")
    assert (await read(house, "p2"))["admitted_at"] is None


async def test_an_establishment_says_and_sees_its_own_persons_only(house: OpenHouse) -> None:
    """Another FINESS is refused by name of the field; another establishment's patients are in no answer."""
    await house.patient("p2", sinus_number="FR825NOVI0000TR100002")
    refused = await say(house, admission(finess=OTHER))
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "finess")
    await say(house, admission())
    seen = (await house.as_(Scope.HOSPITAL).get("/v1/admissions")).json()["persons"]
    assert [person["patient_id"] for person in seen] == ["p1"]


async def test_a_withdrawal_takes_the_words_back(house: OpenHouse) -> None:
    """An admission entered by mistake: the destination and its time are no longer said, and counts may go down."""
    await say(house, admission())
    await say(house, admission(news="withdrawal", message_id="m2", happened_at="2020-09-01T16:40:00+00:00"))
    record = await read(house)
    assert (record["destination"], record["admitted_at"]) == (None, None)


async def test_a_death_at_hospital_counts_and_can_be_taken_back(house: OpenHouse) -> None:
    """DCD by the establishment's word where nobody else triaged at exit; said again as alive, the count goes down (F1)."""
    await say(house, admission(news="death", hospital_care="DECES"))
    assert (await read(house))["severity"] == "DCD"
    back = admission(news="withdrawal", message_id="m2", happened_at="2020-09-01T16:50:00+00:00")
    assert (await say(house, back)).status_code == 200
    assert (await read(house))["severity"] == "UR"


@pytest.mark.parametrize(
    ("trigger", "field", "value"),
    [("A01", "admitted_at", "2020-09-01T16:30:00+00:00"), ("A04", "admitted_at", "2020-09-01T16:30:00+00:00")],
)
async def test_an_adt_is_heard_like_json(house: OpenHouse, trigger: str, field: str, value: str) -> None:
    """HL7 v2 over HTTP, by the mapping file: the same record, and an AA once it is durable."""
    answer = await house.as_(Scope.HOSPITAL).post(
        "/v1/admissions/adt", content=adt(trigger), headers={"Content-Type": "application/hl7-v2"}
    )
    assert "MSA|AA|C1" in answer.text
    shown = (await read(house))[field]
    assert datetime.fromisoformat(shown) == datetime.fromisoformat(value)


@pytest.mark.parametrize(
    ("message", "place"),
    [
        (adt(mode="P"), "MSH^1^11"),
        (adt("A28"), "MSH"),
        (adt().replace(b"|T|2.5", b"||2.5"), "MSH^1^11"),
        (adt().replace(b"ADT^", b"ORU^"), "MSH^1^9"),
        (b"PID|1", "MSH"),
        (adt(time="20201341990000"), "EVN"),
        (adt().replace(b"UNICODE UTF-8", b"KLINGON"), "MSH^1^18"),
    ],
)
async def test_an_adt_that_cannot_be_heard_says_where(house: OpenHouse, message: bytes, place: str) -> None:
    """AR with the place, no value of the patient, nothing written."""
    before = await house.written()
    answer = await house.as_(Scope.HOSPITAL).post(
        "/v1/admissions/adt", content=message, headers={"Content-Type": "application/hl7-v2"}
    )
    assert answer.status_code == 200
    assert "MSA|AR|" in answer.text
    assert place in answer.text
    assert "TESTE" not in answer.text
    assert await house.written() == before


async def test_mllp_carries_messages_one_after_another(house: OpenHouse) -> None:
    """Two messages on one connection, each answered; a cut and a flood leave the listener well."""
    async with mllp_listening(house.runtime) as ports:
        reader, writer = await asyncio.open_connection("127.0.0.1", ports["essai-hospital"])
        for control in ("C1", "C2"):
            writer.write(START + adt(control=control) + END)
            answer = await asyncio.wait_for(reader.readuntil(END), 10)
            assert f"MSA|AA|{control}".encode() in answer
        writer.close()
        _, flood = await asyncio.open_connection("127.0.0.1", ports["essai-hospital"])
        flood.write(START + b"x" * 400_000)
        flood.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", ports["essai-hospital"])
        writer.write(START + adt("A03", control="C4", time="20200901190000") + END)
        assert b"MSA|AA|C4" in await asyncio.wait_for(reader.readuntil(END), 10)
        writer.close()
    words = (await house.portal.get("/v1/events/evt/patients/p1/history")).json()["observations"]
    assert any(line["facts"].get("fields", {}).get("hospital_care") == "RETOUR_DOMICILE" for line in words)
