"""A destination as the dispatcher sends to it: counts are counted, the law of today is applied, each message keeps its mapping.

The only thing that stands between the dispatcher and an adapter.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from adapters.neighbours import kind_of
from gateway.flow.counts_at_sending import with_counts
from gateway.flow.on_its_way import awaited
from gateway.mappings.versions import FILES, load_files, pinned
from gateway.register.mappings.versions import Mappings
from mapping import MappingError, UnknownMappingError
from outbox.errors import PermanentDeliveryError, TransientDeliveryError
from outbox.ports import Repeater
from outbox.verdict import not_repeatable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gateway.flow.deployment_rules import DeploymentRules
    from gateway.mappings.versions import Versions
    from outbox.database.database import Database
    from outbox.message import ClaimedMessage, Envelope, Receipt
    from outbox.ports import Destination


class SendingDestination:
    """An adapter, and what is done to a message at the moment when it leaves."""

    def __init__(
        self,
        adapter: Destination,
        versions: Versions,
        database: Database,
        deployment: DeploymentRules,
        clock: Callable[[], datetime],
    ) -> None:
        self._adapter = adapter
        self._versions = versions
        self._database = database
        self._deployment = deployment
        self._clock = clock

    @property
    def name(self) -> str:
        """Of the destination."""
        return self._adapter.name

    async def deliver(self, claimed: ClaimedMessage) -> Receipt:
        """Count, choose the versions, deliver. The register is asked for versions only by a message older than the last change."""
        began = self._clock()
        try:
            return await self._deliver(claimed)
        except PermanentDeliveryError as error:
            waits_for = await awaited(self._database, claimed.envelope, error.cause.code, began)
            if waits_for is None:
                raise
            # Our own word that mends this is on its way in another lane: time is enough.
            raise TransientDeliveryError(
                error.cause.code, waits_for, error.cause.detail, sent=error.sent, answered=error.answered
            ) from error

    async def _deliver(self, claimed: ClaimedMessage) -> Receipt:
        claimed = await with_counts(claimed, self._database, self._deployment, self._clock())
        envelope = claimed.envelope
        pins = self._versions.pins(envelope.destination, envelope.created_at)
        if not pins or await self._released(envelope.id):
            return await self._adapter.deliver(claimed)
        if FILES in pins:
            await load_files(self._versions, self._database, pins[FILES])
            claimed = replace(claimed, envelope=replace(envelope, body=self._lawful(envelope)))
        with pinned(pins):
            return await self._adapter.deliver(claimed)

    async def resend(self, claimed: ClaimedMessage) -> Receipt:
        """The bytes of the last attempt, which no mapping makes; where the adapter itself can send them again."""
        if not isinstance(self._adapter, Repeater):
            raise not_repeatable()
        # The document is counted all the same: it says which event the bytes are about.
        return await self._adapter.resend(await with_counts(claimed, self._database, self._deployment, self._clock()))

    def _lawful(self, envelope: Envelope) -> dict[str, Any]:
        """The body by the law of today: an older mapping may be kept, an older right is not."""
        recipient = self._versions.recipient(envelope.destination, envelope.topic)
        try:
            return self._versions.allow_list(recipient).restrict(envelope.topic, envelope.body)
        except (MappingError, UnknownMappingError):
            sentence = "La liste d’accès ne laisse plus partir ce sujet pour ce destinataire."
            raise PermanentDeliveryError(
                f"{kind_of(envelope.destination)}.liste_d_acces", sentence, envelope.topic
            ) from None

    async def _released(self, message_id: str) -> bool:
        return await self._database.read(lambda connection: Mappings(connection).released(message_id))
