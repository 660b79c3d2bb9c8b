"""The contract's sequences seen from what we share: each step in the timeline, each word of the SAMU in the register."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from adapters.lrm.hubsante.sandbox.partner import Act
from gateway.security.keys import Scope
from tests.gateway.house import KICK_OFF
from tests.hubsante.hub_house import FIRE_SIDE, HEALTH, linked
from tests.hubsante.hub_stage import PATIENCE
from tests.interventions.stage import ROUTE, click
from tests.servers.rabbitmq import OURS, SAMU, RabbitMq

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.hubsante.hub_house import Link

HOSPITAL = {"finess": "310781406", "name": "Hôpital d’essai"}


@pytest.fixture
async def link(rabbitmq: RabbitMq, tmp_path: Path) -> AsyncIterator[Link]:
    """A house and a SAMU, linked by the hub."""
    async with linked(rabbitmq, tmp_path) as found:
        yield found


CASE = f"{OURS}.p1"


async def test_a_victim_is_shared_then_followed(link: Link) -> None:
    """Sequence A: RS-EDA, RS-EDA-MAJ; published, at the hub, integrated and read are four different things."""
    link.samu.play([Act(do="read", on="createCaseHealth")])
    await link.house.event()
    await link.house.patient(used_name="ESSAI")
    await link.until_step(CASE, "read")
    steps = await link.house.runtime.read(lambda register: register.hub.steps_of_case(CASE))
    first = [one.step.value for one in steps if one.distribution_id == steps[0].distribution_id]
    assert first == ["published", "at_hub", "integrated", "read"]
    shared = link.held()[CASE]["createCaseHealth"]
    assert shared["patient"][0]["patientId"] == f"{OURS}.patient.p1.1"
    await link.house.act("patients/p1/bilan", {"text": "Bilan d’essai."})
    await link.until(lambda: "createCaseHealthUpdate" in link.held()[CASE])
    assert "Bilan : Bilan d’essai." in link.held()[CASE]["createCaseHealthUpdate"]["medicalNote"][0]["freetext"]
    assert (await link.until_step(CASE, "integrated", 2)).count("at_hub") >= 2


async def test_the_counts_go_to_the_fire_side(link: Link) -> None:
    """Sequence E: an EMSI for NexSIS's perimeter; the first is an alert, the next an update."""
    await link.house.event()
    await link.house.patient(severity_entry="UA")
    case = f"{OURS}.evt"
    await link.until(lambda: link.held(FIRE_SIDE))
    [said] = link.held(FIRE_SIDE).values()
    assert said["emsi"]["CONTEXT"]["MSGTYPE"] == "ALERT"
    await link.house.patient("p2", severity_entry="UA")
    await link.until(lambda: next(iter(link.held(FIRE_SIDE).values()))["emsi"]["CONTEXT"]["MSGTYPE"] == "UPDATE")
    last = next(iter(link.held(FIRE_SIDE).values()))["emsi"]
    assert last["EVENT"]["CASUALTIES"][0]["TRIAGERED"] == 2
    assert "integrated" in await link.until_step(case, "integrated")


async def test_an_update_that_came_before_its_case_is_said_again_whole(link: Link) -> None:
    """702: the SAMU has not the case; the present record goes again as a case, by itself."""
    await link.house.event()
    await link.house.patient(used_name="ESSAI")
    await link.until(lambda: CASE in link.held())
    link.samu.cases.clear()
    link.samu.play([Act(do="refuse", on="createCaseHealthUpdate", code=702)])
    await link.house.act("patients/p1/bilan", {"text": "Bilan d’essai."})
    await link.until(lambda: "createCaseHealth" in link.held().get(CASE, {}))
    assert "Bilan d’essai" in link.held()[CASE]["createCaseHealth"]["medicalNote"][0]["freetext"]
    assert "error 702" in await link.steps(CASE)
    assert await link.house.runtime.read(lambda register: register.alarms.under_way()) == []


async def test_a_recipient_that_is_not_there_alarms(rabbitmq: RabbitMq, tmp_path: Path) -> None:
    """501: nobody can mend it but a person, who is told at once; the outbox is not stopped."""
    async with linked(rabbitmq, tmp_path, "fr.health.samu999") as link:
        await link.house.event()
        await link.house.patient()
        await link.until_step(CASE, "error 501")
        [alarm, *_] = await link.house.runtime.read(lambda register: register.alarms.under_way())
        assert alarm.facts["cause_code"] == "hub.501"


async def test_a_samu_that_goes_silent_leaves_the_case_at_the_hub(link: Link) -> None:
    """At the hub is not received: nothing here says otherwise."""
    link.samu.play([Act(do="silent", times=None)])
    await link.house.event()
    await link.house.patient()
    await link.until_step(CASE, "at_hub")
    await link.hub.quiet(HEALTH)
    await link.settle()
    assert set(await link.steps(CASE)) == {"published", "at_hub"}


async def test_the_samu_decides_where_a_victim_goes(link: Link) -> None:
    """A decision of the SAMU enters as an observation of its own, and the vehicles with it; our own echo does not come back."""
    await link.house.event()
    await link.house.patient(used_name="ESSAI")
    await link.until(lambda: CASE in link.held())
    await link.house.act("patients/p1/bilan", {"text": "Bilan d’essai.", "severity_exit": "UR"})
    await link.house.act("patients/p1/orientation-request")
    at = (KICK_OFF + timedelta(minutes=5)).isoformat()
    decision = {
        "patientId": f"{OURS}.patient.p1.1",
        "creation": at,
        "operator": {"role": "MEDECIN"},
        "decisionType": "ORIENT",
        "destination": {
            "externalLocationId": [{"source": "FINESS_GEOGRAPHIQUE", "value": HOSPITAL["finess"]}],
            "freetext": HOSPITAL["name"],
        },
    }
    update = {"caseId": CASE, "owner": SAMU, "decision": [decision]}
    await link.samu.send(OURS, "createCaseHealthUpdate", update, "Exercise", "Update")

    async def destination() -> Any:
        answer = await link.house.portal.get("/v1/events/evt/patients/p1")
        return answer.json().get("destination")

    async with asyncio.timeout(PATIENCE):
        while await destination() is None:
            await link.settle()
            await asyncio.sleep(0.02)
    assert (await destination())["finess"] == HOSPITAL["finess"]
    await link.until(lambda: [one for one in link.samu.heard if one["step"] == "INTEGRE"])
    assert await link.kept(CASE) == [("createCaseHealthUpdate", "received")]


async def test_what_is_said_of_another_patient_of_the_case_changes_nothing_of_ours(link: Link) -> None:
    """A SAMU may add patients to a case that we opened: their decisions, vehicles and assessments are not our victim's."""
    await link.house.event()
    await link.house.patient(used_name="ESSAI")
    await link.until(lambda: CASE in link.held())
    other, at = f"{SAMU}.patient.DRFR15ESSAI.2", link.now()
    place = [{"source": "FINESS_GEOGRAPHIQUE", "value": HOSPITAL["finess"]}]
    decision = {
        "creation": at,
        "operator": {"role": "MEDECIN"},
        "decisionType": "ORIENT",
        "destination": {"externalLocationId": place},
    }
    both = [{"patientId": f"{OURS}.patient.p1.1"}, {"patientId": other}]
    vector = {"datetime": at, "resourceId": f"{SAMU}.resource.VLM1", "vehicleType": "SMUR", "patientId": other}
    said = [
        ("createCaseHealthUpdate", {"caseId": CASE, "owner": SAMU, "decision": [{**decision, "patientId": other}]}),
        ("createCaseHealthUpdate", {"caseId": CASE, "owner": SAMU, "patient": both, "decision": [decision]}),
        ("resourcesInfo", {"caseId": CASE, "resource": [vector]}),
    ]
    before = (await link.house.portal.get("/v1/events/evt/patients/p1")).json()
    sent = [await link.samu.send(OURS, key, body, "Exercise") for key, body in said]
    await link.until(lambda: {one["about"] for one in link.samu.heard} >= set(sent))
    assert await link.kept(CASE) == [(key, "received") for key, _ in said]
    assert (await link.house.portal.get("/v1/events/evt/patients/p1")).json() == before


async def asked(link: Link) -> dict[str, Any]:
    """One click of a platform, routed to the hub."""
    route = {**ROUTE, "destination": "hub", "crra": SAMU}
    async with link.house.operator as operator:
        answer = await operator.put("/v1/routes/essai", json=route)
        assert answer.is_success, answer.text
    async with link.house.as_(Scope.PLATFORM) as nurse:
        answer = await nurse.post("/v1/interventions", json=click(mode="Exercise"))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def until_status(link: Link, request: dict[str, Any], wanted: str) -> dict[str, Any]:
    """Where the request is, as its sender sees it, once it is there."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await link.settle()
            async with link.house.as_(Scope.PLATFORM) as nurse:
                shown: dict[str, Any] = (await nurse.get(f"/v1/interventions/{request['id']}")).json()
            if shown["status"] == wanted:
                return shown
            await asyncio.sleep(0.02)


async def test_a_request_is_taken_over_by_the_samu(link: Link) -> None:
    """Sequence B: owner asked, owner accepted; then the vehicle, to the hospital."""
    link.samu.play([Act(do="accept", on="createCaseHealth")])
    request = await asked(link)
    await until_status(link, request, "DOSSIER-OUVERT")
    [case] = link.held()
    assert link.held()[case]["createCaseHealth"]["qualification"]["origin"] == "TELASSIST"
    assert link.held()[case]["createCaseHealth"]["owner"] == SAMU
    assert (await link.case(case)).owner == SAMU
    assert (await link.until_step(case, "integrated"))[:2] == ["published", "at_hub"]
    at = link.now()
    vehicle = f"{SAMU}.resource.VLM1"
    vector = {"datetime": at, "resourceId": vehicle, "vehicleType": "SMUR"}
    await link.samu.send(OURS, "resourcesInfo", {"caseId": case, "resource": [vector]}, "Exercise")
    await until_status(link, request, "MOYEN-ENGAGE")
    for status, wanted in (("ARRIVEE", "SUR-PLACE"), ("TRANSP", "TRANSPORT"), ("DESTIN", "TERMINEE")):
        body = {"caseId": case, "resourceId": vehicle, "state": {"datetime": at, "status": status}}
        await link.samu.send(OURS, "resourcesStatus", body, "Exercise")
        await until_status(link, request, wanted)
    assert await link.kept(case) == [
        ("createCaseHealthUpdate", "received"),
        ("resourcesInfo", "received"),
        *[("resourcesStatus", "received")] * 3,
    ]


async def test_a_request_that_the_samu_declines_is_said_so(link: Link) -> None:
    """The owner comes back to the sender: refused, and the nurse is told."""
    link.samu.play([Act(do="decline", on="createCaseHealth")])
    assert await until_status(link, await asked(link), "REFUSEE")
    [case] = link.held()
    assert (await link.case(case)).owner == OURS


async def test_a_request_that_the_samu_s_software_refuses_calls_15(link: Link) -> None:
    """An RS-ERROR about a request is a request that did not get through: the nurse telephones."""
    link.samu.play([Act(do="refuse", on="createCaseHealth", code=704)])
    shown = await until_status(link, await asked(link), "ERREUR")
    assert "15" in str(shown)
