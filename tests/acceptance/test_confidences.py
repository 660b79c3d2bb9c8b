"""What a person confided is told to who must know, and shows nowhere else: not in a log at DEBUG, not in a refusal, not in a cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.security.keys import Scope
from tests.gateway.conftest import leaks
from tests.gateway.house import PERSONAL, WHOLE

if TYPE_CHECKING:
    import pytest

    from tests.gateway.house import OpenHouse

FAULTS = ("latency", "refuse", "too_many", "reset", "lost_ack", "timeout_after_work", "soap_fault", "wrong_answer")
PATIENTS = "/v1/events/evt/patients"
ONE = PATIENTS + "/p1"


async def _everything_that_can_go_wrong(house: OpenHouse) -> None:
    """A whole patient, every fault of every neighbour, and every kind of refusal with the patient's own values in it."""
    await house.event()
    await house.patient(**WHOLE)
    await house.settle()
    await house.act("patients/p1/bilan", {"text": "bilan confié", "severity_exit": "UR"})
    for fault in FAULTS:
        for name in house.wires:
            await house.script(name, {"fault": fault, "seconds": 0.3, "times": 2})
        await house.act("patients/p1/triage", {"stage": "exit", "severity": "UA" if fault in FAULTS[::2] else "UR"})
        await house.settle(seconds=90)
    for name in house.wires:
        await house.mend(name)
    async with house.operator as operator:
        for message in [*await house.messages(status="parked"), *await house.messages(status="uncertain")]:
            await operator.post(f"/v1/outbox/messages/{message['id']}/replay")
    await house.settle(seconds=90)
    await house.act("patients/p1/triage", {"stage": "exit", "severity": "UA"})
    await house.settle(seconds=90)
    async with house.portal as portal:
        wrong = WHOLE["used_name"]
        for field in ("sex", "nir", "birth_date", "localisation_id", "age", "severity_entry", "particularity"):
            await portal.post(PATIENTS, json={**WHOLE, field: wrong})
        await portal.post(PATIENTS, json={**WHOLE, wrong: "inconnu"} | {"severity_entry": 1})
        await portal.post(PATIENTS, json=WHOLE)
        await portal.request("DELETE", ONE, json={"reason": "commentaire confié"})
        await portal.post(PATIENTS, content=str(WHOLE).encode(), headers={"Content-Type": "application/json"})
    for scope in (Scope.OPERATOR, Scope.COUNTS):
        async with house.as_(scope) as reader:
            for path in ("", "/counts", "/boards/tb1", "/boards/tb2", "/sync", "/patients/p1/sync", "/patients/p1"):
                await reader.get(f"/v1/events/evt{path}")
            await reader.get("/v1/destinations")
            for message in (await reader.get("/v1/outbox/messages")).json().get("messages", []):
                await reader.get(f"/v1/outbox/messages/{message['id']}")


async def test_nothing_confided_shows_where_it_may_not(house: OpenHouse, caplog: pytest.LogCaptureFixture) -> None:
    """Every fault of every neighbour and every refusal, at DEBUG: no name, comment, bilan, NIR, telephone or number shows."""
    await _everything_that_can_go_wrong(house)
    assert len(house.heard) > 40
    assert leaks(caplog.text, house) == []


async def test_each_neighbour_learns_what_the_law_lets_it_learn(house: OpenHouse) -> None:
    """SINUS: no NIR, no contact; SI-VIC: the NIR, and no medical word; the portal's webhook: nothing of the person."""
    await _everything_that_can_go_wrong(house)
    sinus, sivic, told = str(house.sinus_victims()), str(house.sivic_persons()), str(house.notifications())
    known = {value: (value in sinus, value in sivic, value in told) for value in PERSONAL}
    assert known == {
        "ESSAI-UN": (True, True, False),
        "Huguette-Essai": (True, True, False),
        "commentaire confié": (False, False, False),
        "bilan confié": (False, False, False),
        "06 99 00 00 00": (False, True, False),
        WHOLE["sinus_number"]: (True, True, False),
        "100001": (True, True, False),
        WHOLE["nir"]: (False, True, False),
    }
