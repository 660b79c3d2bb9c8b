"""What left and whose answer could not be read: neither delivered nor "not sent", for the sender, the operator and the portal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from domain.intervention.request import CALL_15, UNCERTAIN_CALL_15
from gateway.operations.alarms import look
from tests.interventions.stage import OPERATOR, Stage, click

if TYPE_CHECKING:
    from collections.abc import Sequence

UNREAD = ("lost_ack", "timeout_after_work", "garbled_ack")


async def script(stage: Stage, fault: str, times: int | None = 1) -> None:
    """The CRRA's software ends its next answers like this."""
    await stage.lrm.control("POST", "/_sandbox/faults", [{"fault": fault, "times": times, "seconds": 0.3}])


async def clear(stage: Stage) -> None:
    """It answers well again."""
    await stage.lrm.control("DELETE", "/_sandbox/faults")


async def until_over(stage: Stage) -> None:
    """Long enough for the tries of a request to be over, its time included."""
    for _ in range(14):
        await stage.settle(seconds=60)


def words(told: Sequence[dict[str, Any]]) -> str:
    """All that a sender was told, to look for a sentence in it."""
    return str(list(told))


@pytest.mark.parametrize("fault", UNREAD)
async def test_the_crra_holds_it_and_nobody_says_that_it_was_not_sent(stage: Stage, fault: str) -> None:
    """Its answers never come: the request is uncertain for sender, timeline, operator and alarms, and nobody reads "non transmise"."""
    await script(stage, fault, None)
    answer = await stage.accepted()
    await until_over(stage)
    assert list(await stage.held()) == [answer["reference"]]
    shown = await stage.status(answer)
    assert (shown["status"], shown["task_status"]) == ("INCERTAINE", "requested")
    assert shown["label"] == "Demande envoyée, sans réponse lisible du SAMU"
    assert shown["instruction"] == UNCERTAIN_CALL_15 == "Peut-être reçue par le SAMU, appelez le 15."
    assert "sans réponse lisible" in shown["reason"]
    assert (await stage.told())[-1]["instruction"] == UNCERTAIN_CALL_15
    assert "non transmise" not in words([shown, *await stage.told()])
    assert "pas été envoy" not in words([shown, *await stage.told(), *await stage.messages()])
    (message,) = await stage.messages()
    assert message["status"] == "uncertain"
    assert message["uncertain_since"] is not None
    heard = (await stage.get(f"/v1/interventions/{answer['id']}", OPERATOR))["heard"]
    assert "redemandée sous la même clé" in words(heard)
    await look(stage.runtime)
    alarms = (await stage.get("/v1/alarms", OPERATOR))["alarms"]
    assert f"uncertain:{message['id']}" in [one["name"] for one in alarms]


@pytest.mark.parametrize("fault", UNREAD)
async def test_it_is_asked_again_under_the_same_key(stage: Stage, fault: str) -> None:
    """One lost answer is made up for by the next: the neighbour says that it has it, and the sender was never alarmed."""
    await script(stage, fault)
    answer = await stage.accepted()
    await stage.settle()
    await stage.settle(seconds=30)
    shown = await stage.status(answer)
    assert shown["status"] == "AFFICHEE" or shown["delivered_at"] is not None
    assert len(await stage.held()) == 1
    assert CALL_15 not in words(await stage.told())
    assert UNCERTAIN_CALL_15 not in words(await stage.told())
    (message,) = await stage.messages()
    assert (message["status"], message["uncertain_since"]) == ("delivered", None)


async def test_it_is_followed_where_it_can_be_asked_after(stage: Stage) -> None:
    """Once the CRRA answers questions again, its word moves the request on, and nobody need decide about the message."""
    await script(stage, "lost_ack", None)
    answer = await stage.accepted()
    await until_over(stage)
    await clear(stage)
    await stage.look(seconds=10)
    shown = await stage.status(answer)
    assert shown["status"] in {"TRANSMISE", "AFFICHEE"}
    assert (shown["instruction"] is None) or "Pas de réponse" in shown["instruction"]
    (message,) = await stage.messages()
    assert (message["status"], message["decision"]) == ("discarded", "Le logiciel du SAMU tient cette demande.")


async def test_a_crra_that_says_that_it_lacks_it_makes_it_not_sent(stage: Stage) -> None:
    """Cut before the work each time: uncertain, until the CRRA says in so many words that it does not know the request."""
    await script(stage, "reset", None)
    answer = await stage.accepted()
    await until_over(stage)
    assert (await stage.status(answer))["status"] == "INCERTAINE"
    await clear(stage)
    await stage.look(seconds=10)
    shown = await stage.status(answer)
    assert (shown["status"], shown["instruction"]) == ("ERREUR", CALL_15)


async def test_nobody_there_and_refused_are_not_sent(stage: Stage) -> None:
    """Where no connection was made, or the CRRA refused in so many words, the sender reads "non transmise"."""
    stage.lrm.gone = True
    first = await stage.accepted()
    await until_over(stage)
    shown = await stage.status(first)
    assert (shown["status"], shown["instruction"]) == ("ERREUR", CALL_15)
    stage.lrm.gone = False
    await script(stage, "refuse", None)
    second = await stage.accepted(click(request_id="D-refus", message_id="M-refus"))
    await until_over(stage)
    shown = await stage.status(second)
    assert (shown["status"], shown["instruction"]) == ("ERREUR", CALL_15)
    assert await stage.held() == {}


async def test_a_cancellation_does_not_wait_behind_an_uncertain_request(stage: Stage) -> None:
    """The CRRA may be acting on the request: its cancellation leaves although nobody has decided about the request."""
    await script(stage, "lost_ack", None)
    answer = await stage.accepted()
    await until_over(stage)
    await clear(stage)
    async with stage.client() as nurse:
        cancelled = await nurse.post(f"/v1/interventions/{answer['id']}/cancel", json={"reason": "essai"})
    assert cancelled.status_code == 200, cancelled.text
    await stage.settle()
    assert [one["status"] for one in await stage.messages("intervention.cancel")] == ["delivered"]


async def test_a_cancellation_made_while_it_is_asked_again_leaves_too(stage: Stage) -> None:
    """It is queued while the request still has tries; once these are over, it does not wait for a person."""
    await script(stage, "lost_ack", None)
    answer = await stage.accepted()
    await stage.settle()
    async with stage.client() as nurse:
        cancelled = await nurse.post(f"/v1/interventions/{answer['id']}/cancel", json={"reason": "essai"})
    assert cancelled.status_code == 200, cancelled.text
    for _ in range(8):
        await stage.settle(seconds=60)
    await clear(stage)
    await stage.look(seconds=1)
    assert [one["status"] for one in await stage.messages()] == ["discarded"]


async def test_an_operator_gives_up_a_request_that_waits(stage: Stage) -> None:
    """A message still pending is given up by hand: it never leaves, and its sender is told to call at once."""
    stage.lrm.gone = True
    answer = await stage.accepted()
    await stage.settle()
    (message,) = await stage.messages()
    assert message["status"] == "pending"
    async with stage.client(OPERATOR) as operator:
        path = f"/v1/outbox/messages/{message['id']}"
        assert (await operator.post(f"{path}/replay", json={})).status_code == 204
        assert (await operator.post(f"{path}/discard", json={"reason": "vu au téléphone"})).status_code == 204
        assert (await operator.post(f"{path}/discard", json={"reason": "encore"})).status_code == 409
    stage.lrm.gone = False
    await stage.settle(seconds=60)
    assert await stage.held() == {}
    shown = await stage.status(answer)
    assert (shown["status"], shown["instruction"]) == ("ERREUR", CALL_15)
