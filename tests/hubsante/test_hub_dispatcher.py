"""The hub of the sandbox: its checks in the order of the contract, its errors, its forms, its expiries, its page."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from adapters.lrm.hubsante.sandbox.checks import ForwardedMessage, PublishedMessage, RefusedMessage, check
from adapters.lrm.hubsante.sandbox.dispatcher import Dispatcher
from adapters.lrm.hubsante.sandbox.partner import Act
from adapters.lrm.hubsante.simulator import MODELS, Access, HubSimulator, create_simulator
from adapters.lrm.hubsante.wire.envelope import Envelope, Party, write_envelope, write_header
from adapters.wire.simulated import InProcess
from gateway.serving import serving
from tests.hubsante.hub_messages import judge
from tests.hubsante.hub_stage import VHOST, channel, drained, now, put
from tests.servers import need
from tests.servers.rabbitmq import CLIENTS, FIRE, OURS, SAMU, VHOSTS, RabbitMq

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NOW = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
CASE = {
    "caseId": "fr.health.passerelle.essai1",
    "creation": "2026-03-01T10:00:00+00:00",
    "qualification": {"details": {"status": "ACTIF"}},
    "location": {"freetext": "Stade"},
    "owner": SAMU,
}

FIRE_LOCATION = {"locID": "essai-1", "country": "FR"}
FIRE_CASE = {
    "caseId": "fr.health.passerelle.essai1",
    "creation": "2026-03-01T10:00:00+00:00",
    "referenceVersion": "2.01.3",
    "qualification": {"whatsHappen": {"code": "C02.05.01", "label": "Essai"}},
    "location": FIRE_LOCATION,
}


def message(key: str = "createCaseHealth", body: Any = None, at: datetime = NOW, **changes: Any) -> dict[str, Any]:
    """An envelope of ours to the SAMU."""
    fields: dict[str, Any] = {
        "distribution_id": f"{OURS}_essai",
        "sender": OURS,
        "recipient": SAMU,
        "sent_at": at,
        "expires_at": at + timedelta(hours=1),
        "status": "Exercise",
        "kind": "Report",
    }
    envelope = Envelope(**{**fields, **changes})
    header = write_header(envelope, Party("Essai", f"hubex:{OURS}"), Party("SAMU", f"hubex:{SAMU}"))
    return write_envelope(envelope, {**header, key: CASE if body is None else body})


def published(tree: Any, **changes: Any) -> PublishedMessage:
    """What stands in the dispatch queue."""
    raw = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    return replace(PublishedMessage(VHOST, OURS, "application/json", persistent=True, body=raw), **changes)


def message_with_an_unknown_key() -> dict[str, Any]:
    """Beside its use case: the schema lets it through, the hub's object mapping does not."""
    tree = message()
    tree["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]["autre"] = {"essai": 1}
    return tree


REFUSALS = [
    (published(message(), content_type="application/json; charset=utf-8"), 101),
    (published(b"{"), 300),
    (published({"distributionID": f"{OURS}_essai"}), 300),
    (published(message(body={})), 300),
    (published(message(key="createCaseHealth", body=CASE | {"autre": 1})), 300),
    (published(message_with_an_unknown_key()), 102),
    (published(message(sender="fr.fire.sga", recipient=FIRE), routing_key="fr.fire.sga"), 501),
    (
        published(message("emsi", {"CONTEXT": {"ID": "1", "MODE": "TEST", "MSGTYPE": "ALERT"}, "EVENT": {"ID": "1"}})),
        501,
    ),
    (published(message(), routing_key=SAMU), 200),
    (published(message(), persistent=False), 100),
    (published(message(distribution_id=f"{SAMU}_essai")), 300),
    (published(message(expires_at=NOW - timedelta(seconds=1))), 400),
]


@pytest.mark.parametrize(("given", "code"), REFUSALS, ids=lambda value: str(value) if isinstance(value, int) else "")
def test_each_fault_has_its_code(given: PublishedMessage, code: int) -> None:
    """By the official models, in the order of the contract."""
    found = check(given, judge(3), NOW)
    assert isinstance(found, RefusedMessage)
    assert found.code == code


def test_the_first_fault_speaks() -> None:
    """A message wrong in every way is told of its content type; then of its form; then of its actors."""
    worst = message(sender="fr.fire.sga", recipient=FIRE, distribution_id="autre", expires_at=NOW - timedelta(1))
    everything = published(worst, content_type="text/plain", persistent=False, routing_key="fr.health.autre")
    codes = []
    for mended in (
        everything,
        replace(everything, content_type="application/json"),
        replace(
            everything,
            content_type="application/json",
            body=json.dumps(message(distribution_id="autre", expires_at=NOW - timedelta(1))).encode(),
        ),
        replace(
            everything,
            content_type="application/json",
            routing_key=OURS,
            body=json.dumps(message(distribution_id="autre", expires_at=NOW - timedelta(1))).encode(),
        ),
    ):
        found = check(mended, judge(3), NOW)
        assert isinstance(found, RefusedMessage)
        codes.append(int(found.code))
    assert codes == [101, 501, 200, 100]


def test_what_passes_lives_no_longer_than_it_says() -> None:
    """Whole seconds, in milliseconds; its kind chooses the queue."""
    found = check(published(message(expires_at=NOW + timedelta(seconds=90.7))), judge(3), NOW)
    assert isinstance(found, ForwardedMessage)
    assert (found.ttl_ms, found.box) == (90_000, "message")
    ack = check(published(message("reference", {"distributionID": f"{SAMU}_1"}, kind="Ack")), judge(3), NOW)
    assert isinstance(ack, ForwardedMessage)
    assert ack.box == "ack"


@asynccontextmanager
async def dispatching(broker: RabbitMq) -> AsyncIterator[Dispatcher]:
    """A dispatcher on the broker, with the official models."""
    access = Access(f"amqps://localhost:{broker.port}", broker.authority.ca, broker.papers)
    dispatcher = Dispatcher(
        access.link("fr.health.hub", "Exercise"), CLIENTS, {VHOST: judge(3), VHOSTS[4]: judge(3)}, now
    )
    await dispatcher.open()
    try:
        yield dispatcher
    finally:
        await dispatcher.aclose()


async def publish(broker: RabbitMq, tree: Any, client: str = OURS, vhost: str = VHOST, **properties: Any) -> None:
    """As a client does."""
    import aio_pika  # noqa: PLC0415 - one call

    async with channel(broker, client, vhost) as mine:
        hub = await mine.get_exchange("hubsante")
        raw = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
        said = {"content_type": "application/json", "delivery_mode": 2, **properties}
        await hub.publish(aio_pika.Message(raw, **said), routing_key=client, mandatory=True)


async def received(broker: RabbitMq, client: str, box: str, vhost: str = VHOST) -> Any:
    """The next message in a client's queue."""
    async with asyncio.timeout(10):
        while True:
            found = await drained(broker, f"{client}.{box}", vhost)
            if found:
                return found[0]
            await asyncio.sleep(0.02)


def embedded(tree: dict[str, Any]) -> dict[str, Any]:
    """The message of an envelope."""
    found: dict[str, Any] = tree["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
    return found


@pytest.mark.rabbitmq
async def test_a_message_goes_to_its_recipient_with_a_life(rabbitmq: RabbitMq) -> None:
    """From the envelope's address, never from the routing key; the hub sets the expiration."""
    await drained(rabbitmq, f"{SAMU}.message")
    async with dispatching(rabbitmq) as dispatcher:
        await publish(rabbitmq, message(at=now()))
        found = await received(rabbitmq, SAMU, "message")
        assert json.loads(found.body)["distributionID"] == f"{OURS}_essai"
        assert 0 < found.expiration <= 3600
        assert [(line.sender, line.recipient, line.code) for line in dispatcher.lines] == [(OURS, SAMU, None)]


@pytest.mark.rabbitmq
async def test_a_refusal_comes_back_as_an_error_about_it(rabbitmq: RabbitMq) -> None:
    """On the sender's info queue, valid by the models, naming what it speaks of."""
    await drained(rabbitmq, f"{OURS}.info")
    async with dispatching(rabbitmq) as dispatcher:
        await publish(rabbitmq, message(at=now()), delivery_mode=1)
        found = json.loads((await received(rabbitmq, OURS, "info")).body)
        error = embedded(found)["error"]
        assert error["errorCode"] == {"statusCode": 100, "statusString": "DELIVERY_MODE_INCONSISTENCY"}
        assert error["referencedDistributionID"] == f"{OURS}_essai"
        assert judge(3).judge_tree(found).faults == ()
        assert dispatcher.lines[-1].code == 100


@pytest.mark.rabbitmq
async def test_a_recipient_without_a_queue_is_unroutable(rabbitmq: RabbitMq) -> None:
    """501, with the words of the hub."""
    await drained(rabbitmq, f"{OURS}.info")
    async with dispatching(rabbitmq):
        await publish(rabbitmq, message(at=now(), recipient="fr.health.samu999"))
        error = embedded(json.loads((await received(rabbitmq, OURS, "info")).body))["error"]
        assert error["errorCode"]["statusCode"] == 501
        assert "NO_ROUTE" in error["errorCause"]


@pytest.mark.rabbitmq
async def test_a_message_that_nobody_reads_in_time_is_told_to_its_sender(rabbitmq: RabbitMq) -> None:
    """It dies in the recipient's queue at its own expiry: 500."""
    await drained(rabbitmq, f"{OURS}.info")
    await drained(rabbitmq, f"{SAMU}.message")
    async with dispatching(rabbitmq):
        await publish(rabbitmq, message(at=now(), expires_at=now() + timedelta(seconds=2)))
        error = embedded(json.loads((await received(rabbitmq, OURS, "info")).body))["error"]
        assert error["errorCode"]["statusCode"] == 500
        assert "expired" in error["errorCause"]


@pytest.mark.rabbitmq
async def test_each_recipient_has_its_form(rabbitmq: RabbitMq) -> None:
    """The fire side reads XML, whatever was published."""
    vhost = VHOSTS[4]
    await drained(rabbitmq, f"{FIRE}.message", vhost)
    async with dispatching(rabbitmq):
        await publish(rabbitmq, message("createCase", FIRE_CASE, at=now(), recipient=FIRE), vhost=vhost)
        found = await received(rabbitmq, FIRE, "message", vhost)
    assert found.content_type == "application/xml"
    assert judge(3).judge(found.body).faults == ()


@pytest.mark.rabbitmq
@pytest.mark.parametrize("vhost", [VHOSTS[0], VHOST])
async def test_the_scripted_samu_answers_what_is_asked_of_it(rabbitmq: RabbitMq, vhost: str) -> None:
    """An RS-DR has its RC-REF, then an RS-RR under the same requestId, valid in the models of its virtual host."""
    access = Access(f"amqps://localhost:{rabbitmq.port}", rabbitmq.authority.ca, rabbitmq.papers)
    hub = HubSimulator(access, "Exercise", now, clients=CLIENTS, vhosts=(vhost,))
    await hub.open()
    try:
        hub.partners[vhost].play([Act(on="resourcesRequest", do="respond", answer="PARTIELLE")])
        asked = {"requestId": f"{OURS}.request.1", "datetime": "2026-03-01T10:00:00+00:00", "purpose": "SMUR"}
        tree = message("resourcesRequest", {"caseId": CASE["caseId"], "request": asked}, at=now())
        await publish(rabbitmq, tree, vhost=vhost)
        heard = embedded(json.loads((await received(rabbitmq, OURS, "ack", vhost)).body))["reference"]
        found = await received(rabbitmq, OURS, "message", vhost)
        said = embedded(json.loads(found.body))["resourcesResponse"]
    finally:
        await hub.aclose()
    assert heard["distributionID"] == tree["distributionID"]
    assert (said["requestId"], said["response"]["answer"]) == (asked["requestId"], "PARTIELLE")
    assert judge(MODELS[vhost]).judge(found.body).faults == ()


@pytest.mark.rabbitmq
async def test_the_sandbox_is_usable_alone() -> None:
    """It starts its own broker, says how to join it, shows what passed and why something was refused, and leaves nothing."""
    from adapters.lrm.hubsante.simulator import YOU, available  # noqa: PLC0415 - only here

    need(available() is None, str(available()))
    app = create_simulator("Exercise", now)
    async with serving(app, "127.0.0.1", 0):
        wire = InProcess(app)
        access = await wire.control("GET", "/_sandbox/access")
        assert access["client_id"] == YOU
        hub: HubSimulator = app.state.hub
        await wire.control("POST", "/_sandbox/script", [{"on": "createCaseHealth", "do": "read"}])
        connection = hub.access
        place = {"vhost": VHOST, "client_id": YOU, "model": 3}
        from adapters.lrm.hubsante.client import HubConnection  # noqa: PLC0415 - same
        from adapters.wire.perimeter import Perimeter  # noqa: PLC0415 - same

        mine = HubConnection(connection.link(YOU, "Exercise"), Perimeter.model_validate(place), now)
        tree = message(at=now(), sender=YOU, distribution_id=f"{YOU}_essai")
        await mine.publish(json.dumps(tree).encode(), "application/json", f"{YOU}_essai")
        await mine.publish(b"<html>", "text/html", f"{YOU}_autre")
        await hub.quiet(VHOST)
        state = await wire.control("GET", "/_sandbox/state")
        assert list(state[VHOST]["cases"]) == [CASE["caseId"]]
        lines = await wire.control("GET", "/_sandbox/lines")
        assert [line["code"] for line in lines if line["sender"] == YOU] == [None, 101]
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub") as browser:
            page = (await browser.get("/")).text
        assert "Unhandled Content-Type" in page
        assert all(str(one) in page for one in (access["url"], access["certificate"], CASE["owner"], VHOST))
        await mine.aclose()


@pytest.mark.rabbitmq
async def test_what_a_client_rejects_is_told_to_nobody(rabbitmq: RabbitMq) -> None:
    """Since 2026: only an expiry is told to the sender."""
    await drained(rabbitmq, f"{OURS}.info")
    await put(rabbitmq, f"{SAMU}.message", json.dumps(message(at=now())).encode())
    async with dispatching(rabbitmq) as dispatcher:
        async with channel(rabbitmq, SAMU) as theirs:
            waiting = await theirs.get_queue(f"{SAMU}.message", ensure=False)
            found = await waiting.get()
            await found.reject(requeue=False)
        async with asyncio.timeout(10):
            while not dispatcher.lines:  # noqa: ASYNC110 - the condition is of another system
                await asyncio.sleep(0.02)
        assert dispatcher.lines[-1].code == 500
        assert await drained(rabbitmq, f"{OURS}.info") == []
