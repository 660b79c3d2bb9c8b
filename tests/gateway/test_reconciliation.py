"""What each neighbour holds is compared with what was said: a difference is told once explained by nothing, a silence stops nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gateway.jobs import reconcile
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
    assert "reconcile.unanswered destination=sivic event=evt" in caplog.text
