"""One row that nobody can read: the others are read, sent, followed and told as if it were not there, and everyone can see that it is."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from gateway.operations.unreadable import look_for_unreadable
from gateway.security.sealing import AesSeal
from tests.interventions.stage import OPERATOR, click, open_stage
from tests.servers.postgres import Postgres, postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.interventions.stage import Stage

__all__ = ["postgres"]

KEY, LOST_KEY = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    """A house that seals what it keeps, on either store."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'passerelle.sqlite3'}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        url = server.create_database()
    async with open_stage(tmp_path, store={"url": url, "seal_keys": [KEY]}) as opened:
        await opened.runtime.heartbeat.beat()
        yield opened


async def lose_the_key_of(stage: Stage, table: str, column: str, where: str, value: Any) -> bytes:
    """The column as a deployment finds it that has lost the key it was sealed with; gives what was there."""

    def work(register: Any) -> bytes:
        query = text(f"SELECT {column} FROM {table} WHERE {where} = :value")
        before = bytes(register.connection.execute(query, {"value": value}).scalar())
        put(register, AesSeal([LOST_KEY]).seal(b'{"autre": "contenu"}'))
        return before

    def put(register: Any, content: bytes) -> None:
        change = text(f"UPDATE {table} SET {column} = :content WHERE {where} = :value")
        register.connection.execute(change, {"content": content, "value": value})

    return await stage.runtime.write(work)


async def find_the_key_again(stage: Stage, table: str, column: str, where: str, value: Any, content: bytes) -> None:
    """The column as it was."""
    change = text(f"UPDATE {table} SET {column} = :content WHERE {where} = :value")
    await stage.runtime.write(
        lambda register: register.connection.execute(change, {"content": content, "value": value})
    )


async def alarms(stage: Stage) -> dict[str, dict[str, Any]]:
    """Name → facts of what is under way."""
    listed = (await stage.get("/v1/alarms", OPERATOR))["alarms"]
    return {alarm["name"]: alarm["facts"] for alarm in listed}


async def readiness(stage: Stage) -> tuple[int, dict[str, Any]]:
    """What a load balancer reads."""
    async with stage.client(None) as anybody:
        answer = await anybody.get("/health/ready")
    return answer.status_code, answer.json()


async def test_call_15_is_said_for_the_unreadable_request_and_for_every_other(stage: Stage) -> None:
    """Status, time and instruction stand in clear: no key is needed to tell a nurse that nobody answered."""
    first = await stage.accepted()
    second = await stage.accepted(click(request_id="AUTRE-1"))
    await stage.settle()
    kept = await lose_the_key_of(stage, "intervention", "document", "id", first["id"])

    await stage.look(minutes=3)
    for answer in (first, second):
        assert (await stage.status(answer))["instruction"] == "Pas de réponse du SAMU, appelez le 15."
    assert len([name for name in await alarms(stage) if name.startswith("unanswered:")]) == 2

    listed = {each["reference"]: each for each in (await stage.get("/v1/interventions", OPERATOR))["interventions"]}
    assert [listed[answer["reference"]]["readable"] for answer in (first, second)] == [False, True]
    assert listed[second["reference"]]["patient"]["name"] == "TESTE"

    await stage.advance(first)
    await stage.look(minutes=1)
    assert (await stage.status(first))["status"] == "AFFICHEE", "the CRRA's word is taken all the same"

    await find_the_key_again(stage, "intervention", "document", "id", first["id"], kept)
    listed = {each["reference"]: each for each in (await stage.get("/v1/interventions", OPERATOR))["interventions"]}
    assert listed[first["reference"]]["patient"]["name"] == "TESTE", "what changed meanwhile left the sheet alone"


async def test_it_is_counted_alarmed_and_said_by_readiness_until_the_key_is_back(stage: Stage) -> None:
    """One alarm with the number of rows; the node goes on being ready, and says it."""
    answer = await stage.accepted()
    await stage.settle()
    await look_for_unreadable(stage.runtime)
    assert await readiness(stage) == (200, {"status": "ok"})

    kept = await lose_the_key_of(stage, "intervention", "document", "id", answer["id"])
    for _ in range(2):
        await look_for_unreadable(stage.runtime)
    assert (await alarms(stage))["unreadable:requests"] == {"what": "requests", "rows": 1}
    assert await readiness(stage) == (200, {"status": "lignes illisibles", "unreadable": {"requests": 1}})
    async with stage.client(OPERATOR) as operator:
        measures = (await operator.get("/metrics")).text
    assert 'passerelle_unreadable_rows{kind="requests"} 1.0' in measures
    assert 'passerelle_unreadable_rows{kind="messages"} 0.0' in measures

    await find_the_key_again(stage, "intervention", "document", "id", answer["id"], kept)
    await look_for_unreadable(stage.runtime)
    assert "unreadable:requests" not in await alarms(stage)
    assert await readiness(stage) == (200, {"status": "ok"})


async def test_an_unreadable_message_waits_for_its_key_and_the_others_leave(stage: Stage) -> None:
    """Nothing of it left: its sender reads so; once the key is back, a replay sends it."""
    first = await stage.accepted()
    second = await stage.accepted(click(request_id="AUTRE-1"))
    (message,) = [each for each in await stage.messages() if each["lane"].endswith(first["id"])]
    kept = await lose_the_key_of(stage, "outbox_message", "body", "id", message["id"])
    await look_for_unreadable(stage.runtime)
    assert (await alarms(stage))["unreadable:messages"]["rows"] == 1

    await stage.settle()
    assert set(await stage.held()) == {second["reference"]}
    assert (await stage.status(first))["instruction"] == "Demande non transmise, appelez le 15."
    (message,) = [each for each in await stage.messages() if each["lane"].endswith(first["id"])]
    assert (message["status"], message["cause"]["code"]) == ("parked", "outbox.illisible")

    await find_the_key_again(stage, "outbox_message", "body", "id", message["id"], kept)
    async with stage.client(OPERATOR) as operator:
        replayed = await operator.post(f"/v1/outbox/messages/{message['id']}/replay", json={})
    assert replayed.is_success, replayed.text
    await stage.settle()
    assert set(await stage.held()) == {first["reference"], second["reference"]}
