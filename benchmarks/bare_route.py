"""The yardstick of the intervention doors: one Starlette route on the same server that stores one row, as durably, and answers.

No key, no reading, no reply to remember, no outbox: what is left when everything that makes a gateway is taken away.

    python benchmarks/bare_route.py FOLDER     prints its address, serves until it is told to stop
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from gateway.serving import serving, until_told_to_stop

if TYPE_CHECKING:
    from starlette.requests import Request


def bare(folder: Path) -> Starlette:
    """The application, over a database of its own."""
    connection = sqlite3.connect(folder / "nu.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE request (seq INTEGER PRIMARY KEY, said BLOB)")

    async def keep(request: Request) -> Response:
        """Each statement is its own transaction: durable when it returns."""
        said = await request.body()
        orjson.loads(said)
        kept = connection.execute("INSERT INTO request (said) VALUES (?)", (said,))
        return Response(orjson.dumps({"id": kept.lastrowid}), 201, media_type="application/json")

    return Starlette(routes=[Route("/", keep, methods=["POST"])])


async def main() -> None:
    """Serve."""
    async with serving(bare(Path(sys.argv[1])), "127.0.0.1", 0) as port:
        print(f"http://127.0.0.1:{port}", flush=True)
        await until_told_to_stop()


if __name__ == "__main__":
    asyncio.run(main())
