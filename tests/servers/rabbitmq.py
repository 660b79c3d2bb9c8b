"""A private RabbitMQ as the hub's own: TLS with client certificates, and the permissions that the contract gives to a client.

One node for the whole run (`shared`). Tests that stop it, or fill its disk, start one of their own (`own_broker`).
"""

from __future__ import annotations

import atexit
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.lrm.hubsante.certificates import Authority, Paths
from adapters.lrm.hubsante.sandbox import broker as nodes
from adapters.lrm.hubsante.wire.topology import HUB_ID, Client, definitions
from tests.servers import need

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = "fr.health.passerelle"
SAMU = "fr.health.samu330"
SMUR = "fr.health.test.tablette"
FIRE = "fr.fire.nexsis.sdis33"
COMMON_NAME = "passerelle.exemple.fr"
"""Ours differs from our client id, as it may."""
VHOSTS = ("15-15_v1.5", "15-15_v2.0", "15-15_v2.1", "15-smur_v1.7", "15-nexsis_v1.9.1")
CLIENTS = (
    Client(OURS, COMMON_NAME, VHOSTS),
    Client(SAMU, SAMU, VHOSTS),
    Client(SMUR, SMUR, VHOSTS[3:4]),
    Client(FIRE, FIRE, VHOSTS[4:], xml=True),
)


@dataclass(frozen=True, slots=True)
class RabbitMq:
    """The node, its authority, and a certificate for each client."""

    node: nodes.Broker
    authority: Authority
    papers: dict[str, Paths]
    """By client id; the dispatcher's under `HUB_ID`."""

    @property
    def port(self) -> int:
        """Of TLS."""
        return self.node.port


@contextmanager
def own_broker() -> Iterator[RabbitMq]:
    """A node of one's own."""
    sbin = nodes.installed()
    need(sbin, "no RabbitMQ on this machine (rabbitmq-server)")
    need(find_spec("cryptography"), "no package cryptography to make certificates")
    assert sbin is not None
    with tempfile.TemporaryDirectory(prefix="mq-") as name:
        folder = Path(name)
        authority = Authority(folder, datetime.now(UTC))  # noqa: TID251 - TLS itself looks at the real time
        server = authority.issue("serveur", host=nodes.HOST)
        papers = {client.client_id: authority.issue(client.common_name) for client in CLIENTS}
        papers[HUB_ID] = authority.issue(HUB_ID)
        with nodes.running(folder, sbin, server, authority.ca, definitions(CLIENTS)) as node:
            yield RabbitMq(node, authority, papers)


_run = ExitStack()
atexit.register(_run.close)


@cache
def shared() -> RabbitMq:
    """The node of the whole run, started when first asked for, stopped with the process."""
    return _run.enter_context(own_broker())
