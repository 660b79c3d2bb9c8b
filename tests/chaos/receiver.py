"""The neighbour of the chaos suite, a process of its own: takes messages by HTTP, once each, and writes down all it saw.

It does what the neighbours' contracts say: a key it has taken is answered as the first time and changes nothing; a state
that is not newer than the one in effect changes nothing. Every arrival is a line of its record, in the order of arrival.
It refuses to judge: what an arrival out of order means is the oracle's word.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

READY = 0.5
"""Seconds that a refusal waits for a request."""


@dataclass(slots=True)
class Receiver:
    """What was taken, and the record."""

    record: Any
    taken: set[str] = field(default_factory=set)
    newest: dict[tuple[str, str], int] = field(default_factory=dict)
    refusing: list[float] = field(default_factory=list)
    """Until when each refusal waits for a request."""

    def take(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """One message: what to answer."""
        self.refusing = [until for until in self.refusing if until > time.monotonic()]
        if self.refusing:
            self.refusing.pop(0)
            print("refused", flush=True)  # noqa: T201 - its parent counts
            return 503, b""
        said, key, destination = json.loads(body), headers["idempotency-key"], path.strip("/")
        effect = key not in self.taken
        self.taken.add(key)
        if said["kind"] == "state" and effect:
            lane = (destination, said["lane"])
            effect = said["number"] > self.newest.get(lane, -1)
            self.newest[lane] = max(said["number"], self.newest.get(lane, -1))
        facts = {name: said[name] for name in ("lane", "kind", "number")}
        sender = {"node": headers["x-node"], "fence": int(headers["x-fence"])}
        self._write(key=key, destination=destination, effect=effect, **facts, **sender)
        return 200, b""

    def _write(self, **line: object) -> None:
        self.record.write(json.dumps({"at": time.time(), **line}) + "\n")


async def _request(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    pairs = (line.split(":", 1) for line in head[1:] if ":" in line)
    headers = {name.strip().lower(): value.strip() for name, value in pairs}
    return head[0].split()[1], headers, await reader.readexactly(int(headers.get("content-length", "0")))


async def main(record: Path) -> None:
    """Serve until standard input ends; each line there makes the next request a 503, if it comes soon."""
    with record.open("w", buffering=1, encoding="utf-8") as lines:
        receiver = Receiver(lines)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while True:
                    status, answer = receiver.take(*await _request(reader))
                    head = f"HTTP/1.1 {status} -\r\nContent-Length: {len(answer)}\r\n\r\n"
                    writer.write(head.encode() + answer)
                    await writer.drain()
            except (OSError, asyncio.IncompleteReadError):
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - its parent reads it
        orders = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
        while await orders.readline():
            receiver.refusing.append(time.monotonic() + READY)
        server.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
