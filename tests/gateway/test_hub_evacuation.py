"""What carries a victim is told through the hub as it is decided, and where it is as it moves; nothing else sets it off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mapping
from tests.gateway.house import WHOLE
from tests.gateway.hub_house import hub_house, leaving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateway.house import OpenHouse

PLACE = {"finess": "330781253", "name": "CHU d’essai"}


async def to_the_hospital(house: OpenHouse, vector: str = "SMUR.AR") -> None:
    """A victim, up to the request of a vehicle."""
    await house.event()
    await house.patient(**WHOLE)
    await house.act("patients/p1/triage", {"stage": "exit", "severity": "UR"})
    await house.act("patients/p1/orientation-request")
    await house.act("patients/p1/orientation", {"choice": "ETABLISSEMENT", "destination": PLACE})
    await house.act("patients/p1/evacuation-request", {"vector": vector})


async def test_a_vehicle_is_told_when_decided_and_its_progress_when_it_moves(tmp_path: Path) -> None:
    """RS-RI at the request, RS-SR at the departure; a bilan in between tells nothing of vehicles."""
    async with hub_house(tmp_path) as house:
        await to_the_hospital(house)
        await house.act("patients/p1/bilan", {"text": "stable"})
        [decided] = await leaving(house, "evacuation")
        assert decided["victim"]["vector"] == "SMUR.AR"
        assert await leaving(house, "evacuation.status") == []
        await house.act("patients/p1/evacuation")
        [gone] = await leaving(house, "evacuation.status")
        shape = mapping.shipped().mapping("hub/statut-vecteur@1")
        assert shape.apply(gone)["state"]["status"] == "TRANSP"


async def test_a_vehicle_taken_back_is_cancelled_and_another_is_told_in_full(tmp_path: Path) -> None:
    """One step back is an RS-SR « ANNULE »; the next request is an RS-RI of the new vehicle."""
    async with hub_house(tmp_path) as house:
        await to_the_hospital(house)
        await house.act("patients/p1/step-back")
        [back] = await leaving(house, "evacuation.status")
        assert mapping.shipped().mapping("hub/statut-vecteur@1").apply(back)["state"]["status"] == "ANNULE"
        await house.act("patients/p1/evacuation-request", {"vector": "SIS.VSAV"})
        assert [one["victim"]["vector"] for one in await leaving(house, "evacuation")] == ["SMUR.AR", "SIS.VSAV"]


async def test_what_is_told_of_a_vehicle_names_nobody(tmp_path: Path) -> None:
    """Its allow-list has the victim's identifier and the vehicle: the identity went with the case, once."""
    async with hub_house(tmp_path) as house:
        await to_the_hospital(house)
        [decided] = await leaving(house, "evacuation")
        assert sorted(decided["victim"]) == [
            "admitted_at", "evacuated_at", "evacuation_requested_at", "id", "vector",
        ]  # fmt: skip


async def test_the_words_on_a_victim_leave_in_one_lane_behind_its_case(tmp_path: Path) -> None:
    """The record first: a partner is never told of a vehicle for a case that it was not sent."""
    async with hub_house(tmp_path) as house:
        await to_the_hospital(house)
        rows = [one for one in await house.messages(destination="hub") if one["topic"] in {"victim", "evacuation"}]
        assert {one["lane"] for one in rows} == {"victim:p1"}
        assert rows[-1]["topic"] == "victim"


async def test_a_deployment_whose_perimeters_carry_no_vehicle_tells_none(tmp_path: Path) -> None:
    """The topics of the perimeters decide."""
    async with hub_house(tmp_path, perimeter={"topics": ["victim"]}) as house:
        await to_the_hospital(house)
        assert await leaving(house, "evacuation") == []
        assert await leaving(house, "victim") != []
