"""The door that the hub comes in by: each delivery is read, accepted in one transaction, and only then given back as taken."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from adapters.lrm.hubsante.client import Delivery
from adapters.lrm.hubsante.inbound import read_delivery
from adapters.lrm.hubsante.judge.findings import Finding, Part
from gateway.hub.accept import Rules, accept, release
from gateway.hub.health import Health
from gateway.hub.received.content import content_view
from gateway.register import Register

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from adapters.lrm.hubsante.client import LinkState
    from adapters.lrm.hubsante.inbound import ReceivedMessage
    from adapters.lrm.hubsante.judge.judgement import Judge
    from adapters.lrm.hubsante.reading.content import Reading
    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.register.hub.messages import HubMessage
    from gateway.settings.settings import HubSettings
    from outbox.database.database import Database

log = logging.getLogger("gateway.hub")

UNEXPECTED = Finding(Part.CONTENT, "", "contenu inattendu")


class Listener(Protocol):
    """The adapter, as far as the door needs it."""

    @property
    def judges(self) -> Mapping[int, Judge]:
        """The official schemas, by version."""

    @property
    def reading(self) -> Reading:
        """The mappings of what comes in."""

    @property
    def links(self) -> Sequence[LinkState]:
        """How each perimeter that was opened stands."""

    def listen(self, take: Callable[[Delivery], Awaitable[None]]) -> None:
        """Connect every perimeter, and hand over what comes."""


@dataclass(frozen=True, slots=True)
class HubDoor:
    """One hub, all its perimeters."""

    settings: HubSettings
    listener: Listener
    deployment: DeploymentRules
    database: Database
    clock: Callable[[], datetime]
    silence: float
    """Seconds without a connection after which a perimeter alarms."""

    @property
    def rules(self) -> Rules:
        """What this deployment decided."""
        return Rules(
            mode=self.settings.link.mode,
            hold=timedelta(seconds=self.settings.hold_seconds),
            relays={str(name): to for name, to in self.settings.relays.items()},
            senders={
                perimeter.vhost: frozenset(perimeter.senders)
                for perimeter in self.settings.perimeters
                if perimeter.senders
            },
        )

    def open(self, ring: Callable[[], None]) -> None:
        """Listen; returns at once, and stays connected until the adapter is closed. `ring` tells those who follow live."""

        async def take(delivery: Delivery) -> None:
            await self.take(delivery)
            ring()

        self.listener.listen(take)

    async def take(self, delivery: Delivery) -> None:
        """Accept one delivery; durable when this returns."""
        received = read_delivery(delivery, self._judge(delivery.vhost), self.clock(), self.listener.reading)
        try:
            await self._accept(received)
        except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
            # A content that no schema stood before, and that is not what we took it for: refused, not asked for again for ever.
            key, kind = received.key, type(error).__name__
            log.error("hub.unexpected vhost=%s use_case=%s error=%s", received.vhost, key, kind)  # noqa: TRY400 - a trace would quote the message
            await self._accept(replace(received, faults=(*received.faults, UNEXPECTED)))

    async def _accept(self, received: ReceivedMessage) -> None:
        await self.database.write(
            lambda connection: accept(Register(connection), self.deployment, self.rules, received, self._read)
        )

    async def contents(self, messages: Sequence[HubMessage], *, personal: bool) -> list[dict[str, Any]]:
        """What messages say, in words, in their order; read again by the mappings in force now."""

        def read() -> list[dict[str, Any]]:
            return [content_view(self._read(message, message.received_at), personal=personal) for message in messages]

        return await asyncio.to_thread(read)

    async def look(self) -> None:
        """Answer the updates that waited in vain, and watch our certificate and our perimeters."""
        now = self.clock()
        await self.database.write(
            lambda connection: release(Register(connection), self.deployment, self.rules, self._read, now)
        )
        health = Health(self.settings.link.mode, self.settings.certificate_days, self.silence)
        certificate, links = self.settings.link.certificate, self.listener.links
        await self.database.write(lambda connection: health.look(Register(connection), certificate, links, now))

    def _read(self, held: HubMessage, at: datetime) -> ReceivedMessage:
        delivery = Delivery(held.vhost, held.box, held.content_type, held.raw, redelivered=True)
        return read_delivery(delivery, self._judge(held.vhost), at, self.listener.reading)

    def _judge(self, vhost: str) -> Judge | None:
        version = next((perimeter.model for perimeter in self.settings.perimeters if perimeter.vhost == vhost), None)
        return self.listener.judges.get(version) if version else None
