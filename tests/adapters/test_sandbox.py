"""What every simulator has: the script of faults, behind a real uvicorn and in process alike."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.wire.simulated import FaultScript, InProcess, ScriptedFault, control_routes, faulty
from tests.contract.uvicorn_server import serving

if TYPE_CHECKING:
    from starlette.requests import Request


class Counter:
    """A neighbour that counts what was asked of it."""

    def __init__(self) -> None:
        self.works = 0

    def snapshot(self) -> dict[str, Any]:
        """What it holds."""
        return {"works": self.works}

    def clear(self) -> None:
        """Forget."""
        self.works = 0

    async def work(self, request: Request) -> Response:
        """One request to the contract door."""
        await request.body()
        self.works += 1
        return JSONResponse(self.snapshot())


def simulator() -> tuple[Starlette, Counter]:
    """One door, its script, its state."""
    counter, script = Counter(), FaultScript()
    door = Route("/door", faulty(counter.work, script), methods=["PUT"])
    return Starlette(routes=[door, *control_routes(counter, script)]), counter


async def play(client: httpx.AsyncClient, fault: dict[str, Any]) -> httpx.Response:
    """One request under one fault."""
    (await client.post("/_sandbox/faults", json=[fault])).raise_for_status()
    return await client.put("/door", content=b"x" * 100_000)


CUTS = {"reset": 0, "lost_ack": 1}


@pytest.mark.parametrize("fault", CUTS)
@pytest.mark.parametrize("http", ["httptools", "h11"])
async def test_a_cut_aborts_the_connection_of_a_real_server(fault: str, http: str) -> None:
    """The caller sees a broken connection and no status; the work was done or not, as the fault says."""
    app, counter = simulator()
    async with serving(app, http=http) as server, httpx.AsyncClient(base_url=server.url) as client:
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await play(client, {"fault": fault})
        assert counter.works == CUTS[fault]
        assert (await client.put("/door", content=b"")).status_code == 200


async def test_a_cut_is_a_reset_of_the_socket() -> None:
    """Below HTTP: not one byte of an answer comes before the end."""
    app, _ = simulator()
    async with serving(app) as server:
        async with httpx.AsyncClient(base_url=server.url) as client:
            await client.post("/_sandbox/faults", json=[{"fault": "reset"}])
        url = httpx.URL(server.url)
        reader, writer = await asyncio.open_connection("127.0.0.1", url.port)
        writer.write(b"PUT /door HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab")
        try:
            answer = await reader.read()
        except ConnectionResetError:
            answer = b""
        assert answer == b""
        writer.close()


async def test_a_silence_ends_when_the_caller_leaves() -> None:
    """`timeout_after_work` does the work, says nothing, and does not keep the server from stopping."""
    app, counter = simulator()
    async with serving(app) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=0.2) as client:
            with pytest.raises(httpx.ReadTimeout):
                await play(client, {"fault": "timeout_after_work"})
        assert counter.works == 1
        await asyncio.wait_for(server.stop(), timeout=5)


@pytest.mark.parametrize(
    ("fault", "error", "works"),
    [
        ("reset", httpx.RemoteProtocolError, 0),
        ("lost_ack", httpx.RemoteProtocolError, 1),
        ("timeout_after_work", httpx.ReadTimeout, 1),
    ],
)
async def test_in_process_a_fault_looks_as_on_a_socket(fault: str, error: type[Exception], works: int) -> None:
    """Without a socket the caller gets the errors of httpx, not those of the simulator."""
    app, counter = simulator()
    async with httpx.AsyncClient(transport=InProcess(app), base_url="http://x", timeout=0.1) as client:
        with pytest.raises(error):
            await play(client, {"fault": fault})
    assert counter.works == works


async def test_in_process_a_neighbour_can_be_gone() -> None:
    """When nobody listens it is a ConnectError, and the sandbox itself still answers."""
    app, _ = simulator()
    transport = InProcess(app)
    transport.gone = True
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        with pytest.raises(httpx.ConnectError):
            await client.put("/door")
    assert await transport.control("GET", "/_sandbox/state") == {"works": 0}


async def test_faults_that_answer() -> None:
    """Each fault that answers has its status, and does the work only where it says so."""
    app, counter = simulator()
    async with httpx.AsyncClient(transport=InProcess(app), base_url="http://x") as client:
        assert (await play(client, {"fault": "refuse"})).status_code == 503
        many = await play(client, {"fault": "too_many", "seconds": 7})
        assert (many.status_code, many.headers["retry-after"]) == (429, "7")
        assert (await play(client, {"fault": "soap_fault"})).status_code == 500
        wrong = await play(client, {"fault": "wrong_answer"})
        assert (wrong.status_code, wrong.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert counter.works == 0
        assert (await play(client, {"fault": "latency", "seconds": 0.01})).json() == {"works": 1}


async def test_the_script_is_played_in_order_and_read_back() -> None:
    """Lines are appended, spent one use at a time, shown, forgotten; a reset forgets the state as well."""
    app, counter = simulator()
    transport = InProcess(app)
    lines = [{"fault": "refuse", "times": 2}, {"fault": "too_many", "times": None}]
    await transport.control("POST", "/_sandbox/faults", lines)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        assert [(await client.put("/door")).status_code for _ in range(4)] == [503, 503, 429, 429]
        left = await transport.control("GET", "/_sandbox/faults")
        assert [(line["fault"], line["times"]) for line in left] == [("too_many", None)]
        assert await transport.control("DELETE", "/_sandbox/faults") == []
        assert (await client.put("/door")).status_code == 200
        assert counter.works == 1
        await transport.control("POST", "/_sandbox/faults", lines)
        await transport.control("POST", "/_sandbox/reset")
        assert await transport.control("GET", "/_sandbox/state") == {"works": 0}
        assert (await client.put("/door")).status_code == 200


@pytest.mark.parametrize("line", [{"fault": "explode"}, {"fault": "reset", "times": 0}, {"fault": "reset", "when": 1}])
async def test_a_wrong_script_is_refused(line: dict[str, Any]) -> None:
    """An unknown fault, no use at all, or a key too many: 422, and nothing of it is kept."""
    app, _ = simulator()
    async with httpx.AsyncClient(transport=InProcess(app), base_url="http://x") as client:
        assert (await client.post("/_sandbox/faults", json=[line])).status_code == 422
        assert (await client.get("/_sandbox/faults")).json() == []


def test_a_fault_without_a_number_is_played_for_ever() -> None:
    """`times` left out by a builder in Python means once; None means until further notice."""
    script = FaultScript()
    script.add([ScriptedFault(fault="reset"), ScriptedFault(fault="refuse", times=None)])
    played = [script.next() for _ in range(3)]
    assert [fault.fault for fault in played if fault] == ["reset", "refuse", "refuse"]
