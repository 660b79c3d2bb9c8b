"""What an operator says to a partner of the hub, and what may be followed of it: typed, durable, refused by name, never guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

import mapping
from adapters.lrm.hubsante.emission.contents import content_of
from adapters.lrm.hubsante.emission.older_models import SINCE
from gateway.doors.hub.examples import CASE
from gateway.doors.hub.examples import SAID as EXAMPLES
from gateway.doors.hub.table import SAID
from gateway.hub.say import TYPES
from gateway.register import Register
from gateway.register.hub.messages import HubCase, HubStep, Step
from gateway.security.keys import Scope
from gateway.settings.settings import SHIPPED_MAPPINGS
from outbox.message import Priority
from tests.gateway.house import open_house
from tests.gateway.hub_house import OURS, SAMU, VHOST, hub_house
from tests.hubsante.hub_messages import judge

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateway.house import OpenHouse

AT = datetime(2020, 9, 1, 15, 0, tzinfo=UTC)


async def with_case(house: OpenHouse) -> None:
    """A case that a partner shared with us."""
    case = HubCase(
        CASE,
        ours=False,
        lane=None,
        topic=None,
        scope=None,
        reference=None,
        vhost=VHOST,
        partner=SAMU,
        owner=SAMU,
        status="ACTIF",
    )
    await house.runtime.database.write(lambda connection: Register(connection).hub.open_case(case, AT))


async def say(house: OpenHouse, name: str, **changes: Any) -> Any:
    """The example of a door, with changes."""
    async with house.operator as operator:
        return await operator.post(f"/v1/hub/messages/{name}", json={**EXAMPLES[name], **changes})


@pytest.mark.parametrize("name", SAID)
async def test_each_example_leaves_valid_in_every_model_that_has_it(tmp_path: Path, name: str) -> None:
    """Taken by its door, queued with its expiry, and what its mapping makes of it is a message of the hub."""
    async with hub_house(tmp_path) as house:
        await with_case(house)
        answer = await say(house, name)
        assert answer.status_code == 202, answer.text
        record = await house.runtime.desk.message(answer.json()["id"])
        assert record is not None
        envelope = record.envelope
        assert (envelope.destination, envelope.topic) == ("hub", SAID[name][0].topic)
        assert answer.json()["type"] == TYPES[envelope.topic]
        assert envelope.expires_at is not None
        assert (envelope.expires_at - envelope.created_at).total_seconds() == 3600
        tree = mapping.shipped().mapping(SHIPPED_MAPPINGS[f"hub.{envelope.topic}"]).apply(envelope.body)
        for model in (1, 2, 3):
            key, body = content_of(envelope.topic, tree, OURS, 3)
            if model >= SINCE.get(key, 1):
                assert judge(model).judge_tree({key: content_of(envelope.topic, tree, OURS, model)[1]}).faults == ()
            assert body


async def test_a_message_goes_to_the_partner_of_its_case_unless_said_otherwise(tmp_path: Path) -> None:
    """And to nobody that was guessed: a case without partner asks for one."""
    async with hub_house(tmp_path) as house:
        await with_case(house)
        for to in (None, "fr.health.samu400"):
            answer = await say(house, "help-request", **({"to": to} if to else {}))
            record = await house.runtime.desk.message(answer.json()["id"])
            assert record is not None
            assert record.envelope.body["to"] == (to or SAMU)
            assert record.envelope.priority is Priority.INTERVENTION


async def test_a_case_that_is_not_known_is_said_to_be_so(tmp_path: Path) -> None:
    """404 by the field's name, and nothing is queued."""
    async with hub_house(tmp_path) as house:
        answer = await say(house, "help-request")
        assert answer.status_code == 404
        assert answer.json()["errors"][0]["field"] == "case_id"
        assert await house.messages(destination="hub") == []


@pytest.mark.parametrize(("name", "change", "field"), [
    ("help-request", {"purpose": "VITE"}, "purpose"),
    ("vehicle-status", {"status": "PARTI"}, "status"),
    ("vehicle-status", {"status_at": "2020-09-01T17:00:00"}, "status_at"),
    ("document-links", {"documents": [{"url": "http://clair.exemple.fr/1"}]}, "documents.0.url"),
    ("case-word", {"case_id": "a" * 300}, "case_id"),
    ("mission-summary", {"intervention": {**EXAMPLES["mission-summary"]["intervention"], "service": "Mme TESTE"}}, "intervention.service"),
    ("mission-summary", {"intervention": {**EXAMPLES["mission-summary"]["intervention"], "diagnosis": "Mme TESTE va mieux"}}, "intervention.diagnosis"),
    ("fire-vehicles", {"vehicles": [{**EXAMPLES["vehicles"]["vehicles"][0], "type": "TSU.AMB"}]}, "vehicles.0.type"),
    ("help-request", {"comment": "x"}, "comment"),
])  # fmt: skip
async def test_a_wrong_value_is_refused_by_its_name(
    tmp_path: Path, name: str, change: dict[str, Any], field: str
) -> None:
    """At the door, with what is expected, and without what was sent."""
    async with hub_house(tmp_path) as house:
        await with_case(house)
        answer = await say(house, name, **change)
        assert answer.status_code == 422
        assert [one["field"] for one in answer.json()["errors"]] == [field]
        assert "TESTE" not in answer.text


async def test_the_same_click_twice_is_one_message(tmp_path: Path) -> None:
    """An Idempotency-Key makes a retry harmless."""
    async with hub_house(tmp_path) as house:
        await with_case(house)
        async with house.operator as operator:
            sent = [
                await operator.post(
                    "/v1/hub/messages/help-request", json=EXAMPLES["help-request"], headers={"Idempotency-Key": "k1"}
                )
                for _ in range(2)
            ]
        assert len({one.json()["id"] for one in sent}) == 1
        assert len(await house.messages(destination="hub")) == 1


async def test_nothing_is_taken_that_could_not_leave(tmp_path: Path) -> None:
    """No hub, or no perimeter for this message: said at once, with what to set."""
    async with open_house(tmp_path) as house:
        assert (await say(house, "help-request")).json()["code"] == "hub_absent"
    (tmp_path / "two").mkdir()
    async with hub_house(tmp_path / "two", perimeter={"topics": ["victim"]}) as house:
        await with_case(house)
        answer = await say(house, "help-request")
        assert answer.json()["code"] == "perimetre_absent"
        assert "partner.help_request" in answer.json()["detail"]


async def test_firefighters_and_observatories_are_queued_without_what_is_not_theirs(tmp_path: Path) -> None:
    """Their own allow-lists apply before anything is written."""
    async with hub_house(tmp_path) as house:
        await with_case(house)
        fire = await say(house, "fire-case", note="confidence d’un médecin")
        vehicles = await say(house, "fire-vehicles", vehicles=[{**EXAMPLES["vehicles"]["vehicles"][0], "note": "x"}])
        bodies = [
            record.envelope.body
            for one in (fire, vehicles)
            if (record := await house.runtime.desk.message(one.json()["id"])) is not None
        ]
        assert "note" not in bodies[0]
        assert not {"note", "patient_id", "phone"} & set(bodies[1]["vehicles"][0])


async def test_a_case_shows_its_five_stages_and_what_went_wrong(tmp_path: Path) -> None:
    """Published, at the hub, received, integrated, read: each at its own time; an error beside them, never instead."""
    async with hub_house(tmp_path) as house:
        await with_case(house)

        def note(connection: Any) -> None:
            hub = Register(connection).hub
            for step, use_case in ((Step.PUBLISHED, "resourcesRequest"), (Step.AT_HUB, None), (Step.RECEIVED, None)):
                hub.add(HubStep(f"{OURS}_1", CASE, step, None, None, AT, use_case))
            hub.add(HubStep(f"{OURS}_2", CASE, Step.PUBLISHED, None, None, AT, "resourcesStatus"))
            hub.add(HubStep(f"{OURS}_2", CASE, Step.ERROR, 501, "fr.health.hub", AT))

        await house.runtime.database.write(note)
        async with house.operator as operator:
            [listed] = (await operator.get("/v1/hub/cases")).json()["cases"]
            shown = (await operator.get("/v1/hub/cases", params={"case_id": CASE})).json()
            assert (await operator.get("/v1/hub/cases", params={"case_id": "inconnu"})).status_code == 404
            assert (await operator.get("/v1/hub/cases", params={"patient_id": "p9"})).json() == {"cases": []}
        assert listed["case_id"] == shown["case_id"] == CASE
        first, second = shown["timeline"]
        assert (first["type"], first["reached"]) == ("RS-DR", "reçu")
        assert [stage["word"] for stage in first["stages"]] == ["publié", "au hub", "reçu", "intégré", "lu"]
        assert [stage["at"] is not None for stage in first["stages"]] == [True, True, True, False, False]
        assert (second["type"], second["reached"], second["troubles"][0]["code"]) == ("RS-SR", "publié", 501)


@pytest.mark.parametrize("scope", [Scope.PORTAL, Scope.PLATFORM, Scope.COUNTS])
async def test_only_an_operator_speaks_to_partners(tmp_path: Path, scope: Scope) -> None:
    """Any other key is told that it may not."""
    async with hub_house(tmp_path) as house, house.as_(scope) as other:
        answer = await other.post("/v1/hub/messages/help-request", json=EXAMPLES["help-request"])
        assert answer.status_code == 403
