"""Portals are apart: what one opened, another neither sees, changes nor hears of, unless it was shared; at every door of the table."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import httpx
import orjson
import pytest

from domain.mode import Mode
from gateway.doors.rights import PORTAL_BEYOND_ONE_EVENT, named, shown
from gateway.doors.table import DOORS
from gateway.security.keys import Scope, new_key
from gateway.serving import serving
from tests.gateway.house import EVENT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gateway.doors.http.door import Door
    from tests.gateway.house import OpenHouse

NAME = "TESTE-CONFIDENCE"
NEVER = "0123456789abcdef"


@pytest.fixture
async def other(house: OpenHouse) -> AsyncIterator[httpx.AsyncClient]:
    """Another portal of the same mode; the first has an event with a named patient."""
    key = new_key("portail-voisin", Scope.PORTAL, Mode.EXERCISE)
    await house.runtime.write(lambda register: register.keys.add(key, house.clock()))
    await house.event()
    await house.patient(used_name=NAME, given_name="Essai")
    async with house.client(key.key, Scope.PORTAL) as client:
        yield client


async def _share(house: OpenHouse, key: str = "portail-voisin") -> httpx.Response:
    async with house.portal as portal:
        return await portal.post("/v1/events/evt/shares", json={"key": key})


async def _ask(client: httpx.AsyncClient, door: Door, event: str) -> httpx.Response:
    """The request of the contract's own example, on that event."""
    named = {"event_id": event, "patient_id": "p1", "destination": "sinus", "board": "tb1", "localisation_id": "l1"}
    path = re.sub(r"{(\w+)}", lambda found: named.get(found[1], "essai"), door.path)
    body: dict[str, Any] = {}
    if door.media_type == "application/x-ndjson":
        line = orjson.dumps({"op": "create", "severity_entry": "UR"})
        body = {"content": line, "headers": {"Content-Type": door.media_type}}
    elif door.body is not None:
        body = {"json": door.example or {}}
    return await client.request(door.method, path, **body)


def test_every_door_is_in_the_table_of_rights_for_every_scope() -> None:
    """A new door of portals is of one event, or says what it shows; and no line is left of a door that is gone."""
    for door in DOORS:
        for scope in Scope:
            assert bool(shown(door, scope)) == (scope in door.scopes), named(door)
    of_portals = {named(door) for door in DOORS if Scope.PORTAL in door.scopes}
    assert of_portals >= set(PORTAL_BEYOND_ONE_EVENT)


async def test_what_is_another_s_is_answered_as_what_does_not_exist(house: OpenHouse, other: httpx.AsyncClient) -> None:
    """Status, headers and body of every door by event: to the byte those of an event that never was. Nothing was written."""
    before = await house.written()
    for door in DOORS:
        if "{event_id}" not in door.path or Scope.PORTAL not in door.scopes:
            continue
        theirs, none = await _ask(other, door, "evt"), await _ask(other, door, NEVER)
        assert theirs.status_code == none.status_code == 404, (named(door), theirs.text)
        assert theirs.content == none.content, named(door)
        assert dict(theirs.headers) == dict(none.headers), named(door)
    assert await house.written() == before


async def test_lists_searches_and_bundles_hold_only_one_s_own(house: OpenHouse, other: httpx.AsyncClient) -> None:
    """No name, no identifier of the first portal's event anywhere else either."""
    assert (await other.post("/v1/events", json={**EVENT, "id": "autre"})).status_code == 201
    listed = (await other.get("/v1/events")).json()["events"]
    assert [event["id"] for event in listed] == ["autre"]
    found = (await other.post("/v1/search", json={"text": NAME})).json()
    assert found["persons"] == []
    theirs, none = [await other.get("/fhir/Bundle", params={"event": name}) for name in ("evt", NEVER)]
    assert (theirs.status_code, theirs.content) == (none.status_code, none.content)
    assert theirs.status_code == 404
    async with house.operator as operator:
        assert {event["id"] for event in (await operator.get("/v1/events")).json()["events"]} == {"evt", "autre"}


async def test_a_shared_event_opens_whole_and_closes_whole(house: OpenHouse, other: httpx.AsyncClient) -> None:
    """Read and changed while it is shared; unknown again afterwards; both in the audit, with who did it."""
    shared = await _share(house)
    assert [one["key"] for one in shared.json()["shares"]] == ["essai-portal", "portail-voisin"]
    assert NAME in (await other.get("/v1/events/evt/patients")).text
    assert (await other.post("/v1/events/evt/patients", json={"severity_entry": "UR"})).status_code == 201
    assert (await other.post("/v1/events/evt/shares", json={"key": "portail-voisin"})).json()[
        "code"
    ] == "partage_refuse"
    async with house.portal as portal:
        assert (await portal.delete("/v1/events/evt/shares/portail-voisin")).status_code == 204
        assert (await portal.delete("/v1/events/evt/shares/portail-voisin")).status_code == 404
        assert (await portal.delete("/v1/events/evt/shares/essai-portal")).json()["code"] == "portail_d_origine"
    assert (await other.get("/v1/events/evt/patients")).status_code == 404
    acts = await house.runtime.read(lambda register: register.audit.latest(about="evt"))
    assert [(act.act, act.by, act.facts) for act in acts if act.act.startswith("event.")] == [
        ("event.share_ended", "essai-portal", {"with": "portail-voisin"}),
        ("event.shared", "essai-portal", {"with": "portail-voisin"}),
    ]


@pytest.mark.parametrize("key", ["personne", "essai-operator", "autre-portal"])
async def test_an_event_is_shared_with_portals_of_its_mode_alone(
    house: OpenHouse,
    other: httpx.AsyncClient,
    key: str,
) -> None:
    """No key, a key of another scope, a portal of the other mode: refused by the field."""
    refused = await _share(house, key)
    assert (refused.status_code, refused.json()["code"]) == (422, "portail_inconnu")


async def test_a_portal_knows_the_neighbours_of_events_and_no_node(house: OpenHouse, other: httpx.AsyncClient) -> None:
    """What is the operator's stays the operator's."""
    answer = (await other.get("/v1/destinations")).json()
    assert {one["name"] for one in answer["destinations"]} == {"sinus", "sivic", "portal"}
    assert answer["nodes"] == []


async def _heard(client: httpx.AsyncClient, seconds: float, opened: asyncio.Event | None = None) -> str:
    """What a stream says from its beginning, for so long; or until it is ended. `opened` is set at its first word."""
    text = ""
    async with client.stream("GET", "/v1/stream", params={"after": "0"}) as answer:
        try:
            async with asyncio.timeout(seconds):
                async for part in answer.aiter_text():
                    text += part
                    if opened is not None:
                        opened.set()
        except TimeoutError:
            return text
    return text + "[fin]"


async def test_a_stream_says_only_what_its_reader_may_know(house: OpenHouse, other: httpx.AsyncClient) -> None:
    """Another portal hears nothing of the event, then everything once it is shared; alarms are the operator's."""
    alarm = {"name": "lag:platform:essai", "reference": "DI-ESSAI"}
    mode = str(house.runtime.settings.mode)
    await house.runtime.write(lambda register: register.feed.tell("", mode, "alarm", alarm, house.clock()))
    async with serving(house.app, "127.0.0.1", 0) as port:

        async def hears(key: str) -> str:
            headers = {"Authorization": f"Bearer {key}"}
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
                return await _heard(client, 1)

        voisin = other.headers["authorization"].removeprefix("Bearer ")
        said = await hears(voisin)
        assert "evt" not in said
        assert "alarm" not in said
        assert '"evt"' in await hears(house.keys[Scope.PORTAL])
        numbers = await hears(house.keys[Scope.COUNTS])
        assert '"evt"' in numbers
        assert "alarm" not in numbers
        assert "DI-ESSAI" in await hears(house.keys[Scope.OPERATOR])
        await _share(house)
        assert '"evt"' in await hears(voisin)


async def test_a_stream_ends_with_the_key_that_opened_it(house: OpenHouse, other: httpx.AsyncClient) -> None:
    """Seconds after the key is revoked its stream has ended, and it opens no other."""
    async with serving(house.app, "127.0.0.1", 0) as port:
        headers = {"Authorization": other.headers["authorization"]}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
            opened = asyncio.Event()
            listening = asyncio.create_task(_heard(client, 15, opened))
            await opened.wait()
            await house.runtime.write(lambda register: register.keys.revoke("portail-voisin", house.clock()))
            house.clock.forward(seconds=6)
            assert (await listening).endswith("[fin]")
            assert (await client.get("/v1/stream")).status_code == 401
