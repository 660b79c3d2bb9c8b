"""Answers that come before their question is settled, twice, about nothing, or that are none: none lost, none twice, none for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from outbox.message import MessageStatus, Outcome, Receipt, Settlement
from tests.hubsante.test_hub_inbound import CASE, OURS, SAMU, VHOST, Hub, case, opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from outbox.message import ClaimedMessage

VICTIM = f"{OURS}.p1"


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Hub]:
    """A house with a hub, without the official models: nothing stands before what comes."""
    async with opened(tmp_path, without_models=True) as found:
        yield found


async def on_its_way(at: Hub) -> ClaimedMessage:
    """A victim's record that was published, and is not settled yet."""
    await at.house.event()
    await at.house.patient()
    at.house.clock.forward(seconds=2)
    found = await at.house.runtime.desk.claim("hub", 10)  # type: ignore[attr-defined] # the desk is the store
    return next(one for one in found if one.envelope.topic == "victim")


async def settle(at: Hub, claimed: ClaimedMessage) -> None:
    """The broker's confirm, written down."""
    facts = {"distribution_id": named(claimed), "vhost": VHOST, "message": "createCaseHealth", "case_id": VICTIM}
    receipt = Receipt(f"{VICTIM}@{SAMU}", facts={**facts, "recipient": SAMU})
    now = at.house.clock()
    done = Settlement(claimed, MessageStatus.DELIVERED, Outcome.DELIVERED, now, started_at=now, receipt=receipt)
    await at.house.runtime.desk.settle([done])  # type: ignore[attr-defined] # same


def named(claimed: ClaimedMessage) -> str:
    """Its distributionID."""
    return f"{OURS}_{claimed.envelope.id}"


async def steps(at: Hub, identifier: str) -> list[str]:
    """How far a message of ours went."""
    return [one.step.value for one in await at.look(lambda hub: hub.steps(identifier))]


async def look(at: Hub, seconds: float) -> None:
    """Let time pass, and look."""
    at.house.clock.forward(seconds=seconds)
    await at.house.runtime.hub.look()  # type: ignore[union-attr]


async def test_an_acknowledgement_quicker_than_our_own_books_waits_for_them(at: Hub) -> None:
    """The SAMU may answer before the broker's confirm is written down: however long that takes, its word counts once it is."""
    claimed = await on_its_way(at)
    await at.give(at.message("reference", {"distributionID": named(claimed), "step": "INTEGRE"}, "Ack"), "ack")
    for _ in range(3):
        await look(at, 5)
    assert await steps(at, named(claimed)) == []
    await settle(at, claimed)
    await look(at, 5)
    assert await steps(at, named(claimed)) == ["published", "at_hub", "integrated"]
    await look(at, 5)
    assert await steps(at, named(claimed)) == ["published", "at_hub", "integrated"]


async def test_an_error_quicker_than_our_own_books_is_acted_upon(at: Hub) -> None:
    """501 before the confirm: the error is in the timeline and a person is told."""
    claimed = await on_its_way(at)
    code = {"statusCode": 501, "statusString": "UNROUTABLE_MESSAGE"}
    error = {"errorCode": code, "errorCause": "essai", "referencedDistributionID": named(claimed)}
    await at.give(at.message("error", error, "Error"), "info")
    await settle(at, claimed)
    await look(at, 5)
    assert await steps(at, named(claimed)) == ["published", "at_hub", "error"]
    [alarm] = await at.house.runtime.read(lambda register: register.alarms.under_way())
    assert alarm.facts["cause_code"] == "hub.501"


async def test_an_answer_that_comes_three_times_is_heard_once(at: Hub) -> None:
    """One step, whatever the broker repeats."""
    claimed = await on_its_way(at)
    await settle(at, claimed)
    said = at.message("reference", {"distributionID": named(claimed), "step": "CONSULTE"}, "Ack")
    for _ in range(3):
        await at.give(said, "ack")
    assert await steps(at, named(claimed)) == ["published", "at_hub", "read"]


@pytest.mark.parametrize(
    ("key", "body", "kind", "codes"),
    [
        ("reference", {}, "Ack", []),
        ("reference", {"distributionID": 7}, "Ack", []),
        ("error", {"errorCode": "501"}, "Error", []),
        ("createCaseHealthUpdate", {"caseId": CASE, "qualification": ["essai"]}, "Update", [700, None]),
        ("createCaseHealth", {"caseId": f"{CASE}2", "qualification": "essai"}, "Report", [700, None]),
    ],
)
async def test_a_content_of_another_shape_is_refused_once(
    at: Hub, key: str, body: dict[str, Any], kind: str, codes: list[int | None]
) -> None:
    """Where no official model stands before us: kept, refused if it can be, and never asked for again for ever."""
    await at.give(at.message("createCaseHealth", case()))
    before = len(await at.answers())
    await at.give(at.message(key, body, kind))
    assert [one.get("code") for one in (await at.answers())[before:]] == codes
    rows = await at.house.runtime.database.read(
        lambda connection: connection.exec_driver_sql("SELECT state, times FROM hub_message ORDER BY seq").all()
    )
    assert [tuple(row) for row in rows] == [("received", 1), ("refused" if codes else "received", 1)]
