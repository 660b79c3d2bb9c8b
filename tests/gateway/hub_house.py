"""A house that has the Hub Santé among its neighbours, and no broker: what would leave is read in the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.wire.perimeter import TOPICS
from tests.gateway.house import open_house

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.gateway.house import OpenHouse

VHOST, OURS, SAMU = "15-15_v2.1", "fr.health.passerelle", "fr.health.samu330"


def hub_section(**more: Any) -> dict[str, Any]:
    """One perimeter that carries everything."""
    one = {"vhost": VHOST, "client_id": OURS, "model": 3, "topics": TOPICS, "recipients": {"*": SAMU}}
    link = {"url": "amqps://hub.exemple.fr:5671", "mode": "Exercise"}
    return {"link": link, "perimeters": [one | more.pop("perimeter", {})], **more}


def hub_house(folder: Path, **more: Any) -> AbstractAsyncContextManager[OpenHouse]:
    """The house, open in that folder."""
    return open_house(folder, hub=hub_section(**more))


async def leaving(house: OpenHouse, topic: str) -> list[dict[str, Any]]:
    """The canon bodies of a topic that wait for the hub, in the order they were queued; superseded ones too."""
    rows = [one for one in await house.messages(destination="hub") if one["topic"] == topic]
    found = [await house.runtime.desk.message(one["id"]) for one in reversed(rows)]
    return [one.envelope.body for one in found if one is not None]
