"""Who read what names a person is in the audit; a page that follows live fills it with one line a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.security.keys import Scope
from tests.gateway.house import WHOLE

if TYPE_CHECKING:
    from tests.gateway.house import OpenHouse

EVENT = "/v1/events/evt"


async def _acts(house: OpenHouse) -> list[tuple[str, str, str]]:
    lines: list[dict[str, Any]] = (await house.operator.get("/v1/audit")).json()["acts"]
    return sorted((line["by"], line["act"], line["about"]) for line in lines)


async def test_each_way_to_a_name_is_noted_with_its_reader(house: OpenHouse) -> None:
    """The record, its history, the list, both searches, TB2, and the Bundle."""
    await house.event()
    await house.patient(**WHOLE)
    portal = house.portal
    for path in (f"{EVENT}/patients/p1", f"{EVENT}/patients/p1/history", f"{EVENT}/patients", f"{EVENT}/boards/tb2"):
        assert (await portal.get(path)).headers["Cache-Control"] == "no-store"
    await portal.post("/v1/search", json={"text": "ESSAI"})
    await portal.post(f"{EVENT}/patients/search", json={"name": "ESSAI"})
    await portal.get("/fhir/Bundle", params={"event": "evt"})
    by = f"essai-{Scope.PORTAL}"
    assert await _acts(house) == [
        (by, "board.read", "evt tb2"),
        (by, "event.bundle_read", "evt"),
        (by, "patient.history_read", "p1"),
        (by, "patient.read", "p1"),
        (by, "patients.read", "evt"),
        (by, "patients.searched", "evt"),
        (by, "patients.searched", "search"),
    ]


async def test_numbers_are_no_reading_and_a_page_that_follows_is_one(house: OpenHouse) -> None:
    """Counts name nobody; TB2 drawn again within the minute adds no line, and a minute later does."""
    await house.event()
    await house.patient(**WHOLE)
    await house.as_(Scope.COUNTS).get(f"{EVENT}/boards/tb1")
    await house.as_(Scope.COUNTS).get("/fhir/Bundle", params={"event": "evt"})
    assert await _acts(house) == []
    for _ in range(3):
        await house.portal.get(f"{EVENT}/boards/tb2")
    assert len(await _acts(house)) == 1
    house.clock.forward(seconds=61)
    await house.portal.get(f"{EVENT}/boards/tb2")
    assert len(await _acts(house)) == 2
