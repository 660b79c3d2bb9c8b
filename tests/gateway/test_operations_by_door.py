"""One rule whatever the door: the same change by every door that offers it gives the same record, links, messages and counts.

`OPERATIONS` is the table: operation → door → how a caller of that door says it. Each is played in a house of its own, from the same
beginning, until everything has settled; what stands in the end is compared with the first door of its line.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from gateway.security.keys import Scope
from tests.gateway.house import NUMBER, open_house

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.gateway.house import OpenHouse

    Say = Callable[[OpenHouse], Awaitable[None]]

FINESS = "310000000"
HOSPITALS = {"essai-hospital": {"finess": [FINESS], "name": "Hôpital d’essai", "mllp_port": 0}}
EVENT, PATIENT = "/v1/events/evt", "/v1/events/evt/patients/p1"
PLACES = [{"id": "pma", "name": "PMA"}]
FHIR = {"Content-Type": "application/fhir+json"}
NDJSON = {"Content-Type": "application/x-ndjson"}
BASE = "https://samu.example.fr/fhir"


def rest(method: str, path: str, body: dict[str, Any]) -> Say:
    """At the portal's own door."""

    async def say(house: OpenHouse) -> None:
        answer = await house.portal.request(method, path, json=body)
        assert answer.is_success, answer.text

    return say


def batch(**line: Any) -> Say:
    """One line of the portal's late entry."""

    async def say(house: OpenHouse) -> None:
        answer = await house.portal.post(f"{EVENT}/batch", content=orjson.dumps(line), headers=NDJSON)
        assert orjson.loads(answer.text)["ok"], answer.text

    return say


async def _told_in_fhir(house: OpenHouse, change: Callable[[list[dict[str, Any]]], None]) -> None:
    """The event's own Bundle, changed and sent back, as a portal that speaks FHIR does."""
    bundle = (await house.portal.get("/fhir/Bundle", params={"event": "evt"})).json()
    change(bundle["entry"])
    answer = await house.portal.post("/fhir", content=orjson.dumps(bundle), headers=FHIR)
    assert answer.is_success, answer.text


def fhir(kind: str, change: Callable[[dict[str, Any]], None]) -> Say:
    """One resource of a kind, changed."""

    async def say(house: OpenHouse) -> None:
        def one(entries: list[dict[str, Any]]) -> None:
            resources = [entry["resource"] for entry in entries if entry["resource"]["resourceType"] == kind]
            # The Encounter of the event, not that of a victim.
            change(next(each for each in resources if each.get("class", {}).get("code", "FLD") == "FLD"))

        await _told_in_fhir(house, one)

    return say


async def _opened_in_fhir(house: OpenHouse) -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}]},
        "entry": [
            {
                "fullUrl": "urn:uuid:11111111-1111-4111-8111-111111111111",
                "resource": {"resourceType": "Group", "type": "person", "actual": True, "name": "Match d’essai"},
                "request": {"method": "POST", "url": "Group"},
            },
            {
                "fullUrl": "urn:uuid:22222222-2222-4222-8222-222222222222",
                "resource": {
                    "resourceType": "Encounter",
                    "identifier": [{"system": f"{BASE}/id/evenement", "value": "evt"}],
                    "status": "in-progress",
                    "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "FLD"},
                    "type": [{"coding": [{"system": f"{BASE}/CodeSystem/type-evenement", "code": "ACEL"}]}],
                    "subject": {"reference": "urn:uuid:11111111-1111-4111-8111-111111111111"},
                    "period": {"start": "2020-09-01T16:00:00+02:00"},
                },
                "request": {"method": "POST", "url": "Encounter"},
            },
        ],
    }
    answer = await house.portal.post("/fhir", content=orjson.dumps(bundle), headers=FHIR)
    assert answer.is_success, answer.text


def _admission(**more: Any) -> dict[str, Any]:
    word = {"message_id": "m1", "news": "admission", "finess": FINESS, "key": "IPP1", "sinus_number": NUMBER}
    return {**word, "happened_at": "2020-09-01T17:00:30+02:00", **more}


async def _admitted_in_json(house: OpenHouse) -> None:
    answer = await house.as_(Scope.HOSPITAL).post("/v1/admissions", json=_admission())
    assert answer.is_success, answer.text


async def _admitted_in_hl7(house: OpenHouse) -> None:
    at = "20200901170030"
    message = "\r".join(
        [
            f"MSH|^~\\&|DPI|HOPITAL|PASSERELLE||{at}||ADT^A01^ADT_A01|m1|T|2.5|||||FRA|UNICODE UTF-8",
            f"EVN||{at}||||{at}",
            f"PID|||IPP1^^^HOPITAL^PI~{NUMBER}^^^^SINUS",
            f"PV1||I|^^^{FINESS}",
        ]
    )
    headers = {"Content-Type": "application/hl7-v2"}
    answer = await house.as_(Scope.HOSPITAL).post("/v1/admissions/adt", content=message.encode(), headers=headers)
    assert answer.is_success, answer.text


NAMED = {"used_name": "ESSAI-UN", "given_name": "Josette"}
NUMBERED = {"choice": "same_person", "reason": "bracelet vérifié"}


def _named(patient: dict[str, Any]) -> None:
    patient["name"] = [{"use": "usual", "family": NAMED["used_name"], "given": [NAMED["given_name"]]}]


OPERATIONS: dict[str, dict[str, Say]] = {
    "open an event": {
        "rest": rest("POST", "/v1/events", {"id": "evt", "name": "Match d’essai", "type": "ACEL", "mode": "Exercise",
                                            "started_at": "2020-09-01T16:00:00+02:00"}),
        "fhir": _opened_in_fhir,
    },
    "plan its end": {
        "rest": rest("PATCH", EVENT, {"planned_end": "2020-09-01T23:30:00+02:00"}),
        "fhir": fhir("Encounter", lambda one: one["period"].update(end="2020-09-01T23:30:00+02:00")),
    },
    "name a patient": {
        "rest": rest("PATCH", PATIENT, NAMED),
        "batch": batch(op="change", patient_id="p1", **NAMED),
        "fhir": fhir("Patient", _named),
    },
    "triage": {
        "rest": rest("POST", f"{PATIENT}/triage", {"stage": "exit", "severity": "UA"}),
        "rest, as a bilan": rest("POST", f"{PATIENT}/bilan", {"severity_exit": "UA"}),
        "batch": batch(op="triage", patient_id="p1", stage="exit", severity="UA"),
    },
    "ask for an orientation": {
        "rest": rest("POST", f"{PATIENT}/orientation-request", {}),
        "batch": batch(op="ask_orientation", patient_id="p1"),
    },
    "free a number": {
        "rest": rest("PATCH", PATIENT, {"sinus_number": None}),
        "batch": batch(op="change", patient_id="p1", sinus_number=None),
    },
    "decide on a number": {
        "rest": rest("POST", f"{PATIENT}/number-decision", NUMBERED),
        "batch": batch(op="decide_number", patient_id="p1", **NUMBERED),
    },
    "admit": {"json": _admitted_in_json, "hl7": _admitted_in_hl7},
}  # fmt: skip
OPENING = "open an event"
HOW = frozenset({"seq", "kind", "author", "received_at", "happened_at", "revision", "status_at", "valid_from", "valid_to",
                 "triaged_at", "triaged_by", "updated_at", "counted_at"})  # fmt: skip
"""What tells when and by which words, not what: the only things that may differ between two doors."""


def _what(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _what(part) for name, part in value.items() if name not in HOW}
    return [_what(part) for part in value] if isinstance(value, list) else value


async def _standing(folder: Path, operation: str, say: Say) -> dict[str, Any]:
    """What there is everywhere once the operation was said by one door and everything has settled."""
    async with open_house(folder, hospitals=HOSPITALS) as house:
        if operation != OPENING:
            await house.event(localisations=PLACES)
            await house.patient(sinus_number=NUMBER, sex="F")
            await house.act("patients/p1/triage", {"stage": "exit", "severity": "UR"})
            await house.settle(seconds=5)
        house.clock.forward(minutes=5)
        before = {one["id"] for one in await house.messages()}
        await say(house)
        for _ in range(4):
            await house.settle(seconds=5)
        told = [one for one in await house.messages() if one["id"] not in before]
        event = (await house.portal.get(EVENT)).json()
        patients = (await house.portal.get(f"{EVENT}/patients")).json()["patients"]
        counts = (await house.portal.get(f"{EVENT}/counts")).json()
        return {
            "event": {name: event.get(name) for name in ("name", "type", "status", "planned_end", "links")},
            "patients": _what(patients),
            "counts": {name: counts[name] for name in ("totals", "by_localisation", "by_destination")},
            "messages": Counter((one["destination"], one["topic"], one["status"]) for one in told),
            "sinus": _what({id_: held["numeros"] for id_, held in house.sinus_victims().items()}),
            "sivic": {id_: held["withdrawn"] for id_, held in house.sivic_persons().items()},
        }


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_the_same_change_by_every_door_is_the_same(tmp_path: Path, operation: str) -> None:
    """Record, links, messages to each neighbour, counts, and what the neighbours hold."""
    stood = {}
    for number, (door, say) in enumerate(OPERATIONS[operation].items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        stood[door] = await _standing(folder, operation, say)
    first, *others = stood
    assert stood[first]["messages"], "an operation that tells nobody proves nothing"
    for door in others:
        for part, expected in stood[first].items():
            assert stood[door][part] == expected, f"{operation} by {door}: {part} is not as by {first}"
