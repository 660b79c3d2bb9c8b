"""Fixtures of the hub's tests: a broker whose queues are empty, whatever an earlier test left in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.hubsante.hub_stage import emptied
from tests.servers.postgres import postgres
from tests.servers.rabbitmq import RabbitMq, own_broker, shared

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["postgres"]


@pytest.fixture
async def rabbitmq() -> RabbitMq:
    """The node of the whole run."""
    return await emptied(shared())


@pytest.fixture(scope="session")
def node_to_break() -> Iterator[RabbitMq]:
    """A second node, for the tests that stop one or fill its disk."""
    with own_broker() as broker:
        yield broker


@pytest.fixture
async def fragile(node_to_break: RabbitMq) -> RabbitMq:
    """A node that may be killed and filled."""
    return await emptied(node_to_break)
