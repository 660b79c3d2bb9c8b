"""What the hub hands over, in the whole house without a broker: kept once, answered, tied to its case, given its effects."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from adapters.lrm.hubsante.client import Delivery
from adapters.lrm.hubsante.codec.into_xml import to_xml, xml_bytes
from adapters.lrm.hubsante.wire.envelope import Envelope, Party, write_envelope, write_header
from gateway.register.hub.messages import Step
from tests.gateway.house import open_house
from tests.hubsante.hub_messages import models
from tests.shared_material import BESIDE, shared

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.gateway.house import OpenHouse

VHOST = "15-15_v2.1"
OURS, SAMU = "fr.health.passerelle", "fr.health.samu330"
CASE = f"{SAMU}.DRFR15ESSAI"


def hub(*, without_models: bool = False, **changes: Any) -> dict[str, Any]:
    """A hub nobody connects to: the door is spoken to directly."""
    there = (BESIDE / "hubsante").exists() and not without_models
    models_dir = {"models_dir": BESIDE / "hubsante"} if there else {}
    return {
        "link": {"url": "amqps://hub.exemple.fr:5671", "mode": "Exercise", "connect_timeout": 0.1, "read_timeout": 1},
        "hold_seconds": 5,
        "perimeters": [
            {
                "vhost": VHOST,
                "model": 3,
                "client_id": OURS,
                "topics": ["victim"],
                "recipients": {"*": SAMU},
                **changes,
            }
        ],
        **models_dir,
    }


class Hub:
    """A house with a hub, and the ways to hand it messages."""

    def __init__(self, house: OpenHouse) -> None:
        self.house = house
        self._count = 0

    def message(self, key: str, body: dict[str, Any], kind: str = "Report", **changes: Any) -> dict[str, Any]:
        """An envelope of the SAMU."""
        self._count += 1
        at = self.house.clock()
        fields = {
            "distribution_id": f"{SAMU}_{self._count}",
            "sender": SAMU,
            "recipient": OURS,
            "sent_at": at,
            "expires_at": at + timedelta(days=1),
            "status": "Exercise",
            "kind": kind,
        }
        envelope = Envelope(**{**fields, **changes})
        header = (
            {} if key == "error" else write_header(envelope, Party(SAMU, f"hubex:{SAMU}"), Party(OURS, f"hubex:{OURS}"))
        )
        return write_envelope(envelope, {**header, key: body})

    async def give(self, tree: Any, box: str = "message", content_type: str = "application/json") -> None:
        """Hand over one message, as bytes or as a document."""
        raw = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
        assert self.house.runtime.hub is not None
        await self.house.runtime.hub.take(Delivery(VHOST, box, content_type, raw, redelivered=False))

    async def answers(self) -> list[dict[str, Any]]:
        """What was queued in answer, the oldest first: the body of each."""
        rows = await self.house.runtime.database.read(
            lambda connection: connection.exec_driver_sql(
                "SELECT body FROM outbox_message WHERE topic = 'hub.reply' ORDER BY seq"
            ).all()
        )
        return [json.loads(row[0]) for row in rows]

    async def look(self, work: Any) -> Any:
        """Ask the register."""
        return await self.house.runtime.read(lambda register: work(register.hub))


@asynccontextmanager
async def opened(folder: Path, **changes: Any) -> AsyncIterator[Hub]:
    """The house of these tests."""
    async with open_house(folder, hub=hub(**changes)) as house:
        yield Hub(house)


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Hub]:
    """A house with a hub."""
    async with opened(tmp_path) as found:
        yield found


def case(**changes: Any) -> dict[str, Any]:
    """A case that a SAMU shares."""
    return {
        "caseId": CASE,
        "creation": "2020-09-01T17:00:00+02:00",
        "qualification": {"details": {"status": "ACTIF"}},
        "location": {"freetext": "Stade"},
        "owner": SAMU,
        **changes,
    }


async def test_a_case_is_kept_opened_and_acknowledged(at: Hub) -> None:
    """One row, one case, one RC-REF that names it."""
    await at.give(at.message("createCaseHealth", case()))
    [answer] = await at.answers()
    assert (answer["about"], answer["to"], answer["step"]) == (f"{SAMU}_1", SAMU, "RECU")
    found = await at.look(lambda hub: hub.case(CASE))
    assert (found.ours, found.owner, found.status) == (False, SAMU, "ACTIF")
    [kept] = await at.look(lambda hub: hub.messages_of(CASE))
    assert (kept.use_case, kept.state, kept.times) == ("createCaseHealth", "received", 1)


async def test_the_same_message_three_times_is_one_in_effect(at: Hub) -> None:
    """Deduplicated on its distributionID: one answer, one case, and a count of how often it came."""
    message = at.message("createCaseHealth", case())
    for _ in range(3):
        await at.give(message)
    assert len(await at.answers()) == 1
    [kept] = await at.look(lambda hub: hub.messages_of(CASE))
    assert kept.times == 3


async def test_an_existing_case_under_a_new_id_is_refused(at: Hub) -> None:
    """701, then the refused RC-REF that names the error, in one lane."""
    await at.give(at.message("createCaseHealth", case()))
    await at.give(at.message("createCaseHealth", case()))
    _, error, refused = await at.answers()
    assert (error["code"], error["about"]) == (701, f"{SAMU}_2")
    assert refused["about"] == f"{SAMU}_2"
    assert refused["error"]
    assert refused["error"] in {one["id"] for one in await at.house.messages(destination="hub")}


async def test_an_update_before_its_case_waits_for_it(at: Hub) -> None:
    """Held a moment: the case comes, both are acknowledged, the case first, and the update has its effect."""
    update = at.message("createCaseHealthUpdate", {"caseId": CASE, "owner": OURS}, "Update")
    await at.give(update)
    assert await at.answers() == []
    await at.give(at.message("createCaseHealth", case()))
    assert [answer["about"] for answer in await at.answers()] == [f"{SAMU}_2", f"{SAMU}_1"]
    assert (await at.look(lambda hub: hub.case(CASE))).owner == OURS


async def test_an_update_whose_case_never_comes_is_out_of_sequence(at: Hub) -> None:
    """702 once it has waited, and not before."""
    await at.give(at.message("createCaseHealthUpdate", {"caseId": CASE, "owner": OURS}, "Update"))
    await at.house.runtime.hub.look()  # type: ignore[union-attr]
    assert await at.answers() == []
    at.house.clock.forward(seconds=6)
    await at.house.runtime.hub.look()  # type: ignore[union-attr]
    error, refused = await at.answers()
    assert error["code"] == 702
    assert refused["error"]


@pytest.mark.parametrize(
    ("changes", "body", "code"),
    [
        ({"status": "Actual"}, case(), 700),
        ({"expires_at": None}, case(), 700),
        ({}, case(qualification={}, location={}), 704),
    ],
)
async def test_what_cannot_be_taken_is_refused_with_a_code_of_the_contract(
    at: Hub, changes: dict[str, Any], body: dict[str, Any], code: int
) -> None:
    """The other mode, after its expiry, or saying nothing: kept, refused, without effect."""
    if "expires_at" in changes:
        changes = {"expires_at": at.house.clock() - timedelta(seconds=1)}
    await at.give(at.message("createCaseHealth", body, **changes))
    assert [answer.get("code") for answer in await at.answers()] == [code, None]
    assert await at.look(lambda hub: hub.case(CASE)) is None
    [kept] = await at.look(lambda hub: hub.messages_of(CASE))
    assert (kept.state, kept.code) == ("refused", code)


async def test_an_unknown_sender_is_refused(tmp_path: Path) -> None:
    """703, where a directory is configured."""
    async with opened(tmp_path, senders=["fr.health.samu310"]) as at:
        await at.give(at.message("createCaseHealth", case()))
        assert [answer.get("code") for answer in await at.answers()] == [703, None]


async def test_missing_fields_are_insufficient_data(at: Hub) -> None:
    """704, naming the path and never the value."""
    shared("hubsante")
    body = case()
    del body["creation"]
    await at.give(at.message("createCaseHealth", body))
    error, _ = await at.answers()
    assert error["code"] == 704
    assert "createCaseHealth.creation" in error["cause"]
    assert "Stade" not in error["cause"]


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"distributionID": "x_1"}', b"a" * 10_000])
async def test_what_cannot_be_read_is_kept_and_answers_nobody(at: Hub, raw: bytes) -> None:
    """There is nobody to answer: it is a row that a person can read, once."""
    await at.give(raw)
    await at.give(raw)
    assert await at.answers() == []
    rows = await at.house.runtime.database.read(
        lambda connection: connection.exec_driver_sql("SELECT state, times FROM hub_message").all()
    )
    assert [tuple(row) for row in rows] == [("unreadable", 2)]


async def test_a_content_type_that_is_not_of_the_contract_is_kept_unread(at: Hub) -> None:
    """String equality, as at the hub."""
    await at.give(at.message("createCaseHealth", case()), content_type="application/json; charset=utf-8")
    assert await at.answers() == []


async def test_a_case_id_of_ten_kilobytes_is_refused_at_once(at: Hub) -> None:
    """One letter, ten thousand times: kept whole, refused in the time of any other."""
    shared("hubsante")
    await at.give(at.message("createCaseHealth", case(caseId="a" * 10_000 + "!")))
    assert [answer.get("code") for answer in await at.answers()] == [700, None]


async def test_an_answer_is_never_answered(at: Hub) -> None:
    """Neither an Ack nor an Error, even about an id that nobody here sent."""
    await at.give(at.message("reference", {"distributionID": f"{OURS}_jamais"}, "Ack"), "ack")
    error = {"errorCode": {"statusCode": 300, "statusString": "INVALID_MESSAGE"}, "errorCause": "essai"}
    await at.give(at.message("error", {**error, "referencedDistributionID": f"{OURS}_jamais"}, "Error"), "info")
    assert await at.answers() == []
    assert await at.look(lambda hub: hub.steps(f"{OURS}_jamais")) == []


async def test_xml_is_read_like_json(at: Hub) -> None:
    """The hub decides of the form, by recipient."""
    raw = xml_bytes(to_xml(at.message("createCaseHealth", case()), models(3)))
    await at.give(raw, content_type="application/xml")
    [answer] = await at.answers()
    assert answer["about"] == f"{SAMU}_1"
    assert (await at.look(lambda hub: hub.case(CASE))).owner == SAMU


async def test_steps_have_their_own_names() -> None:
    """Published, at the hub, received, integrated, read: five things that a person never confuses."""
    assert [step.value for step in Step][:5] == ["published", "at_hub", "received", "integrated", "read"]
