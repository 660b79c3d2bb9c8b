"""The broker of the sandbox gives a client what the contract gives it, and nothing else."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import aio_pika
import pytest
from aio_pika.exceptions import AMQPConnectionError
from aiormq.exceptions import ChannelAccessRefused

from adapters.lrm.hubsante.certificates import Authority, days_left, expires_at
from tests.hubsante.hub_stage import VHOST, channel, context
from tests.servers.rabbitmq import OURS, SAMU, RabbitMq

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


@pytest.mark.rabbitmq
async def test_a_client_writes_under_its_own_id_only(rabbitmq: RabbitMq) -> None:
    """The topic permission: another routing key on `hubsante`, or another exchange, closes the channel."""
    async with channel(rabbitmq, OURS) as mine:
        hub = await mine.get_exchange("hubsante")
        await hub.publish(aio_pika.Message(b"essai"), routing_key=OURS)
        with pytest.raises(ChannelAccessRefused):
            await hub.publish(aio_pika.Message(b"essai"), routing_key=SAMU)
    async with channel(rabbitmq, OURS) as mine:
        shortcut = await mine.get_exchange("distribution", ensure=False)
        with pytest.raises(ChannelAccessRefused):
            await shortcut.publish(aio_pika.Message(b"essai"), routing_key=f"{SAMU}.message")


@pytest.mark.rabbitmq
async def test_a_client_reads_its_own_queues_only_and_declares_nothing(rabbitmq: RabbitMq) -> None:
    """A passive declaration passes; an active one, or another's queue, is refused."""
    async with channel(rabbitmq, OURS) as mine:
        assert await mine.declare_queue(f"{OURS}.message", passive=True)
        with pytest.raises(ChannelAccessRefused):
            await mine.declare_queue(f"{OURS}.autre")
    async with channel(rabbitmq, OURS) as mine:
        other = await mine.get_queue(f"{SAMU}.message", ensure=False)
        with pytest.raises(ChannelAccessRefused):
            await other.get(fail=False)


@pytest.mark.rabbitmq
async def test_nobody_enters_without_a_certificate(rabbitmq: RabbitMq) -> None:
    """There is no password, and no listener without TLS."""
    bare = ssl.create_default_context(cafile=str(rabbitmq.authority.ca))
    with pytest.raises((AMQPConnectionError, OSError)):
        await aio_pika.connect(f"amqps://localhost:{rabbitmq.port}/{VHOST}?auth=EXTERNAL", ssl_context=bare)
    with pytest.raises((AMQPConnectionError, OSError)):
        await aio_pika.connect(
            f"amqps://guest:guest@localhost:{rabbitmq.port}/{VHOST}", ssl_context=context(rabbitmq, OURS)
        )


@pytest.mark.parametrize("ends", [datetime(2026, 5, 30, 10, 0, 5, tzinfo=UTC), datetime(2051, 1, 2, tzinfo=UTC)])
def test_the_end_of_a_certificate_is_read(tmp_path: Path, ends: datetime) -> None:
    """In both ways that a date is written in one, UTCTime and GeneralizedTime."""
    papers = Authority(tmp_path, NOW).issue("essai", ends=ends)
    assert expires_at(papers.certificate) == ends
    assert days_left(papers.certificate, ends - timedelta(days=3)) == 3
    assert days_left(papers.certificate, ends + timedelta(hours=12)) == -0.5


def test_a_file_without_a_certificate_is_said_to_have_none(tmp_path: Path) -> None:
    """A key given in the place of the certificate is told at once, not at the first connection."""
    papers = Authority(tmp_path, NOW).issue("essai")
    with pytest.raises(ValueError, match="aucun certificat"):
        expires_at(papers.private_key)
