"""The portal as a destination: it learns of outcomes like any neighbour learns of victims.

Refuses to send what the contract does not allow, even when a mapping was edited to say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from adapters.portal.contract import faults_of
from adapters.portal.faults import outside_contract, unknown_topic, unmapped
from adapters.wire.http import refuse_other_mode
from mapping import MappingError
from outbox.message import Receipt

if TYPE_CHECKING:
    from collections.abc import Mapping as Dictionary

    from adapters.portal.client import PortalClient
    from adapters.wire.link import Link
    from mapping import Mapping
    from outbox.message import ClaimedMessage, Envelope


class PortalAdapter:
    """Tells the portal; one mapping per topic."""

    name = "portal"

    def __init__(self, link: Link, client: PortalClient, mappings: Dictionary[str, Mapping]) -> None:
        self._link = link
        self._client = client
        self._mappings = mappings

    async def deliver(self, claimed: ClaimedMessage) -> Receipt:
        """Post the notification of one envelope; its id is the idempotency key."""
        refuse_other_mode(claimed, self._link, self.name)
        return await self._post(claimed, orjson.dumps(self._notification(claimed.envelope)))

    async def resend(self, claimed: ClaimedMessage) -> Receipt:
        """Post once more the very bytes of the last attempt, signed anew."""
        refuse_other_mode(claimed, self._link, self.name)
        return await self._post(claimed, claimed.exact)

    async def _post(self, claimed: ClaimedMessage, body: bytes) -> Receipt:
        taken = await self._client.notify(claimed.envelope.id, body)
        return Receipt(duplicate=taken.duplicate, sent=taken.sent, answered=taken.answered)

    def _notification(self, envelope: Envelope) -> dict[str, Any]:
        mapping = self._mappings.get(envelope.topic)
        if mapping is None:
            raise unknown_topic(envelope.topic)
        try:
            data = mapping.apply(envelope.body)
        except MappingError as error:
            raise unmapped(error.path, error.reason) from error
        notification = {
            "version": "1",
            "id": envelope.id,
            "topic": envelope.topic,
            "mode": envelope.mode,
            "created_at": envelope.created_at.isoformat(),
            "data": data,
        }
        if paths := faults_of(notification, "notification"):
            raise outside_contract(paths)
        return notification

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._client.aclose()
