"""Who may come in: every route there is, walked with no key, with every key, and with the keys of the other mode."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from starlette.routing import Route

from domain.mode import Mode
from gateway.console.sessions import MOST
from gateway.doors.http.door import Door
from gateway.doors.http.reply import Reply
from gateway.doors.serve import endpoint
from gateway.doors.table import DOORS, OPEN_PATHS
from gateway.security.keys import Scope, new_key

if TYPE_CHECKING:
    import httpx

    from tests.gateway.house import OpenHouse


def _named(door: Door) -> str:
    return f"{door.method} {door.path}"


def _address(door: Door) -> str:
    return re.sub(r"{(\w+)}", "essai", door.path)


async def _knock(client: httpx.AsyncClient, door: Door) -> httpx.Response:
    return await client.request(door.method, _address(door))


def _is_refusal(door: Door, answer: httpx.Response, status: int) -> bool:
    """A refusal in the protocol of the door."""
    if door.answers_media_type != "application/fhir+json" and not door.path.startswith("/fhir"):
        return _is_problem(answer, status)
    said = answer.json()
    return (
        answer.status_code == status
        and answer.headers["content-type"].startswith("application/fhir+json")
        and said["resourceType"] == "OperationOutcome"
        and all(issue["details"]["text"] for issue in said["issue"])
    )


def _is_problem(answer: httpx.Response, status: int) -> bool:
    said = answer.json()
    return (
        answer.status_code == status == said["status"]
        and answer.headers["content-type"] == "application/problem+json"
        and bool(said["title"])
        and said["type"] == f"urn:passerelle:probleme:{said['code']}"
    )


async def test_every_route_is_in_the_table_or_open_on_purpose(house: OpenHouse) -> None:
    """What the application serves is what the table says, and a short list of open paths; nothing else."""
    served = {
        (method, route.path) for route in house.app.routes if isinstance(route, Route) for method in route.methods or ()
    }
    declared = {(door.method, door.path) for door in DOORS}
    undeclared = {(method, path) for method, path in served - declared if method != "HEAD" and path not in OPEN_PATHS}
    assert undeclared == set()
    assert declared <= served
    assert not {path for _, path in declared} & OPEN_PATHS


def test_every_door_admits_somebody_and_nobody_admits_everybody() -> None:
    """A door without a scope would be a mistake, and one with every scope would be no door."""
    assert [_named(door) for door in DOORS if not door.scopes] == []
    assert [_named(door) for door in DOORS if len(door.scopes) == len(Scope)] == []


def test_who_has_a_right_to_numbers_only_reads_numbers_only() -> None:
    """R-05, R-08: the key of an ARS opens reading doors, and none that shows a person."""
    opened = {_named(door) for door in DOORS if Scope.COUNTS in door.scopes}
    assert opened == {
        "GET /fhir/Bundle",
        "GET /v1/events",
        "GET /v1/events/{event_id}",
        "GET /v1/events/{event_id}/counts",
        "GET /v1/events/{event_id}/boards/{board}",
        "GET /v1/events/{event_id}/sync",
        "GET /v1/stream",
    }


async def test_nobody_comes_in_without_a_key(house: OpenHouse) -> None:
    """401 at every door, with the way to authenticate; before anything of the request is looked at."""
    async with house.client() as stranger:
        for door in DOORS:
            answer = await _knock(stranger, door)
            assert _is_refusal(door, answer, 401), _named(door)
            assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_key_opens_the_doors_of_its_scope_and_no_other(house: OpenHouse) -> None:
    """403 at every door whose scopes do not name the key's; and the doors that do never answer 401 or 403."""
    for scope in Scope:
        async with house.as_(scope) as caller:
            for door in DOORS:
                if door.answers_media_type == "text/event-stream" and scope in door.scopes:
                    continue  # it never ends; tests of the stream open it
                answer = await _knock(caller, door)
                if scope in door.scopes:
                    assert answer.status_code not in {401, 403}, _named(door)
                else:
                    assert _is_refusal(door, answer, 403), (scope, _named(door))


async def test_a_key_of_the_other_mode_opens_nothing(house: OpenHouse) -> None:
    """Exercise never meets real: each door refuses each key of the other mode, and says why."""
    for scope in Scope:
        async with house.client(house.other_mode[scope]) as caller:
            for door in DOORS:
                answer = await _knock(caller, door)
                assert _is_refusal(door, answer, 403), (scope, _named(door))
                assert '"code":"mode"' in answer.text


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic cGs6cGs=",
        "Bearer pk_essai-portal_",
        "Bearer pk_personne_" + "a" * 43,
        "Bearer '--",
    ],
)
async def test_what_is_not_a_key_is_no_key(house: OpenHouse, header: str) -> None:
    """A broken header, an unknown name and an empty secret are all refused the same way."""
    async with house.client(Authorization=header) as stranger:
        answer = await stranger.get("/v1/events")
    assert _is_problem(answer, 401)


async def test_the_secret_of_one_key_does_not_open_another(house: OpenHouse) -> None:
    """Name and secret go together."""
    secret = house.keys[Scope.COUNTS].rpartition("_")[2][-43:]
    async with house.client(f"pk_essai-portal_{secret}") as stranger:
        assert (await stranger.get("/v1/events")).status_code == 401


async def test_a_revoked_key_stops_within_seconds(house: OpenHouse) -> None:
    """A key is taken out of force for every door, a few seconds after it was last seen."""
    async with house.portal as portal:
        assert (await portal.get("/v1/events")).status_code == 200
        assert await house.runtime.write(lambda register: register.keys.revoke("essai-portal", house.clock()))
        house.clock.forward(seconds=6)
        assert (await portal.get("/v1/events")).status_code == 401


async def test_a_door_without_scopes_lets_nobody_in(house: OpenHouse) -> None:
    """Deny by default: a forgotten list of scopes closes the door instead of opening it."""

    async def handler(_: object) -> Reply:
        return Reply(200, {"dedans": True})

    forgotten = Door("GET", "/v1/oubli", frozenset(), handler, "Oubli")
    house.app.router.routes.append(Route("/v1/oubli", endpoint(forgotten, house.runtime)))
    for scope in Scope:
        async with house.as_(scope) as caller:
            assert _is_problem(await caller.get("/v1/oubli"), 403)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v1/nulle-part", 404), ("PUT", "/v1/events", 405)])
async def test_what_does_not_exist_is_said_as_a_problem(house: OpenHouse, method: str, path: str, status: int) -> None:
    """An unknown address and an unknown method are problem documents too."""
    async with house.portal as portal:
        assert _is_problem(await portal.request(method, path), status)


async def test_the_page_session_reads_and_never_writes(house: OpenHouse) -> None:
    """The cookie that a key buys opens reading doors; what changes something needs the key itself."""
    async with house.client() as page:
        opened = await page.post("/console/session", json={"key": house.keys[Scope.PORTAL]})
        assert opened.status_code == 200
        assert "httponly" in opened.headers["set-cookie"].lower()
        assert "samesite=strict" in opened.headers["set-cookie"].lower()
        assert (await page.get("/v1/events")).status_code == 200
        refused = await page.post("/v1/events", json={"name": "X", "type": "ACEL", "mode": "Exercise"})
        assert _is_problem(refused, 401)
        house.clock.forward(hours=13)
        assert (await page.get("/v1/events")).status_code == 401


async def _open(page: httpx.AsyncClient, house: OpenHouse, scope: Scope) -> str:
    opened = await page.post("/console/session", json={"key": house.keys[scope]})
    assert opened.is_success
    return str(opened.json()["id"])


async def test_one_browser_holds_several_sessions(house: OpenHouse) -> None:
    """The address says which one is meant; without it, of several, none is."""
    async with house.client() as page:
        portal = await _open(page, house, Scope.PORTAL)
        operator = await _open(page, house, Scope.OPERATOR)
        assert (await page.get(f"/session/{portal}/v1/alarms")).status_code == 403
        assert (await page.get(f"/session/{operator}/v1/alarms")).status_code == 200
        assert _is_problem(await page.get("/v1/alarms"), 401)
        assert _is_problem(await page.get("/session/000000000000/v1/alarms"), 401)
        # The same holder comes again: its session goes on.
        assert await _open(page, house, Scope.PORTAL) == portal
        held = (await page.get("/console/sessions")).json()["sessions"]
        assert [(one["id"], one["scope"]) for one in held] == [(portal, "portal"), (operator, "operator")]


async def test_one_session_is_ended_and_the_others_stay(house: OpenHouse) -> None:
    """By its own page alone; its token opens nothing afterwards, wherever it was kept."""
    ours = {"Sec-Fetch-Site": "same-origin"}
    async with house.client() as page, house.client() as thief:
        portal = await _open(page, house, Scope.PORTAL)
        operator = await _open(page, house, Scope.OPERATOR)
        thief.cookies.update(page.cookies)
        for headers in ({}, {"Sec-Fetch-Site": "cross-site"}):
            assert _is_problem(await page.delete(f"/console/sessions/{portal}", headers=headers), 404)
        assert (await page.delete(f"/console/sessions/{portal}", headers=ours)).status_code == 204
        assert _is_problem(await page.delete(f"/console/sessions/{portal}", headers=ours), 404)
        assert [name.rpartition("_")[2] for name in page.cookies] == [operator]
        assert _is_problem(await thief.get(f"/session/{portal}/v1/events"), 401)
        assert (await thief.get(f"/session/{operator}/v1/events")).status_code == 200


async def test_a_browser_holds_only_so_many_sessions(house: OpenHouse) -> None:
    """Its cookies travel with every request: the oldest session ends where there would be too many."""

    def keep(register: Any) -> list[str]:
        made = [new_key(f"essai-{n}", Scope.COUNTS, Mode.EXERCISE) for n in range(MOST + 1)]
        for key in made:
            register.keys.add(key, house.clock())
        return [key.key for key in made]

    async with house.client() as page:
        ids = [
            (await page.post("/console/session", json={"key": key})).json()["id"]
            for key in await house.runtime.write(keep)
        ]
        held = [one["id"] for one in (await page.get("/console/sessions")).json()["sessions"]]
    assert held == ids[1:]


async def test_a_platform_s_page_acts_by_its_session(house: OpenHouse) -> None:
    """From our own page alone, and no other scope does."""
    document = {"platform": "x"}
    async with house.client() as page:
        session = await _open(page, house, Scope.PLATFORM)
        address = f"/session/{session}/v1/interventions"
        assert _is_problem(await page.post(address, json=document), 401)
        read = await page.post(address, json=document, headers={"Sec-Fetch-Site": "same-origin"})
        assert read.status_code not in {401, 403}
        operator = await _open(page, house, Scope.OPERATOR)
        act = {"url": f"/session/{operator}/v1/outbox/destinations/sinus/resume", "json": {}}
        assert _is_problem(await page.post(**act, headers={"Sec-Fetch-Site": "same-origin"}), 401)


@pytest.mark.parametrize("key", ["pk_personne_" + "a" * 43, "rien"])
async def test_a_session_needs_a_key_in_force(house: OpenHouse, key: str) -> None:
    """The page cannot be opened with what is not a key."""
    async with house.client() as page:
        assert _is_problem(await page.post("/console/session", json={"key": key}), 401)


async def test_a_session_is_not_opened_by_a_key_of_the_other_mode(house: OpenHouse) -> None:
    """The page keeps exercise and real apart as every door does."""
    async with house.client() as page:
        answer = await page.post("/console/session", json={"key": house.other_mode[Scope.OPERATOR]})
    assert _is_problem(answer, 403)


async def test_only_a_digest_of_a_key_is_kept(house: OpenHouse) -> None:
    """Whoever reads the register of keys cannot come in with what is there."""
    key = new_key("essai-de-garde", Scope.PORTAL, Mode.EXERCISE)
    await house.runtime.write(lambda register: register.keys.add(key, house.clock()))
    kept = await house.runtime.read(lambda register: register.keys.find("essai-de-garde"))
    assert kept is not None
    assert key.key.rpartition("_")[2].encode() not in kept.digest
    assert key.key not in repr(kept)
