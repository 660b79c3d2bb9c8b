"""How long a click waits while the portal and its readers ask for several times what the machine carries.

Twenty clicks a second, each timed from the moment it was due, beside clients that create patients and read boards without a
pause. The baseline is the same gateway with room for everybody, in turns: with, without, with, without.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field

from clicks import DOORS, ROUTE, ClickDoor
from house import RunningHouse, running
from load import Wire
from report import Figure, percentile, tell

from gateway.clock import now

ROUNDS = 2
RATE, SECONDS = 20, 8
WRITERS, READERS = 192, 96
OPEN_TO_ALL = """
[admission]
interventions = 1000
changes = 1000
reads = 1000
patience_seconds = 60
"""


@dataclass(slots=True)
class Counts:
    """What one round gave."""

    clicks: list[float] = field(default_factory=list)
    """Milliseconds from due to answered."""
    refused_clicks: int = 0
    done: int = 0
    refused: int = 0


async def _clicks(door: ClickDoor, house: RunningHouse, counts: Counts) -> None:
    headers = {"Authorization": f"Bearer {house.keys['platform']}", "Content-Type": door.media_type}
    free: asyncio.Queue[Wire] = asyncio.Queue()
    for _ in range(RATE * 10):
        free.put_nowait(await Wire.open("127.0.0.1", house.port, headers))

    async def click(turn: int, due: float) -> None:
        await asyncio.sleep(max(0.0, due - time.time()))
        wire = await free.get()
        status, _ = await wire.ask("POST", door.path, door.body(f"o{turn}", now().isoformat(timespec="milliseconds")))
        if status < 300:
            counts.clicks.append((time.time() - due) * 1000)
        else:
            counts.refused_clicks += 1
        free.put_nowait(wire)

    start = time.time() + 2  # The rush is under way by then.
    await asyncio.gather(*(click(turn, start + turn / RATE) for turn in range(RATE * SECONDS)))


async def _rush(house: RunningHouse, path: str, counts: Counts, ended: asyncio.Event) -> None:
    headers = {"Authorization": f"Bearer {house.keys['portal']}", "Content-Type": "application/json"}

    async def client(method: str, address: str, body: bytes) -> None:
        wire = await Wire.open("127.0.0.1", house.port, headers)
        while not ended.is_set():
            status, _ = await wire.ask(method, address, body)
            if status < 300:
                counts.done += 1
            else:
                counts.refused += 1
                await asyncio.sleep(0.2)  # A tenth of what Retry-After asks: these clients do not obey.
        wire.close()

    body = json.dumps({"severity_entry": "UR", "used_name": "TESTE-FOULE"}).encode()
    writers = [client("POST", f"{path}/patients", body) for _ in range(WRITERS)]
    readers = [client("GET", f"{path}/boards/tb1", b"") for _ in range(READERS)]
    await asyncio.gather(*writers, *readers)


async def _round(house: RunningHouse) -> Counts:
    counts, ended = Counts(), asyncio.Event()
    event = house.ask("POST", "/v1/events", {"name": "Foule", "type": "AUTRE", "mode": "Exercise"})
    rush = asyncio.create_task(_rush(house, f"/v1/events/{event['id']}", counts, ended))
    await _clicks(DOORS[0], house, counts)
    ended.set()
    await rush
    return counts


def measured(more: str) -> Counts:
    """One gateway, one simulated CRRA, one round."""
    with running(("lrm",), scopes=("portal", "operator", "platform"), more=more) as house:
        house.ask("PUT", "/v1/routes/mesure", ROUTE, "operator")
        return asyncio.run(_round(house))


def main() -> None:
    """With and without, in turns."""
    shedding, open_to_all = Counts(), Counts()
    for _ in range(ROUNDS):
        for total, more in ((shedding, ""), (open_to_all, OPEN_TO_ALL)):
            counts = measured(more)
            total.clicks += counts.clicks
            total.refused_clicks += counts.refused_clicks
            total.done += counts.done
            total.refused += counts.refused
    name = "room for everybody"
    clicks = RATE * SECONDS * ROUNDS
    figures = [
        Figure(
            f"click in a rush, {share}",
            percentile(shedding.clicks, part),
            "ms",
            percentile(open_to_all.clicks, part),
            name,
        )
        for part, share in ((0.5, "p50"), (0.99, "p99"))
    ]
    tell(
        [
            *figures,
            Figure(
                "clicks refused",
                100 * shedding.refused_clicks / clicks,
                "%",
                100 * open_to_all.refused_clicks / clicks,
                name,
            ),
            Figure(
                "changes and reads done",
                shedding.done / ROUNDS / SECONDS,
                "/s",
                open_to_all.done / ROUNDS / SECONDS,
                name,
            ),
            Figure(
                "changes and reads turned away",
                shedding.refused / ROUNDS / SECONDS,
                "/s",
                open_to_all.refused / ROUNDS / SECONDS,
                name,
            ),
        ]
    )


if __name__ == "__main__":
    main()
