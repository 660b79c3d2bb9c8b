"""Who learns of which person: SI-VIC from a status on, an établissement of its own victims only, nobody the name of an unidentified dead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.gateway.house import NUMBER, OpenHouse, open_house

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

PATIENT = "/v1/events/evt/patients/p1"
HOSPITAL = {"finess": "310781406", "name": "Hôpital d’essai"}
OTHER = {"finess": "310000002", "name": "Autre hôpital d’essai"}


@pytest.fixture
async def default(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    """A house whose deployment chose nothing."""
    async with open_house(tmp_path, trade={}) as opened:
        yield opened


async def _expected(house: OpenHouse, finess: dict[str, str] = HOSPITAL, patient: str = "p1") -> None:
    """The patient is oriented and an evacuation is asked for."""
    await house.act(f"patients/{patient}/bilan", {"severity_exit": "UA"})
    await house.act(f"patients/{patient}/orientation-request")
    await house.act(f"patients/{patient}/orientation", {"choice": "ETABLISSEMENT", "destination": finess})
    await house.act(f"patients/{patient}/evacuation-request", {"vector": "SMUR.AR"})


async def _sync(house: OpenHouse) -> dict[str, dict[str, Any]]:
    async with house.portal as portal:
        shown = (await portal.get("/v1/events/evt/sync")).json()
    return {one["name"]: one for one in shown["destinations"]}


async def test_sivic_is_told_of_a_victim_who_is_expected_somewhere_and_not_before(default: OpenHouse) -> None:
    """9.1: nothing on site, an announcement when an evacuation is asked for; no hospital number is given before that."""
    await default.event()
    await default.patient(sinus_number=None)
    await default.settle()
    assert default.sivic_persons() == {}
    assert list(default.sinus_victims()) == ["p1"]
    sides = await _sync(default)
    assert (sides["sivic"]["told"]["total"], sides["sivic"]["agrees"], sides["sinus"]["agrees"]) == (0, True, True)
    await _expected(default)
    await default.settle()
    assert default.sivic_persons()["p1"]["person"]["situation"] == "ATTENDUE"
    assert (await _sync(default))["sivic"]["agrees"] is True


async def test_an_announcement_is_withdrawn_when_nobody_is_expected_any_more(default: OpenHouse) -> None:
    """The evacuation request is taken back: SI-VIC withdraws the person, and is told again when the victim leaves after all."""
    await default.event()
    await default.patient(sinus_number=NUMBER)
    await _expected(default)
    await default.settle()
    await default.act("patients/p1/step-back", {"reason": "vecteur indisponible"})
    await default.settle()
    assert default.sivic_persons()["p1"]["withdrawn"] is True
    await default.act("patients/p1/evacuation-request", {"vector": "SMUR.AR", "destination": HOSPITAL})
    await default.act("patients/p1/evacuation")
    await default.settle()
    assert default.sivic_persons()["p1"]["person"]["situation"] == "EN_ROUTE"


async def test_r40_an_unbraceleted_duplicate_is_deleted_in_a_linked_event(default: OpenHouse) -> None:
    """With both neighbours linked and answering between the acts, a record entered twice goes at once."""
    await default.event()
    await default.patient()
    await default.settle()
    async with default.portal as portal:
        assert (await portal.delete(PATIENT)).status_code == 200
    await default.settle()
    assert default.sinus_victims()["p1"]["fiche"]["retiree"] == "true"


async def test_a_dead_person_leaves_by_name_once_the_identity_is_validated(house: OpenHouse) -> None:
    """F26: counted and announced at once, named when formally identified, unnamed again when that is taken back."""
    await house.event()
    await house.patient(used_name="ESSAI-UN", given_name="Huguette-Essai", birth_date="1952-03-14", nationality="FRA")
    await house.settle()
    assert "ESSAI-UN" in str(house.sinus_victims())
    await house.act("patients/p1/triage", {"stage": "entry", "severity": "DCD"})
    await house.settle()
    for held in (house.sinus_victims()["p1"], house.sivic_persons()["p1"]["person"]):
        assert "DCD" in str(held)
        assert not any(name in str(held) for name in ("ESSAI-UN", "Huguette-Essai", "1952-03-14"))
    async with house.portal as portal:
        for status, named in (("documented", False), ("validated", True), ("declared", False)):
            assert (await portal.patch(PATIENT, json={"identity_status": status})).status_code == 200
            await house.settle()
            assert ("ESSAI-UN" in str(house.sinus_victims())) is named, status
            assert ("ESSAI-UN" in str(house.sivic_persons())) is named, status


async def test_a_deployment_may_name_the_dead_from_a_document_on(tmp_path: Path) -> None:
    """The status is a choice of the deployment."""
    async with open_house(tmp_path, trade={"dead_named_from": "documented"}) as house:
        await house.event()
        await house.patient(severity_entry="DCD", used_name="ESSAI-UN", identity_status="documented")
        await house.settle()
        assert "ESSAI-UN" in str(house.sinus_victims())
