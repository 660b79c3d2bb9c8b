"""The planned end of an event: told by the portal in REST or FHIR, printed on every board as « Date de fin » until it has ended (R-47)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.gateway.house import OpenHouse

EVENT = "/v1/events/evt"
EXPECTED = "2020-09-01T23:30:00+02:00"
PRINTED = "01/09/2020 - 23:30:00 (prévue)"


async def _printed(house: OpenHouse) -> str:
    text = (await house.portal.get(f"{EVENT}/boards/tb1", params={"format": "csv"})).text
    (line,) = [line for line in text.splitlines() if line.startswith("Date de fin")]
    return line.partition(";")[2]


async def test_the_boards_print_the_planned_end_then_the_end(house: OpenHouse) -> None:
    """Expected at creation, moved, taken back, and at last the instant at which it was closed."""
    await house.event(planned_end=EXPECTED)
    assert (await house.portal.get(EVENT)).json()["planned_end"] is not None
    assert await _printed(house) == PRINTED
    board = (await house.portal.get(f"{EVENT}/boards/tb1")).json()
    assert board["planned_end"] is not None
    await house.portal.patch(EVENT, json={"planned_end": "2020-09-02T01:00:00+02:00"})
    assert await _printed(house) == "02/09/2020 - 01:00:00 (prévue)"
    await house.portal.patch(EVENT, json={"planned_end": None})
    assert await _printed(house) == "-"
    await house.portal.patch(EVENT, json={"planned_end": EXPECTED})
    await house.portal.post(f"{EVENT}/close", json={"happened_at": "2020-09-01T17:00:00+02:00"})
    assert await _printed(house) == "01/09/2020 - 17:00:00"


async def test_a_planned_end_before_the_beginning_is_refused(house: OpenHouse) -> None:
    """At creation and at a change, by the name of the field."""
    await house.event()
    for answer in (
        await house.portal.patch(EVENT, json={"planned_end": "2020-08-01T00:00:00+02:00"}),
        await house.portal.patch(EVENT, json={"started_at": "2020-09-03T00:00:00+02:00", "planned_end": EXPECTED}),
    ):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "planned_end"


async def test_fhir_says_the_same(house: OpenHouse) -> None:
    """The end of the period of an Encounter that goes on is the planned one, in both directions."""
    await house.event(planned_end=EXPECTED)
    bundle = (await house.portal.get("/fhir/Bundle", params={"event": "evt"})).json()
    (encounter,) = [one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == "Encounter"]
    assert encounter["period"]["end"].startswith("2020-09-01T")
    encounter["period"]["end"] = "2020-09-02T02:00:00+02:00"
    headers = {"Content-Type": "application/fhir+json"}
    answer = await house.portal.post("/fhir", json=bundle, headers=headers)
    assert answer.is_success, answer.text
    assert await _printed(house) == "02/09/2020 - 02:00:00 (prévue)"
