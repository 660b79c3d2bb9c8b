"""A neighbour in trouble blocks nobody: the change is accepted at once, its message waits or is parked with a cause, and heals."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.gateway.house import WHOLE

if TYPE_CHECKING:
    from tests.gateway.house import OpenHouse

SIDES = ("sinus", "sivic")
ONE = "/v1/events/evt/patients/p1"


@pytest.fixture
async def linked(house: OpenHouse) -> OpenHouse:
    """An event that both neighbours know, with one patient."""
    await house.event()
    await house.patient(**WHOLE)
    await house.settle()
    return house


def _categories(house: OpenHouse) -> tuple[str, str]:
    return (
        house.sinus_victims()["p1"]["fiche"]["categorie"],
        house.sivic_persons()["p1"]["person"]["categorie"],
    )


async def _change(house: OpenHouse, **fields: Any) -> None:
    async with house.portal as portal:
        answer = await portal.post(f"{ONE}/triage", json={"stage": "exit", "severity": "UA", **fields})
    assert answer.status_code == 200


async def _waiting(house: OpenHouse, name: str) -> dict[str, Any]:
    (message,) = [one for one in await house.messages(destination=name) if one["topic"] == "victim"][:1]
    return message


TROUBLES: dict[str, tuple[dict[str, Any] | None, str]] = {
    "down": (None, "{}.injoignable"),
    "refusing": ({"fault": "refuse", "times": None}, "{}.http_503"),
    "slow": ({"fault": "latency", "seconds": 5, "times": None}, "{}.delai"),
    "cutting": ({"fault": "reset", "times": None}, "{}.coupure"),
    "overrun": ({"fault": "too_many", "seconds": 3, "times": None}, "{}.http_429"),
    "losing its answers": ({"fault": "lost_ack", "times": None}, "{}.coupure"),
    "talking nonsense": ({"fault": "wrong_answer", "times": None}, "{}.reponse_illisible"),
}


@pytest.mark.parametrize("name", SIDES)
@pytest.mark.parametrize(("fault", "cause"), TROUBLES.values(), ids=TROUBLES.keys())
async def test_trouble_waits_with_a_cause_and_heals(
    linked: OpenHouse, name: str, fault: dict[str, Any] | None, cause: str
) -> None:
    """The portal is answered at once, the other neighbour learns, the message says why it waits, and then arrives once."""
    other = next(side for side in SIDES if side != name)
    if fault is None:
        linked.wires[name].gone = True
    else:
        await linked.script(name, fault)
    await _change(linked)
    await linked.settle()
    waiting = await _waiting(linked, name)
    assert (waiting["status"], waiting["cause"]["code"]) == ("pending", cause.format(name))
    assert (await _waiting(linked, other))["status"] == "delivered"
    await linked.mend(name)
    await linked.settle(seconds=90)
    assert (await _waiting(linked, name))["status"] == "delivered"
    assert _categories(linked) == ("UA", "UA")
    assert len(linked.sinus_victims()) == len(linked.sivic_persons()) == 1


@pytest.mark.parametrize("name", SIDES)
async def test_what_outlasts_its_retries_is_parked_and_seen(linked: OpenHouse, name: str) -> None:
    """When the schedule is exhausted a person decides: the row says why, the agreement says so, a replay heals it."""
    await linked.script(name, {"fault": "refuse", "times": None})
    await _change(linked)
    await linked.settle()
    for _ in range(4):
        await linked.settle(seconds=30)
    parked = await _waiting(linked, name)
    assert (parked["status"], parked["attempts"]) == ("parked", 3)
    async with linked.operator as operator:
        columns = (await operator.get("/v1/events/evt/sync")).json()
        column = next(one for one in columns["destinations"] if one["name"] == name)
        assert (column["agrees"], column["parked"] > 0) == (False, True)
        tries = (await operator.get(f"/v1/outbox/messages/{parked['id']}")).json()["tries"]
        assert [one["outcome"] for one in tries] == ["transient"] * 3
        await linked.mend(name)
        for message in await linked.messages(destination=name, status="parked"):
            assert (await operator.post(f"/v1/outbox/messages/{message['id']}/replay")).status_code == 204
        await linked.settle()
        columns = (await operator.get("/v1/events/evt/sync")).json()
    assert [(one["agrees"], one["parked"]) for one in columns["destinations"]] == [(True, 0)] * 2
    assert _categories(linked) == ("UA", "UA")


async def test_a_newer_state_heals_a_parked_one(linked: OpenHouse) -> None:
    """A victim's next record makes the parked one needless: nobody has to replay what is no longer true."""
    await linked.script("sinus", {"fault": "refuse", "times": None})
    await _change(linked)
    await linked.settle()
    for _ in range(4):
        await linked.settle(seconds=30)
    parked = await _waiting(linked, "sinus")
    await linked.mend("sinus")
    await _change(linked, severity="DCD")
    await linked.settle(seconds=30)
    assert _categories(linked) == ("DCD", "DCD")
    (old,) = [one for one in await linked.messages(destination="sinus") if one["id"] == parked["id"]]
    assert old["status"] == "superseded"


async def test_changes_made_while_a_neighbour_is_away_arrive_as_the_last_one(linked: OpenHouse) -> None:
    """Twenty changes of one victim are one record to tell, not twenty; no version goes backwards."""
    linked.wires["sinus"].gone = True
    for severity in ("UA", "UR") * 10:
        await _change(linked, severity=severity)
    await linked.settle()
    await linked.mend("sinus")
    await linked.settle(seconds=90)
    statuses = [one["status"] for one in await linked.messages(destination="sinus") if one["topic"] == "victim"]
    assert (statuses.count("delivered"), statuses.count("superseded")) == (2, 19)
    async with linked.portal as portal:
        revision = (await portal.get(ONE)).json()["revision"]
    assert int(linked.sinus_victims()["p1"]["fiche"]["version"]) == revision
    assert _categories(linked) == ("UR", "UR")


async def test_a_paused_destination_waits_and_loses_nothing(linked: OpenHouse) -> None:
    """An operator stops one link, with a reason that everybody can read; resumed, it goes on where it was."""
    async with linked.operator as operator:
        path = "/v1/outbox/destinations/sivic"
        assert (await operator.post(f"{path}/pause", json={"reason": "maintenance annoncée"})).status_code == 204
        await _change(linked)
        await linked.settle()
        assert _categories(linked) == ("UA", "UR")
        shown = (await operator.get("/v1/destinations")).json()["destinations"]
        (sivic,) = [one for one in shown if one["name"] == "sivic"]
        assert (sivic["paused"]["reason"], sivic["pending"]) == ("maintenance annoncée", 1)
        assert (await operator.post(f"{path}/resume")).status_code == 204
    await linked.settle()
    assert _categories(linked) == ("UA", "UA")


async def test_a_message_that_waits_is_discarded_with_a_reason(linked: OpenHouse) -> None:
    """Nobody waits for the last of its tries to give it up, and who did it says why; what has ended stays as it is."""
    await linked.script("sivic", {"fault": "refuse", "times": None})
    await _change(linked)
    await linked.settle()
    message = await _waiting(linked, "sivic")
    async with linked.operator as operator:
        path = f"/v1/outbox/messages/{message['id']}/discard"
        assert message["status"] == "pending"
        assert (await operator.post(path, json={"reason": "doublon vérifié"})).status_code == 204
        again = await operator.post(path, json={"reason": "encore"})
        assert (again.status_code, again.json()["code"]) == (409, "message_pas_parque")
    gone = await _waiting(linked, "sivic")
    assert (gone["status"], gone["decided_by"], gone["decision"]) == ("discarded", "essai-operator", "doublon vérifié")


async def test_the_portal_that_is_deaf_stops_nobody(linked: OpenHouse) -> None:
    """Outcomes wait for the portal's webhook while SINUS and SI-VIC go on; then the last outcome of each lane is told."""
    linked.wires["portal"].gone = True
    told = len(linked.notifications())
    await _change(linked)
    await linked.settle()
    assert _categories(linked) == ("UA", "UA")
    assert len(linked.notifications()) == told
    await linked.mend("portal")
    await linked.settle(seconds=90)
    outcomes = [one["data"] for one in linked.notifications()[told:]]
    assert {(one["destination"], one["topic"], one["status"]) for one in outcomes} == {
        ("sinus", "victim", "delivered"),
        ("sinus", "counts", "delivered"),
        ("sivic", "victim", "delivered"),
    }


async def test_reading_agreement_does_not_hang_on_a_slow_neighbour(linked: OpenHouse) -> None:
    """A neighbour that does not say what it holds is shown as unknown, never guessed, and the others are shown."""
    await linked.script("sinus", {"fault": "latency", "seconds": 30, "times": None})
    async with asyncio.timeout(5), linked.operator as operator:
        columns = (await operator.get("/v1/events/evt/sync")).json()["destinations"]
    assert {one["name"]: (one["held"] is None, one["agrees"]) for one in columns} == {
        "sinus": (True, False),
        "sivic": (False, True),
    }
