"""More than can be worked on: who is turned away, when, in which words, and who is not."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from gateway.doors.interventions.table import CLICK
from gateway.security.admission import LINE, Admission, Load
from gateway.security.keys import Scope
from outbox.database.urgency import OverloadedError, Urgency, terms
from tests.gateway.house import EVENT, open_house

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

PLACES = {Load.INTERVENTION: 2, Load.CHANGE: 1, Load.READ: 1, Load.BATCH: 1}


async def test_each_sort_has_places_of_its_own() -> None:
    """Changes that fill theirs take none from an emergency, and works carry the urgency of their sort."""
    admission = Admission(PLACES, 5)
    async with admission.enter(Load.CHANGE), admission.enter(Load.INTERVENTION):
        assert terms().urgency is Urgency.INTERVENTION
    async with admission.enter(Load.BATCH):
        assert (terms().urgency, terms().patience) == (Urgency.BULK, None)


async def test_who_waits_gets_the_next_place_in_order() -> None:
    """A line, not a crowd; what is left to wait for is what the line has not used up."""
    admission, order, patience = Admission(PLACES, 5), [], []

    async def enter(name: str) -> None:
        async with admission.enter(Load.CHANGE):
            order.append(name)
            patience.append(terms().patience or 0)
            await asyncio.sleep(0.02)

    await asyncio.gather(*(enter(name) for name in "abc"))
    assert order == ["a", "b", "c"]
    assert patience[2] < patience[0] <= 5


async def test_a_full_line_refuses_at_once_and_a_long_one_in_time() -> None:
    """Nobody waits longer than a sender listens; every refusal is counted, and the places are free again afterwards."""
    admission = Admission(PLACES, 0.05)
    async with admission.enter(Load.READ):
        waiting = [asyncio.create_task(_enter(admission)) for _ in range(LINE)]
        await asyncio.sleep(0)
        with pytest.raises(OverloadedError, match="full"):
            await _enter(admission)
        results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [OverloadedError] * LINE
    assert admission.refused[Load.READ] == LINE + 1
    await _enter(admission)


async def test_who_leaves_the_line_takes_no_place() -> None:
    """A cancelled request frees its turn, even when the place came in the same moment."""
    admission = Admission(PLACES, 5)
    async with admission.enter(Load.READ):
        left = asyncio.create_task(_enter(admission))
        await asyncio.sleep(0)
    left.cancel()
    await asyncio.gather(left, return_exceptions=True)
    await asyncio.wait_for(_enter(admission), 1)


async def _enter(admission: Admission) -> None:
    async with admission.enter(Load.READ):
        await asyncio.sleep(0)


async def test_a_click_that_cannot_be_begun_is_told_to_call_15(tmp_path: Path) -> None:
    """503 with Retry-After and the telephone, before five seconds; nothing of it is kept, and the next one passes."""
    async with open_house(tmp_path, admission={"patience_seconds": 0.3}) as house:
        platform, begun, free = house.as_(Scope.PLATFORM), threading.Event(), threading.Event()

        def hold(_: Connection) -> None:
            begun.set()
            assert free.wait(10)

        holding = asyncio.create_task(house.runtime.database.write(hold))
        await asyncio.to_thread(begun.wait, 10)
        click: dict[str, Any] = {**CLICK, "clicked_at": house.clock().isoformat()}
        refused = await platform.post("/v1/interventions", json=click)
        free.set()
        await holding
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
        assert refused.json()["code"] == "surcharge"
        assert "15" in refused.json()["instruction"]
        assert (
            await house.runtime.database.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM intervention").scalar())
            == 0
        )
        measures = await house.operator.get("/metrics")
        assert 'passerelle_requests_shed_total{load="intervention"} 1.0' in measures.text


async def test_a_change_beyond_the_line_says_that_nothing_was_kept(tmp_path: Path) -> None:
    """The portal reads 503 in French; the same request passes once there is room."""
    async with open_house(tmp_path, admission={"changes": 1, "patience_seconds": 0.2}) as house:
        portal = house.portal
        async with house.runtime.admission.enter(Load.CHANGE):
            refused = await portal.post("/v1/events", json=EVENT)
        assert (refused.status_code, refused.json()["code"]) == (503, "surcharge")
        assert "Rien n’a été enregistré" in refused.json()["detail"]
        assert (await portal.post("/v1/events", json=EVENT)).status_code == 201
