"""The life of a request on PostgreSQL: what SQLite shows elsewhere holds there too, sealed, audited, swept, by two routes."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING

import pytest

from adapters.lrm.soap.simulator import create_simulator as create_lrm
from adapters.wire.simulated import InProcess
from domain.mode import Mode
from gateway.jobs import retain
from tests.gateway.house import Clock
from tests.interventions.stage import OPERATOR, OTHER, click, open_stage
from tests.interventions.test_phone_and_click import CASE, body, shared
from tests.servers.postgres import Postgres, postgres

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["postgres"]

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(180)]

SECOND = "lrm:secours"
LINKS = {"secours": {"link": {"url": "http://secours", "mode": "Exercise", "read_timeout": 0.5}}}


async def test_a_request_lives_its_life_on_postgresql(tmp_path: Path, postgres: Postgres) -> None:
    """Click, replay, sixteen at once under one name, duplicates by click and by telephone, second route, status, audit, sweep."""
    clock = Clock()
    wire = InProcess(create_lrm(Mode.EXERCISE, clock))
    store = {
        "url": postgres.create_database(),
        "seal_keys": [base64.b64encode(b"k" * 32).decode()],
    }
    async with open_stage(tmp_path, clock=clock, wires={SECOND: wire}, lrms=LINKS, store=store) as stage:
        await stage.route(second=SECOND)
        answers = await asyncio.gather(*(stage.ask() for _ in range(16)))
        assert sorted(one.status_code for one in answers) == [200] * 15 + [201]
        assert len({one.json()["reference"] for one in answers}) == 1
        answer = answers[0].json()
        await shared(stage, body())
        other = await stage.accepted(click(request_id="AUTRE-1"), OTHER)
        listed = {one["reference"]: one for one in (await stage.get("/v1/interventions", OPERATOR))["interventions"]}
        shown = listed[answer["reference"]]
        assert [one["reference"] for one in shown["possible_duplicates"]] == [other["reference"]]
        assert [one["case_id"] for one in shown["phone_cases"]] == [CASE]

        stage.lrm.gone = True
        await stage.settle(seconds=10)
        await stage.look(seconds=30)
        held = (await wire.control("GET", "/_sandbox/state"))["requests"]
        assert set(held) == {answer["reference"], other["reference"]}
        await wire.control("POST", f"/_sandbox/requests/{answer['reference']}/advance")
        await stage.look(seconds=30)
        assert (await stage.status(answer))["status"] == "AFFICHEE"

        acts = (await stage.get("/v1/audit?about=route:seine-et-marne", OPERATOR))["acts"]
        assert [one["act"] for one in acts] == ["route.put", "route.put"]
        stage.clock.forward(days=31)
        await stage.runtime.heartbeat.beat()
        await retain(stage.runtime)
        swept = await stage.get(f"/v1/interventions/{answer['id']}", OPERATOR)
        assert (swept["patient"]["name"], swept["phone_cases"], swept["status"]) == (None, [], "AFFICHEE")
        assert (await stage.ask()).json()["duplicate"] is True
