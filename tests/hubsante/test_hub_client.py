"""The client on a real broker: what is confirmed is held, what is taken is durable first, and every cut is survived."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiormq import exceptions as amqp

from adapters.lrm.hubsante.client import Delivery, HubConnection
from adapters.lrm.hubsante.faults import broken_broker, not_connected, trouble_of
from adapters.lrm.hubsante.wire.topology import HUB_ID
from outbox.errors import DeliveryError, TransientDeliveryError, UnreachableError
from tests.hubsante.hub_stage import VHOST, channel, drained, link, now, perimeter, put, until
from tests.servers.rabbitmq import FIRE, OURS, SAMU, RabbitMq

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

QUICK = (0.05, 0.2)
JSON = "application/json"


@asynccontextmanager
async def connected(broker: RabbitMq, take: Any = None, **changes: Any) -> AsyncIterator[HubConnection]:
    """A connection of ours."""
    where = changes.pop("perimeter", perimeter())
    client = changes.pop("client", OURS)
    connection = HubConnection(link(broker, client, **changes), where, now, QUICK)
    connection.open(take)
    try:
        yield connection
    finally:
        await connection.aclose()


class Taken(list[bytes]):
    """What was made durable here."""

    async def __call__(self, delivery: Delivery) -> None:
        """Keep it."""
        self.append(delivery.body)


async def test_a_publication_carries_what_the_contract_asks(rabbitmq: RabbitMq) -> None:
    """Under our id, persistent, with the exact content type; returned means that the broker holds it."""
    await drained(rabbitmq, "dispatch")
    async with connected(rabbitmq) as connection:
        await connection.publish(b"{}", JSON, f"{OURS}_1")
    [message] = await drained(rabbitmq, "dispatch")
    assert (message.routing_key, message.content_type, int(message.delivery_mode), message.priority) == (
        OURS,
        JSON,
        2,
        0,
    )
    assert message.expiration is None


async def test_what_is_not_durable_yet_is_given_again(rabbitmq: RabbitMq) -> None:
    """A connection lost between the delivery and its keeping loses nothing; kept, it is gone from the broker."""
    await put(rabbitmq, f"{OURS}.message", b"essai-durable")
    started, never = asyncio.Event(), asyncio.Event()

    async def hang(_: Delivery) -> None:
        started.set()
        await never.wait()

    async with connected(rabbitmq, hang):
        await asyncio.wait_for(started.wait(), 10)
    taken = Taken()
    async with connected(rabbitmq, taken):
        await until(lambda: taken == [b"essai-durable"])
    assert await drained(rabbitmq, f"{OURS}.message") == []


async def test_what_could_not_be_kept_is_given_again(rabbitmq: RabbitMq) -> None:
    """A database that refuses for a moment costs a moment."""
    tries: list[bool] = []

    async def at_last(delivery: Delivery) -> None:
        tries.append(delivery.redelivered)
        if len(tries) < 3:
            raise OSError("base pleine")

    await put(rabbitmq, f"{OURS}.message", b"essai")
    async with connected(rabbitmq, at_last):
        await until(lambda: len(tries) == 3)
    assert tries == [False, True, True]


async def test_the_three_queues_are_read_with_a_bound(rabbitmq: RabbitMq) -> None:
    """No more messages than the prefetch wait here; the rest wait at the hub."""
    for box in ("message", "ack", "info"):
        await put(rabbitmq, f"{OURS}.{box}", *[box.encode()] * 3)
    held: list[str] = []
    release = asyncio.Event()

    async def hold(delivery: Delivery) -> None:
        held.append(delivery.box)
        await release.wait()

    async with connected(rabbitmq, hold, perimeter=perimeter(prefetch=2)):
        await until(lambda: len(held) == 6)
        release.set()
        await until(lambda: len(held) == 9)
    assert {box: held.count(box) for box in held} == {"message": 3, "ack": 3, "info": 3}


async def test_two_perimeters_do_not_meet(rabbitmq: RabbitMq) -> None:
    """One connection per virtual host: each has its own messages."""
    other = "15-nexsis_v1.9.1"
    await drained(rabbitmq, "dispatch")
    async with connected(rabbitmq) as here, connected(rabbitmq, perimeter=perimeter(other)) as there:
        await here.publish(b"15-15", JSON, f"{OURS}_1")
        await there.publish(b"15-nexsis", JSON, f"{OURS}_2")
    assert [message.body for message in await drained(rabbitmq, "dispatch")] == [b"15-15"]
    assert [message.body for message in await drained(rabbitmq, "dispatch", other)] == [b"15-nexsis"]


async def test_a_certificate_that_ended_is_told(rabbitmq: RabbitMq) -> None:
    """Nothing was sent, and the cause names the certificates."""
    old = rabbitmq.authority.issue("passerelle.exemple.fr", ends=now() - timedelta(days=1))
    async with connected(rabbitmq, certificate=old.certificate, private_key=old.private_key) as connection:
        await until(lambda: connection.state.trouble)
        with pytest.raises(UnreachableError) as caught:
            await connection.publish(b"{}", JSON, f"{OURS}_1")
    assert caught.value.cause.code == "hub.certificat"
    assert caught.value.sent == b""


async def test_another_host_is_not_believed(rabbitmq: RabbitMq) -> None:
    """The host name is verified: a good certificate for another name opens nothing."""
    async with connected(rabbitmq, url=f"amqps://127.0.0.1:{rabbitmq.port}") as connection:
        await until(lambda: connection.state.trouble)
        with pytest.raises(UnreachableError) as caught:
            await connection.publish(b"{}", JSON, f"{OURS}_1")
    assert caught.value.cause.code == "hub.tls"


async def test_a_perimeter_that_is_not_ours_is_told(rabbitmq: RabbitMq) -> None:
    """A certificate that the virtual host does not know is a set-up fault, said as such."""
    where = perimeter("15-15_v2.1", client_id=FIRE)
    async with connected(rabbitmq, client=FIRE, perimeter=where) as connection:
        await until(lambda: connection.state.trouble)
        with pytest.raises(UnreachableError) as caught:
            await connection.publish(b"{}", JSON, f"{FIRE}_1")
    assert caught.value.cause.code == "hub.identite"


async def test_an_id_that_is_not_ours_publishes_nothing(rabbitmq: RabbitMq) -> None:
    """The broker closes the channel: the publication is refused, and the connection comes back."""
    await drained(rabbitmq, "dispatch")
    async with connected(rabbitmq, perimeter=perimeter(client_id=SAMU)) as connection:
        with pytest.raises(TransientDeliveryError) as caught:
            await connection.publish(b"{}", JSON, f"{SAMU}_1")
        await until(lambda: connection.state.connected)
    assert caught.value.cause.code == "hub.interdit"
    assert await drained(rabbitmq, "dispatch") == []


async def test_a_message_that_the_hub_returns_is_refused_for_now(fragile: RabbitMq) -> None:
    """Mandatory: what reaches no queue comes back, is told as such, and the connection that said so goes on."""
    async with connected(fragile) as connection:
        await until(lambda: connection.state.connected)
        since = connection.state.since
        async with channel(fragile, HUB_ID) as theirs:
            dispatch = await theirs.get_queue("dispatch", ensure=False)
            await dispatch.unbind("hubsante", "#")
            try:
                with pytest.raises(TransientDeliveryError) as caught:
                    await connection.publish(b"{}", JSON, f"{OURS}_1")
            finally:
                await dispatch.bind("hubsante", "#")
        assert caught.value.cause.code == "hub.sans_file"
        await connection.publish(b"ensuite", JSON, f"{OURS}_1")
        assert connection.state.since == since
    assert [message.body for message in await drained(fragile, "dispatch")] == [b"ensuite"]


async def test_a_hub_that_refuses_our_virtual_host_is_told_each_time_at_once(rabbitmq: RabbitMq) -> None:
    """Nobody waits the whole patience for a connection that is being refused; nothing was sent."""
    where = perimeter("15-15_v9.9")
    async with connected(rabbitmq, perimeter=where, connect_timeout=3600) as connection:
        for _ in range(3):
            with pytest.raises(UnreachableError) as caught:
                await connection.publish(b"{}", JSON, f"{OURS}_1")
            assert caught.value.cause.code == "hub.identite"


async def test_the_broker_killed_in_the_middle_of_publications(fragile: RabbitMq) -> None:
    """Confirmed means held after the crash; what was not confirmed raises, and passes when sent again."""
    confirmed, refused = set[bytes](), list[bytes]()
    async with connected(fragile, read_timeout=30, connect_timeout=60) as connection:

        async def send(body: bytes) -> None:
            try:
                await connection.publish(body, JSON, f"{OURS}_{body.decode()}")
                confirmed.add(body)
            except TransientDeliveryError:
                refused.append(body)

        sending = [asyncio.create_task(send(b"%d" % number)) for number in range(400)]
        await until(lambda: len(confirmed) >= 20)
        await asyncio.to_thread(fragile.node.stop, signal.SIGKILL)
        await until(lambda: not connection.state.connected)
        await asyncio.to_thread(fragile.node.start)
        await asyncio.gather(*sending)
        await asyncio.gather(*(send(body) for body in list(refused)))
    assert confirmed == {b"%d" % number for number in range(400)}
    held = [message.body for message in await drained(fragile, "dispatch")]
    assert set(held) == confirmed


async def test_the_broker_killed_in_the_middle_of_a_delivery(fragile: RabbitMq) -> None:
    """What was being kept when it died comes again, marked as redelivered; nothing is lost."""
    bodies = [b"essai-%d" % number for number in range(5)]
    await put(fragile, f"{OURS}.message", *bodies)
    seen: list[tuple[bytes, bool]] = []
    release = asyncio.Event()

    async def slow(delivery: Delivery) -> None:
        seen.append((delivery.body, delivery.redelivered))
        await release.wait()

    async with connected(fragile, slow):
        await until(lambda: len(seen) == 5)
        await asyncio.to_thread(fragile.node.stop, signal.SIGKILL)
        release.set()
        await asyncio.to_thread(fragile.node.start)
        await until(lambda: len(seen) == 10, 60)
    assert sorted(body for body, _ in seen[5:]) == bodies
    assert await drained(fragile, f"{OURS}.message") == []


async def test_a_hub_that_is_down_at_the_start_is_joined_when_it_comes(fragile: RabbitMq) -> None:
    """The first connection is tried again like any other; until then a publication is refused, unsent."""
    await asyncio.to_thread(fragile.node.stop)
    async with connected(fragile) as connection:
        with pytest.raises(UnreachableError):
            await connection.publish(b"{}", JSON, f"{OURS}_1")
        await asyncio.to_thread(fragile.node.start)
        await until(lambda: connection.state.connected, 60)
        await connection.publish(b"premier", JSON, f"{OURS}_1")
    assert b"premier" in [message.body for message in await drained(fragile, "dispatch")]


async def test_a_full_disk_at_the_broker(fragile: RabbitMq) -> None:
    """A broker that blocks confirms nothing: the publication waits, then is refused for now, and passes afterwards."""
    await asyncio.to_thread(fragile.node.tell, "set_disk_free_limit", "999999GB")
    try:
        async with connected(fragile, read_timeout=2) as connection:
            said = ""
            while said != "hub.sature":  # The alarm may take a moment to reach the connections.
                with contextlib.suppress(TransientDeliveryError):
                    await connection.publish(b"avant", JSON, f"{OURS}_0")
                    continue
                with pytest.raises(TransientDeliveryError) as caught:
                    await connection.publish(b"plein", JSON, f"{OURS}_1")
                said = caught.value.cause.code
    finally:
        await asyncio.to_thread(fragile.node.tell, "set_disk_free_limit", "1MB")
    async with connected(fragile) as connection:
        await connection.publish(b"plein", JSON, f"{OURS}_1")
    assert b"plein" in [message.body for message in await drained(fragile, "dispatch", client=HUB_ID)]


@pytest.mark.parametrize(
    "raised",
    [kind for kind in vars(amqp).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    + [OSError, TimeoutError, asyncio.CancelledError, RuntimeError, ValueError],
)
def test_every_exception_of_the_library_has_its_line(raised: type[BaseException]) -> None:
    """All are DeliveryErrors with a code and a French title, and say nothing of the message."""
    error = broken_broker(raised.__new__(raised), b"corps")
    assert isinstance(error, DeliveryError)
    assert error.cause.code.startswith("hub.")
    assert "corps" not in str(error)
    assert isinstance(not_connected(raised.__name__), UnreachableError)


def test_errors_that_name_each_other_are_read_to_their_end() -> None:
    """Two errors may be each other's context: the reader stops where it has been."""
    one, other = OSError(), OSError()
    one.__context__, other.__context__ = other, one
    assert trouble_of(one) == "OSError"


def test_the_virtual_host_is_the_contract_s() -> None:
    """Perimeter and DSF version, as the hub names them."""
    assert perimeter().vhost == VHOST
