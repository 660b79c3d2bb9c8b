"""The house, once built: what the doors, the jobs and the command line share. Made by `bootstrap`, which alone knows what is concrete."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from adapters.wire.ws_security.username_token import TokenGate
from adapters.wire.ws_security.verify import SignatureGate
from gateway.register import Register
from gateway.runtime.census import Censuses
from gateway.runtime.readings import Readings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from adapters.wire.news import NewsPage
    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.mappings.dry_run import Open
    from gateway.mappings.versions import Versions
    from gateway.register.hub.messages import HubMessage
    from gateway.runtime.heartbeat import Heartbeat
    from gateway.security.admission import Admission
    from gateway.security.doorkeeper import Doorkeeper
    from gateway.settings.settings import Settings
    from outbox.database.database import Database
    from outbox.dispatch.dispatcher import Dispatcher
    from outbox.ports import Desk

T = TypeVar("T")


class Inbound(Protocol):
    """A neighbour that hands messages over by itself."""

    def open(self, ring: Callable[[], None]) -> None:
        """Listen; returns at once. `ring` is called after each thing that was committed."""

    async def look(self) -> None:
        """What is due by now."""

    async def contents(self, messages: Sequence[HubMessage], *, personal: bool) -> list[dict[str, Any]]:
        """What messages received say, in words; `personal` is the reader's right to what may identify somebody."""


class Inspector(Protocol):
    """Who can say what is wrong in a message of the Hub Santé."""

    async def inspect(self, raw: bytes, model: int | None = None) -> dict[str, Any]:
        """What there is to say of the bytes, as JSON-safe values."""


class Mirror(Protocol):
    """A neighbour that can be asked what it holds."""

    async def held(self, external_id: str) -> Mapping[str, int]:
        """Persons per severity (UA, UR, IMP, DCD, NC) that the neighbour holds for its own event."""

    async def people(self, external_id: str) -> Sequence[Mapping[str, Any]] | None:
        """Everybody whom it holds there, as `people` of `domain.canon.answers`; None when it does not know the event."""


class Follower(Protocol):
    """A CRRA's software that can be asked where a request is."""

    async def status(self, request_id: str) -> Mapping[str, Any]:
        """`etat`, `etat_le`, `dossier`, `motif_refus`; raises a `DeliveryError`."""


class Teller(Protocol):
    """A neighbour that says of its own accord what happened to persons, and can be asked for it."""

    async def news(self, cursor: str | None) -> NewsPage:
        """What it says after that cursor; raises `PageError`, or a `DeliveryError`."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything that is open."""

    settings: Settings
    deployment: DeploymentRules
    database: Database
    desk: Desk
    dispatcher: Dispatcher
    doorkeeper: Doorkeeper
    mirrors: Mapping[str, Mirror]
    clock: Callable[[], datetime]
    admission: Admission
    """How many requests are at work at once."""
    heartbeat: Heartbeat
    versions: Versions
    """Which mappings are in force."""
    inspector: Inspector
    """Looks at a message of the Hub Santé for a person."""
    open_on: Open
    """Opens the destinations on other wires, for a rehearsal."""
    followers: Mapping[str, Follower] = field(default_factory=dict)
    """Destination of intervention requests → where to ask for their status."""
    tellers: Mapping[str, Teller] = field(default_factory=dict)
    """Neighbours that may be asked for their news."""
    token_gate: TokenGate = field(default_factory=TokenGate)
    """The accounts of platforms that prove themselves by a WS-Security token with digest."""
    signature_gate: SignatureGate = field(default_factory=SignatureGate)
    """The certificates of platforms that sign their messages."""
    censuses: Censuses = field(default_factory=Censuses)
    """What each neighbour last said of whom it holds."""
    readings: Readings = field(default_factory=Readings)
    """Who read what of late."""
    hub: Inbound | None = None
    """The door of the Hub Santé, where there is one."""
    bell: Bell = field(default_factory=lambda: Bell())  # noqa: PLW0108 - Bell is defined below
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the process is asked to end: long answers end too."""

    async def write(self, work: Callable[[Register], T]) -> T:
        """Run the work in one transaction; durable when this returns."""
        result = await self.database.write(lambda connection: work(Register(connection)))
        self.bell.ring()
        return result

    async def read(self, work: Callable[[Register], T]) -> T:
        """Run the work on what is committed."""

        def on(connection: Connection) -> T:
            return work(Register(connection))

        return await self.database.read(on)

    async def read_noted(self, by: str, act: str, about: str, work: Callable[[Register], T]) -> T:
        """The same of what names a person: who read what is in the audit before anything is answered."""
        result = await self.read(work)
        await self.readings.note(self.database, by, act, about, self.clock())
        return result


class Bell:
    """Wakes those who follow live. The feed table is the truth; the bell only spares them a wait."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Something was committed."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Until it rings, or so many seconds."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return
