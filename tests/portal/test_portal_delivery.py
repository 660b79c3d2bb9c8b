"""The portal is told once, and believes only what it should."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

import mapping
from adapters.portal import open_portal
from adapters.portal.contract import faults_of, schema
from adapters.portal.faults import Refusal, refused_by_portal
from adapters.wire.link import Link
from adapters.wire.webhook_signature import sign
from outbox.errors import DeliveryError, PermanentDeliveryError, TransientDeliveryError, UnreachableError
from tests.portal.portal_pair import FIXTURES, SECRET, Pair, SetClock, canon, claimed


async def post(pair: Pair, body: bytes, **headers: str) -> httpx.Response:
    """Knock at the portal's door by hand, signed unless the headers say otherwise."""
    told = {"Content-Type": "application/json", "Idempotency-Key": "main-essai", **sign([SECRET], pair.clock(), body)}
    async with httpx.AsyncClient(transport=pair.wire, base_url="http://portail.essai") as browser:
        return await browser.post(
            "/webhook", content=body, headers=[(k.encode(), v.encode()) for k, v in {**told, **headers}.items()]
        )


def notification(**changes: Any) -> bytes:
    """A notification of the contract."""
    data = json.loads((FIXTURES / "outcome-parked.out.json").read_text("utf-8"))
    document = {
        "version": "1",
        "id": "main-essai",
        "topic": "outcome",
        "mode": "Actual",
        "created_at": "2026-01-01T07:00:00Z",
        "data": data,
    }
    return json.dumps({**document, **changes}).encode()


@pytest.mark.parametrize("name", ["outcome-parked", "outcome-delivered"])
def test_the_shipped_mapping_gives_the_golden_document(name: str) -> None:
    """What the portal reads is exactly the recorded document, in the order of the mapping."""
    made = mapping.shipped().mapping("portal/outcome@1").apply(canon(name))
    golden = json.loads((FIXTURES / f"{name}.out.json").read_text("utf-8"))
    assert json.dumps(made) == json.dumps(golden)
    assert faults_of(made, "notification") != []
    assert faults_of(json.loads(notification(data=made)), "notification") == []


async def test_an_outcome_reaches_the_portal_under_its_event(pair: Pair) -> None:
    """The portal holds the outcome under the event, with the cause to show."""
    receipt = await pair.adapter.deliver(claimed())
    assert not receipt.duplicate
    assert json.loads(receipt.answered) == {"received": "notif-essai-1", "duplicate": False}
    held = (await pair.state())["events"]["evt-essai-1"]
    assert [(one["id"], one["data"]["cause"]["code"]) for one in held] == [("notif-essai-1", "sivic.evenement_inconnu")]


async def test_a_lost_acknowledgement_changes_nothing(pair: Pair) -> None:
    """When the first answer was lost the second delivery is a duplicate and the portal holds one notification."""
    await pair.script({"fault": "lost_ack"})
    with pytest.raises(TransientDeliveryError):
        await pair.adapter.deliver(claimed())
    assert (await pair.adapter.deliver(claimed())).duplicate
    assert (await pair.state())["received"] == 1


async def test_each_attempt_is_signed_at_its_own_time(pair: Pair) -> None:
    """An hour later the same notification is still believed, because it was signed again."""
    await pair.adapter.deliver(claimed())
    pair.clock.now += timedelta(hours=1)
    assert (await pair.adapter.deliver(claimed())).duplicate


async def test_the_same_identifier_with_another_content_is_a_conflict(pair: Pair) -> None:
    """The portal refuses it, and the message is parked with that cause."""
    await pair.adapter.deliver(claimed())
    with pytest.raises(PermanentDeliveryError) as refused:
        await pair.adapter.deliver(claimed(attempts=4))
    assert refused.value.cause.code == "portal.id_conflict"


async def test_exercise_never_leaves_on_a_real_link(pair: Pair) -> None:
    """Refused before the wire: the portal saw nothing."""
    with pytest.raises(PermanentDeliveryError) as refused:
        await pair.adapter.deliver(claimed(mode="Exercise"))
    assert refused.value.cause.code == "portal.mode"
    assert (await pair.state())["received"] == 0


async def test_a_portal_of_the_other_mode_refuses() -> None:
    """A link set to the wrong mode is caught by the portal too."""
    pair = Pair(mode="Actual", link_mode="Exercise")
    with pytest.raises(PermanentDeliveryError) as refused:
        await pair.adapter.deliver(claimed(mode="Exercise"))
    assert (refused.value.cause.code, refused.value.cause.detail) == ("portal.mode_mismatch", "/mode")


@pytest.mark.parametrize("ours", [("nouveau-secret-invente", SECRET), (SECRET, "nouveau-secret-invente")])
async def test_a_rotation_loses_nothing(ours: tuple[str, ...]) -> None:
    """While both secrets are in use a portal that knows only the old one goes on believing us."""
    assert not (await Pair(secrets=ours).adapter.deliver(claimed())).duplicate


async def test_an_unknown_secret_parks_the_message() -> None:
    """A wrong secret is a person's mistake: it is shown, not retried."""
    with pytest.raises(PermanentDeliveryError) as refused:
        await Pair(secrets=("un-autre-secret-invente",)).adapter.deliver(claimed())
    assert refused.value.cause.code == "portal.signature_invalid"


async def test_clocks_apart_are_retried() -> None:
    """A stale time may pass at the next attempt, which is signed anew."""
    late = SetClock()
    late.now += timedelta(minutes=6)
    with pytest.raises(TransientDeliveryError) as refused:
        await Pair(clock_of_portal=late).adapter.deliver(claimed())
    assert refused.value.cause.code == "portal.timestamp_stale"


@pytest.mark.parametrize(
    ("fault", "code", "after"),
    [
        ({"fault": "refuse"}, "portal.http_503", None),
        ({"fault": "too_many", "seconds": 7}, "portal.http_429", 7.0),
        ({"fault": "wrong_answer"}, "portal.accuse", None),
        ({"fault": "soap_fault"}, "portal.http_500", None),
    ],
)
async def test_a_portal_in_difficulty_is_tried_again(
    pair: Pair, fault: dict[str, Any], code: str, after: float | None
) -> None:
    """Each difficulty is transient, says its name, keeps what was sent, and the next attempt passes."""
    await pair.script(fault)
    with pytest.raises(TransientDeliveryError) as refused:
        await pair.adapter.deliver(claimed())
    assert (refused.value.cause.code, refused.value.retry_after) == (code, after)
    assert json.loads(refused.value.sent)["id"] == "notif-essai-1"
    assert not (await pair.adapter.deliver(claimed())).duplicate


async def test_nobody_there_spends_no_attempt(pair: Pair) -> None:
    """A connection refused is unreachable, not a failed attempt."""
    pair.wire.gone = True
    with pytest.raises(UnreachableError):
        await pair.adapter.deliver(claimed())


async def test_what_the_contract_forbids_does_not_leave(pair: Pair) -> None:
    """A document outside the contract is parked here with the path of what is wrong, never its value."""
    with pytest.raises(PermanentDeliveryError) as refused:
        await pair.adapter.deliver(claimed(status="presque"))
    assert (refused.value.cause.code, refused.value.cause.detail) == ("portal.contrat", "/data/status")
    assert "presque" not in str(refused.value)


async def test_a_topic_without_mapping_is_parked(pair: Pair) -> None:
    """Nothing is invented for a topic nobody described."""
    told = claimed()
    with pytest.raises(PermanentDeliveryError) as refused:
        await pair.adapter.deliver(replace(told, envelope=replace(told.envelope, topic="etat.de.demain")))
    assert refused.value.cause.code == "portal.sujet"


def test_a_link_without_a_strong_secret_does_not_open(pair: Pair) -> None:
    """No secret, or a short one, is refused at start with a French sentence."""
    for secrets in ([], [SecretStr("court")], [SecretStr(SECRET), SecretStr("")]):
        with pytest.raises(ValueError, match="secret partagé"):
            open_portal(Link(url="http://portail.essai"), secrets, {}, pair.wire, clock=pair.clock)


def test_every_code_of_the_contract_has_its_meaning() -> None:
    """The codes of the contract and those of the table are the same, and each gives a French title of its own."""
    codes = schema()["$defs"]["problem"]["properties"]["code"]["enum"]
    assert sorted(codes) == sorted(Refusal)
    met = [refused_by_portal(400, code, ["/x"], retry_after=None, sent=b"", answered=b"") for code in codes]
    assert all(isinstance(error, DeliveryError) for error in met)
    assert len({error.cause.title for error in met}) == len(codes)
    transient = {error.cause.code for error in met if isinstance(error, TransientDeliveryError)}
    assert transient == {"portal.timestamp_stale"}


async def test_a_refusal_that_quotes_a_value_is_not_repeated(pair: Pair) -> None:
    """Only the names of the contract's own fields are shown, whatever a careless receiver answers."""

    def careless(_: httpx.Request) -> httpx.Response:
        return httpx.Response(422, json={"code": "schema_invalid", "fields": ["/data/status", "ESSAI Paul", "/ESSAI"]})

    link = Link(url="http://portail.essai/webhook")
    mappings = {"outcome": mapping.shipped().mapping("portal/outcome@1")}
    adapter = open_portal(link, [SecretStr(SECRET)], mappings, httpx.MockTransport(careless), clock=pair.clock)
    with pytest.raises(PermanentDeliveryError) as refused:
        await adapter.deliver(claimed())
    assert refused.value.cause.detail == "/data/status"


async def test_an_acknowledgement_of_another_notification_is_not_ours(pair: Pair) -> None:
    """A success that names another identifier is tried again."""
    link = Link(url="http://portail.essai/webhook")
    mappings = {"outcome": mapping.shipped().mapping("portal/outcome@1")}
    wire = httpx.MockTransport(lambda _: httpx.Response(200, json={"received": "autre"}))
    adapter = open_portal(link, [SecretStr(SECRET)], mappings, wire, clock=pair.clock)
    with pytest.raises(TransientDeliveryError) as refused:
        await adapter.deliver(claimed())
    assert refused.value.cause.code == "portal.accuse"


def test_an_unknown_code_lets_http_speak() -> None:
    """A portal that invents a code is judged by its status."""
    error = refused_by_portal(503, "fatigue", [], retry_after=3.0, sent=b"", answered=b"")
    assert (error.cause.code, getattr(error, "retry_after", None)) == ("portal.http_503", 3.0)


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (notification(), {"Content-Type": "text/plain"}, 415, "media_type"),
        (notification(), {"Content-Encoding": "gzip"}, 415, "media_type"),
        (b" " * (256 * 1024 + 1), {}, 413, "body_too_large"),
        (notification(), {"Passerelle-Signature": ""}, 401, "signature_missing"),
        (notification(), {"Passerelle-Signature": "v1=00"}, 401, "signature_invalid"),
        (b"{", {}, 400, "body_unreadable"),
        (b"\xff\xfe", {}, 400, "body_unreadable"),
        (b"[" * 3000 + b"]" * 3000, {}, 400, "body_unreadable"),
        (b"[]", {}, 422, "schema_invalid"),
        (notification(version="2"), {}, 422, "schema_invalid"),
        (notification(data={}), {}, 422, "schema_invalid"),
        (notification(created_at="hier"), {}, 422, "schema_invalid"),
        (notification(created_at="2026-01-01T07:00:00"), {}, 422, "schema_invalid"),
        (notification(), {"Idempotency-Key": "autre"}, 422, "schema_invalid"),
        (notification(mode="Exercise"), {}, 422, "mode_mismatch"),
    ],
)
async def test_the_portal_refuses_by_the_contract(
    pair: Pair, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    """Each bad notification gets its code, in a problem of the contract, and nothing is kept."""
    answer = await post(pair, body, **headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert faults_of(answer.json(), "problem") == []
    assert (await pair.state())["received"] == 0


async def test_a_topic_to_come_is_acknowledged(pair: Pair) -> None:
    """A receiver takes a topic it does not know, so that one can be added without breaking anybody."""
    answer = await post(pair, notification(topic="etat.de.demain", data={"etat": "RECUE"}))
    assert answer.json() == {"received": "main-essai", "duplicate": False}
