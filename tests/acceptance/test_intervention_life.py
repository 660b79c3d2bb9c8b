"""An intervention's life on PostgreSQL with two nodes, the one that was sending it killed on the way: door, CRRA, status back."""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import text

from domain.mode import Mode
from gateway import clock, migrations
from gateway.register import Register
from gateway.sandbox import open_sandbox
from gateway.security.keys import Scope, new_key
from outbox.database.database import open_database
from tests.acceptance.nodes import Fleet, Node, fleet
from tests.interventions.stage import ROUTE, click
from tests.outbox.bench import eventually
from tests.servers.postgres import Postgres, postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from outbox.database.database import Database

__all__ = ["postgres"]

pytestmark = [pytest.mark.postgres, pytest.mark.crash, pytest.mark.timeout(180)]

SENDING = text("SELECT owner, attempts FROM outbox_message WHERE topic = 'intervention.request' AND status = 'sending'")
SILENCE = [{"fault": "latency", "seconds": 60, "times": 1}]


@pytest.fixture
async def database(postgres: Postgres) -> AsyncIterator[Database]:
    """The nodes' own, looked at from beside."""
    url = postgres.create_database()
    await asyncio.to_thread(migrations.upgrade, url)
    opened = open_database(url)
    yield opened
    await opened.close()


async def new_client(database: Database, scope: Scope) -> str:
    """The key of somebody new."""
    key = new_key(f"essai-{scope}", scope, Mode.EXERCISE)
    await database.write(lambda connection: Register(connection).keys.add(key, clock.now()))
    return key.key


async def sending_process(database: Database) -> int | None:
    """Which process holds the request, once one does."""
    row = await database.read(lambda connection: connection.execute(SENDING).first())
    return int(row.owner.split(":")[1]) if row else None


async def _is_sending(database: Database) -> bool:
    return await sending_process(database) is not None


async def _status(client: httpx.AsyncClient, path: str, wanted: str) -> bool:
    return bool((await client.get(path)).json()["status"] == wanted)


def doors(node: Node, key: str) -> httpx.AsyncClient:
    """Somebody at the doors of a node."""
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.AsyncClient(base_url=node.said, headers=headers, trust_env=False, timeout=20)


async def survivor(made: Fleet, nodes: list[Node], killed: int) -> Node:
    """A node that serves, after a kill: the one that did, or another in its place."""
    serving = nodes[0]
    return await made.start("serve") if serving.process.pid == killed else serving


async def test_a_request_survives_the_node_that_was_sending_it(
    tmp_path: Path, postgres: Postgres, database: Database
) -> None:
    """Accepted once, taken once by the CRRA under one reference, whoever sends it in the end; and each step comes back."""
    nurse_key, operator_key = [await new_client(database, scope) for scope in (Scope.PLATFORM, Scope.OPERATOR)]
    url = database._reader.url.render_as_string(hide_password=False)
    async with (
        open_sandbox("Exercise", {"lrm": 0}) as sandbox,
        fleet(tmp_path, url, sandbox.urls) as made,
        httpx.AsyncClient(base_url=sandbox.urls["lrm"], trust_env=False, timeout=20) as crra,
    ):
        nodes = [await made.start("serve"), await made.start("work")]
        (await crra.post("/_sandbox/faults", json=SILENCE)).raise_for_status()
        async with doors(nodes[0], operator_key) as operator:
            (await operator.put("/v1/routes/seine-et-marne", json=ROUTE)).raise_for_status()
        async with doors(nodes[0], nurse_key) as nurse:
            answer = await nurse.post("/v1/interventions", json=click(clicked_at=clock.now().isoformat()))
            assert answer.status_code == 201, answer.text
        asked: dict[str, Any] = answer.json()
        path = f"/v1/interventions/{asked['id']}"

        await eventually(partial(_is_sending, database))
        killed = await sending_process(database)
        assert killed is not None
        assert killed in {one.process.pid for one in nodes}
        (await crra.delete("/_sandbox/faults")).raise_for_status()
        os.kill(killed, signal.SIGKILL)
        serving = await survivor(made, nodes, killed)

        async def taken() -> bool:
            return list((await crra.get("/_sandbox/state")).json()["requests"]) == [asked["reference"]]

        await eventually(taken)
        async with doors(serving, nurse_key) as nurse:
            for expected in ("AFFICHEE", "DOSSIER-OUVERT"):
                (await crra.post(f"/_sandbox/requests/{asked['reference']}/advance", json={})).raise_for_status()
                await eventually(partial(_status, nurse, path, expected))
            history = [step["status"] for step in (await nurse.get(path)).json()["history"]]
        assert history[-2:] == ["AFFICHEE", "DOSSIER-OUVERT"]
        held = (await crra.get("/_sandbox/state")).json()["requests"]
        assert list(held) == [asked["reference"]], "once in effect"
