"""The live stream, on a real socket: nothing is lost or told twice across a cut, and numbers readers learn of nobody."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import orjson
import pytest

from gateway.security.keys import Scope
from gateway.serving import serving
from tests.gateway.house import WHOLE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.gateway.house import OpenHouse


@pytest.fixture
async def address(house: OpenHouse) -> AsyncIterator[str]:
    """The house on a socket, with an event."""
    await house.event(link=False)
    async with serving(house.app, "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}"
        house.runtime.stopping.set()
        house.runtime.bell.ring()


class Reader:
    """Somebody who follows, by the bytes of the stream alone."""

    def __init__(self, address: str, key: str) -> None:
        self._address = address
        self._headers = {"Authorization": f"Bearer {key}"}
        self.last = ""
        self.there = asyncio.Event()
        """Set once it is answered: what changes from now on is told."""

    async def read(self, number: int, after: str | None = None, event: str | None = None) -> list[dict[str, str]]:
        """So many events, from where it was cut; then it is cut again."""
        headers = self._headers | ({"Last-Event-ID": after or self.last} if after or self.last else {})
        lines: list[dict[str, str]] = []
        async with (
            asyncio.timeout(10),
            httpx.AsyncClient(base_url=self._address, headers=headers, trust_env=False) as client,
            client.stream("GET", "/v1/stream", params={"event_id": event} if event else {}) as answer,
        ):
            assert answer.headers["content-type"].startswith("text/event-stream")
            self.there.set()
            one: dict[str, str] = {}
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if line and name:
                    one[name] = value
                elif "id" in one:
                    lines.append(one)
                    self.last, one = one["id"], {}
                    if len(lines) == number:
                        break
                else:
                    one = {}
        return lines


async def _changes(house: OpenHouse, number: int) -> None:
    for n in range(number):
        await house.patient(f"p{n}", **({**WHOLE, "localisation_id": "pma"} if n == 0 else {}))


async def test_a_reader_cut_at_every_line_misses_nothing(house: OpenHouse, address: str) -> None:
    """Thirty changes, a cut after every third: Last-Event-ID brings the next one, once each, in order."""
    reader = Reader(address, house.keys[Scope.PORTAL])
    writing = asyncio.create_task(_changes(house, 30))
    seen = [line for _ in range(10) for line in await reader.read(3, after=reader.last or "1")]
    await writing
    assert [orjson.loads(line["data"])["patient_id"] for line in seen] == [f"p{n}" for n in range(30)]
    assert len({line["id"] for line in seen}) == 30


async def test_a_reader_who_waits_is_told_at_once(house: OpenHouse, address: str) -> None:
    """Without a place to resume from, it starts at the present, and hears the next change without asking."""
    await house.patient("before")
    reader = Reader(address, house.keys[Scope.PORTAL])
    reading = asyncio.create_task(reader.read(1))
    await reader.there.wait()
    await house.patient("after")
    (line,) = await reading
    assert orjson.loads(line["data"])["patient_id"] == "after"


async def test_a_reader_of_numbers_learns_that_something_changed_and_never_about_whom(
    house: OpenHouse, address: str
) -> None:
    """R-08: the same lines, each with its event and nothing else."""
    await _changes(house, 3)
    lines = await Reader(address, house.keys[Scope.COUNTS]).read(4, after="0")
    assert [orjson.loads(line["data"]) for line in lines] == [{"event_id": "evt"}] * 4
    assert [line["event"] for line in lines] == ["event", "victim", "victim", "victim"]


async def test_a_reader_of_one_event_hears_that_one(house: OpenHouse, address: str) -> None:
    """Another event's lines are not told, and do not stop the numbering."""
    await house.event(id="autre", link=False, localisations=[])
    await house.patient("p1")
    await house.patient("p2", event="autre")
    await house.patient("p3")
    lines = await Reader(address, house.keys[Scope.PORTAL]).read(3, after="0", event="evt")
    assert [orjson.loads(line["data"]).get("patient_id") for line in lines] == [None, "p1", "p3"]


async def test_deliveries_and_links_are_told_too(house: OpenHouse, address: str) -> None:
    """Whoever follows sees a link become true and each record arrive, with its lag, and no word of the person."""
    await house.patient("p1", **WHOLE)
    async with house.portal as portal:
        await portal.put("/v1/events/evt/links/sinus", json={"action": "create"})
    await house.settle()
    lines = await Reader(address, house.keys[Scope.OPERATOR]).read(7, after="0")
    told = [(line["event"], orjson.loads(line["data"])) for line in lines]
    assert ("link", "linked") in [(kind, body.get("state")) for kind, body in told]
    delivered = {body["lane"] for kind, body in told if kind == "delivery" and body["status"] == "delivered"}
    assert delivered == {"event:evt", "victim:p1", "event:evt:counts"}
    assert "ESSAI-UN" not in str(told)


@pytest.mark.parametrize("last", ["abc", "-1", "9" * 40, "²".encode()])
async def test_a_place_that_cannot_be_read_is_refused(house: OpenHouse, last: str | bytes) -> None:
    """A resumption that means nothing is an error, not a silent start from now."""
    async with house.portal as portal:
        answer = await portal.get("/v1/stream", headers={"Last-Event-ID": last})  # type: ignore[dict-item]
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "Last-Event-ID")


async def test_a_reader_ahead_of_the_table_is_told_at_once_and_follows_from_the_present_on(
    house: OpenHouse, address: str
) -> None:
    """A number that no line has yet is no silence: `reset`, then what happens from now on."""
    reader = Reader(address, house.keys[Scope.PORTAL])
    (told,) = await reader.read(1, after="999999999")
    assert told["event"] == "reset"
    await house.patient(**WHOLE)
    (following,) = await reader.read(1)
    assert (following["event"], int(following["id"]) > int(told["id"])) == ("victim", True)


async def test_no_cache_may_keep_what_names_a_person(house: OpenHouse) -> None:
    """A record, a list and a search say so to every machine on the way."""
    await house.event(link=False)
    await house.patient(**WHOLE)
    async with house.portal as portal:
        for answer in (
            await portal.get("/v1/events/evt/patients/p1"),
            await portal.get("/v1/events/evt/patients"),
            await portal.post("/v1/events/evt/patients/search", json={"name": "essai"}),
            await portal.get("/v1/events/evt/boards/tb2"),
        ):
            assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
