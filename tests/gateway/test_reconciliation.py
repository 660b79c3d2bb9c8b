"""What each neighbour holds is compared with what was said: a difference is told once explained by nothing, a silence stops nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gateway.agreement.reconcile import reconcile
from gateway.security.keys import Scope
from tests.gateway.house import EVENT, WHOLE

if TYPE_CHECKING:
    from tests.gateway.house import OpenHouse


@pytest.fixture
async def agreed(house: OpenHouse) -> OpenHouse:
    """An event that all sides agree on."""
    await house.event()
    await house.patient(**WHOLE)
    await house.settle()
    return house


async def _differences(house: OpenHouse) -> list[dict[str, Any]]:
    lines = await house.runtime.read(lambda register: register.feed.after(0, "Exercise"))
    return [line.body for line in lines if line.kind == "difference"]


async def test_agreement_is_silent(agreed: OpenHouse) -> None:
    """Nothing differs, nothing is told."""
    await reconcile(agreed.runtime)
    assert await _differences(agreed) == []


async def test_what_waits_explains_a_difference(agreed: OpenHouse) -> None:
    """A change on its way is no alarm."""
    await agreed.act("patients/p1/triage", {"stage": "exit", "severity": "DCD"})
    await reconcile(agreed.runtime)
    assert await _differences(agreed) == []


async def test_what_nothing_explains_is_told(agreed: OpenHouse) -> None:
    """SI-VIC lost everything it was told: the difference is seen, with both counts, in numbers only."""
    await agreed.wires["sivic"].control("POST", "/_sandbox/reset")
    async with agreed.portal as portal:  # another event takes, at SI-VIC, the identifier of the one that was lost
        await portal.post("/v1/events", json={**EVENT, "id": "autre", "link": False})
        await portal.put("/v1/events/autre/links/sivic", json={"action": "create"})
    await agreed.settle()
    await reconcile(agreed.runtime)
    (difference,) = await _differences(agreed)
    assert (difference["destination"], difference["said"]["UR"], difference["held"]["UR"]) == ("sivic", 1, 0)


async def test_a_neighbour_that_does_not_answer_stops_no_comparison(
    agreed: OpenHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """SINUS is away: it is said, and SI-VIC is compared all the same."""
    agreed.wires["sinus"].gone = True
    await agreed.wires["sivic"].control("POST", "/_sandbox/reset")
    await reconcile(agreed.runtime)
    assert "reconcile.unanswered destination=sinus event=evt cause=sinus.injoignable" in caplog.text
    assert "reconcile.differs destination=sivic event=evt" in caplog.text


async def _sync(house: OpenHouse, scope: Scope = Scope.PORTAL) -> dict[str, dict[str, Any]]:
    async with house.as_(scope) as reader:
        answer = await reader.get("/v1/events/evt/sync")
    assert answer.status_code == 200, answer.text
    columns = answer.json()
    return {"all": columns["verdict"], **{one["name"]: one["verdict"] for one in columns["destinations"]}}


def _drop_at_sinus(house: OpenHouse, *victims: str) -> None:
    """SINUS loses what it had acknowledged: a restore, a deletion by hand, a merge."""
    base = house.neighbours["sinus"].state.sinus.base
    (event,) = base._events.values()
    for victim in victims:
        del event.victims[victim]


async def _alarms(house: OpenHouse) -> list[str]:
    async with house.operator as operator:
        return [alarm["name"] for alarm in (await operator.get("/v1/alarms")).json()["alarms"]]


async def test_agreement_is_said_only_when_everything_is_known(agreed: OpenHouse) -> None:
    """All sides hold the same person: it is said, also to who may only see numbers."""
    for scope in (Scope.PORTAL, Scope.OPERATOR, Scope.COUNTS):
        verdicts = await _sync(agreed, scope)
        assert {one["state"] for one in verdicts.values()} == {"agreed"}, scope
        assert verdicts["sinus"]["text"] == "SINUS : d’accord"


async def test_what_is_on_its_way_is_said_with_how_many_and_since_when(agreed: OpenHouse) -> None:
    """A change waits: no agreement, even though SINUS and SI-VIC answer; it is counted and dated."""
    await agreed.act("patients/p1/triage", {"stage": "exit", "severity": "DCD"})
    agreed.clock.forward(minutes=3)
    verdicts = await _sync(agreed)
    assert verdicts["sinus"]["state"] == verdicts["all"]["state"] == "on_the_way"
    assert verdicts["sinus"]["text"].startswith("SINUS : en route (2, depuis 3 min")
    await agreed.settle()
    assert (await _sync(agreed))["all"]["state"] == "agreed"


async def test_equal_totals_are_no_agreement(agreed: OpenHouse) -> None:
    """SINUS holds as many of each category, of other persons: two errors do not make a truth."""
    await agreed.patient("p2", severity_entry="UA")
    await agreed.settle()
    base = agreed.neighbours["sinus"].state.sinus.base
    (event,) = base._events.values()
    event.victims["p1"].record, event.victims["p2"].record = event.victims["p2"].record, event.victims["p1"].record
    verdicts = await _sync(agreed)
    assert verdicts["sinus"]["state"] == "gap"
    assert "2 fiches n’y sont pas les mêmes, rien en route" in verdicts["sinus"]["text"]
    assert verdicts["sivic"]["state"] == "agreed"


async def test_a_silent_link_is_unknown_and_never_agreed(agreed: OpenHouse) -> None:
    """SINUS is away: what it holds is not known, and since when it is not is said."""
    assert (await _sync(agreed))["sinus"]["state"] == "agreed"
    agreed.wires["sinus"].gone = True
    await _sync(agreed)
    agreed.clock.forward(minutes=4)
    verdicts = await _sync(agreed)
    assert verdicts["sinus"]["state"] == verdicts["all"]["state"] == "unknown"
    assert verdicts["sinus"]["text"] == "SINUS : inconnu depuis 4 min, pas de réponse"
    await agreed.mend("sinus")
    assert (await _sync(agreed))["sinus"]["state"] == "agreed"


async def test_a_parked_record_is_a_gap(agreed: OpenHouse) -> None:
    """A record that waits for a person's decision is on its way to nowhere: it is said, counted, and alarmed."""
    await agreed.wires["sinus"].control("POST", "/_sandbox/reset")  # every record is refused: its event is not known
    await agreed.act("patients/p1/triage", {"stage": "exit", "severity": "UA"})
    await agreed.settle(hours=1)
    verdict = (await _sync(agreed))["sinus"]
    assert (verdict["state"], verdict["parked"]) == ("gap", 2)
    assert "2 envois attendent une décision, rien en route" in verdict["text"]
    await reconcile(agreed.runtime)
    assert "difference:sinus:evt" in await _alarms(agreed)


async def test_what_sinus_lost_is_an_alarm_and_renvoyer_mends_it(agreed: OpenHouse) -> None:
    """SINUS restored an older state: a gap with its number, one alarm, one metric; sending again ends all three."""
    for name in ("p2", "p3", "p4"):
        await agreed.patient(name)
    await agreed.settle()
    _drop_at_sinus(agreed, "p2", "p3")
    await reconcile(agreed.runtime)
    assert (await _sync(agreed))["sinus"][
        "text"
    ] == "SINUS : écart depuis 0 s : 2 fiches manquent à SINUS, rien en route"
    assert "difference:sinus:evt" in await _alarms(agreed)
    async with agreed.operator as operator:
        measured = (await operator.get("/metrics")).text
        assert 'passerelle_agreement_persons{destination="sinus",gap="missing"} 2.0' in measured
        assert 'passerelle_agreement_events{destination="sinus",state="gap"} 1.0' in measured
        sent = (await operator.post("/v1/events/evt/sync/sinus/resend")).json()
        assert (sent["records"], sent["unsendable"]) == (2, 0)
    assert (await _sync(agreed))["sinus"]["state"] == "on_the_way"
    await agreed.settle()
    assert (await _sync(agreed))["sinus"]["state"] == "agreed"
    await reconcile(agreed.runtime)
    assert "difference:sinus:evt" not in await _alarms(agreed)
    audited = await agreed.runtime.read(lambda register: [entry.act for entry in register.audit.latest()])
    assert "agreement.resent" in audited


async def test_another_value_there_is_mended_by_renvoyer(agreed: OpenHouse) -> None:
    """SINUS changed a category by itself: two values, a person decides; Renvoyer puts ours back, under a newer version."""
    base = agreed.neighbours["sinus"].state.sinus.base
    (event,) = base._events.values()
    event.victims["p1"].record = {**event.victims["p1"].record, "categorie": "UA"}
    async with agreed.portal as portal:
        detail = (await portal.get("/v1/events/evt/sync/sinus")).json()
        assert [(one["field"], one["portal"], one["neighbour"]) for one in detail["differences"]] == [
            ("severity", "UR", "UA")
        ]
        assert "portail 0 UA, SINUS 1 : rien en file" in detail["sentences"]
        await portal.post("/v1/events/evt/sync/sinus/resend")
    async with agreed.operator as operator:
        (seen,) = (await operator.get("/v1/events/evt/sync/sinus")).json()["differences"]
        assert "portal" not in seen, "the two values are for the portal"
    await agreed.settle()
    assert agreed.sinus_victims()["p1"]["fiche"]["categorie"] == "UR"
    assert (await _sync(agreed))["sinus"]["state"] == "agreed"


async def test_a_neighbour_that_forgot_the_event_gets_it_again(agreed: OpenHouse) -> None:
    """SINUS came back without its memory: said as such; Renvoyer opens the event anew, and its persons follow."""
    await agreed.wires["sinus"].control("POST", "/_sandbox/reset")
    assert "SINUS ne connaît plus cet événement" in (await _sync(agreed))["sinus"]["text"]
    async with agreed.portal as portal:
        assert (await portal.post("/v1/events/evt/sync/sinus/resend")).json()["event_again"] is True
    await agreed.settle()
    assert (await _sync(agreed))["sinus"]["state"] == "agreed"
    assert set(agreed.sinus_victims()) == {"p1"}


async def test_what_was_lost_on_the_way_is_repaired_without_anybody(agreed: OpenHouse) -> None:
    """A record that SINUS acknowledged and lost is sent again by itself after a minute, once; the curve keeps what happened."""
    _drop_at_sinus(agreed, "p1")
    await reconcile(agreed.runtime)
    agreed.clock.forward(seconds=30)
    await reconcile(agreed.runtime)
    assert await agreed.messages(status="pending") == [], "not before its time"
    agreed.clock.forward(seconds=40)
    await reconcile(agreed.runtime)
    await agreed.settle()
    await reconcile(agreed.runtime)
    assert (await _sync(agreed))["sinus"]["state"] == "agreed"
    async with agreed.portal as portal:
        links = (await portal.get("/v1/events/evt/sync/history")).json()["links"]
    sinus = next(link for link in links if link["destination"] == "sinus")
    assert [step["state"] for step in sinus["steps"]] == ["gap", "agreed"]
    assert sinus["seconds_apart"] > 60


async def test_somebody_whom_sinus_alone_knows_is_a_gap_that_no_sending_mends(agreed: OpenHouse) -> None:
    """A person braceleted in the field and unknown to the portal: shown, counted, and not claimed to be resendable."""
    base = agreed.neighbours["sinus"].state.sinus.base
    (event,) = base._events.values()
    event.victims["terrain"] = replace(event.victims["p1"], sinus_id="S-TERRAIN")
    verdict = (await _sync(agreed))["sinus"]
    assert (verdict["state"], verdict["extra"]) == ("gap", 1)
    async with agreed.portal as portal:
        sent = (await portal.post("/v1/events/evt/sync/sinus/resend")).json()
    assert (sent["records"], sent["unsendable"]) == (0, 1)


async def test_looking_now_is_written_down(agreed: OpenHouse) -> None:
    """On demand: the comparison is made at once, and kept."""
    async with agreed.portal as portal:
        looked = (await portal.post("/v1/events/evt/sync")).json()
        links = (await portal.get("/v1/events/evt/sync/history")).json()["links"]
    assert looked["verdict"] == {"state": "agreed", "text": "Tous tiennent le même dénombrement."}
    assert [step["state"] for link in links for step in link["steps"]] == ["agreed", "agreed"]
