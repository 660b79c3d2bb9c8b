"""Mass casualty on FHIR: an event read whole by the portal, in numbers by the others, and told by a portal that speaks FHIR."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from gateway.security.keys import Scope
from tests.fhir.bundles import example, raw, resource
from tests.gateway.house import EVENT, WHOLE
from tests.shared_material import shared

if TYPE_CHECKING:
    import httpx

    from tests.gateway.house import OpenHouse

JSON = {"Content-Type": "application/fhir+json"}
CHU = {"finess": "310781406", "name": "CHU d’essai"}


async def read(house: OpenHouse, event: str = "evt", scope: Scope = Scope.PORTAL) -> dict[str, Any]:
    """The event, in FHIR."""
    async with house.as_(scope) as caller:
        answer = await caller.get("/fhir/Bundle", params={"event": event})
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    get_fhir_model_class("Bundle").model_validate(document)
    return document


async def tell(house: OpenHouse, bundle: Any, scope: Scope = Scope.PORTAL) -> httpx.Response:
    """A portal tells."""
    content = bundle if isinstance(bundle, bytes) else raw(bundle)
    async with house.as_(scope) as portal:
        answer = await portal.post("/fhir", content=content, headers=JSON)
    document = answer.json()
    get_fhir_model_class(document["resourceType"]).model_validate(document)
    return answer


def of(bundle: dict[str, Any], kind: str, **wanted: Any) -> list[dict[str, Any]]:
    """The resources of a kind that have these elements."""
    found = [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]
    return [one for one in found if all(one.get(name) == value for name, value in wanted.items())]


async def event_of(house: OpenHouse) -> None:
    """An event with nobody."""
    async with house.portal as portal:
        answer = await portal.post(
            "/v1/events", json={**EVENT, "started_at": "2026-01-01T07:00:00+01:00", "link": False}
        )
    assert answer.status_code == 201, answer.text


async def walk(house: OpenHouse, *steps: tuple[str, dict[str, Any]]) -> None:
    """A patient on the care path."""
    await house.patient("p1", **{**WHOLE, "nir": None})
    for step, body in steps:
        await house.act(f"patients/p1/{step}", body)


EXIT = ("triage", {"stage": "exit", "severity": "UA"})
ASK = ("orientation-request", {})
SENT = ("evacuation-request", {"destination": CHU, "vector": "SMUR.AR"})
PATHS: list[tuple[list[tuple[str, dict[str, Any]]], str, dict[str, str]]] = [
    ([], "arrived", {}),
    ([EXIT, ASK], "triaged", {"orientation": "requested"}),
    ([EXIT, ASK, SENT], "in-progress", {"orientation": "completed", "evacuation": "requested"}),
    ([EXIT, ASK, SENT, ("evacuation", {})], "in-progress", {"orientation": "completed", "evacuation": "in-progress"}),
    (
        [EXIT, ASK, ("orientation", {"choice": "SUR_PLACE"})],
        "in-progress",
        {"orientation": "completed", "sortie": "requested"},
    ),
    (
        [EXIT, ASK, ("orientation", {"choice": "SUR_PLACE"}), ("exit", {})],
        "finished",
        {"orientation": "completed", "sortie": "completed"},
    ),
]


@pytest.mark.parametrize(("steps", "encounter", "tasks"), PATHS, ids=[str(len(one[0])) + one[1] for one in PATHS])
async def test_each_status_of_the_portal_has_its_encounter_and_tasks(
    fhir_house: OpenHouse, steps: list[Any], encounter: str, tasks: dict[str, str]
) -> None:
    """The table of the care path, walked: Encounter.status, the Tasks, and the times of what went before."""
    await event_of(fhir_house)
    await walk(fhir_house, *steps)
    bundle = await read(fhir_house)
    (path,) = [one for one in of(bundle, "Encounter") if one["class"]["code"] == "EMER"]
    assert path["status"] == encounter
    assert {one["code"]["coding"][0]["code"]: one["status"] for one in of(bundle, "Task")} == tasks
    assert len(path.get("statusHistory", [])) == len([step for step in steps if step is not EXIT])


async def test_a_victim_is_told_whole_and_nothing_private_with_it(fhir_house: OpenHouse) -> None:
    """Numbers under their systems, both triages, the place; no NIR, no comment, no contact."""
    await event_of(fhir_house)
    await walk(fhir_house, EXIT)
    bundle = await read(fhir_house)
    patient = resource(bundle, "Patient")
    systems = {one["system"].rpartition("/id/")[2]: one["value"] for one in patient["identifier"]}
    assert systems["victime/evt"] == "p1"
    assert systems["sinus"] == WHOLE["sinus_number"]
    severities = {
        one["code"]["coding"][0]["code"]: one["valueCodeableConcept"]["coding"] for one in of(bundle, "Observation")
    }
    assert [one["code"] for one in severities["GRAVITE-ENTREE"]] == ["UR", "LA17695-0"]
    assert [one["code"] for one in severities["GRAVITE-SORTIE"]] == ["UA", "LA17696-8"]
    told = json.dumps(bundle, ensure_ascii=False)
    assert "commentaire confié" not in told
    assert "06 99 00 00 00" not in told


async def test_who_sees_numbers_sees_no_person(fhir_house: OpenHouse) -> None:
    """A MeasureReport and a Group without members: no Patient, no name, no number of anybody."""
    await event_of(fhir_house)
    await walk(fhir_house)
    bundle = await read(fhir_house, scope=Scope.COUNTS)
    assert {entry["resource"]["resourceType"] for entry in bundle["entry"]} == {"MeasureReport", "Group"}
    counts = {
        g["code"]["coding"][0]["code"]: g["population"][0]["count"] for g in resource(bundle, "MeasureReport")["group"]
    }
    assert counts == {"UA": 0, "UR": 1, "IMP": 0, "DCD": 0, "NC": 0}
    assert resource(bundle, "Group")["quantity"] == 1
    assert "member" not in resource(bundle, "Group")
    told = json.dumps(bundle, ensure_ascii=False)
    assert [value for value in ("ESSAI-UN", "Huguette", "p1", str(WHOLE["sinus_number"])) if value in told] == []


async def test_a_platform_reads_no_event(fhir_house: OpenHouse) -> None:
    """Its key is for its own requests."""
    await event_of(fhir_house)
    async with fhir_house.as_(Scope.PLATFORM) as platform:
        assert (await platform.get("/fhir/Bundle", params={"event": "evt"})).status_code == 403
        assert (await platform.post("/fhir", content=raw(example("exemple-victimes")), headers=JSON)).status_code == 403


async def test_a_portal_tells_of_an_event_that_is_not_known(fhir_house: OpenHouse) -> None:
    """The event, its place and its victim are created, and read back as they were told."""
    answer = await tell(fhir_house, example("exemple-victimes"))
    assert answer.status_code == 200, answer.text
    assert "201 Created" in {line["response"]["status"] for line in answer.json()["entry"]}
    async with fhir_house.portal as portal:
        (patient,) = (await portal.get("/v1/events/EVT-ESSAI-1/patients")).json()["patients"]
    assert (patient["severity_entry"], patient["localisation"]["name"]) == ("UA", "PMA")
    assert patient["sinus_number"] == "FR825NOVI0000TR123123"
    assert patient["particularity"] == "SOIGNANT"
    again = await tell(fhir_house, example("exemple-victimes"))
    assert "201 Created" not in {line["response"]["status"] for line in again.json()["entry"]}
    async with fhir_house.portal as portal:
        assert len((await portal.get("/v1/events/EVT-ESSAI-1/patients")).json()["patients"]) == 1


async def test_what_we_tell_of_an_event_is_what_we_take(fhir_house: OpenHouse) -> None:
    """The Bundle of an event, told under another name, makes the same victims at the same place of the path."""
    await event_of(fhir_house)
    await walk(fhir_house, EXIT, ASK, SENT)
    bundle = json.loads(
        json.dumps(await read(fhir_house)).replace("/evt", "/copie").replace('"evt"', '"copie"').replace("p1", "p2")
    )
    answer = await tell(fhir_house, bundle)
    assert answer.status_code == 200, answer.text
    async with fhir_house.portal as portal:
        first, second = [(await portal.get(f"/v1/events/{one}")).json() for one in ("evt", "copie")]
        copy = (await portal.get("/v1/events/copie/patients/p2")).json()
    assert (first["name"], first["type"]) == (second["name"], second["type"])
    assert (copy["status"], copy["severity"], copy["vector"]) == ("ATTENTE_EVACUATION", "UA", "SMUR.AR")
    assert copy["destination"]["finess"] == CHU["finess"]


async def test_a_step_that_the_rules_refuse_is_said_and_the_rest_is_kept(fhir_house: OpenHouse) -> None:
    """The dossier's example is triaged without a severity at exit: the victim enters, the step does not."""
    bundle = json.loads(shared("examples/mci-transaction.json").read_bytes())
    bundle["meta"] = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}]}
    fhir_house.clock.forward(days=61)
    answer = await tell(fhir_house, bundle)
    assert answer.status_code == 200, answer.text
    outcome = answer.json()["entry"][0]["response"]["outcome"]
    assert "R-29" in {issue["details"]["coding"][0]["code"] for issue in outcome["issue"]}
    async with fhir_house.portal as portal:
        (patient,) = (await portal.get("/v1/events/EVT-2026-31-0007/patients")).json()["patients"]
    assert (patient["status"], patient["severity"]) == ("ATTENTE_SOINS", "UA")


WRONG: list[tuple[str, int, str]] = [
    ("real in an exercise", 409, "MODE"),
    ("two events", 422, "UN_EVENEMENT"),
    ("a victim without our key", 422, "VICTIME_SANS_CLE"),
]


@pytest.mark.parametrize(("how", "status", "reason"), WRONG, ids=[one[0] for one in WRONG])
async def test_a_wrong_event_is_refused_whole(fhir_house: OpenHouse, how: str, status: int, reason: str) -> None:
    """Nothing of it is written, and the reason is told."""
    bundle = example("exemple-victimes")
    match how:
        case "real in an exercise":
            del bundle["meta"]
        case "two events":
            next(one for one in of(bundle, "Encounter") if one["class"]["code"] == "EMER")["class"]["code"] = "FLD"
        case "a victim without our key":
            resource(bundle, "Patient")["identifier"] = resource(bundle, "Patient")["identifier"][1:]
        case _:
            raise ValueError(how)
    answer = await tell(fhir_house, bundle)
    assert answer.status_code == status, answer.text
    assert reason in answer.text
    async with fhir_house.portal as portal:
        assert (await portal.get("/v1/events")).json()["events"] == []
