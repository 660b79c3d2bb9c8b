"""The whole house at the hub: our outbox, a real broker, the hub between, partners that answer, and back. On one clock."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from adapters.lrm.hubsante.client import HubConnection
from adapters.lrm.hubsante.sandbox.partner import Partner
from adapters.lrm.hubsante.simulator import Access, HubSimulator
from tests.gateway.house import open_house
from tests.hubsante.hub_messages import judge
from tests.hubsante.hub_stage import PATIENCE, perimeter
from tests.servers.rabbitmq import CLIENTS, OURS, SAMU, RabbitMq
from tests.shared_material import BESIDE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from gateway.register.hub.messages import HubCase
    from tests.gateway.house import OpenHouse

HEALTH, TABLET_SIDE, FIRE_SIDE = "15-15_v2.1", "15-smur_v1.7", "15-nexsis_v1.9.1"
FIRE_MESSAGES = ("createCase", "emsi", "resourcesInfoCisu")
FIRE_NAMES = ("RC-EDA", "EMSI", "RC-RI")
"""What this 15-NexSIS carries: more than the public list, as a hub may."""
MODELS = BESIDE / "hubsante" if (BESIDE / "hubsante").exists() else None


class Link:
    """The house, the hub between, and those on the other side."""

    def __init__(self, house: OpenHouse, hub: HubSimulator, closing: AsyncExitStack) -> None:
        self.house = house
        self.hub = hub
        self._closing = closing

    @property
    def samu(self) -> Partner:
        """The SAMU on the 15-15."""
        return self.hub.partners[HEALTH]

    async def join(self, client_id: str, vhost: str) -> Partner:
        """Another client of the hub: a tablet, NexSIS."""
        place = perimeter(vhost, client_id, name=client_id.rpartition(".")[2])
        link = self.hub.access.link(client_id, "Exercise")
        known = judge(3) if MODELS else None
        one = Partner(place, HubConnection(link, place, self.house.clock), known, self.house.clock)
        one.open()
        self._closing.push_async_callback(one.aclose)
        return one

    def held(self, vhost: str = HEALTH) -> dict[str, Any]:
        """What the SAMU holds, by case."""
        return dict(self.hub.snapshot()[vhost]["cases"])

    def now(self) -> str:
        """The present, as the contract writes it."""
        return self.house.clock().replace(microsecond=0).isoformat()

    async def settle(self) -> None:
        """Let a second pass: what is due leaves, and what waited is looked at."""
        await self.house.settle()
        assert self.house.runtime.hub is not None
        await self.house.runtime.hub.look()

    async def until(self, condition: Callable[[], Any]) -> Any:
        """Move the house until a condition holds: what is due leaves, what comes is taken."""
        async with asyncio.timeout(PATIENCE):
            while True:
                await self.settle()
                if found := condition():
                    return found
                await asyncio.sleep(0.02)

    async def until_known(self, ask: Callable[[Any], Any], wanted: Callable[[Any], Any] = bool) -> Any:
        """The same, of the register: what it says, once that is as wanted."""
        async with asyncio.timeout(PATIENCE):
            while not wanted(found := await self.house.runtime.read(ask)):
                await self.settle()
                await asyncio.sleep(0.02)
        return found

    async def steps(self, case: str) -> list[str]:
        """How far the messages of a case went, in the order it was heard."""
        found = await self.house.runtime.read(lambda register: register.hub.steps_of_case(case))
        return [
            one.step.value if one.code is None or one.step == "published" else f"{one.step.value} {one.code}"
            for one in found
        ]

    async def until_step(self, case: str, step: str, times: int = 1) -> list[str]:
        """Wait for a step of a case."""
        async with asyncio.timeout(PATIENCE):
            while (found := await self.steps(case)).count(step) < times:
                await self.settle()
                await asyncio.sleep(0.02)
        return found

    async def kept(self, case: str) -> list[tuple[str | None, str]]:
        """The use cases received about a case, and what became of each."""
        found = await self.house.runtime.read(lambda register: register.hub.messages_of(case))
        return [(one.use_case, one.state) for one in found]

    async def case(self, case: str) -> HubCase:
        """A shared case, as the register has it."""
        found = await self.house.runtime.read(lambda register: register.hub.case(case))
        assert found is not None
        return found

    async def acknowledged(self, by: Partner, sent: list[str]) -> dict[str, Any]:
        """DistributionID → how far it went here, once every one of them was answered, none of them refused."""
        await self.until(lambda: {one["about"] for one in by.heard} >= set(sent))
        assert not [one for one in by.heard if one.get("refused") or one.get("code")], by.heard
        return {one["about"]: one["step"] for one in by.heard}


@asynccontextmanager
async def linked(broker: RabbitMq, folder: Path, recipient: str = SAMU, **changes: Any) -> AsyncIterator[Link]:
    """Everything open; each change is a setting of the hub, those of `house` of the whole."""
    more: dict[str, Any] = changes.pop("house", {})
    access = Access(f"amqps://localhost:{broker.port}", broker.authority.ca, broker.papers)
    papers = broker.papers[OURS]
    place = {"client_id": OURS, "model": 3, "recipients": {"*": recipient}}
    hub = {
        "link": {
            "url": access.url,
            "mode": "Exercise",
            "ca": access.ca,
            "certificate": papers.certificate,
            "private_key": papers.private_key,
            "connect_timeout": 30,
            "read_timeout": 30,
        },
        "perimeters": [
            {**place, "vhost": HEALTH, "topics": ["victim", "intervention.request", "intervention.cancel"]},
            {**place, "vhost": TABLET_SIDE, "topics": []},
            {**place, "vhost": FIRE_SIDE, "topics": ["counts"], "carries": FIRE_NAMES, **changes.pop("fire", {})},
        ],
        "models_dir": MODELS,
        **changes,
    }
    async with open_house(folder, hub=hub, **more) as house, AsyncExitStack() as closing:
        vhosts = (HEALTH, TABLET_SIDE, FIRE_SIDE)
        simulator = HubSimulator(
            access,
            "Exercise",
            house.clock,
            clients=CLIENTS,
            vhosts=vhosts,
            models_dir=MODELS,
            carried={FIRE_SIDE: FIRE_MESSAGES},
        )
        closing.push_async_callback(simulator.aclose)
        await simulator.open()
        assert house.runtime.hub is not None
        house.runtime.hub.open(house.runtime.bell.ring)
        yield Link(house, simulator, closing)
