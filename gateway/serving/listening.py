"""Listening: an application on a socket while a context is open, in a process that keeps its own way of ending."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import uvicorn

from gateway.serving.behind_proxies import BehindProxies
from gateway.serving.bounded_protocol import bounded
from gateway.serving.limits import KEPT_DESCRIPTORS, Limits, raise_descriptor_limit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from ipaddress import IPv4Network, IPv6Network
    from pathlib import Path

    from starlette.applications import Starlette
    from starlette.types import ASGIApp

STOP = 5  # seconds given to open answers at the end


class _Server(uvicorn.Server):
    """A server that leaves the process's signals alone, and a TLS handshake no longer than a request's head."""

    def __init__(self, config: uvicorn.Config, listener: socket.socket, limits: Limits) -> None:
        super().__init__(config)
        self._listener = listener
        self._limits = limits

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - ours is known
        """As uvicorn's, on our socket; its own way has no word for the time of a handshake."""
        await super().startup(sockets=[])
        kind = bounded(self._limits)

        def protocol() -> asyncio.Protocol:
            return kind(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

        secure = self.config.ssl
        self.servers.append(
            await asyncio.get_running_loop().create_server(
                protocol,
                sock=self._listener,
                backlog=self.config.backlog,
                ssl=secure,
                ssl_handshake_timeout=self._limits.head_seconds if secure else None,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None is captured: whoever opened the context decides when it ends."""
        yield


@asynccontextmanager
async def serving(  # noqa: PLR0913 - where, and behind which certificates
    app: Starlette,
    host: str,
    port: int,
    *,
    certificate: Path | None = None,
    private_key: Path | None = None,
    client_ca: Path | None = None,
    trusted_proxies: Sequence[IPv4Network | IPv6Network] = (),
    limits: Limits | None = None,
) -> AsyncIterator[int]:
    """The application listens while this is open; gives the port, chosen by the system when 0.

    With `client_ca`, a client without a certificate of that authority is refused (mTLS). With
    `trusted_proxies`, who is not one of them is refused, and they say who their client is. Raises OSError when the port is taken.
    """
    limits = limits or Limits()
    raise_descriptor_limit(limits.connections + KEPT_DESCRIPTORS)
    listener = _listener(host, port)
    served: ASGIApp = BehindProxies(app, trusted_proxies) if trusted_proxies else app
    server = _Server(_config(served, certificate, private_key, client_ca), listener, limits)
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:
            if task.done():
                task.result()
                raise RuntimeError("Le serveur s’est arrêté en démarrant.")
            await asyncio.sleep(0.005)
        yield int(listener.getsockname()[1])
    finally:
        server.should_exit = True
        await task
        listener.close()


def _config(app: ASGIApp, certificate: Path | None, private_key: Path | None, client_ca: Path | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # it would write paths, and a path may name a person's record
        timeout_graceful_shutdown=STOP,
        lifespan="on",
        server_header=False,
        proxy_headers=not isinstance(app, BehindProxies),  # it reads them itself, after it has seen who really calls
        ssl_certfile=certificate,
        ssl_keyfile=private_key,
        ssl_ca_certs=str(client_ca) if client_ca else None,
        ssl_cert_reqs=ssl.CERT_REQUIRED if client_ca else ssl.CERT_NONE,
    )


def _listener(host: str, port: int) -> socket.socket:
    # Without the protocol, asyncio leaves Nagle’s delay on and every answer costs some 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


def settle_memory() -> None:
    """Put what was loaded at start out of the collector's sight: it lives as long as the process.

    Without this every full collection walks all of it and stops every door for some 100 ms (docs/performance.md).
    """
    gc.collect()
    gc.freeze()


async def until_told_to_stop() -> None:
    """Wait for SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
