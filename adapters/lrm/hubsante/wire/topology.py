"""What the hub's broker holds for its clients: virtual hosts, exchanges, queues, policies and permissions, as definitions.

A client may write on `hubsante` under its own id, read its three queues, and configure nothing. It exists so that the
sandbox and the tests refuse what the national broker refuses. It talks to no broker.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EXCHANGE = "hubsante"
DISTRIBUTION = "distribution"
DEAD_LETTERS = "distribution.dlx"
DISPATCH = "dispatch"
DISPATCH_DEAD = "dispatch.dlq"
BOXES = ("message", "ack", "info")
HUB_ID = "fr.health.hub"
DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Client:
    """One client of the hub as its configuration knows it."""

    client_id: str
    common_name: str
    """Of its certificate: the broker's user. It may differ from the id."""
    vhosts: tuple[str, ...]
    xml: bool = False
    """Whether the hub hands it XML."""


def queue(client_id: str, box: str) -> str:
    """`fr.health.samu330.message`."""
    return f"{client_id}.{box}"


def definitions(clients: Iterable[Client], *, hub: str = HUB_ID, ttl_ms: int = DAY_MS) -> dict[str, Any]:
    """The document that the broker imports when it starts. `hub` is the common name of the dispatcher."""
    known = list(clients)
    vhosts = sorted({vhost for client in known for vhost in client.vhosts})
    users = sorted({client.common_name for client in known} | {hub})
    return {
        "users": [{"name": name, "password_hash": "", "tags": []} for name in users],
        "vhosts": [{"name": vhost} for vhost in vhosts],
        "permissions": [*_hub_permissions(hub, vhosts), *(_permission(*pair) for pair in _memberships(known))],
        "topic_permissions": [_topic_permission(*pair) for pair in _memberships(known)],
        "exchanges": [_exchange(vhost, *kind) for vhost in vhosts for kind in _EXCHANGES],
        "queues": [_queue(vhost, name) for vhost, name in _boxes(known)]
        + [_queue(vhost, name) for vhost in vhosts for name in (DISPATCH, DISPATCH_DEAD)],
        "bindings": [_binding(vhost, DISTRIBUTION, name, name) for vhost, name in _boxes(known)]
        + [_binding(vhost, EXCHANGE, DISPATCH, "#") for vhost in vhosts]
        + [_binding(vhost, DEAD_LETTERS, DISPATCH_DEAD, "") for vhost in vhosts],
        "policies": [_policy(vhost, name, ttl_ms) for vhost in vhosts for name in ("message|ack", "info")],
    }


_EXCHANGES = ((EXCHANGE, "topic"), (DISTRIBUTION, "direct"), (DEAD_LETTERS, "fanout"))


def _memberships(clients: Iterable[Client]) -> Iterator[tuple[str, Client]]:
    for client in clients:
        for vhost in client.vhosts:
            yield vhost, client


def _boxes(clients: Iterable[Client]) -> Iterator[tuple[str, str]]:
    for vhost, client in _memberships(clients):
        for box in BOXES:
            yield vhost, queue(client.client_id, box)


def _permission(vhost: str, client: Client) -> dict[str, str]:
    mine = re.escape(client.client_id)
    return {
        "user": client.common_name,
        "vhost": vhost,
        "configure": "^$",
        "write": f"^{EXCHANGE}$",
        "read": rf"^{mine}\.({'|'.join(BOXES)})$",
    }


def _topic_permission(vhost: str, client: Client) -> dict[str, str]:
    return {
        "user": client.common_name,
        "vhost": vhost,
        "exchange": EXCHANGE,
        "write": f"^{re.escape(client.client_id)}$",
        "read": "^$",
    }


def _hub_permissions(hub: str, vhosts: Iterable[str]) -> Iterator[dict[str, str]]:
    for vhost in vhosts:
        yield {"user": hub, "vhost": vhost, "configure": ".*", "write": ".*", "read": ".*"}


def _exchange(vhost: str, name: str, kind: str) -> dict[str, Any]:
    common = {"durable": True, "auto_delete": False, "internal": False, "arguments": {}}
    return {"vhost": vhost, "name": name, "type": kind, **common}


def _queue(vhost: str, name: str) -> dict[str, Any]:
    return {"vhost": vhost, "name": name, "durable": True, "auto_delete": False, "arguments": {}}


def _binding(vhost: str, source: str, name: str, key: str) -> dict[str, Any]:
    common = {"destination": name, "destination_type": "queue", "routing_key": key, "arguments": {}}
    return {"vhost": vhost, "source": source, **common}


def _policy(vhost: str, boxes: str, ttl_ms: int) -> dict[str, Any]:
    return {
        "vhost": vhost,
        "name": f"client.{boxes.replace('|', '-')}",
        "pattern": rf"^(fr\.).*\.({boxes})$",
        "apply-to": "queues",
        "priority": 1,
        "definition": {"message-ttl": ttl_ms, "dead-letter-exchange": DEAD_LETTERS},
    }
