"""The question before the click: what would become of a request, in words, with nothing written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.interventions.stage import CALL, OPERATOR, OTHER, PLATFORM, click

if TYPE_CHECKING:
    from tests.interventions.stage import Stage


async def checked(stage: Stage, body: dict[str, Any], name: str = PLATFORM, **headers: str) -> dict[str, Any]:
    """The verdict on a request."""
    async with stage.client(name, **headers) as developer:
        answer = await developer.post("/v1/interventions/check", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def codes(said: dict[str, Any]) -> list[tuple[str, str]]:
    """Warnings, by code and field."""
    return [(one["code"], one["field"]) for one in said["warnings"]]


async def test_a_good_request_is_said_to_be_one_and_nothing_is_written(stage: Stage) -> None:
    """It names the SAMU; no request, no message, no line of the feed comes of it; the click after it is the first."""
    said = await checked(stage, click(message_id="M-1"))
    assert (said["accepted"], said["becomes"], said["crra"], said["problem"]) == (True, "new", "SAMU 77", None)
    assert (await stage.get("/v1/interventions", OPERATOR))["interventions"] == []
    assert await stage.messages() == []
    assert await stage.feed() == []
    answer = await stage.accepted(click(message_id="M-1"))
    assert (answer["duplicate"], answer["version"]) == (False, 1)
    assert answer["warnings"] == said["warnings"]


@pytest.mark.parametrize(
    ("changes", "headers"),
    [
        ({"mode": "Actual"}, {}),
        ({"request_id": " "}, {}),
        ({"place": {}, "requester__callback": None, "patient__phone": None}, {}),
        ({"place__insee_code": "75056", "place__postal_code": None}, {}),
        ({"message_id": "M-0", "note__text": "autre"}, {}),
    ],
    ids=["mode", "sans-id", "sans-lieu", "sans-route", "autre-contenu"],
)
async def test_what_would_be_refused_is_explained_as_the_door_refuses_it(
    stage: Stage, changes: dict[str, Any], headers: dict[str, str]
) -> None:
    """The very problem of the real door: code, field, French sentence, and what a nurse would have to do."""
    await stage.accepted(click(request_id="DEMANDE-0", message_id="M-0"))
    body = click(**{"request_id": "DEMANDE-0" if "message_id" in changes else "DEMANDE-1", **changes})
    said = await checked(stage, body, **headers)
    refused = await stage.ask(body, **headers)
    assert refused.status_code >= 400
    assert (said["accepted"], said["becomes"]) == (False, "refused")
    assert said["problem"] == refused.json()
    assert CALL in said["problem"]["instruction"]
    assert said["problem"]["errors"][0]["field"]


async def test_what_explains_a_refusal_is_said_beside_it(stage: Stage) -> None:
    """No route, because the commune's code could not be read: both are told."""
    said = await checked(stage, click(place__insee_code="Melun", place__postal_code=None))
    assert said["problem"]["code"] == "AUCUNE_ROUTE"
    assert ("INSEE_ILLISIBLE", "place.insee_code") in codes(said)


async def test_a_replay_an_update_and_the_end_are_foreseen(stage: Stage) -> None:
    """What the same words would be, at each age of a request."""
    first = await stage.accepted(click(message_id="M-1"))
    assert (await checked(stage, click(message_id="M-1")))["becomes"] == "duplicate"
    update = await checked(stage, click(note__text="SpO2 80 %"))
    assert update["becomes"] == "update"
    assert ("MISE_A_JOUR", "request_id") in codes(update)
    assert (await checked(stage, click(message_id="M-1"), OTHER))["becomes"] == "new", (
        "another platform's own identifiers"
    )
    async with stage.client() as nurse:
        assert (await nurse.post(f"/v1/interventions/{first['id']}/cancel")).status_code == 200
    assert (await checked(stage, click(note__text="SpO2 80 %")))["problem"]["code"] == "DEMANDE_CLOSE"
    assert (await stage.status(first))["version"] == 1


async def test_only_a_platform_may_ask(stage: Stage) -> None:
    """The operator's key does not open this door."""
    async with stage.client(OPERATOR) as operator:
        assert (await operator.post("/v1/interventions/check", json=click())).status_code == 403
