"""Counts are counted when they leave, so that what a neighbour reads is never older than the wire (docs/decisions/0006)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from domain.counting.counts import counts_document
from domain.event import Link
from domain.victim.snapshot import event_canon
from gateway.register import Register
from outbox.errors import PermanentDeliveryError

if TYPE_CHECKING:
    from datetime import datetime

    from domain.canon.documents import CountsDocument
    from gateway.flow.deployment_rules import DeploymentRules
    from outbox.database.database import Database
    from outbox.message import ClaimedMessage


async def with_counts(
    claimed: ClaimedMessage, database: Database, deployment: DeploymentRules, now: datetime
) -> ClaimedMessage:
    """The message with its counts, as its recipient may learn them; one of any other topic as it is.

    Raises PermanentDeliveryError when the register no longer has the event.
    """
    if claimed.envelope.topic != "counts":
        return claimed
    destination, event_id = claimed.envelope.destination, claimed.envelope.body["event_id"]

    def work(register: Register) -> CountsDocument | None:
        event = register.events.find(event_id)
        if event is None:
            return None
        left = claimed.envelope.body.get("left")
        if left is not None:  # Nobody of ours is in the event that was left.
            event = replace(event, links={destination: Link("link", left, "linked")})
        cells = [] if left is not None else register.victims.cells(event_id)
        document = counts_document(event, cells, register.feed.last(), now, "portal")
        return {**document, "event": event_canon(event, destination)}

    document = await database.read(lambda connection: work(Register(connection)))
    if document is None:
        raise PermanentDeliveryError("passerelle.evenement", "L’événement à dénombrer n’est plus dans le registre.")
    body = deployment.restrict(destination, "counts", document)
    return replace(claimed, envelope=replace(claimed.envelope, body=body))
