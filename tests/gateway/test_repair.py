"""F7 and F14 by the doors: settled between two acts, both neighbours agree, nothing is merged, and the same act undoes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.gateway.house import NUMBER, open_house

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.gateway.house import OpenHouse

OTHER_NUMBER = "FR825NOVI0000TR100002"
WHY = "Vu au PMA."


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    """Two patients, each named and braceleted, whom both neighbours hold."""
    async with open_house(tmp_path) as opened:
        await opened.event()
        await opened.patient("p1", used_name="ESSAI-UN", sinus_number=NUMBER)
        await opened.patient("p2", used_name="ESSAI-DEUX", sinus_number=OTHER_NUMBER, severity_entry="UA")
        await opened.settle()
        yield opened


async def at_sinus(house: OpenHouse) -> dict[str, dict[str, Any]]:
    """Our identifier → the record that SINUS holds, and the numbers that name it."""
    (event,) = (await house.wires["sinus"].control("GET", "/_sandbox/state"))["evenements"].values()
    return dict(event["victimes"])


async def at_sivic(house: OpenHouse) -> dict[str, dict[str, Any]]:
    """Our identifier → the person that SI-VIC holds."""
    persons = (await house.wires["sivic"].control("GET", "/_sandbox/state"))["persons"]
    return {name: each["person"] for name, each in persons.items()}


async def act(house: OpenHouse, path: str, document: dict[str, Any]) -> None:
    """One act of the portal, and what follows."""
    answer = await house.portal.post(f"/v1/events/evt/{path}", json=document)
    assert answer.status_code == 200, answer.text
    await house.settle()


async def test_f7_two_identities_are_exchanged_everywhere_and_back(house: OpenHouse) -> None:
    """Names go over, bracelets and triage stay with the body; once more, each has its own again."""
    swap = {"patient_id": "p1", "other_patient_id": "p2", "reason": WHY}
    for names in (("ESSAI-DEUX", "ESSAI-UN"), ("ESSAI-UN", "ESSAI-DEUX")):
        await act(house, "identity-swap", swap)
        held, persons = await at_sinus(house), await at_sivic(house)
        assert tuple(held[name]["fiche"]["identite"]["nomUsuel"] for name in ("p1", "p2")) == names
        assert tuple(persons[name]["identite"]["nomUsage"] for name in ("p1", "p2")) == names
        assert [held[name]["numeros"] for name in ("p1", "p2")] == [[NUMBER], [OTHER_NUMBER]]
        assert [persons[name]["categorie"] for name in ("p1", "p2")] == ["UR", "UA"]
    history = (await house.portal.get("/v1/events/evt/patients/p1/history")).json()["observations"]
    assert [each["facts"]["reason"] for each in history if each["kind"] == "patient.identity_swapped"] == [WHY, WHY]


async def test_f14_a_bracelet_goes_to_who_wears_it_and_back(house: OpenHouse) -> None:
    """Until a neighbour has heard the number leave it refuses it to the other, and is asked again: nothing waits for a person."""
    await act(house, "patients/p2/number-decision", {"choice": "other_person", "reason": WHY})
    await act(house, "number-rebind", {"number": NUMBER, "from_patient_id": "p1", "to_patient_id": "p2", "reason": WHY})
    await house.settle(seconds=10)
    held, persons = await at_sinus(house), await at_sivic(house)
    assert [NUMBER in held[name]["numeros"] for name in ("p1", "p2")] == [False, True]
    assert [persons[name].get("numeroSinus") for name in ("p1", "p2")] == [None, NUMBER]
    await act(house, "number-rebind", {"number": NUMBER, "from_patient_id": "p2", "to_patient_id": "p1", "reason": WHY})
    await house.settle(seconds=10)
    held = await at_sinus(house)
    assert [NUMBER in held[name]["numeros"] for name in ("p1", "p2")] == [True, False]
    parked = (await house.operator.get("/v1/outbox/messages", params={"status": "parked"})).json()["messages"]
    assert parked == []
    acts = (await house.operator.get("/v1/audit")).json()["acts"]
    assert [each["act"] for each in acts].count("patient.number_rebound") == 2


@pytest.mark.parametrize(
    ("path", "document", "status", "field"),
    [
        ("identity-swap", {"patient_id": "p1", "other_patient_id": "p1", "reason": WHY}, 422, "victim_id"),
        ("identity-swap", {"patient_id": "p1", "other_patient_id": "personne", "reason": WHY}, 404, None),
        ("identity-swap", {"patient_id": "p1", "other_patient_id": "p2", "reason": " "}, 422, "reason"),
        ("number-rebind", {"number": NUMBER, "from_patient_id": "p1", "to_patient_id": "p2", "reason": WHY}, 409, None),
        (
            "number-rebind",
            {"number": "illisible", "from_patient_id": "p1", "to_patient_id": "p2", "reason": WHY},
            422,
            None,
        ),
        ("number-rebind", {"number": NUMBER, "from_patient_id": "p2", "to_patient_id": "p1", "reason": WHY}, 409, None),
    ],
)
async def test_what_cannot_be_mended_changes_nothing(
    house: OpenHouse, path: str, document: dict[str, Any], status: int, field: str | None
) -> None:
    """Refused in words, and neither record has moved."""
    before = await at_sinus(house)
    answer = await house.portal.post(f"/v1/events/evt/{path}", json=document)
    assert answer.status_code == status, answer.text
    if field:
        assert field in [each["field"] for each in answer.json()["errors"]]
    await house.settle()
    assert await at_sinus(house) == before


async def test_a_count_can_be_asked_of_one_source_alone(house: OpenHouse) -> None:
    """What the portal said, what nobody else said; a source that is none is refused by name."""
    portal = (await house.portal.get("/v1/events/evt/counts", params={"source": "portal"})).json()
    hospital = (await house.portal.get("/v1/events/evt/counts", params={"source": "hospital"})).json()
    assert (portal["totals"]["total"], hospital["totals"]["total"]) == (2, 0)
    refused = await house.portal.get("/v1/events/evt/counts", params={"source": "rumeur"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "?source")
