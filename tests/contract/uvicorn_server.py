"""A simulator behind a real socket, for what only a real connection shows."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import uvicorn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp


class RunningServer:
    """A uvicorn of this test, on a port of its own."""

    def __init__(self, server: uvicorn.Server, task: asyncio.Task[None], url: str) -> None:
        self.url = url
        self._server = server
        self._task = task

    async def stop(self) -> None:
        """Stop listening; may be called twice."""
        self._server.should_exit = True
        await self._task


@asynccontextmanager
async def serving(app: ASGIApp, **options: Any) -> AsyncIterator[RunningServer]:
    """Serve `app` on a free port of this machine; `options` go to uvicorn (certificates)."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = uvicorn.Config(
        app, log_config=None, lifespan="off", timeout_graceful_shutdown=1, loop="none", ws="none", **options
    )
    server = uvicorn.Server(config)
    # A server of a test leaves the signals of the process alone.
    server.capture_signals = _no_signals  # type: ignore[method-assign]
    task = asyncio.create_task(server.serve(sockets=[listener]))
    scheme = "https" if options.get("ssl_certfile") else "http"
    running = RunningServer(server, task, f"{scheme}://localhost:{port}")
    try:
        while not server.started:
            if task.done():
                await task
            await asyncio.sleep(0.005)
        yield running
    finally:
        await running.stop()
        listener.close()


class _no_signals:  # noqa: N801 - stands for a function of uvicorn
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...
