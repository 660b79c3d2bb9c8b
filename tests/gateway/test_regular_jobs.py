"""The regular work as people see it: last run, next run, duration, result; one run asked for now, taken by the node that may run it."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from gateway import clock
from gateway.cli import main
from gateway.jobs import jobs
from gateway.operations.alarms import look
from gateway.operations.jobs import follow_orders
from gateway.security.keys import Scope
from outbox.database.database import open_database
from outbox.desk import Node
from outbox.sql import nodes
from scheduler.jobs import Job
from scheduler.runner import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    import pytest

    from tests.gateway.house import OpenHouse

LATER = 3600.0


async def nothing() -> None:
    """A job that has nothing to do."""


async def broken() -> None:
    """A job that cannot do its work; its words name a person."""
    raise ValueError("ESSAI-UN")


@asynccontextmanager
async def at_work(house: OpenHouse, work: Sequence[Job]) -> AsyncIterator[None]:
    """The node lives and has these jobs."""
    async with running(work, house.runtime.heartbeat.timetable):
        await house.runtime.heartbeat.beat()
        yield
        await house.runtime.heartbeat.beat()


async def shown(house: OpenHouse) -> dict[str, dict[str, Any]]:
    """Name → job, as the operator sees them once the node has said so."""
    await house.runtime.heartbeat.beat()
    async with house.operator as operator:
        return {job["job"]: job for job in (await operator.get("/v1/jobs")).raise_for_status().json()["jobs"]}


async def asked(house: OpenHouse, name: str) -> int:
    """A run is asked for; the status of the answer."""
    async with house.operator as operator:
        return (await operator.post(f"/v1/jobs/{name}/run")).status_code


async def run_once(house: OpenHouse, name: str) -> None:
    """Wait until a job of this node has run."""
    state = house.runtime.heartbeat.timetable.states[name]
    before = state.runs
    await follow_orders(house.runtime)
    async with asyncio.timeout(60):
        while state.runs == before:  # noqa: ASYNC110 - the state is what is waited for
            await asyncio.sleep(0.01)


async def test_every_job_of_the_house_is_shown_in_french(house: OpenHouse) -> None:
    """Each with what it does, its period and its next run; none goes by its name alone."""
    work = [Job(job.name, LATER, nothing, job.alone) for job in jobs(house.runtime)]
    async with at_work(house, work):
        seen = await shown(house)
    assert set(seen) == {job.name for job in work}
    assert all(job["label"] != name for name, job in seen.items())
    assert {job["state"] for job in seen.values()} == {"never"}
    assert all(run["next_at"] for job in seen.values() for run in job["runs"])


async def test_a_run_asked_for_is_done_and_told(house: OpenHouse) -> None:
    """The order waits, is taken once, and the run is there with its duration; who asked is in the audit."""
    async with at_work(house, [Job("forget", LATER, nothing)]):
        assert await asked(house, "forget") == 202
        assert (await shown(house))["forget"]["ordered"]
        await run_once(house, "forget")
        job = (await shown(house))["forget"]
        (run,) = job["runs"]
        assert (job["ordered"], job["state"], run["runs"], run["failures"]) == (False, "done", 1, 0)
        assert run["seconds"] >= 0
        assert await asked(house, "inconnu") == 404
    async with house.operator as operator:
        acts = (await operator.get("/v1/audit")).json()["acts"]
    assert [(act["act"], act["about"]) for act in acts if act["act"] == "job.asked"] == [("job.asked", "forget")]


async def test_only_the_leader_takes_an_order_of_what_one_node_does(house: OpenHouse) -> None:
    """Beside an older node, this one leaves the order where it is; once that node is gone, it takes it."""
    runtime = house.runtime
    async with at_work(house, [Job("retain", LATER, nothing, alone=True)]):
        elder = Node("ancien", "serve", house.clock().replace(year=2019), house.clock(), {})
        await runtime.database.write(lambda connection: nodes.beat(connection, elder))
        assert await asked(house, "retain") == 202
        await follow_orders(runtime)
        assert (await shown(house))["retain"]["ordered"]
        await runtime.database.write(lambda connection: nodes.forget(connection, ["ancien"]))
        await run_once(house, "retain")
        assert not (await shown(house))["retain"]["ordered"]


async def test_a_job_that_fails_alarms_once_until_it_goes_well(house: OpenHouse) -> None:
    """The alarm names the job and the type of its error, never its words; a run that goes well ends it."""
    fails = True

    async def wavering() -> None:
        if fails:
            await broken()

    async with at_work(house, [Job("reconcile", LATER, wavering, alone=True)]):
        for _ in range(2):
            assert await asked(house, "reconcile") == 202
            await run_once(house, "reconcile")
            await house.runtime.heartbeat.beat()
            await look(house.runtime)
        async with house.operator as operator:
            alarms = (await operator.get("/v1/alarms")).json()["alarms"]
            metrics = (await operator.get("/metrics")).text
        (alarm,) = [alarm for alarm in alarms if alarm["kind"] == "job"]
        assert (alarm["name"], alarm["facts"]["error"]) == ("job:reconcile", "ValueError")
        assert "ESSAI-UN" not in json.dumps(alarms)
        assert 'passerelle_job_failed{job="reconcile"' in metrics
        assert (await shown(house))["reconcile"]["state"] == "failed"
        fails = False
        assert await asked(house, "reconcile") == 202
        await run_once(house, "reconcile")
        await house.runtime.heartbeat.beat()
        await look(house.runtime)
    async with house.operator as operator:
        assert "job" not in {alarm["kind"] for alarm in (await operator.get("/v1/alarms")).json()["alarms"]}


async def test_only_an_operator_sees_and_asks(house: OpenHouse) -> None:
    """The regular work is nobody else's business."""
    for scope in set(Scope) - {Scope.OPERATOR}:
        async with house.as_(scope) as client:
            assert (await client.get("/v1/jobs")).status_code == 403
            assert (await client.post("/v1/jobs/forget/run")).status_code == 403


def test_the_terminal_shows_the_same_and_asks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a node it says so; beside one it lists its jobs, asks for a run, and names the jobs when one is unknown."""
    settings = tmp_path / "passerelle.toml"
    settings.write_text(f'mode = "Exercise"\n[store]\nurl = "sqlite:///{tmp_path}/essai.sqlite3"\n', encoding="utf-8")
    assert main(["jobs", "list", "--settings", str(settings)]) == 0
    assert "Aucun nœud ne sert" in capsys.readouterr().out
    asyncio.run(_beat(f"sqlite:///{tmp_path}/essai.sqlite3"))
    assert main(["jobs", "list", "--settings", str(settings)]) == 1
    out = capsys.readouterr().out
    assert "forget" in out
    assert "EN ÉCHEC (OSError)" in out
    assert main(["jobs", "run", "forget", "--settings", str(settings)]) == 0
    assert "demandé" in capsys.readouterr().out
    assert main(["jobs", "list", "--json", "--settings", str(settings)]) == 1
    assert json.loads(capsys.readouterr().out)["jobs"][0]["ordered"]
    assert main(["jobs", "run", "autre", "--settings", str(settings)]) == 2
    assert "Travaux : forget" in capsys.readouterr().err


async def _beat(url: str) -> None:
    """A node that serves on this base has just said that one of its jobs failed."""
    at = clock.now()
    run = {"started_at": at.isoformat(), "next_at": at.isoformat(), "seconds": 0.1, "error": "OSError"}
    facts = {"jobs": {"forget": {**run, "every": 60.0, "alone": False, "running": False, "runs": 1, "failures": 1}}}
    database = open_database(url)
    await database.write(lambda connection: nodes.beat(connection, Node("essai", "serve", at, at, facts)))
    await database.close()
