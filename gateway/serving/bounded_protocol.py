"""HTTP/1.1 within limits: uvicorn's own protocol, hung up on or answered before an attack costs more than the connection itself.

Limits on the address, the headers, the time to send a request and to take its answer, and the connections: a full house closes the one
that has waited longest without a whole request, so that those who send theirs are served. Refuses two Host headers or none, and HTTP/0.9;
the fields of a trailer are never headers: nobody is let in by what comes after the body.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from gateway.serving.limits import Limits, descriptors

if TYPE_CHECKING:
    import asyncio

    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

REFUSALS = {
    400: ("requete_illisible", "La requête n’est pas du HTTP lisible."),
    408: ("requete_trop_lente", "La requête n’est pas arrivée à temps."),
    414: ("adresse_trop_longue", "L’adresse est trop longue."),
    431: ("entetes_trop_gros", "Les en-têtes sont trop gros."),
    505: ("version_http_refusee", "Seuls HTTP/1.1 et HTTP/1.0 sont parlés ici."),
}
CHUNK_OVERHEAD = 16
"""Bytes of framing for each byte of a chunked body, at most."""


class _RefusedError(Exception):
    """Stops the parser where a limit is passed."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection. `limits` and `places` are those of its class, made by `bounded`."""

    limits = Limits()
    places = 512

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - whatever uvicorn gives
        super().__init__(*arguments, **named)
        self.since = self.loop.time()
        """When the request that is awaited began to be awaited."""
        self.awaiting = True
        """No whole request has come since then."""
        self._deadline: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._refusal = 400
        self._in_head = True
        self._head_size = 0
        self._raw_size = 0
        self._body_size = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """A new connection takes a place, if need be that of the one that has waited longest."""
        if len(self.connections) >= self.places:
            waiting = [held for held in self.connections if isinstance(held, BoundedProtocol) and held.awaiting]
            if not waiting:
                self.transport = transport
                transport.abort()
                return
            min(waiting, key=lambda held: held.since).hang_up()
        super().connection_made(transport)
        self._await_request(self.limits.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing of a connection that is gone is waited for."""
        self._forget_deadline()
        self.resume_writing()
        if self.transport is not None:
            super().connection_lost(exc)

    def hang_up(self) -> None:
        """Close at once; what was half sent is lost, and was never a request."""
        self.connections.discard(self)
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Feed the parser what came, as long as it stays within the limits."""
        if self.transport.is_closing():
            return
        under_way: RequestResponseCycle | None = self.cycle
        if self._deadline is None and (under_way is None or under_way.response_complete):
            self._await_request(self.limits.head_seconds)
        self._raw_size += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        # What is between the fields or in a field that has not ended is counted as it comes.
        if self._in_head and self._raw_size > self.limits.header_bytes + self.limits.address_bytes:
            self._refuse(431)
        elif not self._in_head and self._raw_size > self.limits.header_bytes + CHUNK_OVERHEAD * self._body_size:
            self._refuse(400)

    def on_message_begin(self) -> None:
        """A request begins."""
        self._in_head = True
        self._head_size = self._raw_size = self._body_size = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A piece of the address."""
        super().on_url(url)
        if len(self.url) > self.limits.address_bytes:
            self._stop(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field: a header, or one of a trailer, which decides nothing."""
        self._head_size += len(name) + len(value) + 4
        if self._head_size > self.limits.header_bytes:
            self._stop(431)
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole: it is judged before anybody works on it."""
        self._in_head = False
        self._raw_size = 0
        hosts = sum(name == b"host" for name, _ in self.headers)
        version = self.parser.get_http_version()
        if version not in {"1.1", "1.0"}:
            self._stop(505)
        if hosts > 1 or (hosts == 0 and version == "1.1"):
            self._stop(400)
        self._await_request(self.limits.request_seconds)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._body_size += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole: from here on the time is ours."""
        self._forget_deadline()
        self.awaiting = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer is out: the next request is awaited, by uvicorn's own patience until its first byte."""
        self.awaiting, self.since = not self.pipeline, self.loop.time()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """The reader takes nothing for the moment."""
        super().pause_writing()
        self._stalled = self.loop.call_later(self.limits.stall_seconds, self.hang_up)

    def resume_writing(self) -> None:
        """The reader takes its answer again."""
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        if self.flow is not None:
            super().resume_writing()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are replaced by ours
        """Tell why and hang up; in the middle of an answer there is nothing to tell."""
        self._forget_deadline()
        status, self._refusal = self._refusal, 400
        under_way: RequestResponseCycle | None = self.cycle
        if under_way is not None and under_way.response_started and not under_way.response_complete:
            self.hang_up()
            return
        code, title = REFUSALS[status]
        problem = {"type": f"urn:passerelle:probleme:{code}", "title": title, "status": status, "code": code}
        content = orjson.dumps(problem)
        head = f"content-type: application/problem+json\r\ncontent-length: {len(content)}\r\nconnection: close\r\n\r\n"
        self.transport.write(STATUS_LINE[status] + head.encode("ascii") + content)
        self.transport.close()

    def _stop(self, status: int) -> None:
        """From inside the parser: end it, and answer."""
        self._refusal = status
        raise _RefusedError

    def _refuse(self, status: int) -> None:
        """From outside the parser."""
        self._refusal = status
        self.send_400_response("")

    def _await_request(self, seconds: float) -> None:
        self._forget_deadline()
        self._deadline = self.loop.call_later(seconds, self._refuse, 408)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def bounded(limits: Limits) -> type[BoundedProtocol]:
    """The protocol of a server with these limits."""
    return type("BoundedProtocol", (BoundedProtocol,), {"limits": limits, "places": limits.places(descriptors())})
