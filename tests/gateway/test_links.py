"""A wrong link is mended: what went there is withdrawn, what belongs is sent to the right one, and everybody is told what stays."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from gateway.cli import main
from tests.gateway.house import NUMBER, WHOLE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gateway.house import OpenHouse

LINK = "/v1/events/evt/links/{}"
WHY = "lié au mauvais événement"


async def _elsewhere(house: OpenHouse, name: str) -> str:
    """Another event of the neighbour's; its identifier there."""
    if name == "sinus":
        made: dict[str, str] = await house.wires[name].control("POST", "/_sandbox/evenements", {"nom": "Autre d’essai"})
        return made["idSinus"]
    await house.event(id="autre", name="Autre d’essai", link=True)
    await house.settle()
    links = (await house.portal.get("/v1/events/autre")).json()["links"]
    return str(links[name]["external_id"])


async def _crowd(house: OpenHouse) -> None:
    await house.event()
    await house.patient(**WHOLE)
    await house.patient("p2", severity_entry="UA")
    await house.settle()
    await house.settle(seconds=5)


def _sinus_event(house: OpenHouse, external_id: str) -> dict[str, Any]:
    event: dict[str, Any] = house.neighbours["sinus"].state.sinus.snapshot()["evenements"][external_id]
    return event


async def _where(house: OpenHouse, name: str) -> str:
    return str((await house.portal.get("/v1/events/evt")).json()["links"][name]["external_id"])


def _persons_in(house: OpenHouse, external_id: str) -> set[str]:
    persons = house.sivic_persons().items()
    return {id_ for id_, held in persons if held["event"] == external_id and not held["withdrawn"]}


async def test_sinus_loses_what_went_to_the_wrong_event_and_gets_it_in_the_right_one(house: OpenHouse) -> None:
    """Nobody stays in the event that was left, its numbers are free and its count is of nobody; all are in the other."""
    await _crowd(house)
    wrong, right = await _where(house, "sinus"), await _elsewhere(house, "sinus")
    body = {"action": "link", "external_id": right, "reason": WHY}
    answer = await house.operator.put(LINK.format("sinus"), json=body)
    assert answer.status_code == 200, answer.text
    for _ in range(3):
        await house.settle(seconds=5)
    left, joined = _sinus_event(house, wrong), _sinus_event(house, right)
    assert left["idPasserelle"] is None
    assert {held["fiche"]["retiree"] for held in left["victimes"].values()} == {"true"}
    assert [held["numeros"] for held in left["victimes"].values()] == [[], []]
    assert left["denombrement"]["total"]["@total"] == "0"
    assert left["recomptage"]["@total"] == 0
    assert set(joined["victimes"]) == {"p1", "p2"}
    assert joined["victimes"]["p1"]["numeros"] == [NUMBER]
    assert joined["denombrement"]["total"]["@total"] == "2"
    assert not await house.messages(status="parked")
    assert await _where(house, "sinus") == right


async def test_sivic_is_moved_once_its_persons_are_withdrawn(house: OpenHouse) -> None:
    """SI-VIC refuses to move an event with persons: the withdrawals on their way are waited for, and nobody is asked."""
    await _crowd(house)
    wrong, right = await _where(house, "sivic"), await _elsewhere(house, "sivic")
    assert len(_persons_in(house, wrong)) == 2
    body = {"action": "link", "external_id": right, "reason": WHY}
    answer = await house.portal.put(LINK.format("sivic"), json=body)
    assert answer.status_code == 200, answer.text
    for _ in range(6):
        await house.settle(seconds=5)
    assert _persons_in(house, wrong) == set()
    assert _persons_in(house, right) == {"p1", "p2"}
    assert not await house.messages(status="parked")


@pytest.mark.parametrize("name", ["sinus", "sivic"])
async def test_unlinked_then_opened_anew(house: OpenHouse, name: str) -> None:
    """Unlinked, nothing more goes there, and the answer says what stays; opened anew, it is another event."""
    await _crowd(house)
    wrong = await _where(house, name)
    answer = await house.portal.request("DELETE", LINK.format(name), json={"reason": WHY})
    assert answer.status_code == 200, answer.text
    assert answer.json()["left"]["withdrawn"] == 2
    assert "vide des nôtres" in answer.json()["left"]["title"]
    assert name not in (await house.portal.get("/v1/events/evt")).json()["links"]
    await house.settle(seconds=5)
    await house.portal.patch("/v1/events/evt/patients/p2", json={"used_name": "ESSAI-DEUX"})
    await house.settle(seconds=5)
    assert not [one for one in await house.messages(destination=name) if one["status"] in {"pending", "parked"}]
    await house.portal.put(LINK.format(name), json={"action": "create"})
    for _ in range(3):
        await house.settle(seconds=5)
    anew = await _where(house, name)
    assert anew != wrong
    if name == "sinus":
        assert set(_sinus_event(house, anew)["victimes"]) == {"p1", "p2"}
    else:
        assert _persons_in(house, anew) == {"p1", "p2"}
    again = await house.portal.request("DELETE", "/v1/events/evt/links/nexsis", json={"reason": WHY})
    assert again.status_code == 404


async def test_a_link_to_nobody_is_mended_from_what_is_parked(house: OpenHouse) -> None:
    """An identifier that SINUS does not know: the cause waits for a decision, and another identifier is that decision."""
    await house.event(link=False)
    await house.portal.put(LINK.format("sinus"), json={"action": "link", "external_id": "SINUS-1999-00001"})
    await house.settle()
    (parked,) = await house.messages(destination="sinus", status="parked")
    assert parked["cause"]["code"] == "sinus.evenement_inconnu"
    right = await _elsewhere(house, "sinus")
    answer = await house.operator.put(LINK.format("sinus"), json={"action": "link", "external_id": right})
    assert answer.status_code == 200, answer.text
    await house.settle(seconds=5)
    assert await _where(house, "sinus") == right
    assert not await house.messages(destination="sinus", status="parked")


async def test_who_unlinked_and_why_is_kept(house: OpenHouse) -> None:
    """Without a reason nothing changes; with it, the act is in the audit."""
    await _crowd(house)
    assert (await house.portal.request("DELETE", LINK.format("sinus"), json={})).status_code == 422
    held = await house.portal.put(LINK.format("sinus"), json={"action": "link", "external_id": "SINUS-2026-00077"})
    assert (held.status_code, held.json()["code"]) == (409, "deja_lie")
    await house.operator.request("DELETE", LINK.format("sinus"), json={"reason": WHY})
    acts = (await house.operator.get("/v1/audit", params={"about": "evt"})).json()["acts"]
    (act,) = [act for act in acts if act["act"] == "event.unlinked"]
    assert (act["facts"]["reason"], act["facts"]["withdrawn"]) == (WHY, 2)
    twice = await house.operator.request("DELETE", LINK.format("sinus"), json={"reason": WHY})
    assert (twice.status_code, twice.json()["code"]) == (409, "non_lie")


async def test_the_command_line_mends_a_link(
    house: OpenHouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside the running node: unlinked, then linked to another."""
    await _crowd(house)
    right = await _elsewhere(house, "sinus")
    file = tmp_path / "passerelle.toml"
    link = '[{0}.link]\nurl = "http://{0}"\nmode = "Exercise"\n'
    url = house.runtime.settings.store.url
    file.write_text(f'mode = "Exercise"\n[store]\nurl = "{url}"\n' + link.format("sinus"), encoding="utf-8")
    common = ["evt", "sinus", "--reason", WHY, "--settings", str(file)]
    assert await asyncio.to_thread(main, ["sync", "unlink", *common]) == 0
    assert "vide des nôtres" in capsys.readouterr().out
    assert await asyncio.to_thread(main, ["sync", "link", *common, "--to", right]) == 0
    house.clock.forward(days=4000)  # the command line reads the real clock
    for _ in range(3):
        await house.settle(seconds=5)
    assert set(_sinus_event(house, right)["victimes"]) == {"p1", "p2"}
