"""When the first route is down: the second, once, and never both."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from adapters.lrm.soap.simulator import create_simulator as create_lrm
from adapters.wire.simulated import InProcess
from domain.mode import Mode
from gateway.interventions.routes import take_second_route
from tests.gateway.house import Clock
from tests.interventions.stage import OPERATOR, Stage, open_stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


SECOND = "lrm:secours"


class Second:
    """The CRRA at the other end of a second link."""

    def __init__(self, clock: Clock) -> None:
        """In a process of its own, as far as the gateway can tell."""
        self.wire = InProcess(create_lrm(Mode.EXERCISE, clock))

    async def held(self) -> dict[str, Any]:
        """What that CRRA holds."""
        return dict((await self.wire.control("GET", "/_sandbox/state"))["requests"])


@asynccontextmanager
async def two_routes(folder: Path) -> AsyncIterator[tuple[Stage, Second]]:
    """A house whose department has two routes, over two links of one kind."""
    clock = Clock()
    second = Second(clock)
    links = {"secours": {"link": {"url": "http://secours", "mode": "Exercise", "read_timeout": 0.2}}}
    async with open_stage(folder, clock=clock, wires={SECOND: second.wire}, lrms=links) as stage:
        answer = await stage.route(second=SECOND)
        assert answer.status_code == 200, answer.text
        yield stage, second


async def test_the_second_route_is_taken_when_the_first_is_down(tmp_path: Path) -> None:
    """Nobody was there for thirty seconds: the first message is discarded with its reason, the second leaves, alone."""
    async with two_routes(tmp_path) as (stage, second):
        stage.lrm.gone = True
        answer = await stage.accepted()
        await stage.settle(seconds=10)
        await stage.look(seconds=10)
        assert await second.held() == {}, "not yet"
        await stage.look(seconds=20)
        assert list(await second.held()) == [answer["reference"]]
        stage.lrm.gone = False
        await stage.settle(seconds=60)
        assert await stage.held() == {}
        first, other = await stage.messages()
        assert (first["destination"], first["status"]) == ("lrm", "discarded")
        assert "seconde voie" in first["decision"]
        assert (other["destination"], other["status"]) == (SECOND, "delivered")
        assert (await stage.status(answer))["delivered_at"] is not None


@pytest.mark.parametrize("fault", ["timeout_after_work", "lost_ack"])
async def test_what_may_have_arrived_stays_where_it_is(tmp_path: Path, fault: str) -> None:
    """The first CRRA may hold it already: the second is not told, however long that lasts."""
    async with two_routes(tmp_path) as (stage, second):
        await stage.lrm.control("POST", "/_sandbox/faults", [{"fault": fault, "times": 1, "seconds": 0.3}])
        answer = await stage.accepted()
        await stage.runtime.dispatcher.step()
        stage.lrm.gone = True
        for _ in range(4):
            await stage.look(seconds=30)
        assert await second.held() == {}
        assert list(await stage.held()) == [answer["reference"]]


async def test_a_paused_first_route_gives_way_too(tmp_path: Path) -> None:
    """An operator stopped the first link: requests do not wait there until they die."""
    async with two_routes(tmp_path) as (stage, second):
        async with stage.client(OPERATOR) as operator:
            paused = await operator.post("/v1/outbox/destinations/lrm/pause", json={"reason": "maintenance"})
            assert paused.status_code == 204
        answer = await stage.accepted()
        await stage.look(seconds=35)
        assert list(await second.held()) == [answer["reference"]]


async def test_too_soon_too_late_and_twice_change_nothing(tmp_path: Path) -> None:
    """Before the time, after the expiry, and once taken, the second route is not taken."""
    async with two_routes(tmp_path) as (stage, _):
        stage.lrm.gone = True
        answer = await stage.accepted()
        now, runtime, reference = stage.clock(), stage.runtime, answer["reference"]
        for seconds, taken in ((5, False), (400, False), (40, True), (41, False)):
            at = now + timedelta(seconds=seconds)
            done = await runtime.write(lambda r, at=at: take_second_route(r, runtime.deployment, reference, at))
            assert done is taken
