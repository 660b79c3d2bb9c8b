"""A CRRA's software as a destination, in the manner of Samu-Script: a request for a SAMU, its cancellation, its state.

Refuses to say more than the contract's states: no clinical decision comes back through here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.lrm.soap.faults import unknown_topic, unmapped
from adapters.wire.http import refuse_other_mode
from mapping import MappingError
from outbox.message import Receipt

if TYPE_CHECKING:
    from collections.abc import Mapping as Dictionary

    from adapters.lrm.soap.client import LrmAcknowledgement, LrmClient
    from adapters.wire.link import Link
    from mapping import Mapping
    from outbox.message import ClaimedMessage, Envelope


class LrmSoapAdapter:
    """Asks, cancels and consults; one mapping per topic."""

    def __init__(self, link: Link, client: LrmClient, mappings: Dictionary[str, Mapping], name: str = "lrm") -> None:
        self.name = name
        self._link = link
        self._client = client
        self._mappings = mappings

    async def deliver(self, claimed: ClaimedMessage) -> Receipt:
        """Hand one request or cancellation over. The receipt's reference is the idDossier, to read on the telephone."""
        refuse_other_mode(claimed, self._link, "lrm")
        envelope = claimed.envelope
        match envelope.topic:
            case "intervention.request":
                taken = await self._client.request(envelope.id, self._mapped(envelope))
            case "intervention.cancel":
                taken = await self._client.cancel(envelope.id, self._mapped(envelope))
            case _:
                raise unknown_topic(envelope.topic)
        return _receipt(claimed, taken)

    async def resend(self, claimed: ClaimedMessage) -> Receipt:
        """Hand over once more what the last attempt said."""
        refuse_other_mode(claimed, self._link, "lrm")
        return _receipt(claimed, await self._client.repeat(claimed.envelope.id, claimed.exact))

    async def status(self, request_id: str) -> dict[str, Any]:
        """Where a request is, as the CRRA's software says now: etat, etat_le, dossier, motif_refus. Raises a `DeliveryError`."""
        return _facts(await self._client.consult(request_id))

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


def _receipt(claimed: ClaimedMessage, taken: LrmAcknowledgement) -> Receipt:
    return Receipt(
        reference=taken.record or claimed.reference,
        duplicate=taken.duplicate,
        sent=taken.sent,
        answered=taken.answered,
        facts=_facts(taken),
    )


def _facts(taken: LrmAcknowledgement) -> dict[str, Any]:
    return {
        "etat": taken.state,
        "etat_le": taken.since.isoformat() if taken.since else None,
        "dossier": taken.record,
        "motif_refus": taken.refusal,
    }
