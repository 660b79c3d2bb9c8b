"""The Hub Santé on a real broker, for the suite of the Destination port.

The wire is troubled by a relay between the client and the broker: it can cut before the work or after it, and hold the
confirmation. A broker has no word for « wait » or « refused »: what the hub refuses comes back later, as a message.
"""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mapping
from adapters.lrm.hubsante import open_hub
from adapters.lrm.hubsante.client import HubConnection
from adapters.lrm.hubsante.simulator import SAMU, Access, HubSimulator
from adapters.wire.perimeter import TOPICS, Perimeter
from outbox.message import Envelope, Kind
from tests.contract.neighbour import Neighbour
from tests.hubsante.relay import Relay
from tests.servers import rabbitmq
from tests.servers.rabbitmq import CLIENTS, OURS, VHOSTS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

GOLDEN = Path(__file__).resolve().parents[3] / "mapping" / "golden" / "hub"
FIRE_SIDE = "15-nexsis_v1.9.1"
HEALTH_SIDE = "15-15_v2.1"
PERSONAL = ["TESTE", "Camille", "FR825NOVI0000TR123123", "Sœur au PMA", "Glasgow 15", "+33199000002", "rue de l’Essai"]
SAID = (
    ("victim", "victime@1/complete", "victim:vic_essai-1"),
    ("intervention.request", "demande@1/complete", "intervention:essai"),
    ("intervention.cancel", "annulation@1/motivee", "intervention:essai"),
    ("counts", "denombrement@1/exercice", "event:evt-essai:counts"),
)


def now() -> datetime:
    """The real time: a broker has no other."""
    return datetime.now(UTC)  # noqa: TID251 - see above


def envelopes(mode: str) -> list[Envelope]:
    """One of each topic."""
    made = []
    for number, (topic, golden, lane) in enumerate(SAID):
        body = json.loads((GOLDEN / f"{golden}.canon.json").read_text(encoding="utf-8"))
        body["mode"] = mode
        made.append(
            Envelope(
                id=f"{number:032x}",
                destination="hub",
                lane=lane,
                topic=topic,
                kind=Kind.COMMAND,
                mode=mode,
                body=body,
                created_at=now(),
            )
        )
    return made


def places() -> list[Perimeter]:
    """Cases on the health side, counts on the fire side."""
    common = {"client_id": OURS, "model": 3, "recipients": {"*": SAMU, "fr.health.samu31A": SAMU}}
    health = [topic for topic in TOPICS if topic != "counts"]
    said = ({"vhost": HEALTH_SIDE, "topics": health}, {"vhost": FIRE_SIDE, "topics": ["counts"], "carries": ["EMSI"]})
    return [Perimeter.model_validate({**common, **one}) for one in said]


@asynccontextmanager
async def build(mode: str = "Actual") -> AsyncIterator[Neighbour]:
    """A fresh adapter wired to a fresh simulator of `mode`, on the run's own broker."""
    broker = rabbitmq.shared()
    access = Access(f"amqps://localhost:{broker.port}", broker.authority.ca, broker.papers)
    hub = HubSimulator(access, mode, now, clients=CLIENTS, vhosts=VHOSTS, carried={FIRE_SIDE: ("emsi",)})
    relay = Relay(broker.port)
    await relay.open()
    link = access.link(OURS, mode).model_copy(
        update={"url": f"amqps://localhost:{relay.port}", "connect_timeout": 3.0, "read_timeout": 1.0}
    )
    catalogue = mapping.shipped()
    files = {
        "victim": "victime",
        "counts": "denombrement",
        "intervention.request": "demande",
        "intervention.cancel": "annulation",
    }
    joined = {place.vhost: HubConnection(link, place, now, (0.05, 0.2)) for place in places()}
    adapter = open_hub(
        link,
        places(),
        {topic: catalogue.mapping(f"hub/{name}@1") for topic, name in files.items()},
        clock=now,
        connections=joined,
    )
    try:
        await hub.open()
        for vhost in (HEALTH_SIDE, FIRE_SIDE):
            await hub.quiet(vhost)
        hub.clear()

        async def state() -> dict[str, Any]:
            for vhost in (HEALTH_SIDE, FIRE_SIDE):
                await hub.quiet(vhost)
            # When it was published moves with each publication, and the SAMU takes each distributionID once.
            return {vhost: side["cases"] for vhost, side in hub.snapshot().items()}

        async def script(faults: list[dict[str, Any]]) -> None:
            for topic in joined.values():  # Only a link that is up can be troubled.
                topic.open()
            for topic in joined.values():
                await topic.ready()
            await relay.script(faults)

        yield Neighbour(
            destination=adapter,
            envelopes=envelopes(mode),
            personal=PERSONAL,
            state=state,
            script=script,
            vanish=relay.vanish,
            faults=frozenset({"reset", "lost_ack", "timeout_after_work", "wrong_answer"}),
        )
    finally:
        await adapter.aclose()
        await hub.aclose()
        await relay.aclose()
