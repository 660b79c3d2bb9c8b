"""Counts are counted when they leave, so that what a neighbour reads is never older than the wire (docs/decisions/0006)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from domain.counts import counts_document
from domain.victim.snapshot import event_canon
from gateway.register import Register
from outbox.errors import PermanentDeliveryError
from outbox.ports import Repeater
from outbox.verdict import not_repeatable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from domain.canon.documents import CountsDocument
    from gateway.flow.deployment_rules import House
    from outbox.database.database import Database
    from outbox.message import Claimed, Receipt
    from outbox.ports import Destination


class CountingDestination:
    """A destination whose `counts` messages are filled in just before they are sent; all others pass untouched."""

    def __init__(self, inner: Destination, database: Database, house: House, clock: Callable[[], datetime]) -> None:
        self._inner = inner
        self._database = database
        self._house = house
        self._clock = clock

    @property
    def name(self) -> str:
        """Of the destination itself."""
        return self._inner.name

    async def deliver(self, claimed: Claimed) -> Receipt:
        """Count, then deliver."""
        return await self._inner.deliver(await self._filled(claimed))

    async def resend(self, claimed: Claimed) -> Receipt:
        """The bytes of the last attempt, where the destination itself can send them again."""
        if not isinstance(self._inner, Repeater):
            raise not_repeatable()
        return await self._inner.resend(await self._filled(claimed))

    async def _filled(self, claimed: Claimed) -> Claimed:
        """With the document; where bytes are sent again, it says which event they are about."""
        if claimed.envelope.topic != "counts":
            return claimed
        document = await self._count(claimed.envelope.body["event_id"])
        body = self._house.restrict(self.name, "counts", document)
        return replace(claimed, envelope=replace(claimed.envelope, body=body))

    async def _count(self, event_id: str) -> CountsDocument:
        now = self._clock()

        def work(register: Register) -> CountsDocument | None:
            event = register.events.find(event_id)
            if event is None:
                return None
            document = counts_document(event, register.victims.cells(event_id), register.feed.last(), now, "portal")
            return {**document, "event": event_canon(event, self.name)}

        document = await self._database.read(lambda connection: work(Register(connection)))
        if document is None:
            raise PermanentDeliveryError("passerelle.evenement", "L’événement à dénombrer n’est plus dans le registre.")
        return document
