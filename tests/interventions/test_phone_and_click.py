"""The same patient by click and by telephone: the SAMU's own case, shared through the hub, beside the request; never merged with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from adapters.lrm.hubsante.inbound import Ids, ReceivedMessage
from adapters.lrm.hubsante.reading.content import shipped_reading
from adapters.lrm.hubsante.reading.contract import messages
from adapters.lrm.hubsante.reading.fitting import fit
from gateway.hub.phone import note_phone_case
from gateway.register.hub.messages import HubCase
from tests.interventions.stage import OPERATOR, OTHER, click

if TYPE_CHECKING:
    from tests.interventions.stage import Stage

CASE = "fr.health.samu077.DRFR77ESSAI"
IDENTITY = {
    "strictFeatures": {"birthDate": "1952-03-14", "sex": "F"},
    "nonStrictFeatures": {"lastName": "TESTÉ", "firstName": "Angele"},
}


def body(**changes: Any) -> dict[str, Any]:
    """A case as a SAMU shares it."""
    patient = {"patientId": f"{CASE}.patient.1", "identity": IDENTITY}
    place = {"city": {"name": "Melun", "inseeCode": "77288"}, "detailedAddress": {"complete": "12 rue de l’Exemple"}}
    return {"caseId": CASE, "patient": [patient], "location": place, **changes}


async def shared(stage: Stage, said: dict[str, Any], mode: str = "Exercise", key: str = "createCaseHealth") -> bool:
    """It comes through the hub now."""
    message = messages()[key]
    content = shipped_reading().read(message, fit(said, message.node))
    ids = Ids(case=CASE)
    received = ReceivedMessage("vhost", "message", "json", b"", stage.clock(), "id", None, key, said, (), ids, content)
    return await stage.runtime.write(lambda register: note_phone_case(register, received, mode))


async def listed(stage: Stage) -> dict[str, Any]:
    """The operator's list, by reference."""
    return {one["reference"]: one for one in (await stage.get("/v1/interventions", OPERATOR))["interventions"]}


async def test_a_call_and_a_click_stand_side_by_side(stage: Stage) -> None:
    """Before or after the click, accents or not: both are there, each with its own number, and the request goes on as it was."""
    await shared(stage, body())
    answer = await stage.accepted()
    shown = (await listed(stage))[answer["reference"]]
    assert [(one["case_id"], one["patient"]["name"]) for one in shown["phone_cases"]] == [(CASE, "TESTÉ")]
    assert shown["phone_cases"][0]["place"]["address"] == "12 rue de l’Exemple"
    await stage.settle()
    assert list(await stage.held()) == [answer["reference"]]
    assert "phone_cases" not in await stage.status(answer)


async def test_a_patient_named_later_is_found_then(stage: Stage) -> None:
    """The call begins without a name; the update that says it puts the two side by side, an age in place of a date too."""
    answer = await stage.accepted()
    assert not await shared(stage, body(patient=[{"patientId": "p1"}]))
    assert (await listed(stage))[answer["reference"]]["phone_cases"] == []
    aged = {"identity": {"nonStrictFeatures": IDENTITY["nonStrictFeatures"]}, "detail": {"age": "P68Y"}}
    assert await shared(stage, body(patient=[aged]), key="createCaseHealthUpdate")
    assert await shared(stage, body(patient=[aged]), key="createCaseHealthUpdate")
    assert len((await listed(stage))[answer["reference"]]["phone_cases"]) == 1


async def test_each_click_meets_its_own_patient_of_a_case_of_two(stage: Stage) -> None:
    """A case of two patients stands beside each of two clicks, showing the one that was clicked, never the first of the list."""
    other = {
        "strictFeatures": {"birthDate": "2015-06-01", "sex": "M"},
        "nonStrictFeatures": {"lastName": "AUTRE", "firstName": "Enfant"},
    }
    both = [
        {"patientId": f"{CASE}.patient.1", "identity": other},
        {"patientId": f"{CASE}.patient.2", "identity": IDENTITY},
    ]
    await shared(stage, body(patient=both))
    first = await stage.accepted()
    sheet = click(request_id="ENFANT-1")
    sheet["patient"] |= {"name": "AUTRE", "given_name": "Enfant", "birth_year": "2015", "ins": None}
    second = await stage.accepted(sheet, OTHER)
    shown = await listed(stage)
    names = [[case["patient"]["name"] for case in shown[one["reference"]]["phone_cases"]] for one in (first, second)]
    assert names == [["TESTÉ"], ["AUTRE"]]


@pytest.mark.parametrize(
    "said",
    [
        {"patient": [{"identity": {"nonStrictFeatures": {"lastName": "TESTE", "firstName": "Angèle"}}}]},
        {"location": {"city": {"inseeCode": "75056"}}},
        {"patient": []},
        {"patient": None, "location": None},
        {"patient": [{"identity": "x"}], "location": "y"},
    ],
)
async def test_what_cannot_be_compared_is_not(stage: Stage, said: dict[str, Any]) -> None:
    """A name without a year, another commune, nobody: no pair is made of a guess."""
    answer = await stage.accepted()
    await shared(stage, body(**said))
    assert (await listed(stage))[answer["reference"]]["phone_cases"] == []


async def test_our_own_case_another_mode_and_another_day_are_not_calls(stage: Stage) -> None:
    """What we sent comes back as a case of ours; an exercise is no call; four hours later it is another story."""
    ours = HubCase(CASE, ours=True, lane=None, topic=None, scope=None, reference=None, vhost="v", partner=None, owner=None, status=None)  # fmt: skip
    answer = await stage.accepted()
    stage.clock.forward(hours=4)
    late = await stage.accepted(click(request_id="AUTRE-1"), OTHER)
    await shared(stage, body())
    assert (await listed(stage))[answer["reference"]]["phone_cases"] == []
    assert len((await listed(stage))[late["reference"]]["phone_cases"]) == 1
    await shared(stage, body(), mode="Actual")
    assert (await listed(stage))[late["reference"]]["phone_cases"] == []
    await stage.runtime.write(lambda register: register.hub.open_case(ours, stage.clock()))
    assert not await shared(stage, body())
