"""One search over every event: whatever the form of what is typed or scanned, and never more than the caller may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gateway.security.keys import Scope
from tests.gateway.house import NUMBER, OpenHouse

if TYPE_CHECKING:
    import httpx

OTHER = "FR825NOVI0000TR100002"


@pytest.fixture
async def people(house: OpenHouse) -> OpenHouse:
    """Two events, three people."""
    await house.event()
    await house.event(id="evt2", name="Autre essai", link=False)
    await house.patient(sinus_number=NUMBER, used_name="D’ALMEIDA-ESSAI", given_name="Léo")
    await house.patient("p2", event="evt2", used_name="TESTE-DEUX", localisation_id="pma")
    await house.act("patients/p2/cata-code", event="evt2")
    return house


async def find(house: OpenHouse, text: str, scope: Scope = Scope.PORTAL) -> dict[str, Any]:
    """What the search answers."""
    async with house.as_(scope) as client:
        answer = await client.post("/v1/search", json={"text": text})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize(
    ("text", "by"),
    [
        (NUMBER, "number"),
        ("FR 825 NOVI - 0000 TR - 100001", "number"),
        (f"{NUMBER.lower()}\r", "number"),
        ("dalmeida", "name"),
        ("leo", "name"),
        ("LÉO D'ALM", "name"),
    ],
)
async def test_a_person_is_found_by_any_form_of_number_or_name(people: OpenHouse, text: str, by: str) -> None:
    """Typed, spaced, scanned with its noise; accents, case and apostrophes make no difference."""
    answer = await find(people, text)
    assert [(one["patient_id"], one["found_by"], one["event_id"]) for one in answer["persons"]] == [("p1", by, "evt")]


async def test_codes_and_events_are_searched_together(people: OpenHouse) -> None:
    """A CATA code of another event leads to its person there."""
    record = (await people.portal.get("/v1/events/evt2/patients/p2")).json()
    answer = await find(people, record["cata_code"])
    assert [(one["patient_id"], one["found_by"]) for one in answer["persons"]] == [("p2", "code")]


async def test_a_number_that_nobody_bears_says_where_one_may_be_created(people: OpenHouse) -> None:
    """The scanner at the door of the tent: free, and in which open events; its former bearer is told as such."""
    answer = await find(people, OTHER)
    assert (answer["persons"], sorted(answer["number"]["may_create_in"])) == ([], ["evt", "evt2"])
    await people.portal.patch("/v1/events/evt/patients/p1", json={"sinus_number": OTHER})
    former = await find(people, NUMBER)
    assert [one["found_by"] for one in former["persons"]] == ["former_number"]
    assert (await find(people, OTHER))["number"]["may_create_in"] == ["evt2"]


@pytest.mark.parametrize("scope", [scope for scope in Scope if scope is not Scope.PORTAL])
async def test_who_may_not_see_persons_finds_none(people: OpenHouse, scope: Scope) -> None:
    """403, and no word of anybody."""
    async with people.as_(scope) as client:
        answer = await client.post("/v1/search", json={"text": "dalmeida"})
    assert answer.status_code == 403


async def _session(house: OpenHouse, **headers: str) -> httpx.Response:
    async with house.client(scope=Scope.PORTAL) as page:
        opened = await page.post("/console/session", json={"key": house.keys[Scope.PORTAL]})
        assert opened.is_success
        cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in opened.cookies.items())}
        return await page.post("/v1/search", json={"text": "leo"}, headers={**headers, **cookie})


async def test_a_page_s_session_may_ask_from_its_own_origin_only(people: OpenHouse) -> None:
    """The cookie reads; another site that makes the browser ask is nobody."""
    assert (await _session(people, **{"Sec-Fetch-Site": "same-origin"})).status_code == 200
    assert (await _session(people, **{"Sec-Fetch-Site": "cross-site"})).status_code == 401
    assert (await _session(people)).status_code == 401
