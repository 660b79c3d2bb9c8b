"""What every simulator has: scripted faults set at run time, a state that can be read back, a reset.

    POST   /_sandbox/faults   [{"fault": "latency", "times": 3, "seconds": 0.2}, …]   appended to the script
    GET    /_sandbox/faults   what is left of the script
    DELETE /_sandbox/faults   the script is forgotten
    GET    /_sandbox/state    what the simulator holds
    POST   /_sandbox/reset    it holds nothing, and the script is forgotten

A fault is used `times` times (absent: once; null: until the script is deleted), one fault per request to a contract door, in order.
Random faults have no place here: a test that fails must fail again.

    latency             waits `seconds`, then works
    refuse              503, nothing done
    too_many            429 with Retry-After `seconds`, nothing done
    reset               the connection is cut, nothing done
    lost_ack            the work is done, then the connection is cut
    timeout_after_work  the work is done, then silence for `seconds` (absent: until the caller leaves)
    soap_fault          the fault of the door that speaks SOAP, else 500
    wrong_answer        nothing done, 200 with a page that is not of the contract, as a captive portal gives
    garbled_ack         the work is done, and answered 200 in words that are not of the contract
    bare_ack            the work is done, and answered 202 with nothing more
    bom_ack             the work is done, and its answer begins with a byte order mark
    multipart_ack       the work is done, and its answer is the root of a multipart one, as with MTOM
"""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from typing import TYPE_CHECKING, Any, Literal, Protocol

import httpx
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.applications import Starlette
    from starlette.requests import Request

    Door = Callable[[Request], Awaitable[Response]]

FaultName = Literal[
    "latency",
    "refuse",
    "reset",
    "timeout_after_work",
    "lost_ack",
    "soap_fault",
    "too_many",
    "wrong_answer",
    "garbled_ack",
    "bare_ack",
    "bom_ack",
    "multipart_ack",
]


class ScriptedFault(BaseModel):
    """One line of the script."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fault: FaultName
    times: int | None = Field(1, gt=0, description="Combien de requêtes ; null : jusqu’à nouvel ordre.")
    seconds: float = Field(0.0, ge=0, description="Attente (latency, timeout_after_work) ou Retry-After (too_many).")


class DroppedConnectionError(Exception):
    """Raised to make the server cut the connection without an answer."""


class SimulatorState(Protocol):
    """What a simulator keeps."""

    def snapshot(self) -> dict[str, Any]:
        """What it holds, as JSON-safe values."""

    def clear(self) -> None:
        """Forget everything."""


class FaultScript:
    """The faults still to play, in order."""

    def __init__(self) -> None:
        self._lines: deque[tuple[ScriptedFault, int | None]] = deque()

    def add(self, faults: list[ScriptedFault]) -> None:
        """Append to the script."""
        self._lines.extend((fault, fault.times) for fault in faults)

    def clear(self) -> None:
        """Play no more faults."""
        self._lines.clear()

    def left(self) -> list[dict[str, Any]]:
        """What is still to play."""
        return [{**fault.model_dump(), "times": left} for fault, left in self._lines]

    def next(self) -> ScriptedFault | None:
        """The fault of this request, if any; one use is spent."""
        if not self._lines:
            return None
        fault, left = self._lines[0]
        if left is not None:
            if left <= 1:
                self._lines.popleft()
            else:
                self._lines[0] = (fault, left - 1)
        return fault


def _socket(request: Request) -> asyncio.Transport | None:
    """The connection of a request, where the server is uvicorn; ASGI itself has no way to abort."""
    # uvicorn's `send` is bound to the cycle that owns the socket; each layer of Starlette closes over it as `send`.
    send: Any = request._send  # noqa: SLF001 - see above
    while send is not None and not hasattr(send, "__self__"):
        send = inspect.getclosurevars(send).nonlocals.get("send") if inspect.isfunction(send) else None
    return getattr(getattr(send, "__self__", None), "transport", None)


async def _cut(request: Request) -> Response:
    """Abort the connection where there is a real one, else let `InProcess` say that it is cut."""
    socket = _socket(request)
    if socket is None:
        raise DroppedConnectionError
    socket.abort()
    await _silence(request, 1)  # once it has heard the cut, the server drops the answer below
    return Response(status_code=500)


async def _silence(request: Request, seconds: float) -> None:
    """Say nothing for a while, or until the caller has left, so that a server can still stop."""
    try:
        async with asyncio.timeout(seconds or 3600):
            while (await request.receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return


def faulty(  # noqa: C901 - one line per fault
    door: Door, script: FaultScript, soap_fault: Callable[[], Response] | None = None
) -> Door:
    """A contract door that plays the script: the fault decides whether the work is done, and whether it is answered."""

    async def play(request: Request) -> Response:  # noqa: PLR0911 - one line per fault
        fault = script.next()
        match fault.fault if fault else None:
            case None:
                return await door(request)
            case "latency":
                await asyncio.sleep(fault.seconds)  # type: ignore[union-attr]
                return await door(request)
            case "refuse":
                return Response(status_code=503)
            case "reset":
                return await _cut(request)
            case "timeout_after_work":
                await door(request)
                await _silence(request, fault.seconds)  # type: ignore[union-attr]
                return await _cut(request)
            case "lost_ack":
                await door(request)
                return await _cut(request)
            case "too_many":
                return Response(status_code=429, headers={"Retry-After": str(int(fault.seconds) or 1)})  # type: ignore[union-attr]
            case "soap_fault":
                return soap_fault() if soap_fault else Response(status_code=500)
            case "wrong_answer":
                return Response("<html>portail captif</html>", media_type="text/html")
            case odd:
                return _oddly(str(odd), await door(request))

    return play


def _oddly(fault: str, answer: Response) -> Response:
    """The answer of work that was done, as real servers and relays are seen to give it."""
    content, kind = bytes(answer.body), answer.headers.get("content-type", "application/octet-stream")
    match fault:
        case "garbled_ack":
            return Response(b"OK, message pris.", media_type="text/plain")
        case "bare_ack":
            return Response(status_code=202)
        case "bom_ack":
            return Response(b"\xef\xbb\xbf" + content, answer.status_code, media_type=kind)
        case _:
            part = f"--partie\r\nContent-Type: {kind}\r\nContent-ID: <racine>\r\n\r\n".encode()
            other = b"--partie\r\nContent-Type: text/plain\r\n\r\npiece\r\n"
            whole = other + part + content + b"\r\n--partie--\r\n"
            related = 'multipart/related; boundary="partie"; start="<racine>"'
            return Response(whole, answer.status_code, headers={"content-type": related})


def control_routes(held: SimulatorState, script: FaultScript) -> list[Route]:
    """The `/_sandbox` routes of one simulator."""
    parse = TypeAdapter(list[ScriptedFault])

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            script.clear()
        elif request.method == "POST":
            try:
                script.add(parse.validate_json(await request.body()))
            except ValidationError as error:
                return JSONResponse(
                    {
                        "title": "Script de pannes illisible.",
                        "errors": error.errors(include_input=False, include_url=False, include_context=False),
                    },
                    422,
                )
        return JSONResponse(script.left())

    async def state(_: Request) -> Response:
        return JSONResponse(held.snapshot())

    async def reset(_: Request) -> Response:
        held.clear()
        script.clear()
        return JSONResponse({})

    return [
        Route("/_sandbox/faults", faults, methods=["GET", "POST", "DELETE"]),
        Route("/_sandbox/state", state),
        Route("/_sandbox/reset", reset, methods=["POST"]),
    ]


class InProcess(httpx.AsyncBaseTransport):
    """A simulator without a socket, which fails as a socket does: it is cut, it is slow, it is gone."""

    def __init__(self, app: Starlette) -> None:
        self._inner = httpx.ASGITransport(app)
        self.gone = False
        """From the moment it is True, nobody listens."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request, with the read timeout that httpx leaves to its transports."""
        if self.gone:
            raise httpx.ConnectError("nobody listens", request=request)
        try:
            async with asyncio.timeout(request.extensions.get("timeout", {}).get("read")):
                return await self._inner.handle_async_request(request)
        except TimeoutError:
            raise httpx.ReadTimeout("no answer in time", request=request) from None
        except DroppedConnectionError:
            raise httpx.RemoteProtocolError("cut without an answer", request=request) from None

    async def control(self, method: str, path: str, json: Any = None) -> Any:  # noqa: ANN401 - JSON as it comes
        """Speak to the `/_sandbox` routes of the simulator."""
        async with httpx.AsyncClient(transport=self._inner, base_url="http://sandbox") as client:
            return (await client.request(method, path, json=json)).raise_for_status().json()
