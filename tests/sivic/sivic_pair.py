"""A SI-VIC of the simulator, and the adapter wired to it in process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mapping
from adapters.sivic import open_sivic
from adapters.sivic.simulator import create_simulator
from adapters.wire.link import Link
from adapters.wire.simulated import InProcess
from tests.sivic.documents import NOW, claimed, document

if TYPE_CHECKING:
    from outbox.message import Receipt

MAPPINGS = {
    "event": "sivic/evenement@1",
    "victim": "sivic/personne@1",
    "victim.deleted": "sivic/retrait@1",
    "identifier.detached": "sivic/numero-detache@1",
    "event.answer": "sivic/reponse-evenement@1",
    "victim.answer": "sivic/reponse-personne@1",
    "held": "sivic/denombrement-detenu@1",
}


def shipped_mappings() -> dict[str, mapping.Mapping]:
    """The mappings as they ship, by topic."""
    catalogue = mapping.shipped()
    return {topic: catalogue.mapping(name) for topic, name in MAPPINGS.items()}


class Pair:
    """A simulated SI-VIC and our adapter."""

    def __init__(
        self,
        mode: str = "Actual",
        link_mode: str | None = None,
        read_timeout: float = 5.0,
        mappings: dict[str, mapping.Mapping] | None = None,
    ) -> None:
        self.app = create_simulator(mode, lambda: NOW)
        self.wire = InProcess(self.app)
        link = Link(url="http://sivic.essai", mode=link_mode or mode, read_timeout=read_timeout)
        self.adapter = open_sivic(link, mappings or shipped_mappings(), self.wire, clock=lambda: NOW)

    async def state(self) -> dict[str, Any]:
        """What SI-VIC holds."""
        state: dict[str, Any] = await self.wire.control("GET", "/_sandbox/state")
        return state

    async def script(self, *faults: dict[str, Any]) -> None:
        """Append to the script of faults."""
        await self.wire.control("POST", "/_sandbox/faults", json=list(faults))

    async def open_event(self) -> Receipt:
        """The event of the documents is opened."""
        return await self.adapter.deliver(claimed("event", document(), id_="msg-event"))
