"""An event at the portal's door: it exists before, without and after its links, and a link that fails blocks nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.fhir.bundles import example, raw
from tests.gateway.house import EVENT, WHOLE

if TYPE_CHECKING:
    from tests.gateway.house import OpenHouse

EVT = "/v1/events/evt"


async def _shown(house: OpenHouse) -> dict[str, Any]:
    async with house.portal as portal:
        return dict((await portal.get(EVT)).json())


@pytest.mark.parametrize(
    ("said", "linked"),
    [
        ({"type": "ACEL"}, True),
        ({"type": "ORSAN"}, True),
        ({"type": "DPS"}, False),
        ({"type": "DPS", "link": True}, True),
        ({"type": "ACEL", "link": False}, False),
    ],
    ids=["ACEL", "ORSAN", "another type", "asked for", "declined"],
)
async def test_r51_the_type_asks_for_the_links_unless_the_portal_says_so(
    house: OpenHouse, said: dict[str, Any], *, linked: bool
) -> None:
    """ACEL and ORSAN open the event at both neighbours; any other event waits to be asked, and any may be asked or not."""
    await house.event(**said)
    await house.settle()
    links = (await _shown(house))["links"]
    assert {name: link["state"] for name, link in links.items()} == (
        {"sinus": "linked", "sivic": "linked"} if linked else {}
    )
    assert len((await house.state("sinus"))["evenements"]) == int(linked)


async def test_victims_known_before_the_link_reach_the_neighbour_after_it(house: OpenHouse) -> None:
    """R-53: an event lives without links; when one is made by hand, everybody already there is told, and counted."""
    await house.event(link=False)
    await house.patient(**WHOLE)
    await house.patient("p2", severity_entry="DCD")
    await house.settle()
    assert await house.messages() == []
    async with house.portal as portal:
        for name in ("sinus", "sivic"):
            answer = await portal.put(f"{EVT}/links/{name}", json={"action": "create"})
            assert (answer.status_code, answer.json()["links"][name]["state"]) == (200, "requested")
    await house.settle()
    assert set(house.sinus_victims()) == set(house.sivic_persons()) == {"p1", "p2"}
    (event,) = (await house.state("sinus"))["evenements"].values()
    assert (event["denombrement"]["total"]["@total"], event["recomptage"]["@total"]) == ("2", 2)


async def test_an_event_is_linked_to_one_that_the_neighbour_opened_itself(house: OpenHouse) -> None:
    """R-53, « lier »: the field opened the event in SINUS first; ours joins it, and no second one is made."""
    opened = (await house.wires["sinus"].control("POST", "/_sandbox/evenements", {"nom": "Match, vu du terrain"}))[
        "idSinus"
    ]
    await house.event(link=False)
    await house.patient()
    async with house.portal as portal:
        await portal.put(f"{EVT}/links/sinus", json={"action": "link", "external_id": opened})
        await house.settle()
        again = await portal.put(f"{EVT}/links/sinus", json={"action": "create"})
    assert (again.status_code, again.json()["code"]) == (409, "deja_lie")
    assert list((await house.state("sinus"))["evenements"]) == [opened]
    assert set(house.sinus_victims()) == {"p1"}
    assert (await _shown(house))["links"]["sinus"] == {"action": "link", "external_id": opened, "state": "linked"}


async def test_a_link_that_fails_is_seen_and_blocks_nothing(house: OpenHouse) -> None:
    """R-52: the neighbour refuses; patients go on, the other neighbour learns, the failure is shown, and a better link heals it."""
    await house.event(link=False)
    async with house.portal as portal:
        await portal.put(f"{EVT}/links/sinus", json={"action": "link", "external_id": "SINUS-INCONNU"})
        await portal.put(f"{EVT}/links/sivic", json={"action": "create"})
        await house.settle()
        await house.patient(**WHOLE)
        await house.settle()
        assert (await _shown(house))["links"]["sinus"]["state"] == "failed"
        assert set(house.sivic_persons()) == {"p1"}
        column = (await portal.get(f"{EVT}/sync")).json()["destinations"][0]
        assert (column["name"], column["link"]["state"], column["parked"], column["agrees"]) == (
            "sinus",
            "failed",
            1,
            False,
        )
        await portal.put(f"{EVT}/links/sinus", json={"action": "create"})
        await house.settle()
    assert (await _shown(house))["links"]["sinus"]["state"] == "linked"
    assert set(house.sinus_victims()) == {"p1"}
    statuses = {one["status"] for one in await house.messages(destination="sinus")}
    assert statuses == {"delivered", "superseded"}


async def test_a_link_asked_while_the_neighbour_is_away_is_made_when_it_is_back(house: OpenHouse) -> None:
    """Nothing waits for the link: it stays requested, and the victims follow it."""
    house.wires["sinus"].gone = True
    await house.event()
    await house.patient(**WHOLE)
    await house.settle()
    links = (await _shown(house))["links"]
    assert (links["sinus"]["state"], links["sivic"]["state"]) == ("requested", "linked")
    await house.mend("sinus")
    await house.settle(seconds=90)
    assert set(house.sinus_victims()) == {"p1"}


async def test_a_closed_event_refuses_what_happens_after_its_end(house: OpenHouse) -> None:
    """R-06: no new fact once closed; late entry of what happened before its end goes on; reopened, all goes on."""
    await house.event()
    await house.patient()
    async with house.portal as portal:
        ended = (await portal.post(f"{EVT}/close", json={"happened_at": "2020-09-01T17:00:00+02:00"})).json()
        assert (ended["status"], ended["ended_at"]) == ("closed", "2020-09-01T17:00:00+02:00")
        body = {"severity_entry": "UA"}
        refused = await portal.post(f"{EVT}/patients", json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "R-06")
        assert refused.json()["errors"][0]["field"] == "happened_at"
        assert "rouvrez" in refused.json()["title"]
        late = await portal.post(f"{EVT}/patients", json={**body, "happened_at": "2020-09-01T16:59:00+02:00"})
        assert late.status_code == 201
        assert (await portal.post(f"{EVT}/reopen")).json()["ended_at"] is None
        assert (await portal.post(f"{EVT}/patients", json=body)).status_code == 201
        await portal.post(f"{EVT}/close")
    await house.settle()
    (event,) = (await house.state("sinus"))["evenements"].values()
    assert (event["evenement"]["etat"], event["recomptage"]["@total"]) == ("clos", 3)
    (event,) = (await house.state("sivic"))["events"].values()
    assert event["status"] == "CLOS"


async def test_places_are_declared_renamed_and_withdrawn(house: OpenHouse) -> None:
    """Letters follow the order of declaration and are never given again; who is in a withdrawn place stays there."""
    await house.event()
    await house.patient(localisation_id="stade")
    async with house.portal as portal:
        added = await portal.post(f"{EVT}/localisations", json={"id": "gare", "name": "Gare"})
        assert added.status_code == 201
        assert added.json()["localisations"][-1] == {"id": "gare", "name": "Gare", "letter": "C"}
        assert (await portal.put(f"{EVT}/localisations/gare", json={"name": "Gare sud"})).status_code == 200
        left = (await portal.delete(f"{EVT}/localisations/stade")).json()["localisations"]
        assert [(one["name"], one["letter"]) for one in left] == [("PMA", "A"), ("Gare sud", "C")]
        refused = await portal.post(f"{EVT}/patients", json={"severity_entry": "UR", "localisation_id": "stade"})
        assert (refused.status_code, refused.json()["code"]) == (404, "R-22")
        rows = (await portal.get(f"{EVT}/boards/tb1")).json()["rows"]
    assert [(row["label"], row["values"][5]) for row in rows] == [("PMA", 0), ("Stade", 1), ("Gare sud", 0)]


async def test_a_partial_change_of_an_event_reaches_the_neighbours(house: OpenHouse) -> None:
    """The name alone changes; both are told of the newer version, and the link is not asked again."""
    await house.event()
    await house.settle()
    async with house.portal as portal:
        changed = (await portal.patch(EVT, json={"name": "Match renommé"})).json()
    assert (changed["name"], changed["type"]) == ("Match renommé", EVENT["type"])
    await house.settle()
    (event,) = (await house.state("sinus"))["evenements"].values()
    assert (event["nom"], int(event["evenement"]["version"])) == ("Match renommé", changed["revision"])
    (event,) = (await house.state("sivic"))["events"].values()
    assert event["portal"]["evt"]["nom"] == "Match renommé"


async def test_the_portal_is_told_of_each_outcome_by_a_signed_webhook(house: OpenHouse) -> None:
    """The simulator believes only what is signed, recent and of the contract; every lane of the event was told."""
    await house.event()
    await house.patient(**WHOLE)
    await house.settle()
    told = [one["data"] for one in house.notifications()]
    assert {(one["destination"], one["lane"], one["status"]) for one in told} == {
        ("sinus", "event:evt", "delivered"),
        ("sivic", "event:evt", "delivered"),
        ("sinus", "victim:p1", "delivered"),
        ("sivic", "victim:p1", "delivered"),
        ("sinus", "event:evt:counts", "delivered"),
    }
    assert all(one["lag_ms"] >= 0 and one["attempts"] == 1 for one in told)
    assert not [value for value in ("ESSAI-UN", "commentaire", "100001") if value in str(told)]


@pytest.mark.parametrize(("kind", "linked"), [("ACEL", True), ("ORSAN", True), ("DPS", False)])
async def test_an_event_told_in_fhir_is_linked_as_any_other(house: OpenHouse, kind: str, linked: bool) -> None:  # noqa: FBT001 - what it is
    """One rule whatever the door (R-51): the same types ask for their links, and both neighbours get the event."""
    bundle = example("exemple-victimes")
    event = next(one["resource"] for one in bundle["entry"] if one["resource"].get("class", {}).get("code") == "FLD")
    event |= {"type": [{"text": kind}], "period": {"start": "2020-09-01T16:00:00+02:00"}}
    async with house.portal as portal:
        told = await portal.post("/fhir", content=raw(bundle), headers={"Content-Type": "application/fhir+json"})
        assert told.status_code == 200, told.text
        await house.settle()
        links = (await portal.get("/v1/events/EVT-ESSAI-1")).json()["links"]
    assert {name: link["state"] for name, link in links.items()} == (
        {"sinus": "linked", "sivic": "linked"} if linked else {}
    )
