"""Received as well as acknowledged: every message in words on a door, what asks for an act as a task, « intégré » only of what entered."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from adapters.lrm.hubsante.client import Delivery
from adapters.lrm.hubsante.codec.into_xml import to_xml, xml_bytes
from adapters.lrm.hubsante.reading.contract import messages
from adapters.lrm.hubsante.wire.envelope import Envelope, Party, write_envelope, write_header
from gateway.register.hub.messages import HubCase
from gateway.security.keys import Scope
from tests.gateway.house import WHOLE
from tests.gateway.hub_house import OURS, SAMU, VHOST, hub_house, leaving
from tests.hubsante.hub_messages import full_body, models
from tests.shared_material import shared

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.gateway.house import OpenHouse

CASE, OUR_CASE = f"{SAMU}.DRFR15ESSAI", f"{OURS}.p1"
MINE = f"{OURS}.patient.p1.1"
FIRE = "fr.fire.nexsis.sdis33"
REQUEST = f"{SAMU}.request.1"
WORD = "Essai & <test> é"
"""What `full_body` writes wherever a text is free."""
AFFAIR = f"{FIRE}.SC-2020-AT517"


class Hub:
    """A house and what partners hand to it."""

    def __init__(self, house: OpenHouse) -> None:
        self.house = house
        self._count = 0

    async def give(
        self, key: str, body: dict[str, Any], sender: str = SAMU, kind: str = "Report", form: str = "json"
    ) -> None:
        """One message now, in either form."""
        self._count += 1
        at = self.house.clock()
        envelope = Envelope(f"{sender}_{self._count}", sender, OURS, at, at + timedelta(days=1), "Exercise", kind)
        header = write_header(envelope, Party(sender, f"hubex:{sender}"), Party(OURS, f"hubex:{OURS}"))
        tree = write_envelope(envelope, {**header, key: body})
        raw = json.dumps(tree).encode() if form == "json" else xml_bytes(to_xml(tree, models(3)))
        await self.take(raw, form)

    async def take(self, raw: bytes, form: str = "json", box: str = "message") -> None:
        """Bytes as they are."""
        assert self.house.runtime.hub is not None
        await self.house.runtime.hub.take(Delivery(VHOST, box, f"application/{form}", raw, redelivered=False))  # type: ignore[attr-defined]

    async def answers(self) -> list[dict[str, Any]]:
        """What answers them, in order."""
        return await leaving(self.house, "hub.reply")

    async def alarms(self) -> list[dict[str, Any]]:
        """The facts of what waits for somebody."""
        found = await self.house.runtime.read(lambda register: register.alarms.under_way())
        return [alarm.facts for alarm in found if "task" in alarm.facts]

    async def get(self, path: str, scope: Scope = Scope.OPERATOR, status: int = 200) -> Any:
        """Ask a door."""
        async with self.house.as_(scope) as client:
            answer = await client.get(path)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def read(self, scope: Scope = Scope.OPERATOR) -> dict[str, Any]:
        """The content of the last message."""
        newest = (await self.get("/v1/hub/received"))["received"][0]["number"]
        found: dict[str, Any] = await self.get(f"/v1/hub/received/{newest}", scope)
        return found

    async def ours(self) -> None:
        """A victim of ours whose case is shared."""
        await self.house.event()
        await self.house.patient(**WHOLE)
        case = HubCase(OUR_CASE, ours=True, lane="victim:p1", topic="victim", scope="evt", reference=None, vhost=VHOST, partner=SAMU, owner=SAMU, status=None)  # fmt: skip
        await self.house.runtime.write(lambda register: register.hub.open_case(case, self.house.clock()))


def texts(lines: list[dict[str, Any]]) -> list[str]:
    """Every line of a content, « label : value », objects and lists entered."""
    found: list[str] = []
    for line in lines:
        if "value" in line:
            found.append(f"{line['label']} : {line['value']}")
        elif line.get("masked"):
            found.append(f"{line['label']} : masqué")
        for inner in (line.get("lines") or [], *line.get("items", [])):
            found += texts(inner)
    return found


@asynccontextmanager
async def opened(folder: Path, **changes: Any) -> AsyncIterator[Hub]:
    """The house of these tests, without official models unless they are given."""
    async with hub_house(folder, **changes) as house:
        yield Hub(house)


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Hub]:
    """A house with a hub."""
    async with opened(tmp_path) as found:
        yield found


def case(case_id: str = CASE, **changes: Any) -> dict[str, Any]:
    """A case that a partner shares."""
    return {
        "caseId": case_id, "creation": "2020-09-01T17:00:00+02:00", "qualification": {"details": {"status": "ACTIF"}},
        "location": {"freetext": "Portail vert, sonner deux fois"}, "owner": SAMU, **changes,
    }  # fmt: skip


def affair(**changes: Any) -> dict[str, Any]:
    """An affair of the firefighters."""
    return {
        "caseId": AFFAIR, "creation": "2020-09-01T17:00:00+02:00", "referenceVersion": "2.01.3",
        "qualification": {"whatsHappen": {"code": "C04.02.01", "label": "Incendie"}},
        "location": {"locID": "1", "country": "FR", "freetext": "Au croisement"}, **changes,
    }  # fmt: skip


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize("key", sorted(set(messages()) - {"reference", "error"}))
async def test_every_message_has_its_content_in_words(at: Hub, key: str, form: str) -> None:
    """Each field of a full message is a French line with its value, or shown as it came with its path; an integrator sees no text of it."""
    kind = models(3).types[key]
    if key == "createCaseHealthUpdate":
        await at.give("createCaseHealth", case(full_body(kind)["caseId"]))
    await at.give(key, full_body(kind), form=form)
    shown = await at.read()
    assert shown["type"] == kind.name
    assert shown["unread"] == ""
    told = texts(shown["lines"])
    assert told
    assert all(label[0].isupper() for label in told)
    masked = await at.read(Scope.INTEGRATOR)
    assert [line["label"] for line in masked["lines"]] == [line["label"] for line in shown["lines"]]
    if key not in {
        "rpis",
        "resourcesInfoCisu",
        "geoPositionsUpdate",
        "geoResourcesRequest",
        "appointment",
        "resourcesStatus",
    }:
        assert len([line for line in texts(masked["lines"]) if line.endswith("masqué")]) > 0
    assert all(line.get("masked") for line in masked["other"])


async def test_the_precisions_on_a_place_are_shown(at: Hub) -> None:
    """What the field documents ask to be integrated and shown, with patients, notes and decisions, in the case's contents."""
    patient = {"patientId": "p1", "detail": {"age": "P53Y"}, "identity": {"strictFeatures": {"sex": "F"}}}
    note = {"patientId": "p1", "operator": {"role": "MEDECIN"}, "freetext": "Douleur thoracique"}
    decision = {"decisionType": "ORIENT", "resourceType": "SMUR", "operator": {"role": "MEDECIN"}, "creation": "x"}
    await at.give("createCaseHealth", case(patient=[patient], medicalNote=[note], decision=[decision]))
    found = await at.get(f"/v1/hub/contents?case_id={CASE}")
    told = texts(found["contents"][0]["lines"])
    assert {
        "Précisions sur le lieu : Portail vert, sonner deux fois", "Âge : 53 ans", "Sexe : Féminin (F)", "Texte : Douleur thoracique",
        "Décision : Décision d’orientation ou de transport (ORIENT)", "État du dossier : Actif (ACTIF)",
    } <= set(told)  # fmt: skip
    acts = await at.house.runtime.read(lambda register: register.audit.latest())
    assert [one.act for one in acts] == ["hub.content_read"]
    await at.get(f"/v1/hub/contents?case_id={CASE}", Scope.PORTAL, 404)
    await at.get(f"/v1/hub/contents?case_id={CASE}", Scope.COUNTS, 403)


async def test_a_request_for_resources_is_a_task_until_it_is_answered(at: Hub) -> None:
    """A person is told, reads the identifier of the request, answers with it; the alarm ends by the answer and by nothing else."""
    await at.give("createCaseHealth", case())
    await at.give(
        "resourcesRequest", {"caseId": CASE, "request": {"requestId": REQUEST, "datetime": "x", "purpose": "SMUR"}}
    )
    [asked] = await at.alarms()
    assert (asked["task"], asked["type"]) == ("help_request", "RS-DR")
    assert REQUEST not in json.dumps(asked)
    waiting = (await at.get("/v1/hub/received?tasks=open"))["received"]
    assert [one["task"]["words"] for one in waiting] == ["Demande de moyens : répondre"]
    assert f"Demande : {REQUEST}" in texts((await at.read())["lines"])
    assert [one["step"] for one in await at.answers()] == ["RECU", "RECU"]
    async with at.house.as_(Scope.OPERATOR) as client:
        answer = {"case_id": CASE, "request_id": REQUEST, "answer": "ACCEPTEE"}
        assert (await client.post("/v1/hub/messages/help-answer", json=answer)).status_code == 202
    assert await at.alarms() == []


async def test_a_request_taken_back_leaves_only_its_cancellation_to_see(at: Hub) -> None:
    """The first task ends with the request; that it was taken back waits for a person."""
    request = {"requestId": REQUEST, "datetime": "x", "purpose": "SMUR"}
    await at.give("resourcesRequest", {"caseId": CASE, "request": request})
    await at.give("resourcesRequest", {"caseId": CASE, "request": request, "status": "ANNULEE"}, kind="Cancel")
    [left] = await at.alarms()
    assert left["task"] == "help_cancelled"
    async with at.house.as_(Scope.OPERATOR) as client:
        done = f"/v1/hub/received/{left['message']}/done"
        assert (await client.post(done)).status_code == 204
        assert (await client.post(done)).status_code == 404
    assert await at.alarms() == []


@pytest.mark.parametrize(("key", "body", "task"), [
    ("resourcesEngagement", {"caseId": CASE, "resource": [{"vehicleType": "SMUR"}]}, "engagement"),
    ("geoResourcesRequest", {"resourceId": [f"{SAMU}.resource.VLM9"]}, "positions_request"),
    ("createCaseHealth", case(owner=OURS), "take_over"),
    ("createCase", affair(), "fire_case"),
    ("emsi", {"CONTEXT": {"ID": "1"}, "EVENT": {"ID": "1", "MAIN_EVENT_ID": AFFAIR}}, "operation"),
    ("resourcesInfo", {"caseId": CASE, "resource": [{"resourceId": "x", "vehicleType": "SMUR"}]}, None),
    ("createCaseHealth", case(), None),
])  # fmt: skip
async def test_what_asks_for_an_act_is_a_task(at: Hub, key: str, body: dict[str, Any], task: str | None) -> None:
    """One alarm with words, whoever asks; what only informs raises none."""
    await at.give(key, body, FIRE if key in {"createCase", "emsi"} else SAMU)
    assert [one["task"] for one in await at.alarms()] == ([task] if task else [])


async def test_taking_a_case_over_ends_what_it_asked(at: Hub) -> None:
    """The owner asked for is us: a word of ours on the case, yes or no, ends the task; the same again asks nothing more."""
    await at.give("createCaseHealth", case(owner=OURS))
    async with at.house.as_(Scope.OPERATOR) as client:
        answer = await client.post("/v1/hub/messages/case-word", json={"case_id": CASE, "owner": OURS})
        assert answer.status_code == 202
    assert await at.alarms() == []
    await at.give("createCaseHealthUpdate", {"caseId": CASE, "owner": OURS}, kind="Update")
    assert await at.alarms() == []


async def test_an_affair_told_again_is_its_update(at: Hub) -> None:
    """RC-EDA has no message of update: the second is taken, its new alert is shown, its case stays one."""
    await at.give("createCase", affair(), FIRE)
    alert = {"id": "2", "reception": "x", "notes": [{"freetext": "Un second appelant"}]}
    await at.give("createCase", affair(newAlert=[alert]), FIRE, "Update")
    assert [one.get("code") for one in await at.answers()] == [None, None]
    assert "Texte : Un second appelant" in texts((await at.read())["lines"])
    assert len((await at.get("/v1/hub/cases"))["cases"]) == 1


@pytest.mark.parametrize(("first", "second", "code"), [
    ((FIRE, "createCaseHealth", AFFAIR), (FIRE, "createCaseHealth", AFFAIR), None),
    ((FIRE, "createCase", AFFAIR), (SAMU, "createCaseHealth", AFFAIR), None),
    ((SAMU, "createCaseHealth", CASE), ("fr.health.samu310", "createCaseHealth", CASE), None),
    ((SAMU, "createCaseHealth", CASE), (SAMU, "createCaseHealth", CASE), 701),
])  # fmt: skip
async def test_only_the_same_samu_may_not_create_a_case_again(
    at: Hub, first: Any, second: Any, code: int | None
) -> None:
    """Transcoded again, shared first by another: an update of the case. Created again by who created it: 701."""
    for sender, key, case_id in (first, second):
        await at.give(key, affair() if key == "createCase" else case(case_id), sender)
    assert [one["code"] for one in await at.answers() if one.get("code")] == ([code] if code else [])


@pytest.mark.parametrize(("more", "step"), [
    ({}, "INTEGRE"),
    ({"decision": [{"decisionType": "ORIENT", "patientId": MINE, "destination": {"externalLocationId": [{"source": "FINESS_GEOGRAPHIQUE", "value": "330781253"}], "freetext": "CHU d’essai"}}]}, "INTEGRE"),
    ({"medicalNote": [{"patientId": MINE, "operator": {"role": "MEDECIN"}, "freetext": "Intubé ventilé"}]}, "RECU"),
    ({"decision": [{"decisionType": "ORIENT", "patientId": MINE, "destination": {"freetext": "CHU d’essai"}}]}, "RECU"),
    ({"decision": [{"decisionType": "CONSEIL", "patientId": MINE}]}, "RECU"),
    ({"patient": [{"patientId": MINE, "detail": {"careLevel": "R1"}}]}, "RECU"),
    ({"patient": [{"patientId": MINE, "hypothesis": {"mainDiagnosis": {"code": "I21.0", "label": "Infarctus"}}}]}, "RECU"),
    ({"qualification": {"details": {"priority": "P0"}}}, "RECU"),
    ({"location": {"freetext": "Derrière la tribune"}}, "RECU"),
    ({"champDUnAutreModele": {"texte": "inconnu ici"}}, "RECU"),
])  # fmt: skip
async def test_integrated_is_said_only_of_what_entered_our_record(at: Hub, more: dict[str, Any], step: str) -> None:
    """An owner, an orientation with its FINESS: integrated. A note, a level of care, a diagnosis, a priority, a place: received, and shown."""
    await at.ours()
    for act, body in (("triage", {"stage": "exit", "severity": "UR"}), ("orientation-request", None)):
        await at.house.act(f"patients/p1/{act}", body)
    await at.give("createCaseHealthUpdate", {"caseId": OUR_CASE, "owner": SAMU, **more}, kind="Update")
    [answer] = await at.answers()
    assert answer["step"] == step
    shown = await at.read()
    assert not more or texts(shown["lines"])[2:] or shown["other"]


async def test_a_portal_reads_the_cases_of_its_own_events(at: Hub) -> None:
    """A regulator's note on our victim is on the portal's door too, in full: it is its patient."""
    await at.ours()
    note = {"patientId": MINE, "operator": {"role": "MEDECIN"}, "freetext": "Intubé ventilé"}
    await at.give("createCaseHealthUpdate", {"caseId": OUR_CASE, "owner": SAMU, "medicalNote": [note]}, kind="Update")
    found = await at.get(f"/v1/hub/contents?case_id={OUR_CASE}", Scope.PORTAL)
    assert "Texte : Intubé ventilé" in texts(found["contents"][0]["lines"])


async def test_a_whole_assessment_enters_the_record(at: Hub) -> None:
    """Measures, diagnosis, acts and words of a tablet are the bilan of our victim: then, and only then, it is integrated."""
    await at.ours()
    said = {
        "mainDiagnosis": "I21.0",
        "procedure": ["IOT"],
        "parameter": [{"type": "PAS", "value": "90"}],
        "freetext": ["stable"],
    }
    patient = {"patientId": MINE, "lastName": "ESSAI", "firstName": "Teste"}
    report = {
        "caseId": OUR_CASE,
        "reportId": "1",
        "redactor": {"role": "MEDECIN"},
        "creation": "x",
        "patient": patient,
        "evaluation": said,
    }
    await at.give("interventionReport", report)
    assert [one["step"] for one in await at.answers()] == ["INTEGRE"]
    async with at.house.as_(Scope.PORTAL) as client:
        record = (await client.get("/v1/events/evt/patients/p1")).json()
    assert record["bilan"] == "PAS 90\nDiagnostic : I21.0\nGestes : IOT\nstable"


async def test_those_who_follow_live_learn_what_came_and_what_it_asks(at: Hub) -> None:
    """One line per message: its name, its number to read it by, what it asks; nothing that its partner wrote."""
    await at.give(
        "resourcesRequest", {"caseId": CASE, "request": {"requestId": REQUEST, "purpose": "SMUR", "freetext": WORD}}
    )
    lines = await at.house.runtime.read(lambda register: register.feed.after(0, "Exercise"))
    [line] = [one.body for one in lines if one.kind == "hub"]
    assert (line["type"], line["task"], line["words"]) == ("RS-DR", "help_request", "Demande de moyens : répondre")
    assert line["number"] == (await at.read())["number"]
    assert WORD not in json.dumps(line)


async def test_the_cases_of_the_findings_are_taken(tmp_path: Path) -> None:
    """A status of model 1 in XML, judged by its own schema: taken, and where the vehicle is told in words."""
    folder = shared("hubsante")
    async with opened(tmp_path, models_dir=folder, perimeter={"vhost": VHOST, "model": 1}) as at:
        raw = shared("cases/hub/5-reception/rs-sr.model1.xml").read_text()
        now = at.house.clock().replace(microsecond=0)
        later = now + timedelta(days=1)
        raw = raw.replace("2026-08-08T10:00:00+02:00", now.isoformat()).replace(
            "2026-08-09T10:00:00+02:00", later.isoformat()
        )
        await at.take(raw.encode(), "xml")
        assert [one.get("code") for one in await at.answers()] == [None]
        assert "Étape : Arrivée sur les lieux (ARRIVE)" in texts((await at.read())["lines"])


async def test_who_asks_where_vehicles_are_is_answered_with_what_is_known(at: Hub) -> None:
    """Seen by a partner an hour ago: its last position and its sheet leave by themselves; a vehicle that nobody spoke of is a person's."""
    seen, unseen = f"{SAMU}.resource.VLM1", f"{SAMU}.resource.VLM9"
    for minute, latitude in ((10, 44.8), (20, 44.9), (15, 44.7)):
        coord = {"lat": latitude, "lon": -0.5}
        position = {"resourceId": seen, "datetime": f"2020-09-01T16:{minute}:00+02:00", "coord": coord}
        await at.give("geoPositionsUpdate", {"position": [position]})
    sheet = {"resourceId": seen, "orgId": SAMU, "resourceType": "SMUR", "name": "VLM 1"}
    await at.give("geoResourcesDetails", {"resource": [sheet]})
    asker = "fr.health.samu310"
    await at.give("geoResourcesRequest", {"resourceId": [seen]}, asker)
    assert await at.alarms() == []
    [where] = await leaving(at.house, "partner.positions")
    assert (where["to"], [one["latitude"] for one in where["positions"]]) == (asker, [44.9])
    [what] = await leaving(at.house, "partner.resource_details")
    assert [(one["number"], one["type"]) for one in what["resources"]] == [(seen, "SMUR")]
    await at.give("geoResourcesRequest", {"resourceId": [seen, unseen]}, asker)
    assert [one["task"] for one in await at.alarms()] == ["positions_request"]
    at.house.clock.forward(hours=25)
    await at.give("geoResourcesRequest", {"resourceId": [seen]}, asker)
    assert len(await leaving(at.house, "partner.positions")) == 2
