"""A CRRA's software that speaks FHIR, as a destination: a request for a SAMU, its new versions, its cancellation, its state.

Refuses to say more than the contract's states: no clinical decision comes back through here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.lrm.fhir.documents import message
from adapters.lrm.fhir.faults import unknown_topic, unmapped
from adapters.wire.http import refuse_other_mode
from mapping import MappingError
from outbox.message import Receipt

if TYPE_CHECKING:
    from collections.abc import Mapping as Dictionary

    from adapters.lrm.fhir.client import LrmFhirClient, LrmTaskAnswer
    from adapters.wire.link import Link
    from mapping import Mapping
    from outbox.message import ClaimedMessage, Envelope


class LrmFhirAdapter:
    """Asks, cancels and follows; one mapping per topic."""

    def __init__(
        self, link: Link, client: LrmFhirClient, mappings: Dictionary[str, Mapping], name: str = "lrm_fhir"
    ) -> None:
        self.name = name
        self._link = link
        self._client = client
        self._mappings = mappings

    async def deliver(self, claimed: ClaimedMessage) -> Receipt:
        """Hand one message over. The receipt's reference is the CRRA's own record, once it has one."""
        refuse_other_mode(claimed, self._link, "lrm_fhir")
        envelope = claimed.envelope
        bundle = message(envelope.id, envelope.created_at, self._mapped(envelope))
        return _receipt(claimed, await self._client.process(bundle, envelope.body["request_id"]))

    async def resend(self, claimed: ClaimedMessage) -> Receipt:
        """Hand over once more the very bytes of the last attempt."""
        refuse_other_mode(claimed, self._link, "lrm_fhir")
        return _receipt(claimed, await self._client.repeat(claimed.exact, claimed.envelope.body["request_id"]))

    async def status(self, request_id: str) -> dict[str, Any]:
        """Where a request is, as the CRRA's software says now: etat, etat_le, dossier, motif_refus. Raises a `DeliveryError`."""
        return await self._client.follow(request_id)

    def _mapped(self, envelope: Envelope) -> dict[str, Any]:
        mapping = self._mappings.get(envelope.topic)
        if mapping is None:
            raise unknown_topic(envelope.topic)
        try:
            return mapping.apply(envelope.body)
        except MappingError as error:
            raise unmapped(error.path, error.reason) from error

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._client.aclose()


def _receipt(claimed: ClaimedMessage, answer: LrmTaskAnswer) -> Receipt:
    return Receipt(
        reference=answer.facts["dossier"] or claimed.reference,
        duplicate=answer.duplicate,
        sent=answer.sent,
        answered=answer.answered,
        facts=answer.facts,
    )
