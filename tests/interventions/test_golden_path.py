"""One click, from the nurse's screen to the CRRA and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from domain.intervention.reference import read_reference
from domain.mode import Mode
from gateway.doors.http.door import Call
from gateway.doors.portal.stream import lines
from gateway.interventions.tell import webhook
from gateway.security.keys import Principal, Scope
from tests.interventions.stage import OPERATOR, OTHER, PLATFORM, click

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.doors.http.reply import Reply
    from tests.interventions.stage import Stage


async def test_a_click_reaches_the_crra_and_its_status_comes_back(stage: Stage) -> None:
    """JSON click, shown by the CRRA under the reference of the answer; each step is read by GET, by webhook and by SSE."""
    answer = await stage.accepted()
    assert read_reference(answer["reference"]) == answer["reference"]
    assert (answer["status"], answer["crra"], answer["duplicate"]) == ("TRANSMISE", "SAMU 77", False)

    await stage.settle()
    held = (await stage.held())[answer["reference"]]
    assert held["demande"]["patient"]["nom"] == "TESTE"
    assert held["demande"]["crra"] == "fr.health.samu077"
    assert "Motif : détresse respiratoire" in held["demande"]["noteSuivi"]
    assert held["demande"]["lieu"]["acces"] == "Code A1234, étage 3"

    for expected in ("AFFICHEE", "DOSSIER-OUVERT", "MOYEN-ENGAGE", "SUR-PLACE", "TRANSPORT", "TERMINEE"):
        await stage.advance(answer)
        await stage.look(seconds=30)
        shown = await stage.status(answer)
        assert shown["status"] == expected
        assert shown["case_id"] == held["dossier"]
    assert [step["status"] for step in shown["history"]][-1] == "TERMINEE"
    assert [one["status"] for one in await stage.told()] == [
        "TRANSMISE", "AFFICHEE", "DOSSIER-OUVERT", "MOYEN-ENGAGE", "SUR-PLACE", "TRANSPORT", "TERMINEE",
    ]  # fmt: skip

    mine = webhook(PLATFORM)
    stage.runtime.stopping.clear()
    heard = []
    async for chunk in lines(reader(stage), 0, lambda _, found: [line for line in found if line.event_id == mine]):
        if b"data: " in chunk:
            heard.append(orjson.loads(chunk.split(b"data: ")[1])["status"])
        if heard[-1:] == ["TERMINEE"]:
            break
    assert heard[0] == "TRANSMISE"
    assert heard[-3:] == ["SUR-PLACE", "TRANSPORT", "TERMINEE"]


def reader(stage: Stage) -> Call:
    """The platform, following its own requests live, by a key that stays in force."""

    async def still_admitted() -> bool:
        return True

    async def change(work: Callable[[Any], Reply], part: int = 0) -> Reply:
        return await stage.runtime.write(work)

    principal = Principal(PLATFORM, Scope.PLATFORM, Mode.EXERCISE)
    return Call(stage.runtime, principal, {}, {}, {}, b"", stage.clock(), True, still_admitted, change)  # noqa: FBT003


async def test_a_sender_sees_its_own_requests_only(stage: Stage) -> None:
    """Another platform's request is unknown to it by every name; the operator sees it."""
    answer = await stage.accepted()
    async with stage.client(OTHER) as stranger:
        assert (await stranger.get(f"/v1/interventions/{answer['id']}")).status_code == 404
        assert (await stranger.put(f"/v1/interventions/{answer['id']}", json=click())).status_code == 404
        assert (await stranger.post(f"/v1/interventions/{answer['id']}/cancel")).status_code == 404
        assert (await stranger.get("/v1/interventions")).status_code == 403
    listed = await stage.get("/v1/interventions", OPERATOR)
    assert [one["reference"] for one in listed["interventions"]] == [answer["reference"]]
    found = await stage.get(f"/v1/interventions?reference={answer['reference'].lower().replace('-', ' ')}", OPERATOR)
    assert found["interventions"][0]["sender"] == PLATFORM


async def test_a_sender_never_learns_of_the_patient_or_of_a_clinical_decision(stage: Stage) -> None:
    """What comes back has a closed list of fields, none of which can hold either."""
    answer = await stage.accepted()
    await stage.settle()
    assert set(await stage.status(answer)) == {
        "mode", "id", "request_id", "reference", "version", "status", "task_status", "label", "since", "reason",
        "instruction", "case_id", "crra", "phone", "received_at", "delivered_at", "history",
    }  # fmt: skip
    for told in await stage.told():
        assert "TESTE" not in orjson.dumps(told).decode()


async def test_the_same_patient_asked_for_twice_is_shown_side_by_side(stage: Stage) -> None:
    """Two platforms, one patient within two hours: each request keeps its own life, and the operator sees both."""
    first = await stage.accepted()
    second = await stage.accepted(click(request_id="AUTRE-1", patient__name="Testé"), OTHER)
    stage.clock.forward(hours=3)
    third = await stage.accepted(click(request_id="AUTRE-2"), OTHER)
    listed = {one["reference"]: one for one in (await stage.get("/v1/interventions", OPERATOR))["interventions"]}
    beside = {name: [each["reference"] for each in one["possible_duplicates"]] for name, one in listed.items()}
    assert beside == {
        first["reference"]: [second["reference"]],
        second["reference"]: [first["reference"]],
        third["reference"]: [],
    }
    await stage.settle()
    assert len(await stage.held()) == 1, "the two first are too late by now; nothing was merged"
