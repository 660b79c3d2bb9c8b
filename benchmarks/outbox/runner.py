"""One contender doing one thing in a process of its own, in the environment that has the libraries; told by its arguments.

`install`, `enqueue NUMBER GROUP`, `trickle NUMBER` (one by one, when idle), `work [URL]` until standard input ends. It prints
one line of JSON. Times are the machine's monotonic clock, which all processes share.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import resource
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from contenders.shape import packed

if TYPE_CHECKING:
    from contenders.shape import Contender

CONTENDERS = {
    "handwritten": ("handwritten", "Handwritten", {}),
    "passerelle": ("ours", "Ours", {}),
    "pgqueuer": ("pgq", "PgQueuerQueue", {"limited": True}),
    "pgqueuer-unlimited": ("pgq", "PgQueuerQueue", {"limited": False}),
    "oban": ("obanq", "ObanQueue", {}),
    "faststream-outbox": ("faststream", "FastStreamOutbox", {}),
    "procrastinate": ("procras", "Procrastinate", {}),
}


def contender(name: str) -> Contender:
    """By its name on the command line."""
    module, cls, options = CONTENDERS[name]
    made: Contender = getattr(importlib.import_module(f"contenders.{module}"), cls)(**options)
    return made


async def enqueue(one: Contender, dsn: str, number: int, group: int, prefix: str) -> dict[str, Any]:
    """So many jobs, so many to a transaction; a few before the clock starts."""
    async with one.producer(dsn) as put:
        for warm in range(3):
            await put([f"{prefix}-warm-{warm}-{turn}" for turn in range(group)])
        started = time.monotonic()
        for first in range(0, number, group):
            await put([f"{prefix}-{first + turn}" for turn in range(group)])
        return {"seconds": time.monotonic() - started}


async def trickle(one: Contender, dsn: str, number: int) -> dict[str, Any]:
    """One job at a time, each when the one before it is long done; when each was committed."""
    committed = {}
    async with one.producer(dsn) as put:
        for turn in range(number):
            await put([f"idle-{turn}"])
            committed[f"idle-{turn}"] = time.monotonic()
            await asyncio.sleep(0.025)
    return committed


async def work(one: Contender, dsn: str, url: str, concurrency: int) -> dict[str, Any]:
    """Deliver until standard input ends; when each delivery began, and the processor time of the process."""
    started: dict[str, float] = {}
    stop = asyncio.Event()
    async with _Wire(url, concurrency) as wire:

        async def deliver(key: str) -> None:
            started.setdefault(key, time.monotonic())
            if wire is not None:
                answer = await wire.post(url, data=packed(key), headers={"Idempotency-Key": key})
                await answer.read()

        working = asyncio.ensure_future(one.work(dsn, deliver, concurrency, stop))
        orders = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
        spent = {}
        while order := await orders.readline():
            spent[order.decode().strip()] = _spent()
        stop.set()
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(working, 10)
    return {"started": started, "spent": spent}


class _Wire:
    """The one HTTP client of all contenders, or none."""

    def __init__(self, url: str, concurrency: int) -> None:
        self._url = url
        self._concurrency = concurrency
        self._session: Any = None

    async def __aenter__(self) -> Any:
        if not self._url:
            return None
        import aiohttp  # noqa: PLC0415 - not needed where nothing is sent

        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=2 * self._concurrency))
        return self._session

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def main(name: str, verb: str, dsn: str, rest: list[str]) -> dict[str, Any]:
    """Do it."""
    one = contender(name)
    match verb, rest:
        case "install", []:
            await one.install(dsn)
            return {}
        case "enqueue", [number, group, prefix]:
            return await enqueue(one, dsn, int(number), int(group), prefix)
        case "trickle", [number]:
            return await trickle(one, dsn, int(number))
        case "work", [url, concurrency]:
            return await work(one, dsn, "" if url == "-" else url, int(concurrency))
    raise SystemExit(f"unknown: {verb} {rest}")


if __name__ == "__main__":
    logging.basicConfig(level=logging.CRITICAL)
    try:
        import uvloop

        run = uvloop.run
    except ImportError:
        run = asyncio.run
    print(json.dumps(run(main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]))))
