"""Who watches: groups of causes, replay and discard of many, what would be sent, pauses, alarms, measures."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from gateway.cli import main
from gateway.jobs import retain
from gateway.operations.alarms import look
from outbox.desk import Filter
from outbox.message import Kind, MessageStatus, Priority
from tests.gateway.house import open_house
from tests.outbox.bench import message

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    import pytest

    from tests.gateway.house import OpenHouse

REFUSAL = {"fault": "refuse", "times": 50}


async def parked(house: OpenHouse, *patients: str) -> list[dict[str, Any]]:
    """Patients whose records SINUS refused for good."""
    await house.event()
    await house.settle()
    for one in patients:
        await house.patient(one)
    await house.script("sinus", REFUSAL)
    for _ in range(12):  # Three tries each, one probe at a time.
        await house.settle(seconds=90)
    await house.mend("sinus")
    await house.settle(seconds=90)
    return await house.messages(status="parked", destination="sinus")


async def alarms(house: OpenHouse, **query: str) -> list[dict[str, Any]]:
    """As the operator sees them."""
    async with house.operator as operator:
        return list((await operator.get("/v1/alarms", params=query)).json()["alarms"])


async def test_one_cause_is_decided_once(house: OpenHouse) -> None:
    """Records refused for one cause are a group; a dry run counts it, a replay sends it, and SINUS has them."""
    refused = await parked(house, "p1", "p2", "p3")
    assert len({one["group"] for one in refused if one["topic"] == "victim"}) == 1
    async with house.operator as operator:
        groups = (await operator.get("/v1/outbox/groups", params={"destination": "sinus"})).json()["groups"]
        (group,) = [one for one in groups if one["topic"] == "victim"]
        assert group["messages"] == 3
        chosen = {"group": group["group"]}
        dry = await operator.post("/v1/outbox/replay", json={**chosen, "dry_run": True})
        assert (dry.json()["chosen"], dry.json()["replayed"]) == (3, 0)
        assert [(one["topic"], one["leaves"]) for one in dry.json()["would_send"]] == [("victim", "today")] * 3
        assert all(one["today"]["sha256"] for one in dry.json()["would_send"])
        done = await operator.post("/v1/outbox/replay", json=chosen)
        assert done.json() == {"chosen": 3, "replayed": 3}
    await house.settle()
    assert set(house.sinus_victims()) == {"p1", "p2", "p3"}


async def test_many_are_given_up_with_one_reason(house: OpenHouse) -> None:
    """A choice is discarded whole; a choice that says nothing, or no reason, is refused."""
    await parked(house, "p1", "p2")
    async with house.operator as operator:
        assert (await operator.post("/v1/outbox/discard", json={"reason": "essai fini"})).status_code == 422
        assert (await operator.post("/v1/outbox/discard", json={"topic": "victim"})).status_code == 422
        body = {"topic": "victim", "destination": "sinus", "reason": "essai fini"}
        assert (await operator.post("/v1/outbox/discard", json=body)).json() == {"chosen": 2, "discarded": 2}
    assert {one["decision"] for one in await house.messages(status="discarded")} == {"essai fini"}


async def test_a_preview_is_what_leaves(house: OpenHouse) -> None:
    """Nothing is sent by it; size and digest are those of what a replay then sends; no content is shown."""
    (refused,) = [one for one in await parked(house, "p1") if one["topic"] == "victim"]
    async with house.operator as operator:
        shown = (await operator.get(f"/v1/outbox/messages/{refused['id']}/preview")).json()
        assert shown["today"]["refusal"] is None
        assert shown["today"]["request"].startswith("PUT ")
        assert shown["same"] is True
        assert house.sinus_victims() == {}
        assert (
            await operator.post(f"/v1/outbox/messages/{refused['id']}/replay", json={"as": "then"})
        ).status_code == 204
        await house.settle()
    attempts = await house.runtime.desk.attempts(refused["id"])
    assert len(attempts[-1].sent) == shown["today"]["bytes"]
    assert set(house.sinus_victims()) == {"p1"}


async def test_what_was_skipped_is_shown_with_what_replaced_it(house: OpenHouse) -> None:
    """The trace of coalescing: who was made needless, by whom, and when."""
    await house.event()
    await house.settle()
    await house.patient("p1")
    await house.act("patients/p1/triage", {"stage": "entry", "severity": "UA"})
    await house.settle()
    (skipped,) = [
        one for one in await house.messages(status="superseded", destination="sinus") if one["topic"] == "victim"
    ]
    async with house.operator as operator:
        newer = (await operator.get(f"/v1/outbox/messages/{skipped['superseded_by']}")).json()
    assert newer["supersedes"] == [{"id": skipped["id"], "at": skipped["settled_at"]}]


async def test_a_neighbour_that_is_gone_raises_one_alarm_and_one_end(house: OpenHouse) -> None:
    """However often one looks: an alarm when it is late, an end when it has caught up, each once in the feed."""
    await house.event()
    await house.settle()
    house.wires["sinus"].gone = True
    for number in range(4):
        await house.patient(f"p{number}")
    for _ in range(3):
        await house.settle(seconds=40)
        await house.runtime.heartbeat.beat()
        await look(house.runtime)
    names = {one["name"] for one in await alarms(house)}
    assert {"lag:sinus:normal", "breaker:sinus"} <= names
    await house.mend("sinus")
    for _ in range(6):
        await house.settle(seconds=61)
        await house.runtime.heartbeat.beat()
        await look(house.runtime)
    assert await alarms(house) == []
    lines = await house.runtime.read(lambda register: register.feed.after(0, "Exercise"))
    told = [(line.kind, line.body["name"]) for line in lines if line.kind.startswith("alarm")]
    assert len(told) == len(set(told))
    assert (
        {name for kind, name in told if kind == "alarm"}
        == {name for kind, name in told if kind == "alarm.end"}
        == names
    )


async def test_an_expiry_is_an_alarm_until_somebody_has_seen_it(house: OpenHouse) -> None:
    """A message that is never sent alarms in the transaction that ends it, survives every look, and a person ends it."""
    at = house.clock()
    late = message(id="trop-tard", destination="sinus", created_at=at, expires_at=at, priority=Priority.INTERVENTION)
    await house.runtime.dispatcher._queue.enqueue([late])
    await house.settle()
    await look(house.runtime)
    (alarm,) = await alarms(house)
    assert (alarm["name"], alarm["facts"]["destination"]) == ("expired:trop-tard", "sinus")
    async with house.operator as operator:
        assert (await operator.post(f"/v1/alarms/{alarm['alarm']}/end")).status_code == 204
        assert (await operator.post(f"/v1/alarms/{alarm['alarm']}/end")).status_code == 404
    assert await alarms(house) == []
    (ended,) = await alarms(house, all="1")
    assert ended["ended_by"] == "essai-operator"


async def test_every_topic_is_sent_again_as_it_was(house: OpenHouse) -> None:
    """Victims and counts that SINUS refused leave again with the bytes of then; the dry run says so, and by which."""
    refused = await parked(house, "p1")
    assert {one["topic"] for one in refused} == {"victim", "counts"}
    async with house.operator as operator:
        chosen = {"destination": "sinus", "as": "then"}
        dry = (await operator.post("/v1/outbox/replay", json={**chosen, "dry_run": True})).json()
        then = {one["id"]: one["then"]["sha256"] for one in dry["would_send"] if one["leaves"] == "then"}
        assert set(then) == {one["id"] for one in refused}
        assert (await operator.post("/v1/outbox/replay", json=chosen)).json()["replayed"] == len(refused)
    await house.settle(seconds=90)
    for key, digest in then.items():
        record, attempts = await house.runtime.desk.message(key), await house.runtime.desk.attempts(key)
        assert record is not None
        assert record.status is MessageStatus.DELIVERED, record.cause
        assert hashlib.sha256(attempts[-1].sent).hexdigest() == digest


async def test_the_measures_have_few_labels_and_no_person(house: OpenHouse) -> None:
    """States per destination, breaker, nodes, attempts; no identifier of a thing."""
    await parked(house, "p1")
    await house.runtime.heartbeat.beat()
    async with house.operator as operator:
        text = (await operator.get("/metrics")).text
    assert 'passerelle_outbox_messages{destination="sinus",status="parked"}' in text
    assert 'passerelle_outbox_breaker{destination="sivic",state="closed"} 1.0' in text
    assert 'passerelle_nodes{role="serve"} 1.0' in text
    assert 'outcome="delivered"' in text
    assert "p1" not in text


async def test_a_resumed_destination_may_drain_slowly(house: OpenHouse) -> None:
    """The rate given at the resumption is kept until nothing due is left."""
    async with house.operator as operator:
        pause = await operator.post("/v1/outbox/destinations/sinus/pause", json={"reason": "maintenance"})
        assert pause.status_code == 204
        assert (await operator.post("/v1/outbox/destinations/sinus/resume", json={"rate": 5})).status_code == 204
        assert (await house.runtime.desk.gates())["sinus"].drain_rate == 5
        assert (await operator.post("/v1/outbox/destinations/sinus/resume")).status_code == 204
    assert (await house.runtime.desk.gates())["sinus"].drain_rate is None


async def test_a_link_shows_what_its_way_lets_through(house: OpenHouse) -> None:
    """Breaker with its next try, slow return, drain rate, lag per priority, whether it is reached, and the nodes that live."""

    async def seen(operator: httpx.AsyncClient) -> dict[str, Any]:
        document = (await operator.get("/v1/destinations")).json()
        (node,) = document["nodes"]
        assert (node["role"], node["alive"]) == ("serve", True)
        (sinus,) = [one for one in document["destinations"] if one["name"] == "sinus"]
        return dict(sinus)

    await house.event()
    await house.patient("p1")
    await house.settle()
    await house.runtime.heartbeat.beat()
    async with house.operator as operator:
        calm = await seen(operator)
        assert (calm["breaker"]["state"], calm["drain_rate"], calm["lags"]) == ("closed", None, [])
        assert calm["link"]["state"] == "up"
        house.wires["sinus"].gone = True
        await house.patient("p2")
        await house.patient("p3")
        await house.patient("p4")
        await house.settle()
        since = house.runtime.heartbeat.down_since["sinus"] = house.clock()
        await house.runtime.heartbeat.beat()
        ill = await seen(operator)
        assert ill["breaker"]["state"] in {"open", "half_open"}
        assert ill["breaker"]["next_step_at"] > ill["breaker"]["since"]
        assert all(one["seconds"] > 0 for one in ill["lags"])
        assert {one["priority"] for one in ill["lags"]} <= {"urgent", "normal"}
        assert ill["oldest_due_seconds"] > 0
        assert ill["link"] == {"state": "down", "since": since.isoformat(), "nodes_down": 1}
        await operator.post("/v1/outbox/destinations/sinus/resume", json={"rate": 5})
        assert (await seen(operator))["drain_rate"] == 5


async def test_what_is_old_is_let_go_in_two_steps(house: OpenHouse) -> None:
    """Bodies first, with what was sent; then messages and attempts; what waits or is parked is never touched."""
    kept = [one for one in await parked(house, "p1") if one["topic"] == "victim"]
    await house.patient("p2")
    await house.settle()
    desk = house.runtime.desk
    (delivered,) = [
        one for one in await house.messages(status="delivered", destination="sivic") if one["lane"] == "victim:p2"
    ]
    house.clock.forward(days=10)
    await retain(house.runtime)
    record = await desk.message(delivered["id"])
    assert record is not None
    assert (record.envelope.body, record.envelope.kind) == ({}, Kind.STATE)
    (attempt,) = await desk.attempts(delivered["id"])
    assert (attempt.sent, attempt.answered, bool(attempt.reference)) == (b"", b"", True)
    house.clock.forward(days=400)
    await retain(house.runtime)
    assert await desk.message(delivered["id"]) is None
    assert await desk.attempts(delivered["id"]) == []
    left = await desk.find(Filter(), limit=500)
    assert {one["id"] for one in kept} <= {one.envelope.id for one in left}
    assert all(one.envelope.body for one in left if one.envelope.id in {each["id"] for each in kept})


def test_the_command_line_does_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """List, groups, show, replay by group with a dry run, discard, pause, status: on the base, without a key."""
    import asyncio  # noqa: PLC0415 - a command runs its own loop, so this test has none

    async def lived() -> str:
        async with open_house(tmp_path) as house:
            await parked(house, "p1", "p2")
            groups = await house.runtime.desk.groups(Filter(topic="victim"))
            return groups[0].fingerprint

    group = asyncio.run(lived())
    settings = tmp_path / "passerelle.toml"
    link = '[{0}.link]\nurl = "http://{0}"\nmode = "Exercise"\n'
    url = json.dumps(f"sqlite:///{tmp_path / 'passerelle.sqlite3'}")
    head = f'mode = "Exercise"\n[store]\nurl = {url}\n'
    settings.write_text(head + link.format("sinus") + link.format("sivic"), encoding="utf-8")

    def say(*words: str) -> str:
        code = main(["outbox", words[0], *words[1:], "--settings", str(settings)])
        said = capsys.readouterr()
        assert code == 0, said
        return said.out

    assert f"{group}       2  sinus" in say("groups")
    message_id = say("list", "--status", "parked", "--topic", "victim").split()[0]
    assert "aujourd’hui partirait : PUT " in say("show", message_id)
    assert say("replay", "--group", group, "--dry-run").count("    partirait : PUT ") == 2
    assert "partirait comme alors" in say("replay", "--group", group, "--as", "then", "--dry-run")
    assert "faits : 2" in say("replay", "--group", group)
    assert "suspendue" in say("pause", "sinus", "--reason", "maintenance")
    assert "suspendue par" in say("status")
    assert "reprend" in say("resume", "sinus", "--rate", "5")
